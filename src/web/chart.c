#include "chart.h"

#include "buf.h"
#include "day.h"
#include "format.h"
#include "xalloc.h"

#include <inttypes.h>

#define LEFT ((double)CHART_LEFT)
#define RIGHT ((double)(CHART_WIDTH - CHART_RIGHT))
#define TOP 8.0
#define BASE 168.0 /* y of the zero line */
#define FAILS_BASE 236.0
#define FAILS_HEIGHT 34.0
#define AXIS_Y 184
#define TICK_ROOM 84.0 /* pixels that a date needs */
#define COLUMN_MOST 60.0
#define SPARK_STEP 3
#define SPARK_COLUMN 2
#define BAR_LEAST 2.0
#define PATH_MOST (1U << 20)

static const char *const shade_keys[] = { "both", "one", "explained", "failed" };
#define SHADES (sizeof(shade_keys) / sizeof(shade_keys[0]))
#define FIRST_FAIL 2 /* index of explained */

/* The least of 1, 2, 5 × 10^n that is not less than v: a round end of a scale. */
static int64_t round_up(int64_t v)
{
	for (int64_t unit = 1; unit <= INT64_MAX / 10; unit *= 10) {
		if (v <= unit)
			return unit;
		if (v <= 2 * unit)
			return 2 * unit;
		if (v <= 5 * unit)
			return 5 * unit;
	}
	return v;
}

/* Distance of the grid lines: round, whole, and at most five of them above zero. */
static int64_t grid_step(int64_t most)
{
	return round_up(most / 5 + (most % 5 != 0));
}

static int64_t fails_of(const json_t *point)
{
	return tree_i64(point, "explained") + tree_i64(point, "failed");
}

static void number(json_t *o, const char *key, double v)
{
	if (v == (double)(int64_t)v)
		tree_printf(o, key, "%" PRId64, (int64_t)v);
	else
		tree_printf(o, key, "%.1f", v);
}

static void rect_add(
	json_t *rects, const char *shade, double x, double y, double width, double height)
{
	json_t *r = tree_append(rects);

	tree_set_cstr(r, "shade", shade);
	number(r, "x", x);
	number(r, "y", y);
	number(r, "width", width);
	number(r, "height", height);
}

/* Where columns stand. */
struct columns {
	double step, width;
	size_t count;
};

static struct columns columns_of(size_t count)
{
	struct columns c = { .count = count };

	c.step = (CHART_WIDTH - LEFT - RIGHT) / (double)(count ? count : 1);
	c.width = c.step > 8 ? c.step - 2 : c.step > 4 ? c.step - 1 : c.step * 0.8;
	if (c.width > COLUMN_MOST)
		c.width = COLUMN_MOST;
	return c;
}

double chart_column(size_t count, size_t i)
{
	return LEFT + (double)i * (CHART_WIDTH - LEFT - RIGHT) / (double)(count ? count : 1);
}

static double column_x(const struct columns *c, size_t i)
{
	return LEFT + (double)i * c->step + (c->step - c->width) / 2;
}

/* Shades from..SHADES of a point, stacked from base upwards; scale: pixels per message. */
static void stack_add(json_t *rects, const json_t *point, size_t from, double x, double width,
	double base, double scale)
{
	double y = base;

	for (size_t s = from; s < SHADES; s++) {
		int64_t n = tree_i64(point, shade_keys[s]);
		double height = (double)n * scale;

		if (n <= 0)
			continue;
		if (height < 1)
			height = 1;
		y -= height;
		/* One pixel of background between segments, where there is room for it. */
		rect_add(rects, shade_keys[s], x, y, width,
			height > 4 && y + height < base ? height - 1 : height);
	}
}

static struct str column_name(const struct chart_days *c, struct str day)
{
	static const char *const prefix[] = { "", "week from ", "month from " };

	return arena_printf(c->arena, "%s%.*s", prefix[c->bucket], STR_ARGS(day));
}

