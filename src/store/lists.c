/*
 * lists.c - domains, sources, senders, reporters: groups of the sums.
 */
#include "rowset.h"
#include "sqlfunc.h"
#include "tally.h"

/* Messages and passing messages of a group, to sort by; the tally has the rest. */
static void add_sums(struct sql *sql, const struct query *q)
{
	sql_addf(sql,
		"tally(facts, messages, records, spread, %d) AS t, sum(messages) AS m,"
		" sum(CASE WHEN facts & %u THEN messages ELSE 0 END) AS p",
		q->by_receiver, question_pass_bit(q));
}

static struct tally tally_at(struct rows *r, int column)
{
	struct tally t;

	if (!tally_unpack(column_blob(r->st, column), &t))
		t = (struct tally){ 0 };
	return t;
}

static int open_list(struct store *s, const struct query *q, const struct list_spec *spec,
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
	add_sums(sql, r->question.q);
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
	return open_list(s, q, &domains, 0, write_domains, ret, err);
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
	int rc = rowset_next(r, LIST_DOMAINS, err);

	if (rc <= 0)
		return rc;
	*ret = (struct domain_row){ .domain = arena_str(&r->row, column_text(r->st, 1)),
		.totals = tally_at(r, 2).totals,
		.reports = (uint64_t)column_int(r->st, 5),
		.reporters = (uint64_t)column_int(r->st, 6),
		.last_report_at = column_int(r->st, 7) };
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
	return open_list(s, q, &reporters, NEED_REPORTER, write_reporters, ret, err);
}

int rows_reporter(struct rows *r, struct reporter_row *ret, struct err *err)
{
	int rc = rowset_next(r, LIST_REPORTERS, err);

	if (rc <= 0)
		return rc;
	*ret = (struct reporter_row){ .reporter = arena_str(&r->row, column_text(r->st, 0)),
		.totals = tally_at(r, 1).totals,
		.reports = (uint64_t)column_int(r->st, 4),
		.last_report_at = column_int(r->st, 5) };
	return 1;
}

/* --- Sources --- */

static const struct list_spec sources = {
	.list = LIST_SOURCES,
	.columns = 9,
	.by_default = "-messages",
	.ties = { "length(ip)", "hex(ip)" },
	.keys =
		(const struct sort_key[]){
			{ "messages", { "m" } },
			{ "fail", { "m - p" } },
			{ "pass", { "p" } },
			{ "ip", { "length(ip)", "hex(ip)" } },
			{ "last_seen", { "last_day" } },
			{ "first_seen", { "first_day" } },
			{ 0 },
		},
};

/* The sender of most of a source's messages names it: its columns are those of the row with
 * max(m). */
static void write_sources(struct sql *sql, struct rows *r)
{
	sql_add(sql, "a AS (SELECT source, sender, named_by, min(day) AS first_day, max(day)"
		     " AS last_day, ");
	add_sums(sql, r->question.q);
	question_from(sql, &r->question);
	sql_add(sql,
		" GROUP BY source, sender, named_by), b AS (SELECT source, sender, named_by,"
		" max(m), sum(m) AS m, sum(p) AS p, tally_join(t) AS t, count(DISTINCT"
		" nullif(sender, 0)) AS senders, min(first_day) AS first_day, max(last_day) AS"
		" last_day FROM a GROUP BY source), g AS MATERIALIZED (SELECT d.ip AS ip, b.t"
		" AS t, b.m AS m, b.p AS p, (SELECT text FROM name WHERE id = b.sender) AS"
		" name, b.named_by, b.senders, b.first_day AS first_day, b.last_day AS"
		" last_day FROM b JOIN source d ON d.id = b.source)");
}

int store_sources(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return open_list(s, q, &sources, NEED_SOURCE, write_sources, ret, err);
}

static struct ip ip_at(struct rows *r, int column)
{
	struct str b = column_blob(r->st, column);
	struct ip ip = { 0 };

