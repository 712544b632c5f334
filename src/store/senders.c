/*
 * senders.c - senders of each domain, as a list: what they sent, by the filters; and what they
 * are, by all of their mail in the range and by what proves them in it and in the 90 days
 * before its end (sender.h).
 *
 * Everything comes from the daily sums per source and per evidence, in table expressions:
 *
 *   x      mail in the range by domain, source and naming domain; past: what was before it;
 *          named: both with the key of their sender
 *
 *   y      the same by sender
 *
 *   v      evidence of the domain; own and live: selectors of the domain that are seen with
 *          and without SPF; z: what each evidence says
 *
 *   e      the same by sender, with "" for senders that only have an address: evidence does
 *          not know addresses
 *
 *   c      what the filters leave, by sender
 *
 *   h      c with y, e and the mark; all the list needs
 */
#include "senders.h"
#include "facts.h"
#include "filter.h"
#include "lists.h"
#include "senderfunc.h"
#include "senderset.h"

#include <assert.h>

#define EVIDENCE_DAYS 90 /* at least, to the end of the range: what proves a sender */
#define FRESH_DAYS 14
#define WAVE_LEAST "500" /* sender.c looks no closer at smaller ones */
#define COLLAPSE_FROM 4	 /* so many of a group become one row */

#define KEY_OF(name, ip) \
	"sender_key((SELECT text FROM name WHERE id = " name ".sender), " name \
	".named_by, " ip ")"
#define BY_OF(name, ip) \
	"sender_by((SELECT text FROM name WHERE id = " name ".sender), " name ".named_by, " ip \
	")"

/* All mail of the domains: in the range, and in the days before it. */
struct wide {
	struct query query; /* its domains are its only filters */
	struct question range, past, both;
	int64_t fresh_day;
};

static void wide_init(struct wide *w, const struct question *qn)
{
	int64_t before = qn->q->to_day - EVIDENCE_DAYS;

	query_init(&w->query, qn->q->arena);
	w->query.filters[FILTER_DOMAIN] = qn->q->filters[FILTER_DOMAIN];
	w->query.from_day = qn->q->from_day;
	w->query.to_day = qn->q->to_day;
	w->range = (struct question){
		.q = &w->query, .from_day = qn->from_day, .to_day = qn->to_day
	};
	w->both = w->past = w->range;
	w->both.from_day = qn->from_day < before ? qn->from_day : before;
	w->past.from_day = w->both.from_day;
	w->past.to_day = qn->from_day;
	w->fresh_day = qn->q->to_day - FRESH_DAYS;
}

static void add_range(struct sql *sql, const struct wide *w)
{
	sql_addf(sql,
		"x AS MATERIALIZED (SELECT domain, source, sender, named_by, min(day) AS"
		" first_day, max(day) AS last_day, days(day, messages) AS d, tally(facts,"
		" messages, records, spread, 0) AS t, sum(messages) AS m, sum(iif(facts & %u,"
		" messages, 0)) AS p, sum(iif(facts & %u, messages, 0)) AS own",
		FACTS_PASS, FACTS_SPF);
	question_sums(sql, &w->range, "sum_source");
	sql_add(sql, " GROUP BY domain, source, sender, named_by), ");
}

/* What was seen before of the addresses that are in the range, and of those in their networks.
 */
static void add_past(struct sql *sql, const struct wide *w)
{
	sql_addf(sql,
		"past AS MATERIALIZED (SELECT domain, source, sender, named_by, min(day) AS "
		"seen,"
		" sum(iif(facts & %u, messages, 0)) AS own",
		FACTS_SPF);
	question_sums(sql, &w->past, "sum_source");
	sql_add(sql,
		" AND source IN (SELECT source FROM x UNION SELECT z.id FROM x JOIN source o"
		" ON o.id = x.source AND length(o.ip) = 16 JOIN source z ON z.ip > o.grp AND"
		" z.ip <= CAST(o.grp || x'ffffffffffffffff' AS BLOB) AND length(z.ip) = 16) "
		"GROUP BY"
		" domain, source, sender, named_by), ");
}

