#include "question.h"

#include "facts.h"
#include "filter.h"
#include "onesource.h"
#include "senders.h"

#include <assert.h>

uint32_t question_pass_bit(const struct query *q)
{
	return q->by_receiver ? FACTS_REPORTED_PASS : FACTS_PASS;
}

static bool has_facts_filter(const struct query *q)
{
	const struct query_flags *f = &q->flags;

	return f->pass >= 0 || f->spf >= 0 || f->dkim >= 0 || f->explained >= 0 ||
	       f->disagrees >= 0 || q->causes != 0 || q->dispositions != 0;
}

static unsigned needs_of(const struct query *q)
{
	static const struct {
		enum filter filter;
		enum need need;
	} table[] = {
		{ FILTER_REPORTER, NEED_REPORTER },
		{ FILTER_SENDER, NEED_SOURCE },
		{ FILTER_HEADER_FROM, NEED_EVIDENCE },
		{ FILTER_SPF_DOMAIN, NEED_EVIDENCE },
		{ FILTER_SPF_SCOPE, NEED_EVIDENCE },
		{ FILTER_SPF_RESULT, NEED_EVIDENCE },
		{ FILTER_DKIM_DOMAIN, NEED_EVIDENCE },
		{ FILTER_DKIM_SELECTOR, NEED_EVIDENCE },
		{ FILTER_DKIM_RESULT, NEED_EVIDENCE },
		{ FILTER_OVERRIDE, NEED_EVIDENCE },
		{ FILTER_REPORT, NEED_REPORT },
		{ FILTER_POLICY, NEED_REPORT },
	};
	unsigned needs = q->network_count > 0 ? NEED_SOURCE : 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (q->filters[table[i].filter].count > 0)
			needs |= table[i].need;
	if (q->flags.subdomains >= 0)
		needs |= NEED_EVIDENCE;
	if (!str_absent(q->needle) || q->origins != 0)
		needs |= NEED_REPORT;
	return needs;
}

/* Filters on what a sender is, which takes all of its mail to tell. */
static bool has_sender_filter(const struct query *q)
{
	return q->classes != 0 || q->words != 0 || q->flags.fresh >= 0 ||
	       q->flags.undecided >= 0 || q->flags.own >= 0;
}

static enum base base_of(unsigned needs)
{
	switch (needs) {
	case 0:
	case NEED_REPORTER:
		return BASE_REPORTER;
	case NEED_REPORT:
	case NEED_REPORT | NEED_REPORTER:
		return BASE_REPORT;
	case NEED_SOURCE:
		return BASE_SOURCE;
	case NEED_EVIDENCE:
		return BASE_EVIDENCE;
	default:
		return BASE_RECORDS;
	}
}

/* One report is asked for, and nobody said when: then its own days are the range. */
static bool is_one_report(const struct query *q)
{
	const struct filter_list *reports = &q->filters[FILTER_REPORT];
	bool included = false;

	for (size_t i = 0; i < reports->count; i++)
		included |= !reports->values[i].excluded;
	return included && !q->from_set && !q->to_set && q->range_count == 0;
}

#define DAY_LEAST (-(INT64_C(1) << 40))
#define DAY_MOST (INT64_C(1) << 40)

static int find_spread(struct question *qn, struct db *db, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_add(&sql, "SELECT min(first_day), max(last_day) + 1, max(max(middle_day -"
		      " first_day, last_day - middle_day)) FROM report INDEXED BY report_spread"
		      " WHERE first_day <> last_day AND last_day >= ");
	sql_int(&sql, qn->from_day);
	sql_add(&sql, " AND first_day < ");
	sql_int(&sql, qn->to_day);
	r = sql_prepare(db, &sql, &st, err);
	if (r == 0)
		r = db_step(db, st, err);
	if (r < 0 || sqlite3_column_type(st, 0) == SQLITE_NULL)
		return r < 0 ? r : 0;
	qn->has_spread = true;
	qn->spread_from = column_int(st, 0) > qn->from_day ? column_int(st, 0) : qn->from_day;
	qn->spread_to = column_int(st, 1) < qn->to_day ? column_int(st, 1) : qn->to_day;
	qn->reach_days = column_int(st, 2);
	return 0;
}

/*
 * Days whose sums were deleted for their age are in no answer: what is left of a report that
 * reaches back into them would be counted by some and not by others.
 */
static int skip_deleted(struct question *qn, struct db *db, struct err *err)
{
	int64_t from = 0;
	sqlite3_stmt *st;
	int r = db_use(db, STMT_meta_sums_from, &st, err);

	if (r == 0)
		r = db_number(db, st, DAY_LEAST, &from, err);
	if (r == 0 && qn->from_day < from)
		qn->from_day = from;
	return r;
}

