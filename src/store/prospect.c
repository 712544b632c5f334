/*
 * prospect.c - the numbers for the checks of readiness.h, all out of daily sums.
 */
#include "day.h"
#include "facts.h"
#include "roster_load.h"
#include "write.h"
#include "xalloc.h"

static int newest_policy(
	const struct scope *sc, int64_t to_day, struct policy *ret, struct err *err)
{
	struct str *texts[] = { &ret->p, &ret->sp, &ret->np, &ret->adkim, &ret->aspf, &ret->fo,
		&ret->testing, &ret->discovery_method };
	sqlite3_stmt *st;
	int r = db_use(sc->db, STMT_domain_policy, &st, err);

	if (r < 0)
		return r;
	bind_int(st, 1, sc->domain);
	bind_int(st, 2, to_day);
	r = db_step(sc->db, st, err);
	ret->pct = -1;
	if (r > 0 && sqlite3_column_type(st, 8) != SQLITE_NULL)
		ret->pct = (int)column_int(st, 8);
	for (size_t i = 0; r > 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = arena_str(sc->arena, column_text(st, (int)i));
	sqlite3_reset(st);
	ret->domain = sc->name;
	return r < 0 ? r : 0;
}

static int count_reporters(
	struct store *s, const struct query *q, struct readiness_facts *f, struct err *err)
{
	struct query top = *q;
	struct rows *rows = NULL;
	struct reporter_row row = { 0 };
	int r;

	top.limit = 1;
	r = store_reporters(s, &top, &rows, err);
	if (r < 0)
		return r;
	r = rows_reporter(rows, &row, err);
	f->reporters = rows_total(rows);
	f->top_reporter_messages = row.totals.messages;
	rows_close(rows);
	return r < 0 ? r : 0;
}

static int count_days(struct store *s, const struct query *q, int64_t now_at, struct arena *a,
	struct readiness_facts *f, struct err *err)
{
	struct query one = *q;
	struct coverage table = { 0 };
	int r;

	one.limit = 1;
	r = store_coverage(s, &one, now_at, a, &table, err);
	for (size_t i = 0; r == 0 && i < table.day_count; i++)
		f->days_reported += table.days[i].reports > 0;
	return r;
}

static int count_messages(
	struct store *s, const struct query *q, struct readiness_facts *f, struct err *err)
{
	struct query disagreeing = *q;
	struct summary sum = { 0 };
	struct totals totals = { 0 };
	int r = store_summary(s, q, &sum, err);

	if (r < 0)
		return r;
	disagreeing.flags.disagrees = 1;
	r = store_totals(s, &disagreeing, &totals, err);
	f->messages = sum.totals.messages;
	f->pass = sum.totals.pass;
	f->explained = sum.totals.explained;
	f->dkim_pass = sum.aligned[0][1] + sum.aligned[1][1];
	f->records = sum.totals.records;
	f->disagree_records = totals.records;
	return r;
}

/* Author domains below the policy domain. */
#define SUBDOMAINS_MOST 100
struct subdomain {
	struct str name;
	uint64_t messages, pass;
};

static int subdomains_load(const struct scope *sc, int64_t from_day, int64_t to_day,
	struct subdomain **ret, size_t *ret_count, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	struct subdomain *list = ARENA_ARRAY(sc->arena, struct subdomain, SUBDOMAINS_MOST);
	size_t n = 0;
	int r;

	sql_init(&sql);
	sql_addf(&sql,
		"SELECT n.text, sum(s.messages) AS m, sum(CASE WHEN e.facts & %u THEN "
		"s.messages"
		" ELSE 0 END) FROM sum_evidence s CROSS JOIN evidence e ON e.id = s.evidence"
		" CROSS JOIN name n ON n.id = e.author",
		FACTS_PASS);
	scope_where(&sql, sc, from_day, to_day);
	sql_add(&sql, " AND n.text <> ");
	sql_str(&sql, sc->name);
	sql_addf(&sql, " GROUP BY n.id ORDER BY m DESC, n.text LIMIT %d", SUBDOMAINS_MOST);
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0)
		list[n++] = (struct subdomain){ arena_str(sc->arena, column_text(st, 0)),
			(uint64_t)column_int(st, 1), (uint64_t)column_int(st, 2) };
	*ret = list;
	*ret_count = n;
	return r;
}

