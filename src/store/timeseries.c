#include "timeseries.h"

#include "day.h"
#include "rowset.h"
#include "sqlfunc.h"
#include "tally.h"
#include "xalloc.h"

/* A longer range than this shows the intervals that have reports, and those between them. */
#define GAPS_MOST 4000

struct interval {
	int64_t first;
	uint64_t reports;
};

struct time_line {
	struct interval *intervals; /* those with reports, ascending */
	size_t count, cap;
	int64_t next, end; /* first days of the next interval to give, and behind the last */
	size_t at;	   /* in intervals */
	bool has_row,
		shown; /* a row of the statement is waiting; the interval `next` was given */
	int64_t row_first;
	int64_t complete_day;
};

static const struct list_spec spec = { .list = LIST_TIME, .columns = 3 };

void time_line_free(struct time_line *t)
{
	if (!t)
		return;
	free(t->intervals);
	free(t);
}

static void add_interval(struct time_line *t, int64_t first, uint64_t reports)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->intervals = xrealloc(t->intervals, t->cap, sizeof(*t->intervals));
	}
	t->intervals[t->count++] = (struct interval){ first, reports };
}

static int load_coverage(struct rows *r, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int rc;

	sql_init(&sql);
	question_with(&sql, &r->question);
	sql_add(&sql, "g AS (");
	question_coverage_by_bucket(&sql, &r->question);
	sql_add(&sql, ") SELECT first, sum(reports) FROM g GROUP BY first ORDER BY first");
	rc = sql_prepare(&r->s->db, &sql, &st, err);
	if (rc < 0)
		return rc;
	while ((rc = db_step(&r->s->db, st, err)) > 0)
		add_interval(r->time, column_int(st, 0), (uint64_t)column_int(st, 1));
	return rc;
}

/* From where to where: the range, but not further than there are data when it is everything. */
static void set_ends(struct rows *r)
{
	struct time_line *t = r->time;
	enum bucket b = r->q.bucket;
	int64_t step = b == BUCKET_DAY ? 1 : b == BUCKET_WEEK ? 7 : 28;

	t->next = bucket_first(r->question.from_day, b);
	t->end = r->question.to_day > r->question.from_day
			 ? bucket_next(bucket_first(r->question.to_day - 1, b), b)
			 : t->next;
	if (!r->q.all_time && (t->end - t->next) / step <= GAPS_MOST)
		return;
	if (t->count == 0) {
		t->end = t->next;
		return;
	}
	t->next = t->intervals[0].first;
	t->end = bucket_next(t->intervals[t->count - 1].first, b);
}

/* What the rows of an interval are told apart by; k1, k2 and k3 are the columns of
 * split_columns.
 */
static const char *key_of(enum split split)
{
	switch (split) {
	case SPLIT_CAUSE:
		return "(facts >> 6) & 15";
	case SPLIT_DISPOSITION:
		return "(facts >> 10) & 7";
	case SPLIT_SENDER:
		return "sender_key((SELECT text FROM name WHERE id = k1), k3, (SELECT ip FROM"
		       " source WHERE id = k2))";
	case SPLIT_REPORTER:
		return "(SELECT text FROM reporter WHERE id = k1)";
	case SPLIT_RESULT:
		break;
	}
	return "NULL";
}

static const char *split_columns(enum split split)
{
	return split == SPLIT_SENDER	 ? ", sender AS k1, source AS k2, named_by AS k3"
	       : split == SPLIT_REPORTER ? ", reporter AS k1"
					 : "";
}

static void add_statement(struct rows *r, struct sql *sql)
{
	enum split split = r->q.split;

	question_with(sql, &r->question);
	sql_addf(sql,
		"g AS (SELECT bucket(day, %d) AS first, facts, messages, records, spread%s",
		(int)r->q.bucket, split_columns(split));
	question_from(sql, &r->question);
	sql_addf(sql,
		") SELECT first, %s AS k, tally(facts, messages, records, spread, %d) FROM g"
		" GROUP BY 1, 2 ORDER BY 1, sum(messages) DESC, 2",
		key_of(split), r->q.by_receiver);
}

static unsigned needs_of(enum split split)
{
	return split == SPLIT_SENDER	 ? NEED_SOURCE
	       : split == SPLIT_REPORTER ? NEED_REPORTER
					 : 0;
}

static int fetch(struct rows *r, struct err *err)
{
	int rc = db_step(&r->s->db, r->st, err);

	r->time->has_row = rc > 0;
	if (rc > 0)
		r->time->row_first = column_int(r->st, 0);
	return rc < 0 ? rc : 0;
}

static int open_time(struct rows *r, struct err *err)
{
	CLEANUP(sql)
	struct sql sql = { 0 };
	int rc;

	r->time = xcalloc(1, sizeof(*r->time));
	rc = store_complete(r->s, &r->q, time_now(), &r->time->complete_day, err);
	if (rc == 0)
		rc = load_coverage(r, err);
	if (rc < 0)
		return rc;
	set_ends(r);
	sql_init(&sql);
	add_statement(r, &sql);
	rc = sql_prepare(&r->s->db, &sql, &r->st, err);
	return rc < 0 ? rc : fetch(r, err);
}

int store_timeseries(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	struct rows *r;
	int rc = rowset_new(s, q, &spec, needs_of(q->split), &r, err);

	if (rc == 0)
		rc = open_time(r, err);
	if (rc < 0)
		rows_close(r);
	else
		*ret = r;
	return rc;
}

static uint64_t reports_of(struct time_line *t, int64_t first)
{
	while (t->at < t->count && t->intervals[t->at].first < first)
		t->at++;
	return t->at < t->count && t->intervals[t->at].first == first
		       ? t->intervals[t->at].reports
		       : 0;
}

static struct str key_text(struct rows *r)
{
	int64_t n = column_int(r->st, 1);
	const char *name;

	switch (r->q.split) {
	case SPLIT_RESULT:
		return STR_ABSENT;
	case SPLIT_CAUSE:
		return n < CAUSE_COUNT ? str_of(cause_name((enum cause)n)) : STR_ABSENT;
	case SPLIT_DISPOSITION:
		name = n < DISP_COUNT ? disposition_name((enum disposition)n) : NULL;
		return name ? str_of(name) : STR("");
	default:
		return arena_str(&r->row, column_text(r->st, 1));
	}
}

int rows_time(struct rows *r, struct time_row *ret, struct err *err)
{
	struct time_line *t = r->time;
	struct tally tally = { 0 };
	int64_t behind;
	int rc = 0;

	arena_reset(&r->row);
	db_query_time(&r->s->db);
	/* The rows of an interval are all given: on to the next one. */
	if (t->shown && !(t->has_row && t->row_first == t->next)) {
		t->next = bucket_next(t->next, r->q.bucket);
		t->shown = false;
	}
	if (t->next >= t->end)
		return 0;
	behind = bucket_next(t->next, r->q.bucket);
	*ret = (struct time_row){ .day = t->next,
		.reports = reports_of(t, t->next),
		.complete = behind - 1 <= t->complete_day };
	t->shown = true;
	if (!t->has_row || t->row_first != t->next)
		return 1;
	ret->key = key_text(r);
	if (!tally_unpack(column_blob(r->st, 2), &tally))
		tally = (struct tally){ 0 };
	ret->totals = tally.totals;
	ret->spread_messages = tally.spread;
	rc = fetch(r, err);
	return rc < 0 ? rc : 1;
}
