/*
 * reporting.h - for this room: cells of coverage (model/coverage.h) out of the sums.
 */
#ifndef RUAD_REPORTING_H
#define RUAD_REPORTING_H

#include "coverage.h"
#include "db.h"
#include "query.h"

/* More than that are refused: a thousand reporters on each of two thousand days. */
#define CELLS_MOST 2000000

/* By reporter and day; released with cells_release, which accepts an empty one. */
struct cells {
	struct coverage_cell *cells;
	size_t count, cap;
};
void cells_release(struct cells *c);
#define cells_cleanup cells_release

/*
 * Cells of all days from from_day to before to_day.  Of q only domain and reporter count.
 * ERR_LIMIT too-large.
 */
int cells_load(struct db *db, const struct query *q, int64_t from_day, int64_t to_day,
	struct cells *ret, struct err *err);

/* As written in its newest report, in a; *ret stays when there is none. */
int reporter_name(
	struct db *db, int64_t reporter, struct arena *a, struct str *ret, struct err *err);

/* Newest complete days that were looked up, by domains; a store has one of these. */
#define COMPLETE_KEPT 32
struct complete_cache {
	struct complete_kept {
		uint64_t key;
		int64_t generation, today, day;
	} kept[COMPLETE_KEPT];
	unsigned next;
};

#endif
