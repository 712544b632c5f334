#include "rowset.h"

#include "records.h"
#include "timeseries.h"
#include "xalloc.h"

#include <assert.h>

int rowset_new(struct store *s, const struct query *q, const struct list_spec *spec,
	unsigned needs, struct rows **ret, struct err *err)
{
	struct rows *r = xcalloc(1, sizeof(*r));
	int rc;

	r->s = s;
	r->q = *q;
	r->spec = spec;
	arena_init(&r->row);
	*ret = r;
	rc = db_view_begin(&s->db, &r->own_view, err);
	if (rc == 0)
		rc = store_generation(s, &r->last.generation, err);
	if (rc == 0)
		rc = question_init(&r->question, &s->db, &r->q, needs, err);
	r->last.hash = cursor_hash(q, spec->list);
	return rc;
}

/* --- Order --- */

static const struct sort_key *find_key(const struct list_spec *spec, struct str name)
{
	for (const struct sort_key *k = spec->keys; k->name; k++)
		if (str_eq(name, str_of(k->name)))
			return k;
	return NULL;
}

static void add_term(struct sort *sort, const char *expr, bool falls)
{
	for (size_t i = 0; i < sort->count; i++)
		if (strcmp(sort->terms[i].expr, expr) == 0)
			return;
	sort->terms[sort->count].expr = expr;
	sort->terms[sort->count].falls = falls;
	sort->count++;
}

static int no_such_key(const struct list_spec *spec, struct str name, struct err *err)
{
	char names[200] = "";
	size_t n = 0;

	for (const struct sort_key *k = spec->keys; k->name && n < sizeof(names); k++)
		n += (size_t)snprintf(
			names + n, sizeof(names) - n, "%s%s", n ? ", " : "", k->name);
	return FAIL(err, ERR_USAGE, "invalid-parameter",
		"'%.*s' is no sort key here: there are %s.", STR_ARGS(str_first(name, 60)),
		names);
}

int rowset_sort(const struct rows *r, struct sort *ret, struct err *err)
{
	struct str rest = str_empty(r->q.sort) ? str_of(r->spec->by_default) : r->q.sort, name;
	bool first_falls = str_starts(rest, STR("-"));

	*ret = (struct sort){ 0 };
	while (str_cut(&rest, ',', &name)) {
		bool falls = str_starts(name, STR("-"));
		const struct sort_key *k = find_key(r->spec, str_from(name, falls));

		if (!k)
			return no_such_key(r->spec, str_from(name, falls), err);
		if (ret->count + 2 * SORT_EXPRS > CURSOR_VALUES)
			return FAIL(err, ERR_USAGE, "invalid-parameter",
				"'sort' has too many keys.");
		for (int i = 0; i < SORT_EXPRS && k->exprs[i]; i++)
			add_term(ret, k->exprs[i], falls);
	}
	for (int i = 0; i < SORT_EXPRS && r->spec->ties[i]; i++)
		add_term(ret, r->spec->ties[i],
			first_falls && !(i == 1 && r->spec->last_tie_rises));
	return 0;
}

static int mismatch(struct err *err)
{
	return FAIL(err, ERR_USAGE, "cursor-mismatch",
		"This cursor belongs to another list or to other filters: start again without"
		" it.");
}

static void add_value(struct sql *sql, const struct cursor_value *v)
{
	if (v->is_text)
		sql_str(sql, v->s);
	else
		sql_int(sql, v->i);
}

/* (a > 1 OR (a = 1 AND (b < 2 OR (b = 2 AND …)))) */
static void add_after(struct sql *sql, const struct sort *sort, const struct cursor *c)
{
	for (size_t i = 0; i < sort->count; i++) {
		bool last = i + 1 == sort->count;

		sql_addf(sql, "(%s %s ", sort->terms[i].expr, sort->terms[i].falls ? "<" : ">");
		add_value(sql, &c->values[i]);
		if (last)
			break;
		sql_addf(sql, " OR (%s = ", sort->terms[i].expr);
		add_value(sql, &c->values[i]);
		sql_add(sql, " AND ");
	}
	for (size_t i = 0; i < sort->count; i++)
		sql_add(sql, i == 0 ? ")" : "))");
}