static void column_title(const struct chart_days *c, json_t *column, const json_t *point)
{
	struct str name = column_name(c, tree_str(point, "day"));
	struct str messages =
		format_count(c->arena, tree_i64(point, "messages"), "message", "messages");
	struct str pass = format_number(c->arena, tree_i64(point, "pass"));
	struct str fail = format_number(c->arena, tree_i64(point, "fail"));
	struct str spread =
		tree_i64(point, "spread_messages") > 0
			? arena_printf(c->arena,
				  ", of those %.*s spread from reports over several days",
				  STR_ARGS(format_number(
					  c->arena, tree_i64(point, "spread_messages"))))
			: STR("");

	tree_printf(column, "title", "%.*s: %.*s, %.*s passed, %.*s failed%.*s%s",
		STR_ARGS(name), STR_ARGS(messages), STR_ARGS(pass), STR_ARGS(fail),
		STR_ARGS(spread),
		tree_true(point, "complete") ? "" : "; more reports are expected");
}

struct sums {
	int64_t messages, pass, most, most_fails;
	size_t with_data, first_with_data;
};

static struct sums sums_of(const json_t *points)
{
	struct sums s = { .first_with_data = SIZE_MAX };

	for (size_t i = 0; i < json_array_size(points); i++) {
		const json_t *p = json_array_get(points, i);
		int64_t messages = tree_i64(p, "messages"), fails = fails_of(p);

		s.messages += messages;
		s.pass += tree_i64(p, "pass");
		s.most = messages > s.most ? messages : s.most;
		s.most_fails = fails > s.most_fails ? fails : s.most_fails;
		if (!tree_true(p, "has_data"))
			continue;
		s.with_data++;
		if (s.first_with_data == SIZE_MAX)
			s.first_with_data = i;
	}
	return s;
}

static void grid_add(const struct chart_days *c, json_t *chart, int64_t top, int64_t step)
{
	json_t *grid = tree_set_array(chart, "grid");

	for (int64_t v = 0; v <= top; v += step) {
		double y = BASE - (BASE - TOP) * (double)v / (double)top;
		json_t *line = tree_append(grid);

		number(line, "y", y);
		number(line, "text_y", y + 4);
		tree_set_str(line, "text", format_number(c->arena, v));
	}
	tree_set_i64(chart, "grid_x1", (int64_t)LEFT);
	tree_set_i64(chart, "grid_x2", CHART_WIDTH - (int64_t)RIGHT);
	tree_set_i64(chart, "axis_x", (int64_t)LEFT - 5);
}

static void ticks_add(const struct chart_days *c, json_t *chart, const json_t *points,
	const struct columns *col)
{
	json_t *ticks = tree_set_array(chart, "ticks");
	size_t every = (size_t)(TICK_ROOM / col->step) + 1;
	int64_t day;

	if (c->bucket == BUCKET_DAY && every > 1 && every < 7)
		every = 7;
	for (size_t i = 0; i < col->count; i += every) {
		double middle = column_x(col, i) + col->width / 2;
		json_t *t;

		if (!day_parse(tree_str(json_array_get(points, i), "day"), &day) ||
			middle > CHART_WIDTH - 20)
			continue;
		t = tree_append(ticks);
		number(t, "x", middle);
		tree_set_str(t, "text",
			c->bucket == BUCKET_DAY ? format_day_short(c->arena, day)
						: format_day(c->arena, day));
	}
	tree_set_i64(chart, "ticks_y", AXIS_Y);
}

/* A column without reports, between the first that has some and the newest day that is
 * complete. */
static void gap_add(
	const struct chart_days *c, json_t *gaps, const json_t *point, double x, double width)
{
	json_t *g;
	int64_t day;

	if (!day_parse(tree_str(point, "day"), &day) || day > c->complete_day)
		return;
	g = tree_append(gaps);
	number(g, "x", x);
	number(g, "width", width);
	tree_printf(g, "title", "%.*s: no reports",
		STR_ARGS(column_name(c, tree_str(point, "day"))));
}

/* --- One path for all that has the same fill --- */

