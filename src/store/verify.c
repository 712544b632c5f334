/*
 * verify.c - is the database sound?  SQLite's own structure, references, sums against records,
 * originals against their digests.
 */
#include "digest.h"
#include "write.h"

/* Differences of one kind that are told one by one; more are only counted. */
#define TOLD_MOST 20

struct check {
	struct db *db;
	void (*say)(void *arg, struct str text);
	void *arg;
	uint64_t problems;
};

static void tell(struct check *c, uint64_t nth, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void tell(struct check *c, uint64_t nth, const char *fmt, ...)
{
	char line[400];
	va_list ap;
	int n;

	c->problems++;
	if (!c->say || nth > TOLD_MOST)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (nth == TOLD_MOST)
		n = snprintf(line, sizeof(line), "… and more of that kind");
	c->say(c->arg, str_make(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

static int check_structure(struct check *c, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	uint64_t nth = 0;
	int r = db_prepare(c->db, STR("PRAGMA integrity_check"), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		if (!str_eq(column_text(st, 0), STR("ok")))
			tell(c, nth++, "structure: %.*s", STR_ARGS(column_text(st, 0)));
	return r;
}

static int check_references(struct check *c, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	uint64_t nth = 0;
	int r = db_prepare(c->db, STR("PRAGMA foreign_key_check"), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		tell(c, nth++,
			"references: a row of %.*s refers to a row of %.*s that is not there",
			STR_ARGS(column_text(st, 0)), STR_ARGS(column_text(st, 2)));
	return r;
}

/* Statements that give one row, one text, for each difference. */
struct difference {
	const char *what, *sql;
};

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
	" CROSS JOIN evidence e ON e.id = r.evidence WHERE p.first_day = p.last_day UNION ALL" \
	" SELECT p.domain, d.day, " key ", " SHARE ", d.day = p.middle_day, " SHARE \
	" FROM report p CROSS JOIN days d ON d.day BETWEEN p.first_day AND p.last_day" \
	" CROSS JOIN record r ON r.report = p.id CROSS JOIN evidence e ON e.id = r.evidence" \
	" WHERE p.first_day <> p.last_day AND (d.day = p.middle_day OR " SHARE " > 0)"
/* Both sides with opposite signs: what does not cancel is a difference. */
#define SUMS(table, columns, key, names) \
	DAYS "both AS (" FROM_RECORDS(key) " UNION ALL SELECT domain, day, " columns \
					   ", -messages, -records, -spread FROM " table \
					   ") SELECT 'domain ' || coalesce((SELECT name" \
					   " FROM domain WHERE id = both.domain), domain) || " \
					   "', day ' || day || ': records say '" \
					   " || sum(messages) || ' messages and ' || " \
					   "sum(records) || ' records more' FROM both" \
					   " GROUP BY domain, day, " names \
					   " HAVING sum(messages) <> 0 OR sum(records) <> 0" \
					   " OR sum(spread) <> 0"

static const struct difference differences[] = {
	{ "sums per reporter", SUMS("sum_reporter", "reporter, facts",
				       "p.reporter AS k1, e.facts AS k2", "k1, k2") },
	{ "sums per source",
		SUMS("sum_source", "source, sender, named_by, facts",
			"r.source AS k1, e.sender AS k2, e.named_by AS k3, e.facts AS k4",
			"k1, k2, k3, k4") },
	{ "sums per evidence", SUMS("sum_evidence", "evidence", "r.evidence AS k1", "k1") },
	{ "coverage",
		"SELECT 'domain ' || domain || ', day ' || day || ': ' || sum(n) || '"
		" reports more' FROM (SELECT domain, middle_day AS day, reporter, count(*) AS"
		" n FROM report WHERE first_day = last_day GROUP BY 1, 2, 3 UNION ALL SELECT"
		" domain, day, reporter, -reports FROM sum_coverage) GROUP BY domain, day,"
		" reporter HAVING sum(n) <> 0" },
	{ "sums of a report",
		"SELECT 'report ' || report || ': records say ' || sum(m) || ' messages and '"
		" || sum(n) || ' records more' FROM (SELECT r.report AS report, e.facts AS"
		" facts, r.messages AS m, 1 AS n FROM record r JOIN evidence e ON e.id ="
		" r.evidence UNION ALL SELECT report, facts, -messages, -records FROM"
		" sum_report) GROUP BY report, facts HAVING sum(m) <> 0 OR sum(n) <> 0" },
	{ "totals of a report",
		"SELECT 'report ' || p.id || ': ' || p.messages || ' messages in ' ||"
		" p.records || ' records, but they add up to ' || coalesce(sum(s.messages), 0)"
		" || ' in ' || coalesce(sum(s.records), 0) FROM report p LEFT JOIN sum_report"
		" s ON s.report = p.id GROUP BY p.id HAVING p.messages <>"
		" coalesce(sum(s.messages), 0) OR p.records <> coalesce(sum(s.records), 0) OR"
		" p.pass <> coalesce(sum(CASE WHEN s.facts & 1 THEN s.messages ELSE 0 END), "
		"0)" },
	{ "records", "SELECT 'report ' || r.report || ', record ' || r.n || ' has no source or"
		     " evidence' FROM record r LEFT JOIN source s ON s.id = r.source LEFT JOIN"
		     " evidence e ON e.id = r.evidence WHERE s.id IS NULL OR e.id IS NULL" },
	{ "originals",
		"SELECT 'piece ' || i.id || ' belongs to no report' FROM document_piece i LEFT"
		" JOIN document d ON d.report = i.id >> 20 WHERE d.report IS NULL OR (i.id &"
		" 1048575) >= d.pieces" },
	{ "kept originals",
		"SELECT 'piece ' || i.id || ' belongs to no input' FROM kept_piece i LEFT JOIN"
		" kept k ON k.id = i.id >> 20 WHERE k.id IS NULL OR (i.id & 1048575) >="
		" k.pieces" },
	{ "counters",
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
		" max(id) FROM source HAVING count(*) <> coalesce(max(id), 0)" },
};

static int check_difference(struct check *c, const struct difference *d, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	uint64_t nth = 0;
	int r = db_prepare(c->db, str_of(d->sql), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0)
		tell(c, nth++, "%s: %.*s", d->what, STR_ARGS(column_text(st, 0)));
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

static int check_originals(
	struct check *c, const char *sql, enum stmt_id get, const char *what, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	uint64_t nth = 0;
	int r = db_prepare(c->db, str_of(sql), &st, err);

	while (r >= 0 && (r = db_step(c->db, st, err)) > 0) {
		int64_t owner = column_int(st, 0);
		struct err why = { 0 };

		if (!digest_fits(c, get, owner, (unsigned)column_int(st, 1),
			    (uint64_t)column_int(st, 2), column_blob(st, 3), &why))
			tell(c, nth++, "%s %lld is damaged: %s", what, (long long)owner,
				why.code ? why.text : "its digest does not fit");
	}
	return r;
}

/* A check that meets damage has found what it was looking for: on to the next one. */
static int go_on(struct check *c, int r, const struct err *why, struct err *err)
{
	if (r == ERR_IO) {
		tell(c, 0, "%s", why->text);
		return 0;
	}
	if (r < 0 && err)
		*err = *why;
	return r;
}

static int check_all(struct check *c, struct err *err)
{
	struct err why = { 0 };
	int r = go_on(c, check_structure(c, &why), &why, err);

	if (r == 0)
		r = go_on(c, check_references(c, &why), &why, err);
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]) && r == 0; i++)
		r = go_on(c, check_difference(c, &differences[i], &why), &why, err);
	if (r == 0)
		r = go_on(c,
			check_originals(c,
				"SELECT report, pieces, size_bytes, digest FROM document WHERE"
				" pieces > 0",
				STMT_document_piece_get, "original of report", &why),
			&why, err);
	if (r == 0)
		r = go_on(c,
			check_originals(c,
				"SELECT id, pieces, size_bytes, digest FROM kept WHERE pieces"
				" > 0",
				STMT_kept_piece_get, "kept original", &why),
			&why, err);
	return r;
}

int store_verify(struct store *s, void (*say)(void *arg, struct str text), void *arg,
	uint64_t *ret_problems, struct err *err)
{
	struct check c = { .db = &s->db, .say = say, .arg = arg };
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	db_query_endless(&s->db, true);
	r = check_all(&c, err);
	db_query_endless(&s->db, false);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret_problems = c.problems;
	return r;
}