	if (b.n == 4 || b.n == 16) {
		ip.n = (uint8_t)b.n;
		memcpy(ip.b, b.p, b.n);
	}
	return ip;
}

static enum named_by named_by_at(struct rows *r, int column)
{
	int64_t n = column_int(r->st, column);

	return n >= 0 && n <= NAMED_BY_SPF ? (enum named_by)n : NAMED_BY_ADDRESS;
}

int rows_source(struct rows *r, struct source_row *ret, struct err *err)
{
	struct tally t;
	int rc = rowset_next(r, LIST_SOURCES, err);

	if (rc <= 0)
		return rc;
	t = tally_at(r, 1);
	*ret = (struct source_row){ .ip = ip_at(r, 0),
		.totals = t.totals,
		.cause = tally_cause(&t),
		.sender = arena_str(&r->row, column_text(r->st, 4)),
		.named_by = named_by_at(r, 5),
		.senders = (uint64_t)column_int(r->st, 6),
		.first_day = column_int(r->st, 7),
		.last_day = column_int(r->st, 8) };
	memcpy(ret->by_cause, t.by_cause, sizeof(ret->by_cause));
	return 1;
}

/* --- Senders --- */

static const struct list_spec senders = {
	.list = LIST_SENDERS,
	.columns = 10,
	.by_default = "-fail,-messages",
	.ties = { "name", "sender" },
	.keys =
		(const struct sort_key[]){
			{ "messages", { "m" } },
			{ "fail", { "m - p" } },
			{ "pass", { "p" } },
			{ "name", { "name" } },
			/* In millionths, so that the cursor is exact. */
			{ "pass_rate", { "CASE WHEN m > 0 THEN p * 1000000 / m ELSE 0 END" } },
			{ "first_seen", { "first_day" } },
			{ "last_seen", { "last_day" } },
			{ 0 },
		},
};

static void write_senders(struct sql *sql, struct rows *r)
{
	sql_add(sql, "a AS (SELECT sender, source, min(named_by) AS named_by, min(day) AS"
		     " first_day, max(day) AS last_day, ");
	add_sums(sql, r->question.q);
	question_from(sql, &r->question);
	sql_add(sql,
		" GROUP BY sender, source), b AS (SELECT a.*, CASE WHEN sender = 0 THEN"
		" (SELECT grp FROM source WHERE id = a.source) END AS grp FROM a), c AS"
		" (SELECT sender, grp, min(named_by) AS named_by, min(first_day) AS first_day,"
		" max(last_day) AS last_day, tally_join(t) AS t, sum(m) AS m, sum(p) AS p,"
		" count(*) AS addresses, max(source) AS source FROM b GROUP BY sender, grp), g"
		" AS MATERIALIZED (SELECT CASE WHEN sender = 0 THEN group_text(grp) ELSE"
		" (SELECT text FROM name WHERE id = c.sender) END AS name, t, m, p, named_by,"
		" addresses, (SELECT ip FROM source WHERE id = c.source) AS ip, first_day,"
		" last_day, sender FROM c)");
}

int store_senders(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return open_list(s, q, &senders, NEED_SOURCE, write_senders, ret, err);
}

int rows_sender(struct rows *r, struct sender_row *ret, struct err *err)
{
	struct tally t;
	int rc = rowset_next(r, LIST_SENDERS, err);

	if (rc <= 0)
		return rc;
	t = tally_at(r, 1);
	*ret = (struct sender_row){ .key = arena_str(&r->row, column_text(r->st, 0)),
		.totals = t.totals,
		.cause = tally_cause(&t),
		.named_by = named_by_at(r, 4),
		.addresses = (uint64_t)column_int(r->st, 5),
		.first_day = column_int(r->st, 7),
		.last_day = column_int(r->st, 8) };
	if (ret->addresses == 1)
		ret->ip = ip_at(r, 6);
	memcpy(ret->by_cause, t.by_cause, sizeof(ret->by_cause));
	return 1;
}