/* Printers draw a patterned fill as a picture, each path anew. */
static void rect_path(struct buf *b, const json_t *r)
{
	struct str x = tree_str(r, "x");

	buf_printf(b, "M%.*s %.*sh%.*sv%.*sH%.*sz", STR_ARGS(x), STR_ARGS(tree_str(r, "y")),
		STR_ARGS(tree_str(r, "width")), STR_ARGS(tree_str(r, "height")), STR_ARGS(x));
}

static void rects_path(struct buf *b, const json_t *rects, const char *shade)
{
	for (size_t i = 0; i < json_array_size(rects); i++) {
		const json_t *r = json_array_get(rects, i);

		if (str_eq(tree_str(r, "shade"), str_of(shade)))
			rect_path(b, r);
	}
}

static void paths_add(json_t *chart)
{
	const json_t *columns = tree_get(chart, "columns");
	json_t *paths = tree_set_array(chart, "paths");

	for (size_t s = 0; s < SHADES; s++) {
		CLEANUP(buf)
		struct buf b;
		json_t *path;

		buf_init(&b, PATH_MOST);
		for (size_t i = 0; i < json_array_size(columns); i++)
			rects_path(&b, tree_get(json_array_get(columns, i), "rects"),
				shade_keys[s]);
		rects_path(&b, tree_get(chart, "fails.rects"), shade_keys[s]);
		if (buf_view(&b).n == 0)
			continue;
		path = tree_append(paths);
		tree_set_cstr(path, "shade", shade_keys[s]);
		tree_set_str(path, "d", buf_view(&b));
	}
}

/* Over columns of days that are not complete. */
static void partial_path_add(json_t *chart)
{
	const json_t *columns = tree_get(chart, "columns");
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, PATH_MOST);
	for (size_t i = 0; i < json_array_size(columns); i++) {
		const json_t *partial = tree_get(json_array_get(columns, i), "partial");

		if (partial)
			rect_path(&b, partial);
	}
	tree_set_str(chart, "partial_path", buf_view(&b));
}

static void columns_add(const struct chart_days *c, json_t *chart, const json_t *points,
	const struct sums *s, int64_t top)
{
	struct columns col = columns_of(json_array_size(points));
	json_t *columns = tree_set_array(chart, "columns"),
	       *gaps = tree_set_array(chart, "gaps");
	json_t *fails = tree_set_object(chart, "fails"),
	       *rects = tree_set_array(fails, "rects");
	double scale = (BASE - TOP) / (double)top;
	double fails_scale = s->most_fails ? FAILS_HEIGHT / (double)s->most_fails : 0;

	for (size_t i = 0; i < col.count; i++) {
		const json_t *p = json_array_get(points, i);
		double x = column_x(&col, i);
		json_t *column;

		if (!tree_true(p, "has_data")) {
			if (i > s->first_with_data)
				gap_add(c, gaps, p, x, col.width);
			continue;
		}
		column = tree_append(columns);
		column_title(c, column, p);
		tree_set_str(column, "link", tree_str(p, "link"));
		number(column, "x", x);
		number(column, "width", col.width);
		stack_add(tree_set_array(column, "rects"), p, 0, x, col.width, BASE, scale);
		stack_add(rects, p, FIRST_FAIL, x, col.width, FAILS_BASE, fails_scale);
		if (!tree_true(p, "complete")) {
			json_t *partial = tree_set_object(column, "partial");
			double height = (double)tree_i64(p, "messages") * scale;

			number(partial, "x", x);
			number(partial, "width", col.width);
			number(partial, "height", height);
			number(partial, "y", BASE - height);
		}
	}
	if (s->most_fails > 0)
		tree_printf(fails, "text", "0–%.*s",
			STR_ARGS(format_number(c->arena, s->most_fails)));
	ticks_add(c, chart, points, &col);
	paths_add(chart);
	partial_path_add(chart);
}

