/*
 * inputs.c - reading the ledger: inputs, runs, kept bytes, originals.
 */
#include "day.h"
#include "filter.h"
#include "ledger.h"
#include "rowset.h"
#include "xalloc.h"

#include <assert.h>

/* --- Inputs --- */

#define INPUT_COLUMNS \
	"id, source, locator, part, mail_from, subject, message_id, size_bytes, arrived_at, " \
	"first_at," \
	" last_at, times, outcome, reason, detail, line, col, report, kept, was, again_at," \
	" dismissed_at"

static const struct list_spec inputs = {
	.list = LIST_INPUTS,
	.columns = 22,
	.by_default = "-last_at",
	.ties = { "id" },
	.keys =
		(const struct sort_key[]){
			{ "last_at", { "last_at" } },
			{ "arrived", { "arrived_at" } },
			{ "size", { "size_bytes" } },
			{ 0 },
		},
};

static const struct list_spec runs = {
	.list = LIST_RUNS,
	.columns = 13,
	.by_default = "-started",
	.ties = { "id" },
	.keys = (const struct sort_key[]){ { "started", { "started_at" } }, { 0 } },
};

static void add_days(struct sql *sql, const struct question *qn, const char *column)
{
	sql_addf(sql, "%s >= ", column);
	sql_int(sql, day_start(qn->from_day));
	sql_addf(sql, " AND %s < ", column);
	sql_int(sql, day_start(qn->to_day));
}

static int open_ledger(struct store *s, const struct query *q, const struct list_spec *list,
	const char *columns, const char *table, const char *time, struct rows **ret,
	struct err *err)
{
	CLEANUP(sql)
	struct sql sql;
	struct sort sort;
	struct rows *r;
	int rc = rowset_new(s, q, list, 0, &r, err);

	sql_init(&sql);
	if (rc == 0)
		rc = rowset_sort(r, &sort, err);
	if (rc == 0) {
		sql_addf(&sql, "SELECT %s, 0", columns);
		for (size_t i = 0; i < sort.count; i++)
			sql_addf(&sql, ", %s", sort.terms[i].expr);
		sql_addf(&sql, " FROM %s WHERE ", table);
		add_days(&sql, &r->question, time);
		if (list == &inputs)
			filter_input(&sql, &r->q);
		rc = rowset_place(r, &sql, &sort, "AND", err);
	}
	if (rc == 0) {
		rowset_order(r, &sql, &sort);
		rc = sql_prepare(&s->db, &sql, &r->st, err);
	}
	if (rc < 0)
		rows_close(r);
	else
		*ret = r;
	return rc;
}

int store_inputs(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return open_ledger(s, q, &inputs, INPUT_COLUMNS, "input", "last_at", ret, err);
}

static enum outcome outcome_at(sqlite3_stmt *st, int column)
{
	int64_t o = column_int(st, column);

	return o >= 0 && o < OUTCOME_COUNT ? (enum outcome)o : OUTCOME_REJECTED;
}

static void read_input(sqlite3_stmt *st, struct arena *a, struct input_row *ret)
{
	struct str *texts[] = { &ret->source, &ret->locator, &ret->part, &ret->from,
		&ret->subject, &ret->message_id };
	const struct reason *reason;

	*ret = (struct input_row){ .id = column_int(st, 0),
		.size_bytes = (uint64_t)column_int(st, 7),
		.arrived_at = column_int(st, 8),
		.first_at = column_int(st, 9),
		.last_at = column_int(st, 10),
		.times = (uint64_t)column_int(st, 11),
		.outcome = outcome_at(st, 12),
		.line = column_int(st, 15),
		.column = column_int(st, 16),
		.report = column_int(st, 17),
		.has_bytes = column_int(st, 18) != 0,
		.again_at = column_int(st, 20),
		.dismissed_at = column_int(st, 21) };
	for (int i = 0; i < 6; i++)
		*texts[i] = arena_str(a, column_text(st, 1 + i));
	ret->reason = arena_str(a, column_text(st, 13));
	ret->was = arena_str(a, column_text(st, 19));
	ret->detail = arena_str(a, column_text(st, 14));
	reason = str_absent(ret->reason) ? NULL : reason_find(ret->reason);
	ret->stage = reason ? str_of(reason->stage) : STR_ABSENT;
}

int rows_input(struct rows *r, struct input_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_INPUTS, err);

	if (rc > 0)
		read_input(r->st, &r->row, ret);
	return rc;
}