static void add_mail(struct sql *sql, const struct wide *w)
{
	add_range(sql, w);
	add_past(sql, w);
	sql_add(sql,
		"xp AS (SELECT *, first_day AS seen FROM x UNION ALL SELECT domain, source,"
		" sender, named_by, NULL, NULL, NULL, NULL, NULL, NULL, own, seen FROM past),"
		" named AS MATERIALIZED (SELECT xp.*, o.ip AS ip, " KEY_OF("xp",
			"o.ip") " AS"
				" key, " BY_OF("xp",
					"o.ip") " AS by FROM xp CROSS JOIN source o ON o.id ="
						" xp.source), y AS MATERIALIZED (SELECT "
						"domain, key, min(by) AS by, min(seen) AS"
						" seen, sum(own) AS own, days_join(d) AS d, "
						"tally_join(t) AS t, min(first_day) AS"
						" first_day, max(last_day) AS last_day, sum(m) "
						"AS m, sum(p) AS p, count(DISTINCT"
						" iif(m IS NULL, NULL, source)) AS addresses, "
						"max(iif(m IS NULL, NULL, ip)) AS ip"
						" FROM named GROUP BY domain, key), ");
}

/* evidence_dkim d: a signature of the domain with a selector that is in `selectors`. */
#define SELECTOR_IN(selectors) "(v.domain, d.domain, coalesce(d.selector, 0)) IN " selectors

static void add_selectors(struct sql *sql, const char *name, unsigned facts)
{
	sql_addf(sql,
		"%s AS MATERIALIZED (SELECT DISTINCT v.domain, d.domain, coalesce(d.selector,"
		" 0) FROM v CROSS JOIN evidence e ON e.id = v.evidence CROSS JOIN evidence_dkim"
		" d ON d.evidence = e.id WHERE e.facts & %u = %u AND d.matches = %d AND "
		"d.result"
		" = " PASS_WORD "), ",
		name, facts, facts, DMARC_PASS);
}

/* Why the receiver says it was forwarded: bits of SAID_…. */
static void add_reasons(struct sql *sql)
{
	sql_addf(sql,
		"iif(e.facts & %u, (SELECT max(n.text = 'mailing_list') * %d + max(n.text ="
		" 'forwarded') * %d + max(n.text = 'trusted_forwarder') * %d + max(n.text IN"
		" ('local_policy', 'other')) * %d FROM evidence_reason r JOIN name n ON n.id ="
		" r.type WHERE r.evidence = e.id), 0) AS reasons",
		FACTS_FORWARDED, SAID_LIST, SAID_FORWARDED, SAID_TRUSTED, SAID_ARC);
}

/*
 * What an evidence says.  sel: a selector of your own servers that passes; proves:
 * sender_proof; kept: MAIL FROM of the domain does not pass; moved: another one does; broke: a
 * selector in use does not pass; agrees: SPF and DKIM pass for one other domain.  Each is
 * looked up only where it is asked about.
 */
static void add_said(struct sql *sql)
{
	unsigned aligned = FACTS_SPF | FACTS_DKIM;

	sql_addf(sql,
		"z AS MATERIALIZED (SELECT v.domain AS domain, v.m AS m, v.w AS w, v.seen AS "
		"seen, e.id AS id,"
		" e.sender AS sender, e.named_by AS named_by, e.facts AS facts, iif(e.facts & "
		"%u"
		" = %u, (SELECT max(coalesce(d.selector, 0)) FROM evidence_dkim d WHERE"
		" d.evidence = e.id AND d.matches = %d AND d.result = " PASS_WORD
		" AND " SELECTOR_IN(
			"own") "), NULL) AS sel, iif(e.facts & %u = %u, EXISTS (SELECT 1 FROM"
			       " evidence_spf d WHERE d.evidence = e.id AND d.matches = %d), 0)"
			       " AS kept, ",
		aligned, FACTS_DKIM, DMARC_PASS, aligned, FACTS_DKIM, DMARC_PASS);
	sender_proof(sql, SELECTOR_IN("own"));
	sql_add(sql, " AS proves,");
	sql_addf(sql,
		" EXISTS (SELECT 1 FROM evidence_spf d WHERE d.evidence = e.id AND d.matches <>"
		" %d AND d.result = " PASS_WORD
		") AS moved, iif(e.facts & %u = 0, EXISTS (SELECT"
		" 1 FROM evidence_dkim d WHERE d.evidence = e.id AND d.matches = %d AND "
		"d.result"
		" IS NOT " PASS_WORD " AND " SELECTOR_IN("live") "), 0) AS broke,",
		DMARC_PASS, FACTS_PASS, DMARC_PASS);
	sql_addf(sql,
		" iif(e.facts & %u = 0 AND e.named_by = %d, EXISTS (SELECT 1 FROM evidence_spf "
		"d"
		" JOIN name n ON n.id = d.domain JOIN name o ON o.id = e.sender WHERE "
		"d.evidence"
		" = e.id AND d.matches <> %d AND d.result = " PASS_WORD
		" AND (n.text = o.text OR"
		" substr(n.text, -length(o.text) - 1) = '.' || o.text)), 0) AS agrees, ",
		FACTS_PASS, NAMED_BY_DKIM, DMARC_PASS);
	add_reasons(sql);
	sql_add(sql, " FROM v CROSS JOIN evidence e ON e.id = v.evidence), ");
}