json_t *chart_days(const struct chart_days *c, const json_t *points)
{
	static const char *const unit[] = { "day", "week", "month" };
	static const char *const units[] = { "days", "weeks", "months" };
	json_t *chart = json_object();
	struct sums s = sums_of(points);
	int64_t step = grid_step(s.most > 0 ? s.most : 1);
	int64_t top = (s.most / step + (s.most % step != 0)) * step;
	struct str count = format_count(
		c->arena, (int64_t)json_array_size(points), unit[c->bucket], units[c->bucket]);

	top = top > 0 ? top : step;
	tree_set_i64(chart, "width", CHART_WIDTH);
	tree_set_i64(chart, "height", CHART_HEIGHT);
	tree_set_i64(chart, "base_y", (int64_t)BASE);
	tree_set_i64(chart, "top_y", (int64_t)TOP);
	tree_set_i64(chart, "plot_height", (int64_t)(BASE - TOP));
	tree_set_i64(chart, "fails_y", (int64_t)FAILS_BASE);
	tree_printf(
		chart, "title", "Messages per %s, %.*s", unit[c->bucket], STR_ARGS(c->what));
	tree_printf(chart, "desc",
		"%.*s in %.*s, %.*s passed DMARC. The table below has the same numbers.",
		STR_ARGS(format_count(c->arena, s.messages, "message", "messages")),
		STR_ARGS(count), STR_ARGS(format_number(c->arena, s.pass)));
	tree_set_bool(chart, "has_data", s.with_data > 0);
	grid_add(c, chart, top, step);
	columns_add(c, chart, points, &s, top);
	return chart;
}

/* Columns of one shade as the d of a path; tops[i] is the upper end of what stands there
 * already. */
static struct str spark_path(
	struct arena *a, const json_t *points, const char *key, double scale, double *tops)
{
	CLEANUP(buf)
	struct buf b;
	struct str d;

	buf_init(&b, PATH_MOST);
	for (size_t i = 0; i < json_array_size(points); i++) {
		int64_t n = tree_i64(json_array_get(points, i), key);
		double height = (double)n * scale;

		if (n <= 0)
			continue;
		if (height < 1)
			height = 1;
		tops[i] -= height;
		if (tops[i] < 0)
			tops[i] = 0;
		buf_printf(&b, "M%zu %.1fh%dv%.1fh-%dz", i * SPARK_STEP, tops[i], SPARK_COLUMN,
			height, SPARK_COLUMN);
	}
	d = arena_str(a, buf_view(&b));
	return d;
}

json_t *chart_spark(struct arena *a, const json_t *points)
{
	json_t *spark = json_object();
	size_t n = json_array_size(points);
	double *tops = ARENA_ARRAY(a, double, n ? n : 1);
	struct sums s = sums_of(points);
	double scale = s.most ? SPARK_HEIGHT / (double)s.most : 0;

	for (size_t i = 0; i < n; i++)
		tops[i] = SPARK_HEIGHT;
	tree_set_i64(spark, "width", (int64_t)(n * SPARK_STEP));
	tree_set_i64(spark, "height", SPARK_HEIGHT);
	for (size_t k = 0; k < SHADES; k++) {
		struct str d = spark_path(a, points, shade_keys[k], scale, tops);

		/* Empty, not missing: templates would look further out for it. */
		tree_set_str(spark, shade_keys[k], d);
	}
	return spark;
}

void chart_bar(json_t *row, int64_t most)
{
	json_t *bar = tree_set_object(row, "bar"), *rects = tree_set_array(bar, "rects");
	double x = 0, scale = most > 0 ? BAR_WIDTH / (double)most : 0;
	json_t *r;

	for (size_t s = 0; s < SHADES; s++) {
		int64_t n = tree_i64(row, shade_keys[s]);
		double width = (double)n * scale;

		if (n <= 0)
			continue;
		if (width < BAR_LEAST)
			width = BAR_LEAST;
		/* Its height is that of all bars: the style sheet has it. */
		r = tree_append(rects);
		tree_set_cstr(r, "shade", shade_keys[s]);
		number(r, "width", width);
		tree_set_str(r, "x", STR(""));
		if (x > 0)
			number(r, "x", x);
		x += width;
	}
}
