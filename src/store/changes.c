/*
 * changes.c - the numbers for the rules of change.h, all out of daily sums.
 */
#include "day.h"
#include "outcome.h"
#include "reporting.h"
#include "roster_load.h"
#include "sqltext.h"
#include "write.h"
#include "xalloc.h"

/* So many domains with the most messages are looked at when none is named. */
#define CHANGE_DOMAINS_MOST 200

/* --- One domain --- */

static int find_domain_changes(struct store *s, const struct scope *sc, const struct query *q,
	const struct change_rules *rules, int64_t now_at, struct change_list *ret,
	struct err *err)
{
	struct query only = scope_query(sc->arena, sc->name);
	struct change_frame f = { .rules = rules, .domain = sc->name };
	struct roster roster = { 0 };
	struct key_row *keys = NULL;
	struct policy_seen *seen = NULL;
	size_t key_count = 0, seen_count = 0;
	int64_t today = day_of(now_at), history, keys_from;
	int r = store_complete(s, &only, now_at, &f.last_day, err);

	if (r < 0)
		return r;
	f.since_day = q->since_set ? q->since_day : change_since(rules, f.last_day);
	history = f.since_day - (int64_t)rules->history_days;
	/* What has been unused for key_days was last seen before that. */
	keys_from = f.since_day - (int64_t)rules->key_days;
	keys_from = keys_from < history ? keys_from : history;
	r = roster_load(sc, history, f.last_day + 1, &roster, err);
	if (r == 0)
		r = keys_load(
			sc, keys_from, f.since_day, today + 1, 0, &keys, &key_count, NULL, err);
	if (r == 0)
		r = policies_load(sc, f.since_day - CHANGE_BASELINE_DAYS, today + 1, &seen,
			&seen_count, err);
	if (r < 0)
		return r;
	change_senders(&f, &roster, ret);
	change_keys(&f, keys, key_count, ret);
	change_policies(&f, seen, seen_count, ret);
	return 0;
}

static struct change copy_of(struct arena *a, const struct change *c)
{
	struct change copy = *c;

	copy.domain = arena_str(a, c->domain);
	copy.subject = arena_str(a, c->subject);
	copy.name = arena_str(a, c->name);
	copy.from = arena_str(a, c->from);
	copy.to = arena_str(a, c->to);
	copy.witnesses = ARENA_ARRAY(a, struct policy_witness, c->witness_count + 1);
	for (size_t i = 0; i < c->witness_count; i++)
		copy.witnesses[i] =
			(struct policy_witness){ arena_str(a, c->witnesses[i].reporter),
				c->witnesses[i].day };
	return copy;
}

/* All that the rules look at is gone afterwards. */
static int make_domain_changes(struct store *s, struct str domain, const struct query *q,
	const struct rules *rules, int64_t now_at, struct kept_answer *ret, struct err *err)
{
	CLEANUP(arena)
	struct arena scratch;
	struct change_list found, *list;
	struct scope sc;
	int r;

	arena_init(&scratch);
	found = (struct change_list){ .arena = &scratch };
	r = scope_find(&s->db, &scratch, domain, &sc, err);
	if (r > 0)
		r = find_domain_changes(s, &sc, q, &rules->changes, now_at, &found, err);
	if (r < 0)
		return r;
	list = ARENA_NEW(&ret->arena, struct change_list);
	list->items = ARENA_ARRAY(&ret->arena, struct change, found.count + 1);
	for (size_t i = 0; i < found.count; i++)
		list->items[list->count++] = copy_of(&ret->arena, &found.items[i]);
	ret->value = list;
	return 0;
}

static int domain_changes(struct store *s, struct str domain, const struct query *q,
	const struct rules *rules, int64_t now_at, struct change_list *ret, struct err *err)
{
	struct answer_key key = { .today = day_of(now_at) };
	const struct change_list *list;
	struct kept_answer *made;
	int r = store_generation(s, &key.generation, err);

	if (r < 0)
		return r;
	key.question = scope_question(
		&s->db, "changes", domain, q->since_set ? q->since_day : INT64_MIN, rules);
	list = answers_find(&s->answers, &key);
	if (!list) {
		made = answers_make(&s->answers, &key);
		r = make_domain_changes(s, domain, q, rules, now_at, made, err);
		if (r < 0)
			return r;
		list = made->value;
	}
	for (size_t i = 0; i < list->count; i++)
		change_add(ret, &list->items[i]);
	return 0;
}

/* --- Domains --- */

static int list_domains(struct store *s, const struct query *q, int64_t now_at, struct arena *a,
	struct str *ret, size_t *ret_count, uint64_t *ret_left_off, struct err *err)
{
	struct query busy;
	struct rows *rows = NULL;
	struct domain_row row;
	size_t n = 0;
	int r;

