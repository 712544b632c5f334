/*
 * question.h - a struct query as SQL: which table answers it, and its filters as conditions.
 *
 * Sums answer whatever they can: those per reporter know domain, reporter and facts (result,
 * alignment, cause, disposition …), those per report its policy and facts, those per source
 * know domain, address, sender and facts, those per evidence know domain and all that a record
 * says.  What needs two of them is answered from the records of the reports in the range; the
 * numbers are the same.
 */
#ifndef RUAD_QUESTION_H
#define RUAD_QUESTION_H

#include "query.h"
#include "sqltext.h"

enum need {
	NEED_REPORTER = 1,
	NEED_SOURCE = 2,
	NEED_EVIDENCE = 4,
	NEED_RECORDS = 8,
	NEED_REPORT = 16,
	NEED_SENDERS = 32, /* whoever asks filters by class, mark and new himself */
};

enum base { BASE_REPORTER, BASE_REPORT, BASE_SOURCE, BASE_EVIDENCE, BASE_RECORDS };

struct question {
	const struct query *q;
	const struct services *services; /* rules of the names of senders */
	enum base base;
	int64_t from_day, to_day; /* half-open */
	bool filtered;		  /* by something that a report as a whole does not have */
	bool needs_records;	  /* a filter needs r or e beyond the facts */
	bool picks;		  /* by class, mark or new: what senders_pick leaves */
	int64_t sender_set;	  /* for that, or for NEED_SENDERS: senders_set; 0: none */
	/* Reports over several days in the range: their days, and how far they reach from their
	 * middle. */
	bool has_spread;
	int64_t spread_from, spread_to, reach_days;
};

/* needs: bits of enum need for what is asked beside the filters. */
int question_init(struct question *qn, struct db *db, const struct query *q, unsigned needs,
	struct err *err);

/*
 * "WITH RECURSIVE days …, " or "WITH ": the start of a statement that uses question_from,
 * question_coverage or question_record_filters and at least one more table expression.
 */
void question_with(struct sql *sql, const struct question *qn);
/* The same for a statement that has no other table expression; maybe nothing.  reaching: see
 * senders_pick. */
void question_picked(struct sql *sql, const struct question *qn, bool reaching);
/*
 * " FROM … WHERE …" with all filters.  Columns: domain, day, facts, messages, records, spread,
 * and as asked for reporter; source, sender, named_by; evidence.
 */
void question_from(struct sql *sql, const struct question *qn);
/* " FROM <table> s WHERE …" with domain and range alone: all of a table of sums. */
void question_sums(struct sql *sql, const struct question *qn, const char *table);
/* "SELECT … ": reports in the range as domain, reporter, reports, newest_at; only filters of
 * reports count. */
void question_coverage(struct sql *sql, const struct question *qn);
/* Columns first (first day of the bucket) and reports, one row per bucket and kind of report.
 */
void question_coverage_by_bucket(struct sql *sql, const struct question *qn);

/* For the lists of records and reports: " FROM report rp" with the index that serves the order
 * by middle_day. */
void question_reports(struct sql *sql, const struct question *qn);
/* The same for the list of records: when it is about one address, only reports of its days. */
void question_reports_read(struct sql *sql, const struct question *qn);
/* Conditions on rp alone: range, domain, reporter, report, policy, q; begins with a condition,
 * not with AND. */
void question_report_filters(struct sql *sql, const struct question *qn);
/* Conditions on r (record) and e (evidence) of rp, each with AND before it. */
void question_record_filters(struct sql *sql, const struct question *qn);
/* " AND …" on the facts in column `facts`. */
void question_facts(struct sql *sql, const struct query *q, const char *facts);
/* The bit of the facts that says pass. */
uint32_t question_pass_bit(const struct query *q);

#endif