/* --- Runs --- */

int store_runs(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return open_ledger(s, q, &runs,
		"id, started_at, ended_at, source, inputs, stored, duplicate, ignored,"
		" rejected, reports, records, messages, error",
		"run", "started_at", ret, err);
}

int rows_run(struct rows *r, struct run_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_RUNS, err);

	if (rc <= 0)
		return rc;
	*ret = (struct run_row){ .id = column_int(r->st, 0),
		.started_at = column_int(r->st, 1),
		.ended_at = column_int(r->st, 2),
		.source = arena_str(&r->row, column_text(r->st, 3)),
		.inputs = (uint64_t)column_int(r->st, 4),
		.reports = (uint64_t)column_int(r->st, 9),
		.records = (uint64_t)column_int(r->st, 10),
		.messages = (uint64_t)column_int(r->st, 11),
		.error = arena_str(&r->row, column_text(r->st, 12)) };
	for (int i = 0; i < OUTCOME_COUNT; i++)
		ret->by_outcome[i] = (uint64_t)column_int(r->st, 5 + i);
	return 1;
}

/* --- Originals --- */

struct raw {
	struct piece_reader pieces;
};

struct pieces_of {
	unsigned count;
	uint64_t size_bytes;
};

/* How many pieces owner has: 1, 0 none. */
static int find_pieces(
	struct db *db, enum stmt_id get, int64_t owner, struct pieces_of *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, get, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, owner);
	r = db_step(db, st, err);
	if (r <= 0)
		return r;
	*ret = (struct pieces_of){ (unsigned)column_int(st, 0), (uint64_t)column_int(st, 1) };
	sqlite3_reset(st);
	return ret->count > 0 && ret->count <= PIECES_MOST;
}

int store_raw_open(struct store *s, int64_t report, struct raw **ret, struct err *err)
{
	struct pieces_of p;
	struct raw *raw;
	int r;

	db_query_time(&s->db);
	r = find_pieces(&s->db, STMT_document_get, report, &p, err);
	if (r <= 0)
		return r;
	raw = xcalloc(1, sizeof(*raw));
	piece_reader_init(&raw->pieces, &s->db, STMT_document_piece_get, report, p.count);
	*ret = raw;
	return 1;
}

struct reader *raw_reader(struct raw *r)
{
	return &r->pieces.reader;
}

void store_raw_close(struct raw *r)
{
	if (!r)
		return;
	piece_reader_release(&r->pieces);
	free(r);
}

int kept_bytes(struct db *db, int64_t kept, struct arena *a, struct str *ret, struct err *err)
{
	struct piece_reader reader;
	struct pieces_of p;
	char *bytes;
	ssize_t n;
	int r = find_pieces(db, STMT_kept_get, kept, &p, err);

	if (r <= 0)
		return r;
	if (p.size_bytes > (uint64_t)p.count * PIECE_BYTES)
		return FAIL(err, ERR_IO, "store-damaged",
			"%s: the size of a kept original is wrong", db->path);
	bytes = arena_alloc(a, p.size_bytes + 1, 1);
	piece_reader_init(&reader, db, STMT_kept_piece_get, kept, p.count);
	n = reader_fill(&reader.reader, bytes, p.size_bytes, err);
	piece_reader_release(&reader);
	if (n < 0)
		return (int)n;
	*ret = str_make(bytes, (size_t)n);
	return 1;
}

static int get_input(struct store *s, int64_t id, struct arena *a, struct input_row *ret,
	struct str *ret_bytes, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	struct input_row row;
	struct str bytes = STR_ABSENT;
	int64_t kept;
	int r = db_prepare(
		&s->db, STR("SELECT " INPUT_COLUMNS " FROM input WHERE id = ?"), &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, id);
	r = db_step(&s->db, st, err);
	if (r <= 0)
		return r;
	read_input(st, a, &row);
	kept = column_int(st, 18);
	if (kept != 0 && ret_bytes && (r = kept_bytes(&s->db, kept, a, &bytes, err)) < 0)
		return r;
	*ret = row;
	if (ret_bytes)
		*ret_bytes = bytes;
	return 1;
}

int store_input_get(struct store *s, int64_t id, struct arena *a, struct input_row *ret,
	struct str *ret_bytes, struct err *err)
{
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = get_input(s, id, a, ret, ret_bytes, err);
	db_view_end(&s->db, own);
	return r;
}
