/*
 * sweep.c - rows of evidence, names, addresses … that nothing refers to any more.
 *
 * Numbers in use are marked in memory, a bit each, by reading whatever refers to the table: the
 * daily sums, and what the schema declares as a reference.  That takes its time, so it is done
 * in a view of the data, beside everybody else; and a row is deleted only while nothing was
 * written since by anybody else.  An import empties its caches of numbers when it finds that
 * somebody else has written (store_batch_begin).
 */
#include "sweep.h"

#include "day.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>

#define STEP_MS 30
#define LOOK_ROWS 4096 /* between two looks whether it is time to stop */
#define ROUNDS 3       /* views of a table that others made void */

/* Reports over several days may have records that no sum of a day tells of any more. */
#define OF_SPREAD(column) \
	"SELECT r." column " FROM report p INDEXED BY report_spread CROSS JOIN record r ON" \
	" r.report = p.id WHERE p.first_day <> p.last_day"

static const struct swept {
	const char *table;
	const char *uses[4]; /* beside references that the schema declares; ended by NULL */
	bool has_parts;	     /* rows of other tables go with it */
	bool keeps_last;     /* the highest number stays: the rows are counted by it */
} swept[] = {
	{ "evidence", { "SELECT evidence FROM sum_evidence", OF_SPREAD("evidence") }, true,
		false },
	{ "source", { "SELECT source FROM sum_source", OF_SPREAD("source") }, false, true },
	{ "name",
		{ "SELECT ip_text FROM record WHERE ip_text IS NOT NULL",
			"SELECT sender FROM sum_source", "SELECT sender FROM evidence" },
		false, false },
	{ "reporter",
		{ "SELECT reporter FROM sum_reporter", "SELECT reporter FROM sum_coverage" },
		false, false },
	{ "domain",
		{ "SELECT domain FROM sum_reporter", "SELECT domain FROM sum_source",
			"SELECT domain FROM sum_coverage" },
		false, false },
};

struct marks {
	unsigned char *bits; /* of rows that are there and not in use */
	int64_t count;	     /* of bits */
	int64_t generation;  /* of the view */
};

static void mark(struct marks *m, int64_t id, bool on)
{
	if (id < 0 || id >= m->count)
		return;
	if (on)
		m->bits[id / 8] |= (unsigned char)(1U << (id % 8));
	else
		m->bits[id / 8] &= (unsigned char)~(1U << (id % 8));
}

static bool is_marked(const struct marks *m, int64_t id)
{
	return m->bits[id / 8] & (1U << (id % 8));
}

/* All numbers that the statement gives, in whatever column. */
static int mark_all(struct db *db, sqlite3_stmt *st, struct marks *m, bool on,
	const struct care *care, struct err *err)
{
	uint64_t rows = 0;
	int r;

	while ((r = db_step(db, st, err)) > 0) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
				mark(m, column_int(st, i), on);
		if (++rows % LOOK_ROWS == 0 && (r = care_stopped(care, err)) < 0)
			return r;
	}
	return r;
}

static int mark_sql(struct db *db, const char *sql, struct marks *m, bool on,
	const struct care *care, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db, str_of(sql), &st, err);

	return r < 0 ? r : mark_all(db, st, m, on, care, err);
}

