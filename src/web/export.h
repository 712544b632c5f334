/*
 * export.h - all rows of a list as CSV or as one JSON object per line, pulled piece by piece.
 *
 * Memory does not grow with the rows.  There is no page limit unless the query names one.
 * Life: export_open -> export_next until 0 or an error -> export_close.
 */
#ifndef RUAD_EXPORT_H
#define RUAD_EXPORT_H

#include "doc.h"

enum export_format { EXPORT_CSV, EXPORT_NDJSON };

struct export;
/* resource has columns.  c, q and what they point to stay until export_close. */
int export_open(struct doc_context *c, const struct resource *resource, const struct query *q,
	enum export_format format, struct export **ret, struct err *err);
/* Append the next piece to out: about 32 KiB, whole lines.  1 there may be more, 0 the end,
 * negative. */
int export_next(struct export *e, struct buf *out, struct err *err);
uint64_t export_rows(const struct export *e); /* so many were appended */
void export_close(struct export *e);	      /* accepts NULL */

/* Does the query name a page limit?  Without one, all rows are meant. */
bool export_limited(const struct query *q);

#endif