static int load_subdomains(const struct scope *sc, struct readiness_facts *f, struct err *err)
{
	struct subdomain *subdomains = NULL;
	struct readiness_name *names;
	size_t n = 0;
	int r = subdomains_load(sc, f->from_day, f->to_day, &subdomains, &n, err);

	if (r < 0)
		return r;
	names = ARENA_ARRAY(sc->arena, struct readiness_name, n + 1);
	for (size_t i = 0; i < n; i++)
		names[i] = (struct readiness_name){ subdomains[i].name, subdomains[i].messages,
			subdomains[i].pass };
	f->subdomains = names;
	f->subdomain_count = n;
	return 0;
}

/* Those that fail most come first. */
static int take_senders(struct rows *rows, struct arena *a, const struct readiness_sender **ret,
	size_t *ret_count, struct err *err)
{
	struct readiness_sender *list = NULL;
	struct sender_row row;
	size_t n = 0;
	int r;

	while ((r = rows_sender(rows, &row, err)) > 0) {
		list = ARENA_MORE(a, list, n);
		list[n++] = (struct readiness_sender){ arena_str(a, row.key),
			arena_str(a, row.name), row.totals.fail - row.totals.explained };
	}
	*ret = list;
	*ret_count = n;
	return r;
}

static int list_senders(struct store *s, struct query *asked, struct arena *a,
	const struct readiness_sender **ret, size_t *ret_count, struct err *err)
{
	struct rows *rows = NULL;
	int r;

	asked->sort = STR("-failed");
	r = store_senders(s, asked, &rows, err);
	if (r == 0)
		r = take_senders(rows, a, ret, ret_count, err);
	rows_close(rows);
	return r;
}

#define STRANGERS_MOST 200

/* They are those of the list of senders over the same days. */
static int load_undecided(struct store *s, const struct query *q, struct arena *a,
	struct readiness_facts *f, struct err *err)
{
	struct query undecided = *q, strangers = *q, ours = *q;
	struct totals failed = { 0 };
	struct err refused = { 0 };
	int r;

	undecided.flags.undecided = 1;
	undecided.limit = 0;
	strangers.classes = 1U << CLASS_UNAUTHENTICATED;
	strangers.words = 1U << WORD_NONE;
	strangers.limit = STRANGERS_MOST;
	ours.flags.own = 1;
	ours.flags.pass = ours.flags.explained = 0;
	r = list_senders(s, &undecided, a, &f->undecided, &f->undecided_count, &refused);
	if (r == 0)
		r = store_totals(s, &ours, &failed, &refused);
	f->own_failed = failed.messages;
	if (r == 0)
		r = list_senders(s, &strangers, a, &f->strangers, &f->stranger_count, &refused);
	if (r == ERR_TEMP) {
		f->undecided_unknown = true;
		return 0;
	}
	if (r < 0)
		*err = refused;
	return r;
}

static int load_facts(struct store *s, const struct scope *sc, const struct rules *rules,
	int64_t now_at, struct readiness_facts *f, struct err *err)
{
	struct roster *roster = ARENA_NEW(sc->arena, struct roster);
	struct query q = scope_query(sc->arena, sc->name);
	struct policy_seen *seen = NULL;
	int r;

	q.from_day = f->from_day;
	q.to_day = f->to_day;
	f->roster = roster;
	r = roster_load(
		sc, f->to_day - (int64_t)rules->changes.history_days, f->to_day, roster, err);
	if (r == 0)
		r = count_days(s, &q, now_at, sc->arena, f, err);
	if (r == 0)
		r = count_reporters(s, &q, f, err);
	if (r == 0)
		r = count_messages(s, &q, f, err);
	if (r == 0)
		r = strict_days_load(sc, f->from_day, f->to_day, &f->days_strict, err);
	if (r == 0)
		r = policies_load(sc, f->to_day - (int64_t)f->rules->policy_days, f->to_day,
			&seen, &f->policy_count, err);
	f->policies = seen;
	if (r == 0)
		r = load_undecided(s, &q, sc->arena, f, err);
	return r < 0 ? r : load_subdomains(sc, f, err);
}