static void add_evidence(struct sql *sql, const struct wide *w)
{
	unsigned both = FACTS_SPF | FACTS_DKIM, failing = FACTS_PASS | FACTS_FORWARDED;

	sql_add(sql, "v AS MATERIALIZED (SELECT domain, evidence, sum(iif(day >= ");
	sql_int(sql, w->range.from_day);
	sql_add(sql, ", messages, 0)) AS m, sum(messages) AS w, min(day) AS seen");
	question_sums(sql, &w->both, "sum_evidence");
	sql_add(sql, " GROUP BY domain, evidence), ");
	add_selectors(sql, "own", both);
	add_selectors(sql, "live", FACTS_DKIM);
	add_said(sql);
	sql_addf(sql,
		"e AS MATERIALIZED (SELECT domain, iif(sender = 0, '', " KEY_OF(
			"z", "NULL") ") AS"
				     " key, min(seen) AS seen, sum(iif(facts & %u, w, 0)) AS "
				     "own, sum(iif(proves, w, 0)) AS proven,"
				     " sum(iif(facts & %u = %u, m, 0)) AS dkim_seen, "
				     "sum(iif(sel IS NOT NULL, m, 0))"
				     " AS dkim_own, sum(iif(sel IS NOT NULL AND kept, m, 0)) "
				     "AS dkim_kept,"
				     " sum(iif(sel IS NOT NULL AND moved, m, 0)) AS "
				     "dkim_moved, sum(iif(sel IS NOT"
				     " NULL AND facts & %u, m, 0)) AS dkim_said, ",
		FACTS_SPF, both, FACTS_DKIM, FACTS_FORWARDED);
	sql_addf(sql,
		"sum(iif(facts & %u = 0, m, 0)) AS fail_seen, sum(iif(facts & %u = 0 AND broke"
		" AND moved, m, 0)) AS fail_list, sum(iif(facts & %u = 0 AND agrees, m, 0)) AS"
		" fail_agrees, max(reasons & 1) + max(reasons & 2) + max(reasons & 4) +"
		" max(reasons & 8) AS reasons, max((SELECT text FROM name WHERE id = sel)) AS"
		" selector FROM z GROUP BY 1, 2), ",
		failing, failing, failing);
}

/* What the filters leave: c. */
static void add_asked(struct sql *sql, const struct question *qn)
{
	if (!qn->filtered && qn->base == BASE_SOURCE && !qn->q->by_receiver) {
		sql_add(sql, "c AS (SELECT * FROM y WHERE m IS NOT NULL), ");
		return;
	}
	sql_add(sql, "a AS MATERIALIZED (SELECT domain, source, sender, named_by, min(day) AS"
		     " first_day, max(day) AS last_day, ");
	list_sums(sql, qn->q);
	question_from(sql, qn);
	sql_add(sql, " GROUP BY domain, source, sender, named_by), b AS (SELECT a.*,"
		     " o.ip AS ip, " KEY_OF("a", "o.ip") " AS key, " BY_OF(
			     "a", "o.ip") " AS by FROM a CROSS JOIN"
					  " source o ON o.id = a.source), c AS MATERIALIZED "
					  "(SELECT domain, key, min(by) AS"
					  " by, min(first_day) AS first_day, max(last_day) AS "
					  "last_day, tally_join(t) AS t,"
					  " sum(m) AS m, sum(p) AS p, count(DISTINCT source) "
					  "AS addresses, max(ip) AS ip"
					  " FROM b GROUP BY domain, key), ");
}

/* The domain as a whole: its first day of all, and its mail in the range. */
static void add_domains(struct sql *sql)
{
	sql_add(sql, "dm AS MATERIALIZED (SELECT domain, sum(m) AS m, (SELECT min(day) FROM"
		     " sum_reporter r WHERE r.domain = x.domain) AS first FROM x GROUP BY"
		     " domain), ");
}

