/*
 * totals.c - answers in one row: totals and the summary, from sums alone where the filters
 * allow it.
 */
#include "day.h"
#include "question.h"
#include "tally.h"
#include "write.h"

static int tally_of(struct db *db, const struct question *qn, struct tally *ret,
	int64_t *ret_first, int64_t *ret_last, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	question_with(&sql, qn);
	sql_addf(&sql,
		"g AS (SELECT tally(facts, messages, records, spread, %d), min(day), max(day)",
		qn->q->by_receiver);
	question_from(&sql, qn);
	sql_add(&sql, ") SELECT * FROM g");
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0)
		return r;
	if (!tally_unpack(column_blob(st, 0), ret))
		*ret = (struct tally){ 0 };
	*ret_first = column_int(st, 1);
	*ret_last = column_int(st, 2);
	return 0;
}

int store_totals(struct store *s, const struct query *q, struct totals *ret, struct err *err)
{
	struct question qn;
	struct tally t;
	int64_t first, last;
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = question_init(&qn, &s->db, q, 0, err);
	if (r == 0)
		r = tally_of(&s->db, &qn, &t, &first, &last, err);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret = t.totals;
	return r;
}

static int count_coverage(
	struct db *db, const struct question *qn, struct summary *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_add(&sql, "SELECT coalesce(sum(reports), 0), count(DISTINCT reporter),"
		      " count(DISTINCT domain) FROM (");
	question_coverage(&sql, qn);
	sql_add(&sql, ")");
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0)
		return r;
	ret->reports = (uint64_t)column_int(st, 0);
	ret->reporters = (uint64_t)column_int(st, 1);
	ret->domains = (uint64_t)column_int(st, 2);
	return 0;
}

/* All of them, when there is one that is flagged. */
static int count_suspect(
	struct db *db, const struct question *qn, uint64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_addf(&sql,
		"SELECT count(*), max(rp.flags & %d) FROM report rp INDEXED BY report_origin "
		"WHERE"
		" rp.origin <> 0 AND rp.origin IN (%d, %d) AND ",
		REPORT_SUSPECT, CARRIER_MISFIT, CARRIER_UNAUTHENTICATED);
	question_report_filters(&sql, qn);
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0)
		return r;
	*ret = column_int(st, 1) != 0 ? (uint64_t)column_int(st, 0) : 0;
	return 0;
}

static int count_sources(struct db *db, const struct query *q, uint64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct question qn;
	int64_t n = 0;
	int r = question_init(&qn, db, q, NEED_SOURCE, err);

	if (r < 0)
		return r;
	sql_init(&sql);
	question_with(&sql, &qn);
	sql_add(&sql, "g AS (SELECT DISTINCT source");
	question_from(&sql, &qn);
	sql_add(&sql, ") SELECT count(*) FROM g");
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_number(db, st, 0, &n, err);
	if (r == 0)
		*ret = (uint64_t)n;
	return r;
}

static void fill_summary(struct summary *s, const struct tally *t)
{
	s->totals = t->totals;
	memcpy(s->aligned, t->aligned, sizeof(s->aligned));
	memcpy(s->by_disposition, t->by_disposition, sizeof(s->by_disposition));
	memcpy(s->by_cause, t->by_cause, sizeof(s->by_cause));
	s->disagree_messages = t->disagree;
	s->spread_messages = t->spread;
}

static int make_summary(
	struct store *s, const struct query *q, struct summary *ret, struct err *err)
{
	struct summary sum = { 0 };
	struct question qn;
	struct tally t = { 0 };
	int r = question_init(&qn, &s->db, q, 0, err);

	if (r == 0)
		r = tally_of(&s->db, &qn, &t, &sum.first_day, &sum.last_day, err);
	if (r == 0)
		r = count_coverage(&s->db, &qn, &sum, err);
	if (r == 0)
		r = count_suspect(&s->db, &qn, &sum.suspect_reports, err);
	if (r == 0)
		r = count_sources(&s->db, q, &sum.sources, err);
	if (r < 0)
		return r;
	fill_summary(&sum, &t);
	*ret = sum;
	return 0;
}

int store_summary(struct store *s, const struct query *q, struct summary *ret, struct err *err)
{
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = make_summary(s, q, ret, err);
	db_view_end(&s->db, own);
	return r;
}

#define DAYS_UNTIL_COMPLETE 2

int64_t store_complete_day(int64_t now_at)
{
	return day_of(now_at) - DAYS_UNTIL_COMPLETE;
}
