/*
 * chart.h - the geometry of the charts, as JSON for the templates.
 *
 * In: rows of the documents (messages, both, one, explained, failed).  Out: objects with the
 * attributes of SVG elements (x, y, width, height, d) and the texts beside them.  Colours are
 * classes, sizes are attributes: there is no style attribute.  Pure.
 *
 * Four shades in one order: both aligned, one aligned, failed but explained, failed.
 */
#ifndef RUAD_CHART_H
#define RUAD_CHART_H

#include "query.h"
#include "tree.h"

#define CHART_WIDTH 860
#define CHART_HEIGHT 244
#define CHART_LEFT 44	/* where columns begin … */
#define CHART_RIGHT 854 /* … and end */
#define SPARK_HEIGHT 22
#define BAR_WIDTH 140

struct chart_days {
	struct arena *arena;
	enum bucket bucket;   /* what one column is */
	struct str what;      /* "example.com", for the title */
	int64_t complete_day; /* columns without data up to it are drawn as a gap */
};

/*
 * Stacked columns, one per point of a time series, and the failing messages again below on
 * their own scale.  Returns a new object: width, height, title, desc, grid [{y, text_y, text}],
 * ticks [{x, text}], columns [{title, x, width, partial, rects [{shade, x, y, width, height}]}]
 * for those with data, paths [{shade, d}] of all rects, partial_path, gaps [{x, width}], fails
 * {text, rects}.
 */
json_t *chart_days(const struct chart_days *c, const json_t *points);

/* Where the i-th of count columns begins, with half of the gap before it. */
double chart_column(size_t count, size_t i);

/* Small columns for a table cell: {width, height, both, one, explained, failed}: each the d of
 * a path. */
json_t *chart_spark(struct arena *a, const json_t *points);

/* Set row.bar to {rects […]}: the share of this row of most messages, at least 2 wide where not
 * 0. */
void chart_bar(json_t *row, int64_t most);

#endif