	query_init(&busy, a);
	busy.limit = CHANGE_DOMAINS_MOST;
	busy.filters[FILTER_DOMAIN] = q->filters[FILTER_DOMAIN];
	busy.to_day = day_of(now_at) + 1;
	busy.from_day = busy.to_day - 2 * CHANGE_BASELINE_DAYS;
	r = store_domains(s, &busy, &rows, err);
	if (r < 0)
		return r;
	while ((r = rows_domain(rows, &row, err)) > 0)
		ret[n++] = arena_str(a, row.domain);
	*ret_left_off = rows_total(rows) > n ? rows_total(rows) - n : 0;
	*ret_count = n;
	rows_close(rows);
	return r;
}

static int all_domains(struct store *s, const struct query *q, const struct rules *rules,
	int64_t now_at, struct arena *a, struct changes *ret, struct err *err)
{
	struct str *names = ARENA_ARRAY(a, struct str, CHANGE_DOMAINS_MOST + 1);
	size_t count = 0;
	int r = list_domains(s, q, now_at, a, names, &count, &ret->domains_left_off, err);

	for (size_t i = 0; r >= 0 && i < count; i++) {
		db_query_time(&s->db);
		r = domain_changes(s, names[i], q, rules, now_at, &ret->list, err);
	}
	ret->domains = count;
	return r < 0 ? r : 0;
}

/* --- Reporters --- */

static int reporter_changes(struct store *s, const struct change_frame *f,
	const struct query *q, int64_t now_at, struct change_list *ret, struct err *err)
{
	CLEANUP(cells)
	struct cells c = { 0 };
	int64_t today = day_of(now_at);
	int64_t from =
		f->since_day - (int64_t)f->rules->reporter_days - 2 * COVERAGE_DAYS_BEFORE;
	int r = cells_load(&s->db, q, from, today + 1, &c, err);

	for (size_t at = 0, n; r == 0 && at < c.count; at += n) {
		size_t before = ret->count;

		n = coverage_run(c.cells + at, c.count - at);
		change_reporter(f, STR_ABSENT, c.cells + at, n, now_at, ret);
		if (ret->count > before)
			r = reporter_name(&s->db, c.cells[at].reporter, ret->arena,
				&ret->items[before].subject, err);
	}
	return r;
}

/* --- The program itself --- */

static int rejected_changes(
	struct store *s, const struct change_frame *f, struct change_list *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_addf(&sql,
		"SELECT last_at / %d, count(*) FROM input INDEXED BY input_outcome WHERE "
		"outcome ="
		" %d AND last_at >= ",
		DAY_SECONDS, OUTCOME_REJECTED);
	sql_int(&sql, day_start(f->since_day));
	sql_add(&sql, " GROUP BY 1 ORDER BY 1");
	r = sql_prepare(&s->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(&s->db, st, err)) > 0)
		change_rejected(f, column_int(st, 0), (uint64_t)column_int(st, 1), ret);
	return r;
}

static int program_changes(
	struct store *s, const struct change_frame *f, struct change_list *ret, struct err *err)
{
	struct import_row *rows = NULL;
	size_t n = 0;
	int r = store_import_states(s, ret->arena, &rows, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		change_import(f, &rows[i], ret);
	return r < 0 ? r : rejected_changes(s, f, ret, err);
}

/* --- */

static int find_changes(struct store *s, const struct query *q, const struct rules *rules,
	int64_t now_at, struct arena *a, struct changes *ret, struct err *err)
{
	const struct filter_list *domains = &q->filters[FILTER_DOMAIN];
	struct query only;
	struct change_frame f = { .rules = &rules->changes, .domain = STR_ABSENT };
	int r = store_complete(s, q, now_at, &ret->last_day, err);

	if (r < 0)
		return r;
	ret->list.arena = a;
	ret->since_day =
		q->since_set ? q->since_day : change_since(&rules->changes, ret->last_day);
	f.since_day = ret->since_day;
	f.last_day = ret->last_day;
	query_init(&only, a);
	only.filters[FILTER_DOMAIN] = *domains;
	if (domains->count == 1 && !domains->values[0].excluded)
		f.domain = domains->values[0].text;
	r = all_domains(s, q, rules, now_at, a, ret, err);
	if (r == 0)
		r = reporter_changes(s, &f, &only, now_at, &ret->list, err);
	if (r == 0 && domains->count == 0)
		r = program_changes(s, &f, &ret->list, err);
	change_sort(&ret->list);
	return r;
}

int store_changes(struct store *s, const struct query *q, const struct rules *rules,
	int64_t now_at, struct arena *a, struct changes *ret, struct err *err)
{
	struct changes found = { 0 };
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	db_query_time(&s->db);
	r = find_changes(s, q, rules ? rules : &rules_default, now_at, a, &found, err);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret = found;
	return r;
}
