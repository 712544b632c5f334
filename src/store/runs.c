/*
 * runs.c - the runs of imports, how it stands with each source of mail, and what was read of
 * it.
 */
#include "write.h"

/* --- A transaction of our own, unless a batch is open --- */

static int in_transaction(struct store *s, bool *ret_own, struct err *err)
{
	*ret_own = sqlite3_get_autocommit(s->db.h) != 0;
	return *ret_own ? db_exec(&s->db, "BEGIN IMMEDIATE", err) : 0;
}

/* r so far: commit, or roll back. */
static int end_transaction(struct store *s, bool own, int r, struct err *err)
{
	if (!own)
		return r;
	if (r == 0)
		r = db_exec(&s->db, "COMMIT", err);
	if (r < 0 && !sqlite3_get_autocommit(s->db.h))
		sqlite3_exec(s->db.h, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

/* What pages show has changed. */
static int count_generation(struct store *s, int r, struct err *err)
{
	return r < 0 ? r : db_exec(&s->db, "UPDATE meta SET generation = generation + 1", err);
}

/* --- Runs --- */

static int insert_run(struct store *s, struct str source, int64_t at, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_run_insert, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, source);
	bind_int(st, 2, at);
	return db_run(&s->db, st, err);
}

int store_run_begin(
	struct store *s, struct str source, int64_t at, int64_t *ret_run, struct err *err)
{
	int64_t id = 0;
	bool own;
	int r = in_transaction(s, &own, err);

	if (r < 0)
		return r;
	r = insert_run(s, source, at, err);
	if (r == 0)
		id = sqlite3_last_insert_rowid(s->db.h);
	if (own)
		r = count_generation(s, r, err);
	r = end_transaction(s, own, r, err);
	if (r == 0)
		*ret_run = id;
	return r;
}

static int finish_run(struct store *s, const struct run_row *run, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_run_finish, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, run->id);
	bind_int(st, 2, run->ended_at);
	bind_int(st, 3, (int64_t)run->inputs);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		bind_int(st, 4 + i, (int64_t)run->by_outcome[i]);
	bind_int(st, 8, (int64_t)run->reports);
	bind_int(st, 9, (int64_t)run->records);
	bind_int(st, 10, (int64_t)run->messages);
	bind_text(st, 11, run->error);
	return db_run(&s->db, st, err);
}

static int put_state(struct store *s, const struct run_row *run, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_import_state_put, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, run->source);
	bind_int(st, 2, run->started_at);
	bind_int(st, 3, run->ended_at);
	bind_int(st, 4, run->end);
	bind_int(st, 5, run->inputs > 0);
	bind_text(st, 6, str_of(run->reason));
	bind_text(st, 7, run->end == RUN_FAILED ? run->error : STR_ABSENT);
	return db_run(&s->db, st, err);
}

int store_run_end(struct store *s, const struct run_row *run, struct err *err)
{
	bool own;
	int r = in_transaction(s, &own, err);

	if (r < 0)
		return r;
	if (run->id != 0)
		r = finish_run(s, run, err);
	if (r == 0)
		r = put_state(s, run, err);
	if (own)
		r = count_generation(s, r, err);
	return end_transaction(s, own, r, err);
}

/* --- How it stands with a source --- */

static void take_state(sqlite3_stmt *st, struct arena *a, struct import_row *ret)
{
	*ret = (struct import_row){
		.source = arena_str(a, column_text(st, 0)),
		.started_at = column_int(st, 1),
		.ended_at = column_int(st, 2),
		.success_at = column_int(st, 3),
		.received_at = column_int(st, 4),
		.failures = (uint64_t)column_int(st, 5),
		.failing_at = column_int(st, 6),
		.reason = arena_str(a, column_text(st, 7)),
		.error = arena_str(a, column_text(st, 8)),
	};
}

int store_import_state(struct store *s, struct str source, struct arena *a,
	struct import_row *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_import_state_get, &st, err);
	if (r < 0)
		return r;
	bind_text(st, 1, source);
	r = db_step(&s->db, st, err);
	if (r > 0)
		take_state(st, a, ret);
	sqlite3_reset(st);
	return r;
}

int store_import_states(struct store *s, struct arena *a, struct import_row **ret,
	size_t *ret_count, struct err *err)
{
	struct import_row *rows = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_import_state_all, &st, err);
	while (r >= 0 && (r = db_step(&s->db, st, err)) > 0) {
		rows = ARENA_MORE(a, rows, n);
		take_state(st, a, &rows[n++]);
	}
	if (r < 0)
		return r;
	*ret = rows;
	*ret_count = n;
	return 0;
}

/* --- Checkpoints --- */

int store_checkpoint_put(
	struct store *s, struct str source, struct str text, int64_t at, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(&s->db, STMT_checkpoint_put, &st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, source);
	bind_text(st, 2, text);
	bind_int(st, 3, at);
	return db_run(&s->db, st, err);
}

int store_checkpoint_get(
	struct store *s, struct str source, struct arena *a, struct str *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_checkpoint_get, &st, err);
	if (r < 0)
		return r;
	bind_text(st, 1, source);
	r = db_step(&s->db, st, err);
	if (r > 0)
		*ret = arena_str(a, column_text(st, 0));
	sqlite3_reset(st);
	return r;
}