/* Both targets, which have the same numbers. */
struct both {
	struct readiness of[2]; /* by target - TARGET_QUARANTINE */
};

static void policy_copy(struct arena *a, struct policy *p)
{
	struct str *texts[] = { &p->domain, &p->p, &p->sp, &p->np, &p->adkim, &p->aspf, &p->fo,
		&p->testing, &p->discovery_method };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = arena_str(a, *texts[i]);
}

/* What still points to what was counted, into a. */
static void readiness_settle(struct arena *a, struct readiness *r)
{
	r->domain = arena_str(a, r->domain);
	policy_copy(a, &r->policy);
	for (size_t i = 0; i < r->check_count; i++)
		for (size_t k = 0; k < r->checks[i].item_count; k++) {
			struct readiness_item *item = &r->checks[i].items[k];

			item->key = arena_str(a, item->key);
			item->name = arena_str(a, item->name);
		}
}

/* 1, 0 there is no such domain. */
static int make_readiness(struct store *s, struct str domain, const struct rules *rules,
	int64_t now_at, struct kept_answer *ret, struct err *err)
{
	CLEANUP(arena)
	struct arena scratch;
	struct readiness_facts f = { .rules = &rules->readiness };
	struct query only;
	struct scope sc;
	struct both *both;
	int r;

	arena_init(&scratch);
	r = scope_find(&s->db, &scratch, domain, &sc, err);
	if (r <= 0)
		return r;
	only = scope_query(&scratch, domain);
	r = store_complete(s, &only, now_at, &f.to_day, err);
	f.domain = sc.name;
	f.to_day++;
	f.from_day = f.to_day - (int64_t)f.rules->days;
	if (r == 0)
		r = newest_policy(&sc, day_of(now_at) + 1, &f.policy, err);
	if (r == 0)
		r = load_facts(s, &sc, rules, now_at, &f, err);
	if (r < 0)
		return r;
	both = ARENA_NEW(&ret->arena, struct both);
	for (int i = 0; i < 2; i++) {
		readiness_check(
			&f, (enum target)(TARGET_QUARANTINE + i), &ret->arena, &both->of[i]);
		readiness_settle(&ret->arena, &both->of[i]);
	}
	ret->value = both;
	return 1;
}

static int find_readiness(struct store *s, struct str domain, const struct rules *rules,
	int64_t now_at, const struct both **ret, struct err *err)
{
	struct answer_key key = { .today = day_of(now_at) };
	struct kept_answer *made;
	int r = store_generation(s, &key.generation, err);

	if (r < 0)
		return r;
	key.question = scope_question(&s->db, "readiness", domain, 0, rules);
	*ret = answers_find(&s->answers, &key);
	if (*ret)
		return 1;
	made = answers_make(&s->answers, &key);
	r = make_readiness(s, domain, rules, now_at, made, err);
	*ret = made->value;
	return r;
}

int store_readiness(struct store *s, struct str domain, enum target target,
	const struct rules *rules, int64_t now_at, struct arena *a, struct readiness *ret,
	struct err *err)
{
	const struct both *both = NULL;
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	db_query_time(&s->db);
	r = find_readiness(s, arena_str_lower(a, domain), rules ? rules : &rules_default,
		now_at, &both, err);
	db_view_end(&s->db, own);
	if (r <= 0)
		return r;
	if (target == TARGET_NONE)
		target = readiness_target(&both->of[0].policy);
	*ret = both->of[target - TARGET_QUARANTINE];
	return 1;
}
