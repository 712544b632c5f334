/*
 * sqlfunc.h - functions of ours inside SQL.
 *
 * tally(facts, messages, records, spread, by_receiver): aggregate; a packed struct tally
 *
 * tally_join(packed): aggregate
 *
 * share(begin_at, end_at, messages, from_day, to_day): of a report's messages, those in the
 * days
 *
 * bucket(day, kind): first day of its enum bucket
 */
#ifndef RUAD_SQLFUNC_H
#define RUAD_SQLFUNC_H

#include "db.h"
#include "query.h"

int sqlfunc_register(struct db *db, struct err *err);

/* One function: a plain one, or an aggregate. */
struct sqlfunc {
	const char *name;
	int args;
	void (*plain)(sqlite3_context *, int, sqlite3_value **);
	void (*step)(sqlite3_context *, int, sqlite3_value **);
	void (*final)(sqlite3_context *);
};
/* data: their sqlite3_user_data. */
int sqlfunc_add(
	struct db *db, const struct sqlfunc *table, size_t n, void *data, struct err *err);

/* The same in C. */
int64_t bucket_first(int64_t day, enum bucket kind);
int64_t bucket_next(int64_t first, enum bucket kind);
uint64_t share_in_days(
	int64_t begin_at, int64_t end_at, uint64_t messages, int64_t from_day, int64_t to_day);

#endif
