#include "senderset.h"

#include "arena.h"
#include "digest.h"
#include "senderfunc.h"
#include "service.h"
#include "tally.h"
#include "xalloc.h"

#include <assert.h>

/* The columns, in their order. */
enum column {
	COL_DOMAIN,
	COL_KEY,
	COL_BY,
	COL_TALLY,
	COL_MESSAGES,
	COL_PASS,
	COL_ADDRESSES,
	COL_IP,
	COL_FIRST_DAY,
	COL_LAST_DAY,
	COL_SELECTOR,
	COL_WORD,
	COL_CONFIGURED,
	COL_FRESH,
	COL_TRAITS,
	COL_READ, /* so many are read; the rest follows from them */
	COL_CLASS = COL_READ,
	COL_ATTENTION,
	COL_EXPLAINED,
	COL_COUNT,
	COL_SET = COL_COUNT /* the argument */
};

static const char declaration[] =
	"CREATE TABLE x (domain, key, by, t, m, p, addresses, ip, first_day, last_day,"
	" selector, word, configured, fresh, traits, class, attention, explained, id HIDDEN)";

struct cell {
	enum { CELL_NULL, CELL_INT, CELL_TEXT, CELL_BLOB } type;
	union {
		int64_t i;
		struct str s;
	};
};

struct set {
	int64_t id; /* 0: none */
	int64_t generation;
	struct digest question;
	struct arena arena; /* of rows and texts */
	struct cell (*rows)[COL_COUNT];
	size_t count;
	unsigned readers;
};

struct sender_sets {
	struct set *kept[SETS_KEPT]; /* newest first */
	int64_t last_id;
};

static void set_free(struct set *set)
{
	if (!set)
		return;
	arena_release(&set->arena);
	free(set);
}

static void sets_free(void *arg)
{
	struct sender_sets *sets = arg;

	for (size_t i = 0; i < SETS_KEPT; i++)
		set_free(sets->kept[i]);
	free(sets);
}

/* --- What is kept --- */

static void add_service_rules(struct digest_ctx *d, const struct db *db)
{
	const struct digest *rules = services_digest(db->services);

	digest_add(d, rules, sizeof(*rules));
}

/* The statement with its values, and the rules that its functions follow. */
static struct digest question_of(const struct db *db, const struct sql *q)
{
	struct digest_ctx d;
	struct digest ret;

	digest_init(&d);
	add_service_rules(&d, db);
	digest_field(&d, buf_view(&q->text));
	for (size_t i = 0; i < q->param_count; i++) {
		const struct sql_param *p = &q->params[i];

		digest_u64(&d, (uint64_t)p->type);
		if (p->type == PARAM_INT)
			digest_u64(&d, (uint64_t)p->i);
		else if (p->type == PARAM_TEXT)
			digest_field(&d, p->s);
		else
			digest_field(&d, str_make((const char *)p->small, p->small_n));
	}
	digest_end(&d, &ret);
	return ret;
}

static int generation_of(struct db *db, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_use(db, STMT_meta_generation, &st, err);

	return r < 0 ? r : db_number(db, st, 0, ret, err);
}

/* It goes in front; those that are not read go when there are too many or they are too large.
 */
static void sets_put(struct sender_sets *sets, struct set *set)
{
	struct set *all[SETS_KEPT + 1] = { set };
	size_t bytes = 0, n = 0, idle = 0, read = 0;

	memcpy(all + 1, sets->kept, sizeof(sets->kept));
	memset(sets->kept, 0, sizeof(sets->kept));
	for (size_t i = 0; i <= SETS_KEPT && all[i]; i++)
		read += all[i]->readers > 0;
	assert(read + SETS_IN_USE <= SETS_KEPT);
	for (size_t i = 0; i <= SETS_KEPT && all[i]; i++) {
		bytes += all[i]->arena.used_bytes;
		if (all[i]->readers > 0 || idle < SETS_IN_USE ||
			(idle + read < SETS_KEPT && bytes <= SETS_BYTES_MOST)) {
			idle += all[i]->readers == 0;
			sets->kept[n++] = all[i];
		} else {
			set_free(all[i]);
		}
	}
}

int senderset_find(struct db *db, const struct sql *q, int64_t *ret, struct err *err)
{
	const struct sender_sets *sets = db->sender_sets;
	struct digest question = question_of(db, q);
	int64_t generation = 0, id = 0;
	int r = generation_of(db, &generation, err);

	for (size_t i = 0; r == 0 && i < SETS_KEPT && sets->kept[i]; i++)
		if (sets->kept[i]->generation == generation &&
			digest_eq(&sets->kept[i]->question, &question))
			id = sets->kept[i]->id;
	if (r == 0)
		*ret = id;
	return r;
}

/* --- Making one --- */

static struct cell cell_at(struct arena *a, sqlite3_stmt *st, int column)
{
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		return (struct cell){ CELL_INT, { .i = column_int(st, column) } };
	case SQLITE_TEXT:
		return (struct cell){ CELL_TEXT,
			{ .s = arena_str(a, column_text(st, column)) } };
	case SQLITE_BLOB:
		return (struct cell){ CELL_BLOB,
			{ .s = arena_str(a, column_blob(st, column)) } };
	default:
		return (struct cell){ CELL_NULL, { 0 } };
	}
}

static void cell_set(struct cell *cell, int64_t i)
{
	*cell = (struct cell){ CELL_INT, { .i = i } };
}

