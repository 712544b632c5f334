/*
 * keys.c - selectors and MAIL FROM domains of a domain, and the policies that were seen of it.
 */
#include "facts.h"
#include "question.h"
#include "roster_load.h"
#include "write.h"

#include <assert.h>

/* What of an entry of evidence makes a key, for each kind. */
static const struct key_source {
	enum key_kind kind;
	const char *table, *selector;
	const char *entry;  /* of entry d: it may be one */
	const char *wanted; /* of entry d and evidence e: it makes the key one of this domain */
} key_sources[] = {
	{ DOMAIN_KEY_DKIM, "evidence_dkim",
		"(SELECT lower(text) FROM name WHERE id = d.selector)", "1", "d.matches = 2" },
	{ DOMAIN_KEY_MAIL_FROM, "evidence_spf", "NULL",
		"d.scope IS NOT (SELECT id FROM name WHERE text = 'helo')",
		"d.matches = 2 OR e.facts & 1" },
};
static_assert(DMARC_PASS == 2 && FACTS_PASS == 1, "numbers in the SQL of key_sources");

static void add_key_sums(struct sql *sql, const struct scope *sc, int64_t history_day,
	int64_t from_day, int64_t to_day)
{
	sql_add(sql, "WITH seen AS MATERIALIZED (SELECT s.evidence AS evidence, min(s.day) AS"
		     " first, max(s.day) AS last, sum(CASE WHEN s.day >= ");
	sql_int(sql, from_day);
	sql_add(sql, " THEN s.messages ELSE 0 END) AS m FROM sum_evidence s WHERE s.domain = ");
	sql_int(sql, sc->domain);
	sql_add(sql, " AND s.day >= ");
	sql_int(sql, history_day < from_day ? history_day : from_day);
	sql_add(sql, " AND s.day < ");
	sql_int(sql, to_day);
	sql_add(sql, " GROUP BY s.evidence)");
}

static void add_keys(struct sql *sql, const struct key_source *k)
{
	/* A message counts once for a key, though two signatures may name it. */
	sql_addf(sql,
		", entry%d AS (SELECT d.evidence AS evidence, d.domain AS domain, %s AS "
		"selector,"
		" max(d.result IS (SELECT id FROM name WHERE text = 'pass')) AS ok,"
		" max(d.result IS NOT (SELECT id FROM name WHERE text = 'pass')) AS bad,"
		" max(d.matches = 2) AS aligned, max(%s) AS wanted, e.sender AS sender FROM"
		" seen s CROSS JOIN evidence e ON e.id = s.evidence CROSS JOIN %s d ON"
		" d.evidence = e.id WHERE d.domain IS NOT NULL AND %s GROUP BY 1, 2, 3)",
		(int)k->kind, k->selector, k->wanted, k->table, k->entry);
}

static void add_key_rows(struct sql *sql, const struct key_source *k)
{
	sql_addf(sql,
		"SELECT %d AS kind, d.domain AS domain, d.selector AS selector, max(d.aligned)"
		" AS aligned, sum(s.m) AS m, sum(d.ok * s.m) AS pass, sum(d.bad * s.m) AS fail,"
		" count(DISTINCT"
		" nullif(d.sender, 0)) AS senders, max(d.sender) AS sender, max(d.sender = 0) "
		"AS"
		" by_address, min(s.first) AS first, max(s.last) AS last FROM entry%d d JOIN "
		"seen"
		" s ON s.evidence = d.evidence GROUP BY d.domain, d.selector HAVING"
		" max(d.wanted)",
		(int)k->kind, (int)k->kind);
}

static struct key_row key_at(sqlite3_stmt *st, struct arena *a)
{
	struct key_row k = { .kind = column_int(st, 0) == DOMAIN_KEY_DKIM
					     ? DOMAIN_KEY_DKIM
					     : DOMAIN_KEY_MAIL_FROM,
		.domain = arena_str(a, column_text(st, 1)),
		.selector = arena_str(a, column_text(st, 2)),
		.aligned = column_int(st, 3) != 0,
		.messages = (uint64_t)column_int(st, 4),
		.pass = (uint64_t)column_int(st, 5),
		.fail = (uint64_t)column_int(st, 6),
		.senders = (uint64_t)column_int(st, 7),
		.sender = STR_ABSENT,
		.by_address = column_int(st, 9) != 0,
		.first_day = column_int(st, 10),
		.last_day = column_int(st, 11) };

	if (k.senders == 1)
		k.sender = arena_str(a, column_text(st, 8));
	return k;
}