int question_init(struct question *qn, struct db *db, const struct query *q, unsigned needs,
	struct err *err)
{
	unsigned of_filters = needs_of(q);
	bool picks = has_sender_filter(q) && !(needs & NEED_SENDERS);
	int r;

	if (picks)
		of_filters |= NEED_SOURCE;
	*qn = (struct question){ .q = q,
		.services = db->services,
		.base = base_of((needs | of_filters) & ~(unsigned)NEED_SENDERS),
		.needs_records = of_filters & (NEED_SOURCE | NEED_EVIDENCE),
		.picks = picks,
		.from_day = q->from_day,
		.to_day = q->to_day };
	/* All is all: reporters with a wrong clock write reports of days to come. */
	if (q->all_time || is_one_report(q)) {
		qn->from_day = DAY_LEAST;
		qn->to_day = DAY_MOST;
	}
	qn->filtered = has_facts_filter(q) || qn->needs_records;
	r = is_one_report(q) ? 0 : skip_deleted(qn, db, err);
	if (r == 0)
		r = find_spread(qn, db, err);
	if (r == 0 && (picks || (needs & NEED_SENDERS)))
		r = senders_set(db, qn, &qn->sender_set, err);
	return r;
}

/* --- Conditions --- */

static void add_range(struct sql *sql, const char *column, int64_t from, int64_t to)
{
	sql_addf(sql, "%s >= ", column);
	sql_int(sql, from);
	sql_addf(sql, " AND %s < ", column);
	sql_int(sql, to);
}

static void add_bits(struct sql *sql, const char *facts, uint32_t bits, bool on)
{
	sql_addf(sql, " AND (%s & %u) %s 0", facts, bits, on ? "<>" : "=");
}

static void add_set(
	struct sql *sql, const char *facts, int shift, unsigned mask, unsigned wanted)
{
	if (wanted != 0)
		sql_addf(sql, " AND ((1 << ((%s >> %d) & %u)) & %u) <> 0", facts, shift, mask,
			wanted);
}

void question_facts(struct sql *sql, const struct query *q, const char *facts)
{
	const struct query_flags *f = &q->flags;
	uint32_t pass = question_pass_bit(q);

	if (f->pass >= 0)
		add_bits(sql, facts, pass, f->pass);
	if (f->spf >= 0)
		add_bits(sql, facts, q->by_receiver ? FACTS_REPORTED_SPF : FACTS_SPF, f->spf);
	if (f->dkim >= 0)
		add_bits(
			sql, facts, q->by_receiver ? FACTS_REPORTED_DKIM : FACTS_DKIM, f->dkim);
	if (f->disagrees >= 0)
		add_bits(sql, facts, FACTS_DISAGREES, f->disagrees);
	if (f->explained >= 0)
		sql_addf(sql, " AND (%s & %u) %s %u", facts, pass | FACTS_FORWARDED,
			f->explained ? "=" : "<>", FACTS_FORWARDED);
	add_set(sql, facts, FACTS_CAUSE_SHIFT, 15, q->causes);
	add_set(sql, facts, FACTS_DISPOSITION_SHIFT, 7, q->dispositions);
}

static void add_sum_range(struct sql *sql, const struct question *qn)
{
	/* The keys begin with the domain: naming all of them makes the range of days a seek for
	 * each. */
	filter_domain(sql, qn->q, "s.domain", true);
	sql_add(sql, " AND ");
	add_range(sql, "s.day", qn->from_day, qn->to_day);
}

/* What a report as a whole has, but for its days. */
static void add_report_filters(struct sql *sql, const struct question *qn)
{
	filter_domain(sql, qn->q, "rp.domain", false);
	filter_reporter(sql, qn->q, "rp.reporter");
	filter_report(sql, qn->q, "rp.id");
	filter_policy(sql, qn->q);
	filter_origin(sql, qn->q);
	filter_needle(sql, qn->q);
}

void question_report_filters(struct sql *sql, const struct question *qn)
{
	if (qn->has_spread)
		add_range(sql, "rp.middle_day", qn->from_day - qn->reach_days,
			qn->to_day + qn->reach_days);
	else
		add_range(sql, "rp.middle_day", qn->from_day, qn->to_day);
	if (qn->has_spread) {
		sql_add(sql, " AND rp.last_day >= ");
		sql_int(sql, qn->from_day);
		sql_add(sql, " AND rp.first_day < ");
		sql_int(sql, qn->to_day);
	}
	add_report_filters(sql, qn);
}

/* " AND …": mail of a sender that senders_pick leaves.  The signs keep indexes out of it. */
static void add_picked(struct sql *sql, const struct question *qn, const char *domain,
	const struct columns_of_sender *c)
{
	if (qn->picks)
		sql_addf(sql, " AND (+%s, +%s, +%s, +%s) IN picked", domain, c->source,
			c->sender, c->named_by);
}