/* What the schema declares; parts of a row, which go with it, do not use it. */
static int unmark_references(struct db *db, const char *table, struct marks *m,
	const struct care *care, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(db,
		STR("SELECT 'SELECT ' || group_concat('\"' || f.\"from\" || '\"', ', ') || '"
		    " FROM \"' || t.name || '\"' FROM sqlite_schema t CROSS JOIN"
		    " pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND f.\"table\" "
		    "="
		    " ?1 AND f.on_delete <> 'CASCADE' GROUP BY t.name"),
		&st, err);

	if (r < 0)
		return r;
	bind_text(st, 1, str_of(table));
	while ((r = db_step(db, st, err)) > 0) {
		r = mark_sql(db, (const char *)sqlite3_column_text(st, 0), m, false, care, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int look(struct db *db, const struct swept *t, struct marks *m, const struct care *care,
	struct err *err)
{
	char sql[80];
	int64_t last = 0;
	int r = db_query_number(db, "SELECT generation FROM meta", &m->generation, err);

	snprintf(sql, sizeof(sql), "SELECT max(id) FROM %s", t->table);
	if (r == 0)
		r = db_query_number(db, sql, &last, err);
	if (r < 0)
		return r;
	m->count = last + 1;
	m->bits = xcalloc((size_t)m->count / 8 + 1, 1);
	snprintf(sql, sizeof(sql), "SELECT id FROM %s", t->table);
	r = mark_sql(db, sql, m, true, care, err);
	for (int i = 0; r == 0 && t->uses[i]; i++)
		r = mark_sql(db, t->uses[i], m, false, care, err);
	if (r == 0)
		r = unmark_references(db, t->table, m, care, err);
	if (t->keeps_last)
		mark(m, last, false);
	return r;
}

static int look_in_view(struct store *s, const struct swept *t, struct marks *m,
	const struct care *care, struct err *err)
{
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = look(&s->db, t, m, care, err);
	db_view_end(&s->db, own);
	return r;
}

/* In a transaction: marked rows from *id on, until it is time. */
static int delete_some(struct db *db, sqlite3_stmt *st, const struct marks *m, int64_t *id,
	uint64_t *count, struct err *err)
{
	uint64_t until_ms = time_monotonic_ms() + STEP_MS;

	for (; *id < m->count; (*id)++) {
		int r;

		if (!is_marked(m, *id))
			continue;
		if (time_monotonic_ms() >= until_ms)
			return 0;
		bind_int(st, 1, *id);
		r = db_run(db, st, err);
		if (r < 0)
			return r;
		(*count)++;
	}
	return 0;
}

static int count_gone(struct store *s, const struct swept *t, uint64_t n, struct err *err)
{
	sqlite3_stmt *st;
	int r;

	if (!t->keeps_last)
		return 0;
	r = db_use(&s->db, STMT_sources_gone, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, (int64_t)n);
	return db_run(&s->db, st, err);
}

/* One transaction.  1, 0 somebody else has written since the view, negative. */
static int step(struct store *s, const struct swept *t, sqlite3_stmt *st, struct marks *m,
	int64_t *id, const struct care *care, uint64_t *unused, struct err *err)
{
	uint64_t begun_ms, count = 0;
	int r = care_begin(s, care, err);

	if (r < 0)
		return r;
	if (s->w.generation != m->generation) {
		store_batch_rollback(s);
		return 0;
	}
	begun_ms = time_monotonic_ms();
	r = delete_some(&s->db, st, m, id, &count, err);
	if (r == 0)
		r = count_gone(s, t, count, err);
	if (r < 0) {
		store_batch_rollback(s);
		return r;
	}
	r = store_batch_commit(s, err);
	if (r < 0)
		return r;
	m->generation = s->w.generation;
	s->w.generation = -1; /* our own caches are void too */
	*unused += count;
	care_pause(time_monotonic_ms() - begun_ms);
	return 1;
}

/* 1 it is clean, 0 others wrote too much, negative. */
static int sweep_round(struct store *s, const struct swept *t, const struct care *care,
	uint64_t *unused, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	struct marks m = { 0 };
	char sql[80];
	int64_t id = 0;
	int r = look_in_view(s, t, &m, care, err);

	snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE id = ?1", t->table);
	if (r == 0)
		r = db_prepare(&s->db, str_of(sql), &st, err);
	if (r == 0)
		r = 1;
	while (r > 0) {
		while (id < m.count && !is_marked(&m, id))
			id++;
		if (id >= m.count)
			break;
		r = step(s, t, st, &m, &id, care, unused, err);
	}
	free(m.bits);
	return r;
}

static int sweep_table(struct store *s, const struct swept *t, const struct care *care,
	uint64_t *unused, struct err *err)
{
	/* Without an index on what refers to it SQLite would look through it for each row. */
	int r = t->has_parts ? 0 : db_exec(&s->db, "PRAGMA foreign_keys = OFF", err);
	struct err later = { 0 };

	care_tell(care, t->table, 0, 0);
	for (int i = 0; i < ROUNDS && r == 0; i++)
		r = sweep_round(s, t, care, unused, err);
	if (db_exec(&s->db, "PRAGMA foreign_keys = ON", &later) < 0 && r >= 0) {
		*err = later;
		r = later.code;
	}
	return r;
}

int sweep(struct store *s, const struct care *care, uint64_t *unused, struct err *err)
{
	int clean = 1;

	for (size_t i = 0; i < sizeof(swept) / sizeof(swept[0]); i++) {
		int r = sweep_table(s, &swept[i], care, unused, err);

		if (r < 0)
			return r;
		if (r == 0)
			clean = 0;
	}
	return clean;
}
