/*
 * coverage.h - who reports, on which days a report is missing, and up to when the data are
 * complete.
 *
 * In: cells, one for each reporter and day that has reports.  Out: what was expected when.
 * Pure.
 *
 * A reporter is expected on a day when it reported on at least four of five of the 28 days
 * before. A day is complete when the expected reporters that reported on it had at least nine
 * tenths of the messages of all expected ones in those 28 days.
 */
#ifndef RUAD_COVERAGE_H
#define RUAD_COVERAGE_H

#include "str.h"

#define COVERAGE_DAYS_BEFORE 28
#define COVERAGE_EXPECTED_PERCENT 80 /* of those days */
#define COVERAGE_COMPLETE_PERCENT 90 /* of the messages */
/* A report may take so long after the end of its day before it counts as missing. */
#define COVERAGE_PENDING_SECONDS (48 * 3600)

struct coverage_cell {
	int64_t reporter; /* any number that tells them apart */
	int64_t day;
	uint64_t messages, reports;
	int64_t newest_at; /* latest end of its reports' periods */
};

/* One reporter on one day. */
struct coverage_moment {
	const struct coverage_cell *cell; /* NULL: no report */
	bool expected;
	uint64_t volume; /* its messages in the 28 days before */
};

/*
 * The moments of one reporter on `days` days from `first` on.  cells: all of its cells from
 * first - COVERAGE_DAYS_BEFORE on, by day.
 */
void coverage_moments(const struct coverage_cell *cells, size_t count, int64_t first,
	size_t days, struct coverage_moment *ret);

enum cell_state {
	CELL_NONE,     /* no report, and none was expected */
	CELL_REPORTED, /* with or without messages */
	CELL_PENDING,  /* expected, and may still come */
	CELL_MISSING   /* expected, and overdue */
};
const char *cell_state_name(enum cell_state s); /* "none", "reported", "pending", "missing" */
enum cell_state coverage_state(const struct coverage_moment *m, int64_t day, int64_t now_at);

/* All reporters on one day. */
struct coverage_day {
	int64_t day;
	uint64_t messages, reports;
	uint64_t expected, arrived; /* reporters; arrived: of those expected */
	uint64_t expected_volume, arrived_volume;
};
void coverage_day_add(struct coverage_day *d, const struct coverage_moment *m);
bool coverage_day_complete(const struct coverage_day *d); /* false when nobody is expected */

/*
 * The newest complete day among `days` days from `first` on; first - 1 when none of them is.
 * cells: of all reporters, by reporter and day, from first - COVERAGE_DAYS_BEFORE on.
 * False: nobody is expected on any of them, so nothing can be said.
 */
bool coverage_complete(const struct coverage_cell *cells, size_t count, int64_t first,
	size_t days, int64_t *ret_day);

/* The number of cells at the start of cells that are of the same reporter. */
size_t coverage_run(const struct coverage_cell *cells, size_t count);

/* --- The table of reporters and days --- */

struct coverage_row {
	struct str reporter; /* as written in its newest report */
	uint64_t messages, reports;
	int64_t last_report_at; /* end of its newest period; 0: none in the range or before it
				 */
	int64_t delay_s; /* median from the end of a period to its arrival; -1: unknown */
	bool expected;	 /* on the last day */
	const struct coverage_moment *moments;
};

struct coverage {
	int64_t first_day;
	size_t day_count, days_left_off; /* the older days of a range that is too long */
	struct coverage_day *days;	 /* of all reporters */
	struct coverage_row *rows;	 /* most messages first */
	size_t row_count, reporters;	 /* rows: at most limit of them */
};

#endif