void question_record_filters(struct sql *sql, const struct question *qn)
{
	static const struct columns_of_sender columns = { "r.source", "e.sender",
		"e.named_by" };

	filter_source(sql, qn->q, qn->services, &columns);
	add_picked(sql, qn, "rp.domain", &columns);
	filter_evidence(
		sql, qn->q, &(struct columns_of_evidence){ "e", "r.evidence", "rp.domain" });
	question_facts(sql, qn->q, "e.facts");
}

static bool is_one_domain(const struct query *q)
{
	return q->filters[FILTER_DOMAIN].count == 1 &&
	       !q->filters[FILTER_DOMAIN].values[0].excluded;
}

void question_reports(struct sql *sql, const struct question *qn)
{
	bool by_id = is_one_report(qn->q);

	sql_addf(sql, " FROM report rp %s",
		by_id		       ? "NOT INDEXED"
		: is_one_domain(qn->q) ? "INDEXED BY report_domain_day"
				       : "INDEXED BY report_day");
}

/* Reports whose records are read: where one address is asked about, those of its days. */
static void add_reports_read(struct sql *sql, const struct question *qn, bool any_order)
{
	bool seek = is_one_source(qn->q) && !is_one_report(qn->q);

	if (seek && (any_order || !is_one_domain(qn->q)))
		one_source_days(sql, qn);
	else
		question_reports(sql, qn);
}

void question_reports_read(struct sql *sql, const struct question *qn)
{
	add_reports_read(sql, qn, false);
}

/* --- Where the numbers come from --- */

void question_with(struct sql *sql, const struct question *qn)
{
	sql_add(sql, "WITH ");
	if (qn->has_spread) {
		sql_add(sql, "RECURSIVE days (day) AS (SELECT ");
		sql_int(sql, qn->spread_from);
		sql_add(sql, " UNION ALL SELECT day + 1 FROM days WHERE day + 1 < ");
		sql_int(sql, qn->spread_to);
		sql_add(sql, "), ");
	}
	if (qn->picks) {
		senders_pick(sql, qn, false);
		sql_add(sql, ", ");
	}
}

void question_picked(struct sql *sql, const struct question *qn, bool reaching)
{
	if (!qn->picks)
		return;
	sql_add(sql, "WITH ");
	senders_pick(sql, qn, reaching);
	sql_add(sql, " ");
}

/* Reports of one day, out of the sums of each. */
static void add_reports_one_day(struct sql *sql, const struct question *qn)
{
	struct question plain = *qn;

	plain.has_spread = false;
	sql_add(sql,
		"SELECT rp.domain AS domain, rp.middle_day AS day, rp.reporter AS reporter,"
		" NULL AS source, 0 AS sender, 0 AS named_by, f.facts AS facts, f.messages AS"
		" messages, f.records AS records, 0 AS spread, NULL AS evidence");
	question_reports(sql, qn);
	sql_add(sql, " CROSS JOIN sum_report f ON f.report = rp.id WHERE ");
	question_report_filters(sql, &plain);
	sql_add(sql, " AND rp.first_day = rp.last_day");
	question_facts(sql, qn->q, "f.facts");
}

static void add_records_one_day(struct sql *sql, const struct question *qn)
{
	struct question plain = *qn;

	plain.has_spread = false;
	sql_add(sql,
		"SELECT rp.domain AS domain, rp.middle_day AS day, rp.reporter AS reporter,"
		" r.source AS source, e.sender AS sender, e.named_by AS named_by, e.facts AS"
		" facts, r.messages AS messages, 1 AS records, 0 AS spread, r.evidence AS"
		" evidence");
	add_reports_read(sql, &plain, true);
	sql_add(sql, " CROSS JOIN record r ON r.report = rp.id CROSS JOIN evidence e ON e.id ="
		     " r.evidence WHERE ");
	question_report_filters(sql, &plain);
	sql_add(sql, " AND rp.first_day = rp.last_day");
	question_record_filters(sql, qn);
}

static void add_spread_filters(struct sql *sql, const struct question *qn)
{
	sql_add(sql, " WHERE rp.first_day <> rp.last_day AND d.day BETWEEN rp.first_day AND"
		     " rp.last_day");
	add_report_filters(sql, qn);
}

