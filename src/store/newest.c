/*
 * newest.c - for monitoring: the newest report of each domain, and runs as they end.
 */
#include "day.h"
#include "write.h"

#define CLOCKS_APART_S DAY_SECONDS /* so much may a reporter's clock be ahead */

/* --- Newest reports --- */

static void take_policy(sqlite3_stmt *st, struct arena *a, struct policy *ret)
{
	struct str *texts[] = { &ret->p, &ret->sp, &ret->np, &ret->adkim, &ret->aspf, &ret->fo,
		&ret->testing, &ret->discovery_method };

	for (int i = 0; i < 8; i++)
		*texts[i] = arena_str(a, column_text(st, 1 + i));
	ret->pct = sqlite3_column_type(st, 9) == SQLITE_NULL ? -1 : (int)column_int(st, 9);
}

/* 1, 0 none. */
static int newest_of(struct store *s, int64_t domain, int64_t now_at, struct arena *a,
	struct newest_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_newest_report, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, domain);
	bind_int(st, 2, day_of(now_at));
	bind_int(st, 3, now_at + CLOCKS_APART_S);
	r = db_step(&s->db, st, err);
	if (r > 0) {
		ret->end_at = column_int(st, 0);
		take_policy(st, a, &ret->policy);
	}
	sqlite3_reset(st);
	return r;
}

struct known_domain {
	int64_t id;
	struct str name;
};

static int read_domains(struct store *s, unsigned most, struct arena *a,
	struct known_domain **ret, size_t *ret_count, struct err *err)
{
	struct known_domain *domains = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_use(&s->db, STMT_newest_domains, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, most);
	while ((r = db_step(&s->db, st, err)) > 0) {
		domains = ARENA_MORE(a, domains, n);
		domains[n++] = (struct known_domain){ column_int(st, 0),
			arena_str(a, column_text(st, 1)) };
	}
	*ret = domains;
	*ret_count = n;
	return r;
}

static int read_newest(struct store *s, int64_t now_at, unsigned most, struct arena *a,
	struct newest_row **ret, size_t *ret_count, uint64_t *ret_known, struct err *err)
{
	struct known_domain *domains;
	struct newest_row *rows;
	size_t count, n = 0;
	sqlite3_stmt *st;
	int64_t known = 0;
	int r = read_domains(s, most, a, &domains, &count, err);

	if (r == 0)
		r = db_use(&s->db, STMT_newest_known, &st, err);
	if (r == 0)
		r = db_number(&s->db, st, 0, &known, err);
	if (r < 0)
		return r;
	rows = ARENA_ARRAY(a, struct newest_row, count + 1);
	for (size_t i = 0; i < count; i++) {
		r = newest_of(s, domains[i].id, now_at, a, &rows[n], err);
		if (r < 0)
			return r;
		rows[n].domain = rows[n].policy.domain = domains[i].name;
		n += r > 0;
	}
	*ret = rows;
	*ret_count = n;
	*ret_known = (uint64_t)known;
	return 0;
}

int store_newest(struct store *s, int64_t now_at, unsigned most, struct arena *a,
	struct newest_row **ret, size_t *ret_count, uint64_t *ret_known, struct err *err)
{
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = read_newest(s, now_at, most, a, ret, ret_count, ret_known, err);
	db_view_end(&s->db, own);
	return r;
}

/* --- Runs --- */

static void take_run(sqlite3_stmt *st, struct arena *a, struct run_row *ret)
{
	*ret = (struct run_row){
		.id = column_int(st, 0),
		.source = arena_str(a, column_text(st, 1)),
		.started_at = column_int(st, 2),
		.ended_at = column_int(st, 3),
		.inputs = (uint64_t)column_int(st, 4),
		.error = arena_str(a, column_text(st, 9)),
	};
	for (int i = 0; i < OUTCOME_COUNT; i++)
		ret->by_outcome[i] = (uint64_t)column_int(st, 5 + i);
}

int store_run_newest(struct store *s, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_run_newest, &st, err);
	return r < 0 ? r : db_number(&s->db, st, 0, ret, err);
}

int store_runs_after(struct store *s, int64_t after, struct arena *a, struct run_row **ret,
	size_t *ret_count, struct err *err)
{
	struct run_row *rows = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_runs_after, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, after);
	while ((r = db_step(&s->db, st, err)) > 0) {
		rows = ARENA_MORE(a, rows, n);
		take_run(st, a, &rows[n++]);
	}
	if (r < 0)
		return r;
	*ret = rows;
	*ret_count = n;
	return 0;
}

int store_run_get(
	struct store *s, int64_t run, struct arena *a, struct run_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_run_get, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, run);
	r = db_step(&s->db, st, err);
	if (r > 0)
		take_run(st, a, ret);
	sqlite3_reset(st);
	return r;
}

static int run_counts(struct store *s, enum stmt_id id, int64_t run, int64_t started_at,
	enum outcome outcome, struct arena *a, struct reason_row **ret, size_t *ret_count,
	struct err *err)
{
	struct reason_row *rows = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, id, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, run);
	bind_int(st, 2, started_at);
	bind_int(st, 3, outcome);
	while ((r = db_step(&s->db, st, err)) > 0) {
		rows = ARENA_MORE(a, rows, n);
		rows[n++] = (struct reason_row){ arena_str(a, column_text(st, 0)),
			(uint64_t)column_int(st, 1) };
	}
	if (r < 0)
		return r;
	*ret = rows;
	*ret_count = n;
	return 0;
}

int store_run_reasons(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err)
{
	return run_counts(
		s, STMT_run_reasons, run, started_at, OUTCOME_REJECTED, a, ret, ret_count, err);
}

int store_run_limits(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err)
{
	return run_counts(
		s, STMT_run_limits, run, started_at, OUTCOME_REJECTED, a, ret, ret_count, err);
}

int store_run_notes(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err)
{
	return run_counts(
		s, STMT_run_notes, run, started_at, OUTCOME_STORED, a, ret, ret_count, err);
}
