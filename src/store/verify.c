/*
 * verify.c - is the database sound?  SQLite's own structure, references, sums against records,
 * verdicts against evidence, originals against their digests.
 *
 * Reports that end before records_from are on their way out, and sums of days before it have no
 * records to be compared with: they are left out.
 */
#include "digest.h"
#include "evidence.h"
#include "sweep.h"

#include <assert.h>

/* Differences of one kind that are told one by one; more are only counted. */
#define TOLD_MOST 20
#define SHOWN_BYTES 80 /* of a text of a report */

struct check {
	struct db *db;
	const struct verify_options *opt;
	struct verified *sum;
	struct verified_kind *kind; /* that is being checked */
};

static void tell(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct check *c, const char *fmt, ...)
{
	uint64_t nth = c->kind->problems++;
	char line[400];
	va_list ap;
	int n;

	c->sum->problems++;
	if (!c->opt->say || nth > TOLD_MOST)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (nth == TOLD_MOST)
		n = snprintf(line, sizeof(line), "… and more of that kind");
	c->opt->say(c->opt->arg, c->kind->name,
		str_make(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

/* Statements that give one row, one text, for each difference. */
static int check_sql(struct check *c, const char *sql, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db, str_of(sql), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		tell(c, "%.*s", STR_ARGS(column_text(st, 0)));
	return r;
}

static int check_structure(struct check *c, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db, STR("PRAGMA integrity_check"), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		if (!str_eq(column_text(st, 0), STR("ok")))
			tell(c, "%.*s", STR_ARGS(column_text(st, 0)));
	return r;
}

static int check_references(struct check *c, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db, STR("PRAGMA foreign_key_check"), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		tell(c, "a row of %.*s refers to a row of %.*s that is not there",
			STR_ARGS(column_text(st, 0)), STR_ARGS(column_text(st, 2)));
	return r;
}

/* --- Sums --- */

#define FROM_DAY "coalesce((SELECT records_from FROM meta), -1099511627776)"
#define DAYS \
	"WITH RECURSIVE spread AS (SELECT min(first_day) AS a, max(last_day) AS b FROM report" \
	" WHERE first_day <> last_day), days (day) AS (SELECT a FROM spread WHERE a IS NOT " \
	"NULL" \
	" UNION ALL SELECT day + 1 FROM days, spread WHERE day < b), "
#define SHARE "share(p.begin_at, p.end_at, r.messages, d.day, d.day + 1)"
#define FROM_RECORDS(key) \
	"SELECT p.domain AS domain, p.middle_day AS day, " key \
	", r.messages AS messages, 1 AS records," \
	" 0 AS spread FROM report p CROSS JOIN record r ON r.report = p.id" \
	" CROSS JOIN evidence e ON e.id = r.evidence WHERE p.first_day = p.last_day AND" \
	" p.middle_day >= " FROM_DAY " UNION ALL" \
	" SELECT p.domain, d.day, " key ", " SHARE ", d.day = p.middle_day, " SHARE \
	" FROM report p CROSS JOIN days d ON d.day BETWEEN p.first_day AND p.last_day" \
	" CROSS JOIN record r ON r.report = p.id CROSS JOIN evidence e ON e.id = r.evidence" \
	" WHERE p.first_day <> p.last_day AND d.day >= " FROM_DAY \
	" AND (d.day = p.middle_day OR " SHARE " > 0)"
/* Both sides with opposite signs: what does not cancel is a difference. */
#define SUMS(table, columns, key, names) \
	DAYS "both AS (" FROM_RECORDS(key) " UNION ALL SELECT domain, day, " columns \
					   ", -messages, -records, -spread FROM " table \
					   " WHERE day >= " FROM_DAY \
					   ") SELECT 'domain ' || coalesce((SELECT name" \
					   " FROM domain WHERE id = both.domain), domain) || " \
					   "', day ' || day || ': records say '" \
					   " || sum(messages) || ' messages and ' || " \
					   "sum(records) || ' records more' FROM both" \
					   " GROUP BY domain, day, " names \
					   " HAVING sum(messages) <> 0 OR sum(records) <> 0" \
					   " OR sum(spread) <> 0"

#define SUMS_PER_REPORTER \
	SUMS("sum_reporter", "reporter, facts", "p.reporter AS k1, e.facts AS k2", "k1, k2")
#define SUMS_PER_SOURCE \
	SUMS("sum_source", "source, sender, named_by, facts", \
		"r.source AS k1, e.sender AS k2, e.named_by AS k3, e.facts AS k4", \
		"k1, k2, k3, k4")
#define SUMS_PER_EVIDENCE SUMS("sum_evidence", "evidence", "r.evidence AS k1", "k1")
#define COVERAGE \
	"SELECT 'domain ' || domain || ', day ' || day || ': ' || sum(n) || ' reports more'" \
	" FROM (SELECT domain, middle_day AS day, reporter, count(*) AS n FROM report WHERE" \
	" first_day = last_day AND middle_day >= " FROM_DAY " GROUP BY 1, 2, 3 UNION ALL" \
	" SELECT domain, day, reporter, -reports FROM sum_coverage WHERE day >= " FROM_DAY \
	") GROUP BY domain, day, reporter HAVING sum(n) <> 0"
#define SUMS_OF_REPORT \
	"SELECT 'report ' || report || ': records say ' || sum(m) || ' messages and ' ||" \
	" sum(n) || ' records more' FROM (SELECT p.id AS report, e.facts AS facts, r.messages" \
	" AS m, 1 AS n FROM report p CROSS JOIN record r ON r.report = p.id JOIN evidence e " \
	"ON" \
	" e.id = r.evidence WHERE p.last_day >= " FROM_DAY " UNION ALL SELECT s.report," \
	" s.facts, -s.messages, -s.records FROM sum_report s JOIN report p ON p.id = s.report" \
	" WHERE p.last_day >= " FROM_DAY \
	") GROUP BY report, facts HAVING sum(m) <> 0 OR sum(n)" \
	" <> 0"
#define TOTALS_OF_REPORT \
	"SELECT 'report ' || p.id || ': ' || p.messages || ' messages in ' || p.records || '" \
	" records, but they add up to ' || coalesce(sum(s.messages), 0) || ' in ' ||" \
	" coalesce(sum(s.records), 0) FROM report p LEFT JOIN sum_report s ON s.report = p.id" \
	" WHERE p.last_day >= " FROM_DAY " GROUP BY p.id HAVING p.messages <>" \
	" coalesce(sum(s.messages), 0) OR p.records <> coalesce(sum(s.records), 0) OR p.pass " \
	"<>" \
	" coalesce(sum(CASE WHEN s.facts & 1 THEN s.messages ELSE 0 END), 0)"
#define RECORDS \
	"SELECT 'report ' || r.report || ', record ' || r.n || ' has no source or evidence'" \
	" FROM record r LEFT JOIN source s ON s.id = r.source LEFT JOIN evidence e ON e.id =" \
	" r.evidence WHERE s.id IS NULL OR e.id IS NULL UNION ALL SELECT 'domain ' || " \
	"s.domain" \
	" || ', day ' || s.day || ': a sum has no address' FROM sum_source s WHERE NOT EXISTS" \
	" (SELECT 1 FROM source WHERE id = s.source) UNION ALL SELECT 'domain ' || s.domain " \
	"||" \
	" ', day ' || s.day || ': a sum has no evidence' FROM sum_evidence s WHERE NOT EXISTS" \
	" (SELECT 1 FROM evidence WHERE id = s.evidence)"
/* While a prune is under way, or was interrupted, there may be some. */
#define TOO_OLD \
	"SELECT 'report ' || p.id || ' ends before what was deleted for its age' FROM report " \
	"p" \
	" CROSS JOIN meta m WHERE m.prune_due = 0 AND p.last_day < m.records_from UNION ALL" \
	" SELECT 'domain ' || s.domain || ', day ' || s.day || ': sums that were deleted' " \
	"FROM" \
	" meta m CROSS JOIN sum_reporter s WHERE m.prune_due = 0 AND s.day < m.sums_from"

static int check_sums_per_reporter(struct check *c, struct err *err)
{
	return check_sql(c, SUMS_PER_REPORTER, err);
}

static int check_sums_per_source(struct check *c, struct err *err)
{
	return check_sql(c, SUMS_PER_SOURCE, err);
}

static int check_sums_per_evidence(struct check *c, struct err *err)
{
	return check_sql(c, SUMS_PER_EVIDENCE, err);
}

static int check_coverage(struct check *c, struct err *err)
{
	return check_sql(c, COVERAGE, err);
}

static int check_reports(struct check *c, struct err *err)
{
	int r = check_sql(c, SUMS_OF_REPORT, err);

	return r < 0 ? r : check_sql(c, TOTALS_OF_REPORT, err);
}

static int check_records(struct check *c, struct err *err)
{
	return check_sql(c, RECORDS, err);
}

static int check_too_old(struct check *c, struct err *err)
{
	return check_sql(c, TOO_OLD, err);
}

/* --- Counters --- */

/* Those that triggers keep, and those of the batches. */
static int check_counters(struct check *c, struct err *err)
{
	return check_sql(c,
		"SELECT 'originals take ' || n || ' bytes, not ' || raw_bytes FROM meta,"
		" (SELECT coalesce(sum(length(bytes)), 0) AS n FROM document_piece) WHERE n <>"
		" raw_bytes UNION ALL SELECT 'kept originals take ' || n || ' bytes, not ' ||"
		" kept_bytes FROM meta, (SELECT coalesce(sum(size_bytes), 0) AS n FROM kept)"
		" WHERE n <> kept_bytes UNION ALL SELECT r || ' reports have ' || n || ' "
		"records"
		" and ' || m || ' messages, not ' || meta.reports || ', ' || meta.records || '"
		" and ' || meta.messages FROM meta, (SELECT count(*) AS r,"
		" coalesce(sum(records), 0) AS n, coalesce(sum(messages), 0) AS m FROM report)"
		" WHERE r <> meta.reports OR n <> meta.records OR m <> meta.messages UNION ALL"
		" SELECT 'outcome ' || outcome || ' has ' || sum(n) || ' inputs more' FROM"
		" (SELECT outcome, count(*) AS n FROM input GROUP BY outcome UNION ALL SELECT"
		" outcome, -n FROM input_total) GROUP BY outcome HAVING sum(n) <> 0 UNION ALL"
		" SELECT 'there are ' || count(*) || ' addresses, and the last is number ' ||"
		" max(id) FROM source HAVING count(*) <> coalesce(max(id), 0) - (SELECT"
		" sources_gone FROM meta)",
		err);
}

/* --- Evidence --- */

static const char *result_text(const struct verdict *v)
{
	return v->result == DMARC_PASS ? "pass" : "fail";
}

static int check_evidence(struct check *c, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db, STR("SELECT id FROM evidence"), &st, err);

	arena_init(&a);
	while (r >= 0 && (r = db_step(c->db, st, err)) > 0) {
		int64_t id = column_int(st, 0);
		struct record rec = { 0 };
		struct verdict v = { 0 };
		bool whole = false;

		arena_reset(&a);
		r = evidence_load(c->db, id, &a, &rec, &v, err);
		if (r > 0)
			r = evidence_whole(c->db, id, &rec, &v, &whole, err);
		if (r >= 0 && !whole)
			tell(c, "evidence %lld is not what it was when it was stored",
				(long long)id);
	}
	return r;
}

/* Evidence with the policy of a report. */
static int judge_again(struct check *c, int64_t id, const struct policy *policy, int64_t report,
	struct arena *a, struct err *err)
{
	struct record rec = { 0 };
	struct verdict had = { 0 }, is = { 0 };
	bool same = true;
	int r = evidence_load(c->db, id, a, &rec, &had, err);

	if (r <= 0)
		return r;
	c->opt->judge(c->opt->judge_arg, a, policy, &rec, &is);
	c->sum->verdicts++;
	r = evidence_same_verdict(c->db, id, &rec, &had, &is, &same, err);
	if (r == 0 && !same)
		tell(c,
			"evidence %lld (From: %.*s, report %lld): stored is %s, %s; this "
			"program"
			" says %s, %s",
			(long long)id, STR_ARGS(str_first(rec.header_from, SHOWN_BYTES)),
			(long long)report, result_text(&had), cause_name(had.cause),
			result_text(&is), cause_name(is.cause));
	return r;
}

static int check_verdicts(struct check *c, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db,
		STR("SELECT r.evidence, d.name, k.text, f.text, min(p.id) FROM report p CROSS"
		    " JOIN record r ON r.report = p.id JOIN domain d ON d.id = p.domain LEFT"
		    " JOIN name k ON k.id = p.adkim LEFT JOIN name f ON f.id = p.aspf WHERE"
		    " p.last_day >= " FROM_DAY " GROUP BY r.evidence, p.domain, p.adkim,"
		    " p.aspf"),
		&st, err);

	arena_init(&a);
	while (r >= 0 && (r = db_step(c->db, st, err)) > 0) {
		struct policy policy = { .pct = -1 };

		arena_reset(&a);
		policy.domain = arena_str(&a, column_text(st, 1));
		policy.adkim = arena_str(&a, column_text(st, 2));
		policy.aspf = arena_str(&a, column_text(st, 3));
		r = judge_again(c, column_int(st, 0), &policy, column_int(st, 4), &a, err);
	}
	return r;
}

/* --- Originals --- */

/* Unpack all pieces; 1 the digest fits, 0 not. */
static int digest_fits(struct check *c, enum stmt_id get, int64_t owner, unsigned count,
	uint64_t size_bytes, struct str wanted, struct err *err)
{
	unsigned char bytes[8192];
	struct piece_reader reader;
	struct digest_ctx ctx;
	struct digest digest;
	uint64_t total = 0;
	ssize_t n;

	piece_reader_init(&reader, c->db, get, owner, count);
	digest_init(&ctx);
	while ((n = reader_read(&reader.reader, bytes, sizeof(bytes), err)) > 0) {
		digest_add(&ctx, bytes, (size_t)n);
		total += (uint64_t)n;
	}
	piece_reader_release(&reader);
	digest_end(&ctx, &digest);
	if (n < 0)
		return 0;
	return total == size_bytes &&
	       str_eq(wanted, str_make((const char *)digest.b, DIGEST_BYTES));
}

static int check_pieces(
	struct check *c, const char *sql, enum stmt_id get, const char *what, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	int r = db_prepare(c->db, str_of(sql), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0) {
		int64_t owner = column_int(st, 0);
		struct err why = { 0 };

		if (!digest_fits(c, get, owner, (unsigned)column_int(st, 1),
			    (uint64_t)column_int(st, 2), column_blob(st, 3), &why))
			tell(c, "%s %lld is damaged: %s", what, (long long)owner,
				why.code ? why.text : "its digest does not fit");
	}
	return r;
}

static int check_originals(struct check *c, struct err *err)
{
	int r = check_sql(c,
		"SELECT 'piece ' || i.id || ' belongs to no report' FROM document_piece i LEFT"
		" JOIN document d ON d.report = i.id >> 20 WHERE d.report IS NULL OR (d.pieces "
		">= 0 AND (i.id &"
		" 1048575) >= d.pieces)",
		err);

	if (r < 0)
		return r;
	return check_pieces(c,
		"SELECT d.report, d.pieces, d.size_bytes, d.digest FROM document d JOIN report "
		"p"
		" ON p.id = d.report WHERE d.pieces > 0 AND p.last_day >= " FROM_DAY,
		STMT_document_piece_get, "original of report", err);
}

static int check_kept(struct check *c, struct err *err)
{
	int r = check_sql(c,
		"SELECT 'piece ' || i.id || ' belongs to no input' FROM kept_piece i LEFT JOIN"
		" kept k ON k.id = i.id >> 20 WHERE k.id IS NULL OR (i.id & 1048575) >="
		" k.pieces",
		err);

	if (r < 0)
		return r;
	return check_pieces(c,
		"SELECT id, pieces, size_bytes, digest FROM kept WHERE pieces > 0",
		STMT_kept_piece_get, "kept original", err);
}

/* --- All of it --- */

static const struct {
	const char *name;
	int (*check)(struct check *c, struct err *err);
} kinds[] = {
	{ "structure", check_structure },
	{ "references", check_references },
	{ "records", check_records },
	{ "sums per reporter", check_sums_per_reporter },
	{ "sums per source", check_sums_per_source },
	{ "sums per evidence", check_sums_per_evidence },
	{ "coverage", check_coverage },
	{ "reports", check_reports },
	{ "too old", check_too_old },
	{ "counters", check_counters },
	{ "evidence", check_evidence },
	{ "verdicts", check_verdicts },
	{ "originals", check_originals },
	{ "kept originals", check_kept },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
static_assert(KINDS <= VERIFY_KINDS_MOST, "all kinds fit");

/* Each in a view of its own: the log of a long one could not be emptied. */
static int check_kind(struct check *c, size_t i, struct err *err)
{
	struct err why = { 0 };
	bool own;
	int r = db_view_begin(c->db, &own, err);

	if (r < 0)
		return r;
	c->kind = &c->sum->kinds[i];
	care_tell(&c->opt->care, kinds[i].name, i, KINDS);
	r = kinds[i].check(c, &why);
	db_view_end(c->db, own);
	if (care_stopped(&c->opt->care, err) < 0)
		return err->code;
	/* A check that meets damage has found what it was looking for: on to the next one. */
	if (r == ERR_IO) {
		tell(c, "%s", why.text);
		return 0;
	}
	if (r < 0)
		*err = why;
	return r;
}

int store_verify(struct store *s, const struct verify_options *opt, struct verified *ret,
	struct err *err)
{
	struct check c = { .db = &s->db, .opt = opt, .sum = ret };
	int r = 0;

	*ret = (struct verified){ .kind_count = KINDS };
	for (size_t i = 0; i < KINDS; i++)
		ret->kinds[i].name = kinds[i].name;
	db_query_endless(&s->db, true);
	s->db.stop = opt->care.stop;
	for (size_t i = 0; i < KINDS && r == 0; i++)
		if (kinds[i].check != check_verdicts || opt->judge)
			r = check_kind(&c, i, err);
	s->db.stop = NULL;
	db_query_endless(&s->db, false);
	return r;
}
