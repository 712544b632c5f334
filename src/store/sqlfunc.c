#include "sqlfunc.h"

#include "day.h"
#include "tally.h"

#include <assert.h>

static struct tally *context_of(sqlite3_context *c)
{
	struct tally *t = sqlite3_aggregate_context(c, sizeof(*t)); /* zeroed at first */

	if (!t)
		abort(); /* no memory */
	return t;
}

static void tally_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	assert(n == 5);
	tally_add(context_of(c), (uint32_t)sqlite3_value_int64(v[0]),
		(uint64_t)sqlite3_value_int64(v[1]), (uint64_t)sqlite3_value_int64(v[2]),
		(uint64_t)sqlite3_value_int64(v[3]), sqlite3_value_int(v[4]) != 0);
}

static void tally_final(sqlite3_context *c)
{
	unsigned char out[TALLY_BYTES];
	size_t n = tally_pack(context_of(c), out);

	sqlite3_result_blob64(c, out, n, SQLITE_TRANSIENT);
}

static void join_step(sqlite3_context *c, int n, sqlite3_value **v)
{
	struct tally more;
	const char *p = sqlite3_value_blob(v[0]);

	assert(n == 1);
	if (p && tally_unpack(str_make(p, (size_t)sqlite3_value_bytes(v[0])), &more))
		tally_join(context_of(c), &more);
}

uint64_t share_in_days(
	int64_t begin_at, int64_t end_at, uint64_t messages, int64_t from_day, int64_t to_day)
{
	uint64_t share[PERIOD_DAYS_MOST], sum = 0;
	struct period p;

	period_of(begin_at, end_at, &p);
	if (from_day <= p.first_day && to_day > p.last_day)
		return messages;
	period_share(&p, messages, share);
	for (int64_t d = p.first_day; d <= p.last_day; d++)
		if (d >= from_day && d < to_day)
			sum += share[d - p.first_day];
	return sum;
}

static void share_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	assert(n == 5);
	sqlite3_result_int64(
		c, (int64_t)share_in_days(sqlite3_value_int64(v[0]), sqlite3_value_int64(v[1]),
			   (uint64_t)sqlite3_value_int64(v[2]), sqlite3_value_int64(v[3]),
			   sqlite3_value_int64(v[4])));
}

/* Day 0 was a Thursday; weeks begin on Monday. */
int64_t bucket_first(int64_t day, enum bucket kind)
{
	struct civil c;
	int64_t weekday;

	switch (kind) {
	case BUCKET_WEEK:
		weekday = (day + 3) % 7;
		return day - (weekday < 0 ? weekday + 7 : weekday);
	case BUCKET_MONTH:
		day_civil(day, &c);
		return day - (c.day - 1);
	case BUCKET_DAY:
		break;
	}
	return day;
}

int64_t bucket_next(int64_t first, enum bucket kind)
{
	switch (kind) {
	case BUCKET_WEEK:
		return first + 7;
	case BUCKET_MONTH:
		return bucket_first(first + 31, BUCKET_MONTH);
	case BUCKET_DAY:
		break;
	}
	return first + 1;
}

static void bucket_func(sqlite3_context *c, int n, sqlite3_value **v)
{
	assert(n == 2);
	sqlite3_result_int64(c,
		bucket_first(sqlite3_value_int64(v[0]), (enum bucket)sqlite3_value_int(v[1])));
}

int sqlfunc_add(
	struct db *db, const struct sqlfunc *table, size_t n, void *data, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = sqlite3_create_function_v2(db->h, table[i].name, table[i].args,
			SQLITE_UTF8 | SQLITE_DETERMINISTIC, data, table[i].plain, table[i].step,
			table[i].final, NULL);

		if (rc != SQLITE_OK)
			return db_fail(db, rc, err);
	}
	return 0;
}

int sqlfunc_register(struct db *db, struct err *err)
{
	static const struct sqlfunc table[] = {
		{ "tally", 5, NULL, tally_step, tally_final },
		{ "tally_join", 1, NULL, join_step, tally_final },
		{ "share", 5, share_func, NULL, NULL },
		{ "bucket", 2, bucket_func, NULL, NULL },
	};

	return sqlfunc_add(db, table, sizeof(table) / sizeof(table[0]), NULL, err);
}
