/*
 * reports.h - a report as a row, by its number.
 */
#ifndef RUAD_REPORTS_H
#define RUAD_REPORTS_H

#include "arena.h"
#include "db.h"
#include "rows.h"

/* Everything but errors and notes; strings in a.  1, 0 not there. */
int report_load(struct db *db, int64_t id, bool by_receiver, struct arena *a,
	struct report_row *ret, struct err *err);

#endif