/* What it is. */
static void row_judge(struct cell row[COL_COUNT])
{
	struct sender_traits traits = { 0 };
	struct sender_view view;
	struct tally tally = { 0 };
	enum sender_word word = row[COL_WORD].i == WORD_NOT_OURS ? WORD_NOT_OURS : WORD_NONE;

	traits_unpack(row[COL_TRAITS].s, &traits);
	tally_unpack(row[COL_TALLY].s, &tally);
	sender_judge(&traits, &view);
	cell_set(&row[COL_CLASS], (int64_t)view.class);
	cell_set(&row[COL_ATTENTION],
		sender_attention(&traits, &view, word, (uint64_t)row[COL_MESSAGES].i));
	cell_set(&row[COL_EXPLAINED], (int64_t)tally.totals.explained);
}

static int read_rows(struct db *db, sqlite3_stmt *st, struct set *set, struct err *err)
{
	int r;

	while ((r = db_step(db, st, err)) > 0) {
		struct cell *row;

		set->rows = ARENA_MORE(&set->arena, set->rows, set->count);
		row = set->rows[set->count++];
		for (int i = 0; i < COL_READ; i++)
			row[i] = cell_at(&set->arena, st, i);
		row_judge(row);
	}
	return r;
}

int senderset_make(struct db *db, const struct sql *q, int64_t *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	struct set *set = xcalloc(1, sizeof(*set));
	int r = generation_of(db, &set->generation, err);

	arena_init(&set->arena);
	if (r == 0)
		r = sql_prepare(db, q, &st, err);
	if (r == 0)
		r = read_rows(db, st, set, err);
	if (r < 0) {
		set_free(set);
		return r;
	}
	set->question = question_of(db, q);
	set->id = ++db->sender_sets->last_id;
	sets_put(db->sender_sets, set);
	*ret = set->id;
	return 0;
}

/* --- The table, as SQLite asks for it --- */

struct table {
	sqlite3_vtab base;
	struct sender_sets *sets;
};

struct reading {
	sqlite3_vtab_cursor base;
	struct set *set;
	size_t at;
};

static int table_connect(sqlite3 *h, void *data, int argc, const char *const *argv,
	sqlite3_vtab **ret, char **error)
{
	struct table *t;
	int rc = sqlite3_declare_vtab(h, declaration);

	(void)argc;
	(void)argv;
	(void)error;
	if (rc != SQLITE_OK)
		return rc;
	t = xcalloc(1, sizeof(*t));
	t->sets = data;
	*ret = &t->base;
	return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *vtab)
{
	free(vtab);
	return SQLITE_OK;
}

/* The id must be given. */
static int table_plan(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	(void)vtab;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != COL_SET || !info->aConstraint[i].usable ||
			info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int reading_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **ret)
{
	struct reading *c = xcalloc(1, sizeof(*c));

	(void)vtab;
	*ret = &c->base;
	return SQLITE_OK;
}

static void reading_leave(struct reading *c)
{
	if (c->set)
		c->set->readers--;
	c->set = NULL;
}

static int reading_close(sqlite3_vtab_cursor *cursor)
{
	reading_leave((struct reading *)cursor);
	free(cursor);
	return SQLITE_OK;
}

static int reading_start(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
	sqlite3_value **argv)
{
	struct reading *c = (struct reading *)cursor;
	const struct sender_sets *sets = ((const struct table *)cursor->pVtab)->sets;

	(void)number;
	(void)text;
	assert(argc == 1);
	reading_leave(c);
	c->at = 0;
	for (size_t i = 0; i < SETS_KEPT && sets->kept[i]; i++)
		if (sets->kept[i]->id == sqlite3_value_int64(argv[0]))
			c->set = sets->kept[i];
	assert(c->set); /* it was made for this statement */
	c->set->readers++;
	return SQLITE_OK;
}

static int reading_next(sqlite3_vtab_cursor *cursor)
{
	((struct reading *)cursor)->at++;
	return SQLITE_OK;
}

static int reading_ended(sqlite3_vtab_cursor *cursor)
{
	const struct reading *c = (const struct reading *)cursor;

	return c->at >= c->set->count;
}

/* The texts last as long as the set, which is being read. */
static int reading_column(sqlite3_vtab_cursor *cursor, sqlite3_context *ctx, int column)
{
	const struct reading *c = (const struct reading *)cursor;
	const struct cell *cell = &c->set->rows[c->at][column < COL_COUNT ? column : 0];

	if (column >= COL_COUNT)
		sqlite3_result_int64(ctx, c->set->id);
	else if (cell->type == CELL_INT)
		sqlite3_result_int64(ctx, cell->i);
	else if (cell->type == CELL_TEXT)
		sqlite3_result_text64(ctx, cell->s.p, cell->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	else if (cell->type == CELL_BLOB)
		sqlite3_result_blob64(ctx, cell->s.p, cell->s.n, SQLITE_TRANSIENT);
	return SQLITE_OK;
}

static int reading_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((const struct reading *)cursor)->at;
	return SQLITE_OK;
}

/* Without xCreate it is there by itself, under its name. */
static const sqlite3_module module = {
	.xConnect = table_connect,
	.xBestIndex = table_plan,
	.xDisconnect = table_disconnect,
	.xOpen = reading_open,
	.xClose = reading_close,
	.xFilter = reading_start,
	.xNext = reading_next,
	.xEof = reading_ended,
	.xColumn = reading_column,
	.xRowid = reading_rowid,
};

int senderset_register(struct db *db, struct err *err)
{
	struct sender_sets *sets = xcalloc(1, sizeof(*sets));
	int rc = sqlite3_create_module_v2(db->h, "sender_set", &module, sets, sets_free);

	/* On failure SQLite has freed it. */
	db->sender_sets = rc == SQLITE_OK ? sets : NULL;
	return rc == SQLITE_OK ? 0 : db_fail(db, rc, err);
}
