/*
 * progress.h - the one line on a terminal that says how far an import of one or more sources
 * is.
 *
 * Drawn at most ten times a second, on standard error, and gone at the end.  May be told from
 * several threads.
 */
#ifndef RUAD_PROGRESS_H
#define RUAD_PROGRESS_H

#include "flow.h"

struct progress;
/* One source that is read; arg of progress_tell. */
struct progress_part {
	struct progress *all;
	struct import_totals totals;
	uint64_t total; /* 0: not known */
};

/* what: "rua-mailbox", "3 sources", or absent; shown in front. */
struct progress *progress_new(struct str what, size_t parts);
struct progress_part *progress_part(struct progress *p, size_t i);
/* The callback of struct import_options. */
void progress_tell(void *part, const struct import_totals *t, uint64_t total);
/* The line is gone.  Accepts NULL. */
void progress_free(struct progress *p);

#endif
