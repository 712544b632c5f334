/*
 * stream.h - bodies that are pulled from the store while they are sent.
 *
 * A stream keeps the store handle of c and gives it back to the pool when it is closed; what
 * c and q point to must live as long.  On failure the handle stays with the caller.
 */
#ifndef RUAD_STREAM_H
#define RUAD_STREAM_H

#include "answer.h"
#include "export.h"

int stream_export(struct pool *pool, const struct doc_context *c,
	const struct resource *resource, const struct query *q, enum export_format format,
	struct answer_stream **ret, struct err *err);
/* The original XML of a report.  1, 0 not kept. */
int stream_raw(struct pool *pool, const struct doc_context *c, int64_t report,
	struct answer_stream **ret, struct err *err);

#endif