int keys_load(const struct scope *sc, int64_t history_day, int64_t from_day, int64_t to_day,
	size_t limit, struct key_row **ret, size_t *ret_count, uint64_t *ret_total,
	struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	size_t n = 0;
	uint64_t total = 0;
	struct key_row *list;
	int r;

	if (limit == 0 || limit > KEYS_MOST)
		limit = KEYS_MOST;
	list = ARENA_ARRAY(sc->arena, struct key_row, limit);
	sql_init(&sql);
	add_key_sums(&sql, sc, history_day, from_day, to_day);
	for (size_t i = 0; i < 2; i++)
		add_keys(&sql, &key_sources[i]);
	sql_add(&sql, " SELECT kind, (SELECT text FROM name WHERE id = domain) AS d, selector"
		      " AS s, aligned, m, pass, fail, senders, (SELECT text FROM"
		      " name WHERE id = sender), by_address, first, last, count(*) OVER ()"
		      " FROM (");
	for (size_t i = 0; i < 2; i++) {
		sql_add(&sql, i ? " UNION ALL " : "");
		add_key_rows(&sql, &key_sources[i]);
	}
	sql_add(&sql, ") ORDER BY kind, m DESC, last DESC, d, s LIMIT ");
	sql_int(&sql, (int64_t)limit);
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0) {
		list[n++] = key_at(st, sc->arena);
		total = (uint64_t)column_int(st, 12);
	}
	if (ret_total)
		*ret_total = total;
	*ret = list;
	*ret_count = n;
	return r;
}

/* --- Policies --- */

#define POLICY_COLUMNS "rp.p, rp.sp, rp.np, rp.adkim, rp.aspf, rp.testing"

static void add_reports_of(struct sql *sql, const struct scope *sc, int64_t from, int64_t to)
{
	sql_add(sql, " FROM report rp INDEXED BY report_domain_day WHERE rp.domain = ");
	sql_int(sql, sc->domain);
	sql_add(sql, " AND rp.middle_day >= ");
	sql_int(sql, from);
	sql_add(sql, " AND rp.middle_day < ");
	sql_int(sql, to);
}

static struct policy_seen seen_at(sqlite3_stmt *st, const struct scope *sc)
{
	struct arena *a = sc->arena;

	return (struct policy_seen){ .reporter = arena_str(a, column_text(st, 0)),
		.first_day = column_int(st, 1),
		.last_day = column_int(st, 2),
		.reports = (uint64_t)column_int(st, 3),
		.policy = { .domain = sc->name,
			.p = arena_str(a, column_text(st, 4)),
			.sp = arena_str(a, column_text(st, 5)),
			.np = arena_str(a, column_text(st, 6)),
			.adkim = arena_str(a, column_text(st, 7)),
			.aspf = arena_str(a, column_text(st, 8)),
			.testing = arena_str(a, column_text(st, 9)),
			.pct = -1 } };
}

int policies_load(const struct scope *sc, int64_t from_day, int64_t to_day,
	struct policy_seen **ret, size_t *ret_count, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	struct policy_seen *list = NULL;
	size_t n = 0;
	int r;

	sql_init(&sql);
	sql_add(&sql,
		"WITH g AS MATERIALIZED (SELECT rp.reporter AS reporter, min(rp.middle_day)"
		" AS first, max(rp.middle_day) AS last, count(*) AS n,"
		" " POLICY_COLUMNS);
	add_reports_of(&sql, sc, from_day, to_day);
	sql_addf(&sql,
		" GROUP BY rp.reporter, " POLICY_COLUMNS " ORDER BY last DESC LIMIT %d) SELECT"
		" (SELECT text FROM reporter WHERE id = g.reporter) AS name, first, last, n,"
		" p.text, sp.text, np.text, ad.text, af.text, te.text FROM g LEFT JOIN name p "
		"ON"
		" p.id = g.p LEFT JOIN name sp ON sp.id = g.sp LEFT JOIN name np ON np.id = "
		"g.np"
		" LEFT JOIN name ad ON ad.id = g.adkim LEFT JOIN name af ON af.id = g.aspf LEFT"
		" JOIN name te ON te.id = g.testing ORDER BY first, name, last",
		POLICIES_MOST);
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(sc->db, st, err)) > 0) {
		list = ARENA_MORE(sc->arena, list, n);
		list[n++] = seen_at(st, sc);
	}
	*ret = list;
	*ret_count = n;
	return r;
}