/*
 * A mark counts for its key, which new rules may have left some of its mail, and after that
 * one's own for the sender that has the rest by now.
 */
static void add_marks(struct sql *sql)
{
	sql_add(sql,
		"k AS MATERIALIZED (SELECT domain, key, word, max(rank) AS newest FROM (SELECT"
		" domain, key, word, at + 1099511627776 AS rank FROM mark UNION ALL SELECT"
		" domain, sender_key_now(key), word, at FROM mark) GROUP BY 1, 2), ");
}

/* What evidence says of the sender itself, else of all that only have an address. */
#define SAYS(column) "coalesce(e." column ", u." column ")"

/* On the busiest day of a wave: mail of the domain by DKIM alone, of all and of two reporters.
 */
#define IF_WAVE(sub) \
	"iif(y.seen >= dm.first AND days_peak(y.d) >= " WAVE_LEAST ", (" sub "), 0)"
#define ON_PEAK_DAY \
	" FROM sum_reporter r WHERE r.domain = c.domain AND r.day = days_peak_day(y.d)"

/* Not seen before the last days, though the domain was. */
static void add_fresh(struct sql *sql, const struct wide *w)
{
	sql_add(sql, "(min(y.seen, coalesce(e.seen, y.seen)) >= ");
	sql_int(sql, w->fresh_day);
	sql_add(sql, " AND dm.first < ");
	sql_int(sql, w->fresh_day);
	sql_add(sql, ")");
}

static void add_traits(struct sql *sql, const struct wide *w)
{
	sql_addf(sql,
		"sender_traits(y.t, y.d, max(y.own, coalesce(e.own, 0)), coalesce(e.proven, "
		"y.own), y.by IN (%d,"
		" %d), ",
		NAMING_OWN, NAMING_SERVICE);
	add_fresh(sql, w);
	sql_addf(sql,
		", dm.m, " IF_WAVE("SELECT sum(iif(r.facts & %u, r.messages, 0))" ON_PEAK_DAY) ", " IF_WAVE(
			"SELECT sum(iif(r.facts & %u = %u, r.messages, 0))" ON_PEAK_DAY) ", ",
		FACTS_DKIM, FACTS_SPF | FACTS_DKIM, FACTS_DKIM);
	sql_addf(sql,
		IF_WAVE("SELECT sum(n) FROM (SELECT sum(r.messages) AS n" ON_PEAK_DAY " AND "
			"r.facts "
			"& %u = "
			"%u "
			"GROUP "
			"BY "
			"r."
			"reporter"
			" ORDER "
			"BY n "
			"DESC "
			"LIMIT "
			"2)") ","
			      " " SAYS("dkim_seen") ", " SAYS("dkim_own") ", " SAYS("dkim_kept") ", " SAYS("dkim_moved") ", " SAYS(
				      "dkim_said") ", " SAYS("fail_seen") ", " SAYS("fail_list") ", " SAYS("fail_"
													   "agrees") ", " SAYS("reasons") ") AS traits",
		FACTS_SPF | FACTS_DKIM, FACTS_DKIM);
}

static void add_senders(struct sql *sql, const struct wide *w)
{
	sql_addf(sql,
		"j AS MATERIALIZED (SELECT c.domain AS domain, c.key AS key, min(c.by, y.by) AS"
		" by, c.t AS t, c.m AS m, c.p AS p, c.addresses AS addresses, c.ip AS ip,"
		" c.first_day AS first_day, c.last_day AS last_day, iif(e.key"
		" IS NULL, u.selector, e.selector) AS selector, coalesce(k.word, iif(y.by <= "
		"%d,"
		" sender_word(c.key), %d)) AS word, k.word IS NULL AS configured, ",
		NAMING_SERVICE, WORD_NONE);
	add_fresh(sql, w);
	sql_add(sql, " AS fresh, ");
	add_traits(sql, w);
	sql_add(sql,
		" FROM c JOIN y ON y.domain = c.domain AND y.key = c.key JOIN dm ON dm.domain ="
		" c.domain LEFT JOIN e ON e.domain = c.domain AND e.key = c.key LEFT JOIN e u "
		"ON"
		" u.domain = c.domain AND u.key = '' LEFT JOIN k ON k.domain = c.domain AND "
		"k.key = c.key)");
}

