/*
 * period.h - which UTC days a report belongs to.  Pure.
 *
 * A report belongs to the day of the middle of its period.  A period over 27 hours is spread
 * over its days in whole messages, in proportion to the seconds on each day, largest remainder
 * first (earlier day first on a tie), so that the sum stays exact.  An end at 23:59:59 and one
 * at 00:00:00 both mean a full day: the period is [begin, end] with end counted as the next
 * second when it is the last second of a day.
 */
#ifndef RUAD_PERIOD_H
#define RUAD_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#define PERIOD_LONG_SECONDS (27 * 3600)
#define PERIOD_DAYS_MOST 100 /* longer ones count for the middle day alone */

#define PERIOD_LAST_SECOND 4102444800 /* 2100-01-01: no report is of a later time */
#define PERIOD_MOST_SECONDS ((int64_t)3660 * 86400)

/* Can a report be of this time? */
bool period_possible(int64_t begin_at, int64_t end_at);

struct period {
	int64_t first_day, last_day; /* equal unless spread */
	int64_t middle_day;
	bool spread;
	int64_t begin_at, end_at; /* end exclusive, as used for the shares */
};

void period_of(int64_t begin_at, int64_t end_at, struct period *ret);

/*
 * The messages of one record on each day: ret_share[0 … last_day - first_day], sum = messages.
 * Without spreading there is one day and it has them all.
 */
void period_share(const struct period *p, uint64_t messages, uint64_t *ret_share);

#endif