static void add_records_many_days(struct sql *sql, const struct question *qn)
{
	const char *share = "share(rp.begin_at, rp.end_at, r.messages, d.day, d.day + 1)";

	sql_addf(sql,
		" UNION ALL SELECT rp.domain, d.day, rp.reporter, r.source, e.sender,"
		" e.named_by, e.facts, %s, d.day = rp.middle_day, %s, r.evidence FROM days d "
		"CROSS JOIN"
		" report rp INDEXED BY report_spread CROSS JOIN record r ON r.report = rp.id"
		" CROSS JOIN evidence e ON e.id = r.evidence",
		share, share);
	add_spread_filters(sql, qn);
	sql_addf(sql, " AND (d.day = rp.middle_day OR %s > 0)", share);
	question_record_filters(sql, qn);
}

void question_sums(struct sql *sql, const struct question *qn, const char *table)
{
	sql_addf(sql, " FROM %s s WHERE ", table);
	add_sum_range(sql, qn);
}

void question_from(struct sql *sql, const struct question *qn)
{
	static const struct columns_of_sender columns = { "s.source", "s.sender",
		"s.named_by" };
	const struct query *q = qn->q;

	switch (qn->base) {
	case BASE_REPORTER:
		sql_add(sql, " FROM sum_reporter s WHERE ");
		add_sum_range(sql, qn);
		filter_reporter(sql, q, "s.reporter");
		question_facts(sql, q, "s.facts");
		break;
	case BASE_SOURCE:
		if (is_one_source(q))
			one_source_sums(sql, qn);
		else
			question_sums(sql, qn, "sum_source");
		filter_source(sql, q, qn->services, &columns);
		add_picked(sql, qn, "s.domain", &columns);
		question_facts(sql, q, "s.facts");
		break;
	case BASE_EVIDENCE:
		sql_add(sql, " FROM sum_evidence s CROSS JOIN evidence e ON e.id = s.evidence"
			     " WHERE ");
		add_sum_range(sql, qn);
		filter_evidence(
			sql, q, &(struct columns_of_evidence){ "e", "s.evidence", "s.domain" });
		question_facts(sql, q, "e.facts");
		break;
	case BASE_REPORT:
	case BASE_RECORDS:
		sql_add(sql, " FROM (");
		if (qn->base == BASE_REPORT)
			add_reports_one_day(sql, qn);
		else
			add_records_one_day(sql, qn);
		if (qn->has_spread)
			add_records_many_days(sql, qn);
		sql_add(sql, ") WHERE 1");
		break;
	}
}

/* --- Coverage: reports, whatever is in them --- */

static void add_coverage_sums(struct sql *sql, const struct question *qn)
{
	sql_add(sql, " FROM sum_coverage s WHERE ");
	add_sum_range(sql, qn);
	filter_reporter(sql, qn->q, "s.reporter");
}

static void add_coverage_reports(struct sql *sql, const struct question *qn, bool only_spread)
{
	question_reports(sql, qn);
	sql_add(sql, " WHERE ");
	question_report_filters(sql, qn);
	if (only_spread)
		sql_add(sql, " AND rp.first_day <> rp.last_day");
}

void question_coverage(struct sql *sql, const struct question *qn)
{
	static const char *const columns =
		"SELECT rp.domain AS domain, rp.reporter AS reporter, 1 AS reports, rp.end_at"
		" AS newest_at";

	if (needs_of(qn->q) & NEED_REPORT) {
		sql_add(sql, columns);
		add_coverage_reports(sql, qn, false);
		return;
	}
	sql_add(sql, "SELECT s.domain AS domain, s.reporter AS reporter, s.reports AS reports,"
		     " s.newest_at AS newest_at");
	add_coverage_sums(sql, qn);
	if (qn->has_spread) {
		sql_addf(sql, " UNION ALL %s", columns);
		add_coverage_reports(sql, qn, true);
	}
}

void question_coverage_by_bucket(struct sql *sql, const struct question *qn)
{
	int bucket = (int)qn->q->bucket;

	if (needs_of(qn->q) & NEED_REPORT) {
		struct question plain = *qn;

		plain.has_spread = false;
		sql_addf(sql, "SELECT bucket(rp.middle_day, %d) AS first, count(*) AS reports",
			bucket);
		add_coverage_reports(sql, &plain, false);
		sql_add(sql, " AND rp.first_day = rp.last_day GROUP BY 1");
	} else {
		sql_addf(sql, "SELECT bucket(s.day, %d) AS first, sum(s.reports) AS reports",
			bucket);
		add_coverage_sums(sql, qn);
		sql_add(sql, " GROUP BY 1");
	}
	if (!qn->has_spread)
		return;
	sql_addf(sql,
		" UNION ALL SELECT bucket(d.day, %d), count(DISTINCT rp.id) FROM days d CROSS"
		" JOIN report rp INDEXED BY report_spread",
		bucket);
	add_spread_filters(sql, qn);
	sql_add(sql, " GROUP BY 1");
}