static void add_bits(struct sql *sql, const char *column, unsigned bits)
{
	if (bits != 0)
		sql_addf(sql, " AND ((1 << %s) & %u) <> 0", column, bits);
}

/* Senders that stand together: forwarders, and addresses without a name that nothing passes
 * for. */
#define KIND "CASE WHEN class = %d THEN 1 WHEN class = %d AND by = %d THEN 2 ELSE 0 END AS kind"

static void add_kinds_asked(struct sql *sql, const struct query *q)
{
	add_bits(sql, "class", q->classes);
	add_bits(sql, "word", q->words);
	if (q->flags.fresh >= 0)
		sql_addf(sql, " AND fresh = %d", q->flags.fresh);
	if (q->flags.undecided >= 0)
		sql_addf(sql, " AND sender_undecided(traits, word) = %d", q->flags.undecided);
	if (q->flags.own >= 0)
		sql_addf(sql, " AND sender_own(traits, word) = %d", q->flags.own);
}

/* Those of the set that class, mark and new leave. */
static void add_list(struct sql *sql, const struct query *q, int64_t set)
{
	sql_addf(sql, "h AS MATERIALIZED (SELECT *, " KIND " FROM sender_set(", CLASS_FORWARDED,
		CLASS_UNAUTHENTICATED, NAMING_ADDRESS);
	sql_int(sql, set);
	sql_add(sql, ") WHERE 1");
	add_kinds_asked(sql, q);
	if (!str_absent(q->sender_key)) {
		sql_add(sql, " AND key = ");
		sql_str(sql, q->sender_key);
	}
	sql_add(sql,
		"), kinds AS MATERIALIZED (SELECT kind, count(*) AS n FROM h GROUP BY kind),"
		" ");
}

/* Is this row of h one of those that a group stands for? */
static void add_collapsed(struct sql *sql, const struct query *q)
{
	if (q->flags.grouped > 0)
		sql_addf(sql,
			"(kind <> 0 AND (SELECT n FROM kinds WHERE kinds.kind = h.kind) >= %d "
			"AND"
			" EXISTS (SELECT 1 FROM kinds WHERE kind = 0))",
			COLLAPSE_FROM);
	else
		sql_add(sql, "0");
}

/* One row for each class, as a text of numbers: see groups_read. */
static void add_groups(struct sql *sql, const struct query *q)
{
	sql_addf(sql,
		"classes AS (SELECT class || ',' || count(*) || ',' || sum(addresses) || ',' ||"
		" sum(m) || ',' || sum(p) || ',' || sum(explained) || ',' || sum(by = %d) || "
		"','"
		" || sum(iif(by = %d, m, 0)) || ',' || sum(iif(by = %d, p, 0)) || ',' ||"
		" count(DISTINCT iif(by = %d, substr(ip, 1, iif(length(ip) = 4, 3, 6)), NULL)) "
		"||"
		" ',' || sum(",
		NAMING_ADDRESS, NAMING_ADDRESS, NAMING_ADDRESS, NAMING_ADDRESS);
	add_collapsed(sql, q);
	sql_add(sql, ") AS text FROM h GROUP BY class), ");
}

#define SUMS_COLUMN 15 /* of all senders */
static const struct list_spec senders = {
	.list = LIST_SENDERS,
	.columns = SUMS_COLUMN + 2,
	.by_default = "attention",
	.ties = { "key", "domain" },
	.keys =
		(const struct sort_key[]){
			{ "attention", { "attention" } },
			{ "name", { "key" } },
			{ "messages", { "m" } },
			{ "fail", { "m - p" } },
			{ "failed", { "m - p" } },
			{ "pass", { "p" } },
			/* In millionths, so that the cursor is exact. */
			{ "pass_rate", { "CASE WHEN m > 0 THEN p * 1000000 / m ELSE 0 END" } },
			{ "first_seen", { "first_day" } },
			{ "last_seen", { "last_day" } },
			{ 0 },
		},
};

/*
 * Every address without a name is a sender of its own, so a domain that somebody sends as from
 * hundreds of thousands of them would take seconds, and memory for all of them.
 */