int rowset_place(struct rows *r, struct sql *sql, const struct sort *sort, const char *word,
	struct err *err)
{
	struct cursor *c;
	int64_t generation = r->last.generation;
	uint64_t hash = r->last.hash;

	r->sort_count = sort->count;
	if (str_empty(r->q.cursor))
		return 0;
	c = &r->last;
	if (!cursor_parse(r->q.cursor, c) || c->hash != hash || c->count != sort->count) {
		c->generation = generation;
		c->hash = hash;
		return mismatch(err);
	}
	sql_addf(sql, " %s ", word);
	/* The first key once more, alone, where an index can use it. */
	sql_addf(sql, "%s %s ", sort->terms[0].expr, sort->terms[0].falls ? "<=" : ">=");
	add_value(sql, &c->values[0]);
	sql_add(sql, " AND ");
	add_after(sql, sort, c);
	return 0;
}

void rowset_order(const struct rows *r, struct sql *sql, const struct sort *sort)
{
	sql_add(sql, " ORDER BY ");
	for (size_t i = 0; i < sort->count; i++)
		sql_addf(sql, "%s%s%s", i ? ", " : "", sort->terms[i].expr,
			sort->terms[i].falls ? " DESC" : "");
	if (r->q.limit > 0) {
		sql_add(sql, " LIMIT ");
		sql_int(sql, (int64_t)r->q.limit + 1);
	}
}

int rowset_finish(struct rows *r, struct sql *sql, struct err *err)
{
	struct sort sort;
	int rc = rowset_sort(r, &sort, err);

	if (rc < 0)
		return rc;
	sql_add(sql, " SELECT g.*, (SELECT count(*) FROM g)");
	for (size_t i = 0; i < sort.count; i++)
		sql_addf(sql, ", %s", sort.terms[i].expr);
	sql_add(sql, " FROM g");
	rc = rowset_place(r, sql, &sort, "WHERE", err);
	if (rc < 0)
		return rc;
	rowset_order(r, sql, &sort);
	rc = sql_prepare(&r->s->db, sql, &r->st, err);
	if (rc < 0)
		return rc;
	/* The first row now: the number of all rows is in it. */
	rc = db_step(&r->s->db, r->st, err);
	if (rc < 0)
		return rc;
	r->waiting = rc > 0;
	r->ended = rc == 0;
	if (rc > 0)
		r->total = (uint64_t)column_int(r->st, r->spec->columns);
	return 0;
}

/* --- Rows --- */

static int step(struct rows *r, struct err *err)
{
	int rc;

	if (r->ended)
		return 0;
	if (r->waiting) {
		r->waiting = false;
		return 1;
	}
	db_query_time(&r->s->db);
	rc = db_step(&r->s->db, r->st, err);
	if (rc <= 0)
		r->ended = true;
	return rc;
}

int rowset_next(struct rows *r, enum list list, struct err *err)
{
	int rc;

	assert(r->spec->list == list);
	arena_reset(&r->row);
	rc = step(r, err);
	if (rc <= 0)
		return rc;
	if (r->q.limit > 0 && r->given == r->q.limit) {
		r->more = true;
		r->ended = true;
		sqlite3_reset(r->st);
		return 0;
	}
	r->given++;
	if (r->sort_count > 0)
		cursor_take(&r->last, r->st, r->spec->columns + 1, r->sort_count);
	return 1;
}

struct str rows_next_cursor(struct rows *r, struct arena *a)
{
	struct err ignored = { 0 };

	/* Asked before the end was met: is there one row more? */
	if (!r->ended && !r->waiting && r->q.limit > 0 && r->given == r->q.limit && r->st) {
		r->more = step(r, &ignored) > 0;
		r->ended = true;
	}
	return r->more && r->sort_count > 0 ? cursor_text(&r->last, a) : STR_ABSENT;
}

uint64_t rows_total(const struct rows *r)
{
	return r->total;
}

const struct services *rows_services(const struct rows *r)
{
	return r->s->db.services;
}

void rows_close(struct rows *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->st);
	time_line_free(r->time);
	record_cache_free(r->records);
	free(r->senders);
	db_view_end(&r->s->db, r->own_view);
	arena_release(&r->row);
	free(r);
}