int strict_days_load(const struct scope *sc, int64_t from_day, int64_t to_day, uint64_t *ret,
	struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int64_t n = 0;
	int r;

	sql_init(&sql);
	sql_add(&sql, "SELECT count(*) FROM (SELECT rp.middle_day");
	add_reports_of(&sql, sc, from_day, to_day);
	sql_add(&sql, " GROUP BY rp.middle_day HAVING min(coalesce(rp.p, 0) IN (SELECT id FROM"
		      " name WHERE text IN ('quarantine', 'reject'))))");
	r = sql_prepare(sc->db, &sql, &st, err);
	if (r == 0)
		r = db_number(sc->db, st, 0, &n, err);
	*ret = (uint64_t)n;
	return r;
}

/* --- Overrides --- */

int store_overrides(struct store *s, const struct query *q, struct arena *a,
	struct override_row **ret, size_t *ret_count, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql = { 0 };
	struct override_row *list = ARENA_ARRAY(a, struct override_row, OVERRIDES_MOST);
	struct question qn;
	size_t n = 0;
	int r = question_init(&qn, &s->db, q, NEED_EVIDENCE, err);

	if (r < 0)
		return r;
	sql_init(&sql);
	question_with(&sql, &qn);
	sql_addf(&sql,
		"g AS MATERIALIZED (SELECT evidence, sum(messages) AS m, sum(CASE WHEN facts & "
		"%u"
		" THEN messages ELSE 0 END) AS p",
		question_pass_bit(q));
	question_from(&sql, &qn);
	/* A message counts once for a type, though several reasons may have it. */
	sql_addf(&sql,
		" GROUP BY evidence), o AS (SELECT DISTINCT g.evidence, x.type, g.m, g.p FROM g"
		" JOIN evidence_reason x ON x.evidence = g.evidence) SELECT (SELECT text FROM"
		" name WHERE id = o.type) AS name, sum(m) AS m, sum(p) FROM o GROUP BY o.type"
		" ORDER BY 2 DESC, 1 LIMIT %d",
		OVERRIDES_MOST);
	r = sql_prepare(&s->db, &sql, &st, err);
	if (r < 0)
		return r;
	db_query_time(&s->db);
	while ((r = db_step(&s->db, st, err)) > 0)
		list[n++] = (struct override_row){ arena_str(a, column_text(st, 0)),
			(uint64_t)column_int(st, 1), (uint64_t)column_int(st, 2) };
	*ret = list;
	*ret_count = n;
	return r;
}

/* --- Verbs --- */

/* The one domain that q asks about.  1, 0 there is no such domain, negative. */
static int scope_of(struct store *s, const struct query *q, struct arena *a, struct scope *ret,
	struct err *err)
{
	const struct filter_list *list = &q->filters[FILTER_DOMAIN];

	if (list->count != 1 || list->values[0].excluded)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"This is about one domain: name it (domain=example.com).");
	return scope_find(&s->db, a, list->values[0].text, ret, err);
}

static int begin(struct store *s, const struct query *q, struct arena *a, struct scope *ret,
	bool *ret_own, struct err *err)
{
	int r = db_view_begin(&s->db, ret_own, err);

	db_query_time(&s->db);
	if (r < 0)
		return r;
	r = scope_of(s, q, a, ret, err);
	if (r <= 0)
		db_view_end(&s->db, *ret_own);
	return r;
}

int store_domain_keys(struct store *s, const struct query *q, int64_t history_day,
	struct arena *a, struct key_row **ret, size_t *ret_count, uint64_t *ret_total,
	struct err *err)
{
	struct question qn;
	struct scope sc;
	bool own;
	int r = begin(s, q, a, &sc, &own, err);

	if (r <= 0)
		return r;
	r = question_init(&qn, &s->db, q, 0, err);
	if (r == 0)
		r = keys_load(&sc, history_day, qn.from_day, qn.to_day, q->limit, ret,
			ret_count, ret_total, err);
	db_view_end(&s->db, own);
	return r < 0 ? r : 1;
}

int store_domain_policies(struct store *s, const struct query *q, struct arena *a,
	struct policy_seen **ret, size_t *ret_count, struct err *err)
{
	struct question qn;
	struct scope sc;
	bool own;
	int r = begin(s, q, a, &sc, &own, err);

	if (r <= 0)
		return r;
	r = question_init(&qn, &s->db, q, 0, err);
	if (r == 0)
		r = policies_load(&sc, qn.from_day, qn.to_day, ret, ret_count, err);
	db_view_end(&s->db, own);
	return r < 0 ? r : 1;
}