static int senders_bound(struct db *db, const struct question *qn, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	struct wide w;
	int64_t n = 0;
	int r;

	wide_init(&w, qn);
	sql_init(&sql);
	sql_add(&sql, "SELECT count(*) FROM (SELECT 1");
	question_sums(&sql, &w.range, "sum_source");
	sql_addf(&sql, " LIMIT %d)", STORE_SENDER_ROWS_MOST + 1);
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_number(db, st, 0, &n, err);
	if (r < 0 || n <= STORE_SENDER_ROWS_MOST)
		return r;
	return FAIL(err, ERR_TEMP, "store-busy",
		"there are more than %d addresses and days in this range: for senders, ask"
		" for a shorter range, or for one domain",
		STORE_SENDER_ROWS_MOST);
}

/* All senders of the question, whatever their kind: what a set keeps. */
static void write_set(struct sql *sql, const struct question *qn)
{
	struct question lean = *qn;
	struct wide w;

	wide_init(&w, qn);
	/* Days that nothing is read by would make it another set than that of plain_set. */
	if (qn->base != BASE_REPORT && qn->base != BASE_RECORDS)
		lean.has_spread = false;
	question_with(sql, &lean);
	add_mail(sql, &w);
	add_evidence(sql, &w);
	add_asked(sql, qn);
	add_domains(sql);
	add_marks(sql);
	add_senders(sql, &w);
	sql_add(sql, " SELECT * FROM j");
}

static int set_of(struct db *db, const struct question *qn, int64_t *ret, struct err *err)
{
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	write_set(&sql, qn);
	r = senderset_find(db, &sql, ret, err);
	if (r < 0 || *ret != 0)
		return r;
	r = senders_bound(db, qn, err);
	return r < 0 ? r : senderset_make(db, &sql, ret, err);
}

/* The question without its filters, but for the domain. */
static int plain_set(struct db *db, const struct question *qn, int64_t *ret, struct err *err)
{
	struct question all = *qn;
	struct query q;

	query_init(&q, qn->q->arena);
	q.filters[FILTER_DOMAIN] = qn->q->filters[FILTER_DOMAIN];
	q.from_day = qn->q->from_day;
	q.to_day = qn->q->to_day;
	all.q = &q;
	all.base = BASE_SOURCE;
	all.filtered = all.picks = all.has_spread = false;
	return set_of(db, &all, ret, err);
}

int senders_set(struct db *db, const struct question *qn, int64_t *ret, struct err *err)
{
	bool own;
	int r = db_view_begin(db, &own, err);

	if (r < 0)
		return r;
	r = qn->picks ? plain_set(db, qn, ret, err) : set_of(db, qn, ret, err);
	db_view_end(db, own);
	return r;
}

/* Mail of the domains in reports that reach into the range, on whatever days it counts. */
static void add_reaching(struct sql *sql, const struct question *qn)
{
	sql_add(sql,
		" UNION SELECT rp.domain, r.source, e.sender, e.named_by FROM report rp"
		" INDEXED BY report_spread CROSS JOIN record r ON r.report = rp.id CROSS JOIN"
		" evidence e ON e.id = r.evidence WHERE rp.first_day <> rp.last_day AND"
		" rp.last_day >= ");
	sql_int(sql, qn->from_day);
	sql_add(sql, " AND rp.first_day < ");
	sql_int(sql, qn->to_day);
	filter_domain(sql, qn->q, "rp.domain", false);
}

void senders_pick(struct sql *sql, const struct question *qn, bool reaching)
{
	struct wide w;

	wide_init(&w, qn);
	sql_add(sql,
		"picked AS MATERIALIZED (WITH x AS (SELECT DISTINCT domain, source, sender,"
		" named_by");
	question_sums(sql, &w.range, "sum_source");
	if (reaching && qn->has_spread)
		add_reaching(sql, qn);
	sql_add(sql, "), n AS MATERIALIZED (SELECT x.*, " KEY_OF("x",
			     "o.ip") " AS key FROM x CROSS JOIN source o ON o.id = x.source), h"
				     " AS MATERIALIZED (SELECT domain, key FROM sender_set(");
	sql_int(sql, qn->sender_set);
	sql_add(sql, ") WHERE 1");
	add_kinds_asked(sql, qn->q);
	sql_add(sql, ") SELECT n.domain, n.source, n.sender, n.named_by FROM n CROSS JOIN h ON"
		     " h.domain = n.domain AND h.key = n.key)");
}

