/*
 * again.h - an input read again from its kept bytes, in the open batch.  Private to flow.
 */
#ifndef RUAD_AGAIN_H
#define RUAD_AGAIN_H

#include "reparse.h"

/* As flow_retry, without a transaction of its own. */
int again_read(struct flow *f, struct store *store, int64_t id,
	const struct import_options *opt, struct arena *a, struct retry_result *ret,
	struct err *err);

#endif
