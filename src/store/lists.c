/*
 * lists.c - domains and reporters: groups of the sums.
 */
#include "lists.h"

void list_sums(struct sql *sql, const struct query *q)
{
	sql_addf(sql,
		"tally(facts, messages, records, spread, %d) AS t, sum(messages) AS m,"
		" sum(CASE WHEN facts & %u THEN messages ELSE 0 END) AS p",
		q->by_receiver, question_pass_bit(q));
}

struct tally list_tally(struct rows *r, int column)
{
	struct tally t;

	if (!tally_unpack(column_blob(r->st, column), &t))
		t = (struct tally){ 0 };
	return t;
}

int list_open(struct store *s, const struct query *q, const struct list_spec *spec,
	unsigned needs, void (*write)(struct sql *, struct rows *), struct rows **ret,
	struct err *err)
{
	CLEANUP(sql)
	struct sql sql;
	struct rows *r;
	int rc = rowset_new(s, q, spec, needs, &r, err);

	sql_init(&sql);
	if (rc == 0) {
		question_with(&sql, &r->question);
		write(&sql, r);
		rc = rowset_finish(r, &sql, err);
	}
	if (rc < 0)
		rows_close(r);
	else
		*ret = r;
	return rc;
}

/*
 * Those that sent reports, or whose reports there are, with what the reports say.  A report
 * without records counts, unless there are filters that only records can pass.
 */
static void add_covered(struct sql *sql, struct rows *r, const char *key)
{
	sql_addf(sql, "a AS MATERIALIZED (SELECT %s AS k, ", key);
	list_sums(sql, r->question.q);
	question_from(sql, &r->question);
	sql_addf(sql,
		" GROUP BY %s), c AS MATERIALIZED (SELECT %s AS k, sum(reports) AS reports,"
		" count(DISTINCT reporter) AS reporters, max(newest_at) AS newest FROM (",
		key, key);
	question_coverage(sql, &r->question);
	sql_addf(sql, ") GROUP BY %s), ", key);
}

static const char *join_of(const struct rows *r)
{
	return r->question.filtered ? "JOIN" : "LEFT JOIN";
}

/* --- Domains --- */

static const struct list_spec domains = {
	.list = LIST_DOMAINS,
	.columns = 8,
	.by_default = "-messages",
	.ties = { "name" },
	.keys =
		(const struct sort_key[]){
			{ "messages", { "m" } },
			{ "domain", { "name" } },
			{ "pass", { "p" } },
			{ "fail", { "m - p" } },
			{ "last_report", { "newest" } },
			{ 0 },
		},
};

static void write_domains(struct sql *sql, struct rows *r)
{
	add_covered(sql, r, "domain");
	sql_addf(sql,
		"g AS MATERIALIZED (SELECT c.k AS k, d.name AS name, a.t AS t, coalesce(a.m,"
		" 0) AS m, coalesce(a.p, 0) AS p, c.reports, c.reporters, c.newest AS newest"
		" FROM c %s a ON a.k = c.k JOIN domain d ON d.id = c.k)",
		join_of(r));
}

int store_domains(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return list_open(s, q, &domains, 0, write_domains, ret, err);
}

/* As its newest report in the range says. */
static int read_policy(struct rows *r, int64_t domain, struct policy *ret, struct err *err)
{
	struct str *texts[] = { &ret->p, &ret->sp, &ret->np, &ret->adkim, &ret->aspf, &ret->fo,
		&ret->testing, &ret->discovery_method };
	sqlite3_stmt *st;
	int rc = db_use(&r->s->db, STMT_domain_policy, &st, err);

	ret->pct = -1;
	if (rc < 0)
		return rc;
	bind_int(st, 1, domain);
	bind_int(st, 2, r->question.to_day);
	rc = db_step(&r->s->db, st, err);
	if (rc <= 0)
		return rc;
	for (int i = 0; i < 8; i++)
		*texts[i] = arena_str(&r->row, column_text(st, i));
	ret->pct = sqlite3_column_type(st, 8) == SQLITE_NULL ? -1 : (int)column_int(st, 8);
	sqlite3_reset(st);
	return 0;
}

int rows_domain(struct rows *r, struct domain_row *ret, struct err *err)
{
	struct tally t;
	int rc = rowset_next(r, LIST_DOMAINS, err);

	if (rc <= 0)
		return rc;
	t = list_tally(r, 2);
	*ret = (struct domain_row){ .domain = arena_str(&r->row, column_text(r->st, 1)),
		.totals = t.totals,
		.reports = (uint64_t)column_int(r->st, 5),
		.reporters = (uint64_t)column_int(r->st, 6),
		.last_report_at = column_int(r->st, 7) };
	memcpy(ret->aligned, t.aligned, sizeof(ret->aligned));
	ret->policy.domain = ret->domain;
	rc = read_policy(r, column_int(r->st, 0), &ret->policy, err);
	return rc < 0 ? rc : 1;
}

/* --- Reporters --- */

static const struct list_spec reporters = {
	.list = LIST_REPORTERS,
	.columns = 7,
	.by_default = "-messages",
	.ties = { "key" },
	.keys =
		(const struct sort_key[]){
			{ "messages", { "m" } },
			{ "reporter", { "key" } },
			{ "pass", { "p" } },
			{ "fail", { "m - p" } },
			{ "last_report", { "newest" } },
			{ 0 },
		},
};

static void write_reporters(struct sql *sql, struct rows *r)
{
	add_covered(sql, r, "reporter");
	sql_addf(sql,
		"g AS MATERIALIZED (SELECT d.text AS name, a.t AS t, coalesce(a.m, 0) AS m,"
		" coalesce(a.p, 0) AS p, c.reports, c.newest AS newest, d.key AS key FROM c %s"
		" a ON a.k = c.k JOIN reporter d ON d.id = c.k)",
		join_of(r));
}

int store_reporters(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return list_open(s, q, &reporters, NEED_REPORTER, write_reporters, ret, err);
}

int rows_reporter(struct rows *r, struct reporter_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_REPORTERS, err);

	if (rc <= 0)
		return rc;
	*ret = (struct reporter_row){ .reporter = arena_str(&r->row, column_text(r->st, 0)),
		.totals = list_tally(r, 1).totals,
		.reports = (uint64_t)column_int(r->st, 4),
		.last_report_at = column_int(r->st, 5) };
	return 1;
}