/* The sums over all pages stand in each row; they are made once. */
static void write_senders(struct sql *sql, struct rows *r)
{
	add_list(sql, &r->q, r->question.sender_set);
	add_groups(sql, &r->q);
	sql_add(sql,
		"listed AS (SELECT (SELECT name FROM domain WHERE id = h.domain) AS"
		" domain, key, by, t, m, p, addresses, ip, first_day, last_day, selector, word,"
		" configured, traits, attention FROM h WHERE NOT ");
	add_collapsed(sql, &r->q);
	sql_add(sql, "), g AS (SELECT listed.*, (SELECT tally_join(t) FROM h) AS all_t,"
		     " (SELECT group_concat(text, ';') FROM classes) AS groups FROM listed)");
}

/* --- Reading --- */

static enum sender_word word_at(struct rows *r, int column)
{
	int64_t n = column_int(r->st, column);

	return n > 0 && n < WORD_COUNT ? (enum sender_word)n : WORD_NONE;
}

static void take_names(struct rows *r, struct sender_row *ret)
{
	const struct service *service;
	int64_t by = column_int(r->st, 2);

	ret->domain = arena_str(&r->row, column_text(r->st, 0));
	ret->key = arena_str(&r->row, column_text(r->st, 1));
	ret->named_by = by >= 0 && by <= NAMING_ADDRESS ? (enum naming)by : NAMING_ADDRESS;
	service = ret->named_by <= NAMING_SERVICE ? services_find(r->s->db.services, ret->key)
						  : NULL;
	ret->name = service ? service->name : ret->key;
}

int rows_sender(struct rows *r, struct sender_row *ret, struct err *err)
{
	struct tally t;
	int rc = rowset_next(r, LIST_SENDERS, err);

	if (rc <= 0)
		return rc;
	t = list_tally(r, 3);
	*ret = (struct sender_row){ .totals = t.totals,
		.cause = tally_cause(&t),
		.addresses = (uint64_t)column_int(r->st, 6),
		.first_day = column_int(r->st, 8),
		.last_day = column_int(r->st, 9),
		.selector = arena_str(&r->row, column_text(r->st, 10)),
		.word = word_at(r, 11) };
	take_names(r, ret);
	if (ret->addresses == 1)
		ret->ip = list_ip(r, 7);
	memcpy(ret->by_cause, t.by_cause, sizeof(ret->by_cause));
	ret->word_configured = column_int(r->st, 12) != 0 && ret->word != WORD_NONE;
	traits_unpack(column_blob(r->st, 13), &ret->traits);
	sender_judge(&ret->traits, &ret->view);
	return 1;
}

static void groups_read(struct str text, struct sender_group *groups)
{
	struct str one, number;

	while (str_cut(&text, ';', &one)) {
		uint64_t n[11] = { 0 };
		size_t count = 0;

		while (count < 11 && str_cut(&one, ',', &number))
			str_to_u64(number, &n[count++]);
		if (n[0] < CLASS_COUNT)
			groups[n[0]] = (struct sender_group){ .senders = n[1],
				.addresses = n[2],
				.messages = n[3],
				.pass = n[4],
				.fail = n[3] - n[4],
				.explained = n[5],
				.unnamed = n[6],
				.unnamed_messages = n[7],
				.unnamed_pass = n[8],
				.unnamed_fail = n[7] - n[8],
				.networks = n[9],
				.collapsed = n[10] };
	}
}

struct sender_sums {
	struct totals totals;
	struct sender_group groups[CLASS_COUNT];
};

/* They stand in every row: the first one is waiting. */
static void sums_take(struct rows *r)
{
	r->senders = xcalloc(1, sizeof(*r->senders));
	if (!r->waiting)
		return;
	r->senders->totals = list_tally(r, SUMS_COLUMN).totals;
	groups_read(column_text(r->st, SUMS_COLUMN + 1), r->senders->groups);
}

int store_senders(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	int rc = list_open(s, q, &senders, NEED_SOURCE | NEED_SENDERS, write_senders, ret, err);

	if (rc == 0)
		sums_take(*ret);
	return rc;
}

void rows_sender_sums(
	struct rows *r, struct totals *ret_totals, struct sender_group ret_groups[CLASS_COUNT])
{
	assert(r->spec->list == LIST_SENDERS);
	*ret_totals = r->senders->totals;
	memcpy(ret_groups, r->senders->groups, sizeof(r->senders->groups));
}

/* --- Counts --- */

static void write_counts(struct sql *sql, int64_t set)
{
	sql_add(sql, "SELECT (SELECT name FROM domain WHERE id = h.domain), traits, word, fresh"
		     " FROM sender_set(");
	sql_int(sql, set);
	sql_add(sql, ") h ORDER BY h.domain");
}

static int read_counts(struct db *db, sqlite3_stmt *st, struct arena *a,
	struct sender_count **ret, size_t *ret_count, struct err *err)
{
	struct sender_count *list = NULL, *last = NULL;
	size_t n = 0;
	int r;

	while ((r = db_step(db, st, err)) > 0) {
		struct sender_traits t = { 0 };
		struct sender_view v;
		int64_t word = column_int(st, 2);

		if (!last || !str_eq(last->domain, column_text(st, 0))) {
			list = ARENA_MORE(a, list, n);
			last = &list[n++];
			*last = (struct sender_count){ .domain = arena_str(
							       a, column_text(st, 0)) };
		}
		traits_unpack(column_blob(st, 1), &t);
		sender_judge(&t, &v);
		last->senders++;
		last->undecided += sender_undecided(&t, &v, word > 0 ? WORD_OURS : WORD_NONE);
		last->fresh += column_int(st, 3) != 0;
	}
	*ret = list;
	*ret_count = n;
	return r;
}

/* All senders of the domains and the range of q, whatever else it filters by. */
static int whole_set(
	struct store *s, const struct query *q, struct arena *a, int64_t *ret, struct err *err)
{
	struct query *plain = ARENA_NEW(a, struct query);
	struct question qn;
	int r;

	query_init(plain, a);
	plain->from_day = q->from_day;
	plain->to_day = q->to_day;
	plain->all_time = q->all_time;
	plain->filters[FILTER_DOMAIN] = q->filters[FILTER_DOMAIN];
	r = question_init(&qn, &s->db, plain, NEED_SOURCE | NEED_SENDERS, err);
	if (r == 0)
		*ret = qn.sender_set;
	return r;
}

int store_sender_counts(struct store *s, const struct query *q, struct arena *a,
	struct sender_count **ret, size_t *ret_count, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int64_t set = 0;
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	sql_init(&sql);
	r = whole_set(s, q, a, &set, err);
	if (r == 0) {
		write_counts(&sql, set);
		r = sql_prepare(&s->db, &sql, &st, err);
	}
	if (r == 0)
		r = read_counts(&s->db, st, a, ret, ret_count, err);
	db_view_end(&s->db, own);
	return r;
}

/* --- Of records --- */

static int read_kinds(
	struct db *db, sqlite3_stmt *st, struct sender_kinds *ret, struct err *err)
{
	int r;

	while ((r = db_step(db, st, err)) > 0) {
		struct sender_kind *k;
		int64_t word = column_int(st, 3);

		ret->list = ARENA_MORE(&ret->arena, ret->list, ret->count);
		k = &ret->list[ret->count++];
		*k = (struct sender_kind){ arena_str(&ret->arena, column_text(st, 0)),
			arena_str(&ret->arena, column_text(st, 1)),
			(enum sender_class)column_int(st, 2),
			word > 0 && word < WORD_COUNT ? (enum sender_word)word : WORD_NONE };
	}
	return r;
}

int sender_kinds_load(
	struct store *s, const struct query *q, struct sender_kinds *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int64_t set = 0;
	int r = whole_set(s, q, &ret->arena, &set, err);

	if (r == ERR_TEMP) { /* too many to tell what each is */
		*err = (struct err){ 0 };
		return 0;
	}
	if (r < 0)
		return r;
	sql_init(&sql);
	sql_add(&sql,
		"SELECT (SELECT name FROM domain WHERE id = h.domain) AS name, key, class,"
		" word FROM sender_set(");
	sql_int(&sql, set);
	sql_add(&sql, ") h ORDER BY name, key");
	r = sql_prepare(&s->db, &sql, &st, err);
	return r < 0 ? r : read_kinds(&s->db, st, ret, err);
}

static int compare_kinds(const void *a, const void *b)
{
	const struct sender_kind *x = a, *y = b;
	int order = str_cmp(x->domain, y->domain);

	return order ? order : str_cmp(x->key, y->key);
}

const struct sender_kind *sender_kinds_find(
	const struct sender_kinds *kinds, struct str domain, struct str key)
{
	struct sender_kind wanted = { .domain = domain, .key = key };

	return kinds->count == 0 ? NULL
				 : bsearch(&wanted, kinds->list, kinds->count,
					   sizeof(kinds->list[0]), compare_kinds);
}
