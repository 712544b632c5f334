/*
 * store.h - where everything is kept: one SQLite file.  The only room that knows SQL.
 *
 * Two kinds of handle: one writer (STORE_WRITE) and any number of readers (STORE_READ), one per
 * thread. Writing is in batches: store_batch_begin, any number of documents and inputs,
 * store_batch_commit.  What a batch wrote is visible and lasting when store_batch_commit has
 * returned 0, and not at all before.  A document that fails half-way is rolled back alone.
 *
 * Daily sums, domains, reporters and sources are kept up to date in the same transaction.
 * Errors: ERR_TEMP (locked, full disk: try again), ERR_CONFIG (no folder, no permission, no
 * database of ours, newer version: the text says what to do), ERR_IO (damaged).
 */
#ifndef RUAD_STORE_H
#define RUAD_STORE_H

#include "bounds.h"
#include "change.h"
#include "coverage.h"
#include "digest.h"
#include "query.h"
#include "readiness.h"
#include "rows.h"

struct store;

enum store_mode {
	STORE_READ,  /* must exist */
	STORE_WRITE, /* must exist or is created; migrations are applied; takes the import lock
		      */
	STORE_SHARED /* like WRITE, without the lock: small writes beside an import */
};

/*
 * Open path.  wait_ms: how long to wait for the import lock (STORE_WRITE) and for SQLite's
 * locks, for which STORE_WRITE waits five seconds at least.  The import lock is an advisory
 * lock on <path>.lock: it goes with the process. ERR_TEMP reason "locked": another import runs.
 */
int store_open(const char *path, enum store_mode mode, unsigned wait_ms, struct store **ret,
	struct err *err);
void store_close(struct store *s); /* rolls back what is not committed; accepts NULL */

/*
 * The rules by which senders are named; they must live as long as the handle.  NULL, and
 * without a call: services_default().  Answers name senders by them at once, whatever was
 * stored when.
 */
void store_services(struct store *s, const struct services *services);
const struct services *store_services_of(const struct store *s);

/* --- Writing: all verbs below need an open batch, but for runs --- */

int store_run_begin(
	struct store *s, struct str source, int64_t at, int64_t *ret_run, struct err *err);
/* By run->id; 0: it is not listed, and only says how it stands with run->source. */
int store_run_end(struct store *s, const struct run_row *run, struct err *err);

/* The text that a source remembers by; at home in the batch of what it gave, or alone. */
int store_checkpoint_put(
	struct store *s, struct str source, struct str text, int64_t at, struct err *err);

int store_batch_begin(struct store *s, struct err *err);
int store_batch_commit(struct store *s, struct err *err);
void store_batch_rollback(struct store *s);

/* Is a document with exactly these bytes stored?  1 yes (*ret_report its id), 0 no. */
int store_seen(
	struct store *s, const struct digest *document, int64_t *ret_report, struct err *err);

/*
 * A document: begin, raw bytes and records in any order, then end or abort.  store_begin may be
 * called before the bytes are known; the digest of the document comes with store_end.
 */
int store_begin(struct store *s, const struct report *r, int64_t arrived_at, struct err *err);
/* Bytes of the original XML, in order; they are compressed and kept in pieces. */
int store_raw(struct store *s, const void *p, size_t n, struct err *err);
int store_add(
	struct store *s, const struct record *rec, const struct verdict *v, struct err *err);

struct stored {
	enum outcome outcome; /* STORED or DUPLICATE */
	int64_t report;	      /* its id, or that of the report it repeats */
	bool replaced;	      /* it came again and had grown: the older one was taken out */
	bool conflict;	      /* same key, other content: both are kept */
	struct report_totals_row {
		uint64_t messages, pass, fail, records;
	} totals;
};
/*
 * r: the report with all its notes; its key and period may differ from those at store_begin
 * (elements behind the records).  The same report again is a DUPLICATE and counts in
 * report_row.again.  A report that holds all records of a stored one of the same key, and more,
 * takes its place; one that is held by it is a DUPLICATE: so the order of arrival does not
 * matter.
 */
int store_end(struct store *s, const struct report *r, const struct digest *document,
	struct stored *ret, struct err *err);
void store_abort(struct store *s); /* this document alone; accepts that none is open */

/*
 * The ledger: what became of an input.  The same input with the same outcome is counted again,
 * not listed again; one that could not be read (sha256 all zero, reason read-failed) is known
 * by its place, and forgotten when it was read. bytes: the original to keep for rejected ones
 * (absent: not kept); under the quota limits.kept_bytes the oldest kept bytes go first.
 * *ret_id (NULL: not wanted) is the id of its entry.
 */
struct input_entry {
	int64_t run;
	struct str source, locator, part, from, subject, message_id;
	struct digest sha256; /* of the whole input */
	uint64_t size_bytes;
	int64_t arrived_at, at;
	enum outcome outcome;
	const char *reason; /* code or NULL */
	struct str detail;
	int64_t line, column;
	int64_t report;
	struct str bytes;
};
int store_input(struct store *s, const struct input_entry *in, uint64_t kept_quota,
	int64_t *ret_id, struct err *err);

/*
 * --- Reading ---
 *
 * A query's days are half-open.  A report longer than 27 h is in the range with the messages of
 * the days in it; its records count on the middle day of its period.  Numbers of reports (and
 * of the reporters and domains of a summary) are coverage: of all filters only domain, reporter
 * and report count for them, so that a day without failing messages is not a day without
 * reports.  A query for a report (report=) that names no range means all of it.  A reader's
 * query is interrupted after ten seconds: ERR_TEMP "store-busy".
 */

/* So long from now for all queries of this reader together, and not ten seconds for each alone;
 * 0: no such bound. */
void store_time(struct store *s, uint64_t most_ms);

/* One view of the data for all that is asked until its end: that of the first question. */
int store_view_begin(struct store *s, struct err *err);
void store_view_end(struct store *s); /* accepts that none is open */

/* The number that grows with each commit that changed data: the ETag. */
int store_generation(struct store *s, int64_t *ret, struct err *err);
int store_status(struct store *s, struct store_status *ret, struct err *err);

/* How it stands with a source of mail.  1 (texts in a), 0 there was no run of it. */
int store_import_state(struct store *s, struct str source, struct arena *a,
	struct import_row *ret, struct err *err);
/* The same of all sources that had a run, by name. */
int store_import_states(struct store *s, struct arena *a, struct import_row **ret,
	size_t *ret_count, struct err *err);
/* 1 (in a), 0 none. */
int store_checkpoint_get(
	struct store *s, struct str source, struct arena *a, struct str *ret, struct err *err);

/* Answers in one row. */
int store_summary(struct store *s, const struct query *q, struct summary *ret, struct err *err);
/* Totals over all matches of q, as the lists below have them. */
int store_totals(struct store *s, const struct query *q, struct totals *ret, struct err *err);

/*
 * The newest day before today for which the expected reporters have reported (coverage.h).  Of
 * q (NULL: no filter) only the domains count.  While nobody is expected: store_complete_day.
 */
int store_complete(
	struct store *s, const struct query *q, int64_t now_at, int64_t *ret, struct err *err);
/* Where nothing is known of the reporters: two days before today. */
int64_t store_complete_day(int64_t now_at);

/*
 * Who reported on which day.  Of the filters domain and reporter count; q->limit is the most
 * rows (0: all), a range of more than 400 days gives the newest 400.  *ret in a.
 */
int store_coverage(struct store *s, const struct query *q, int64_t now_at, struct arena *a,
	struct coverage *ret, struct err *err);

/*
 * Keys and policies of the one domain that q asks about, in its range; keys are looked for from
 * history_day on, q->limit of them, *ret_total in all.  1 (*ret in a), 0 there is no such
 * domain; ERR_USAGE: q is not about one domain.
 */
int store_domain_keys(struct store *s, const struct query *q, int64_t history_day,
	struct arena *a, struct key_row **ret, size_t *ret_count, uint64_t *ret_total,
	struct err *err);
int store_domain_policies(struct store *s, const struct query *q, struct arena *a,
	struct policy_seen **ret, size_t *ret_count, struct err *err);

/* Messages by type of the reasons for an override, most first; at most OVERRIDES_MOST. */
#define OVERRIDES_MOST 50
int store_overrides(struct store *s, const struct query *q, struct arena *a,
	struct override_row **ret, size_t *ret_count, struct err *err);

/*
 * What changed, newest first, in a or as long as the handle is not asked for much else
 * (answers.h).  Of q only the domains and since= count; without a domain the program itself is
 * looked at too, and reporters are those of all domains.  rules NULL: the defaults.
 */
struct changes {
	struct change_list list;
	int64_t since_day, last_day;
	uint64_t domains,
		domains_left_off; /* those with the fewest messages, when there are many */
};
int store_changes(struct store *s, const struct query *q, const struct rules *rules,
	int64_t now_at, struct arena *a, struct changes *ret, struct err *err);

/* May this domain go to the stricter policy?  TARGET_NONE: to the next one.  1 (lives like the
 * changes), 0 there is no such domain. */
int store_readiness(struct store *s, struct str domain, enum target target,
	const struct rules *rules, int64_t now_at, struct arena *a, struct readiness *ret,
	struct err *err);

/*
 * Lists.  Open, then next until 0 (1 a row, negative an error), then close.  Sort keys and the
 * default order are named at each; q->limit rows are given, then rows_next_cursor tells how to
 * go on.  ERR_USAGE with reason "invalid-parameter" for an unknown sort key, "cursor-mismatch"
 * for a cursor of another query.
 */
struct rows;
int store_timeseries(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* day ascending; days without data too */
int store_domains(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* messages, domain, pass, fail, last_report; default -messages */
int store_sources(struct store *s, const struct query *q, struct rows **ret,
	struct err
		*err); /* messages, fail, pass, ip, last_seen, first_seen; default -messages */
/* Rows of daily sums per address that senders are made of at most; beyond it ERR_TEMP
 * "store-busy". */
#define STORE_SENDER_ROWS_MOST 250000
int store_senders(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* of each domain: attention (the default), name, messages, failed,
			     pass_rate, first_seen, last_seen */
int store_reporters(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* messages, reporter, last_report; default -messages */
int store_records(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* newest first; messages */
int store_reports(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* period (default -period), arrived, messages, fail */
int store_inputs(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* newest first (last_at) */
int store_runs(struct store *s, const struct query *q, struct rows **ret,
	struct err *err); /* newest first */

int rows_time(struct rows *r, struct time_row *ret, struct err *err);
int rows_domain(struct rows *r, struct domain_row *ret, struct err *err);
int rows_source(struct rows *r, struct source_row *ret, struct err *err);
int rows_sender(struct rows *r, struct sender_row *ret, struct err *err);
/* Of all senders that the question is about, on whatever page. */
void rows_sender_sums(
	struct rows *r, struct totals *ret_totals, struct sender_group ret_groups[CLASS_COUNT]);
/*
 * The mail of one sender of one domain in a few words: what its records say, most messages
 * first, out of sums; for a sender that only an address names, which sums per evidence do not
 * know, and for the reporters, out of the reports of `day` alone, its last one in the range. q:
 * its domain and range count.  Everything in a.
 */
struct sender_shape {
	uint64_t messages;
	int64_t last_day;
	int64_t report; /* with n: a record of that shape, of `day`; 0: none is known */
	uint64_t n;
	struct ip ip;	      /* of that record */
	struct record record; /* without address and number of messages */
	struct verdict verdict;
};
struct sender_saw {
	struct str reporter;
	uint64_t messages;
};
struct sender_shapes {
	struct sender_shape *shapes;
	size_t count;
	uint64_t messages;	      /* of all shapes, those left out too */
	bool of_day;		      /* the shapes are those of that day */
	struct sender_saw *reporters; /* of that day, most messages first */
	size_t reporter_count;
};
int store_sender_shapes(struct store *s, const struct query *q, struct str key, int64_t day,
	size_t most, struct arena *a, struct sender_shapes *ret, struct err *err);
/* How many senders of each domain want a decision, and how many are new; the range and the
 * domains of q count. */
int store_sender_counts(struct store *s, const struct query *q, struct arena *a,
	struct sender_count **ret, size_t *ret_count, struct err *err);
const struct services *rows_services(const struct rows *r);
int rows_reporter(struct rows *r, struct reporter_row *ret, struct err *err);
int rows_record(struct rows *r, struct record_row *ret, struct err *err);
int rows_report(struct rows *r, struct report_row *ret, struct err *err);
int rows_input(struct rows *r, struct input_row *ret, struct err *err);
int rows_run(struct rows *r, struct run_row *ret, struct err *err);
/* After the last row: the cursor of the next page in a, or absent when there is none. */
struct str rows_next_cursor(struct rows *r, struct arena *a);
uint64_t rows_total(const struct rows *r); /* rows of all pages, for lists made from sums
					      (sources, senders …); 0 unknown */
void rows_close(struct rows *r);

/* One report with errors and notes; strings in a.  1, 0 not found. */
int store_report(
	struct store *s, int64_t id, struct arena *a, struct report_row *ret, struct err *err);
/* All records of a report, in its order; rows_record, then rows_close. */
int store_report_records(struct store *s, int64_t id, struct rows **ret, struct err *err);
/* One record.  1, 0 not found. */
int store_record(struct store *s, int64_t report, uint64_t n, struct arena *a,
	struct record_row *ret, struct err *err);
/* One ledger entry and, if kept, its bytes (in a; absent otherwise).  1, 0 not found. */
int store_input_get(struct store *s, int64_t id, struct arena *a, struct input_row *ret,
	struct str *ret_bytes, struct err *err);
/* The original XML as a stream.  1, 0 not kept.  Free with store_raw_close. */
struct raw;
int store_raw_open(struct store *s, int64_t report, struct raw **ret, struct err *err);
struct reader *raw_reader(struct raw *r);
void store_raw_close(struct raw *r);

/* --- Monitoring: what is asked every few seconds, for years --- */

/*
 * The newest report of each domain, by the middle of its period; reports of days to come are
 * passed over.  The first `most` domains, in the order in which they became known, so that
 * strangers who send reports about more and more domains push out nobody; *ret_known: how many
 * there are.  Rows and texts are in a.
 */
int store_newest(struct store *s, int64_t now_at, unsigned most, struct arena *a,
	struct newest_row **ret, size_t *ret_count, uint64_t *ret_known, struct err *err);

/* The highest id of a listed run; 0: none. */
int store_run_newest(struct store *s, int64_t *ret, struct err *err);
/* Listed runs with a higher id than after, by id, in a; by_outcome and times are set. */
int store_runs_after(struct store *s, int64_t after, struct arena *a, struct run_row **ret,
	size_t *ret_count, struct err *err);
/* One run.  1, 0 there is none. */
int store_run_get(
	struct store *s, int64_t run, struct arena *a, struct run_row *ret, struct err *err);
/* What a run that began at started_at rejected, by reason; an input that a later run met again
 * is that one's. */
int store_run_reasons(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err);

/* --- Care --- */

/* Compare sums with records, check SQLite's own structure and every raw document's digest; each
 * difference is one call of say.  *ret_problems counts them. */
int store_verify(struct store *s, void (*say)(void *arg, struct str text), void *arg,
	uint64_t *ret_problems, struct err *err);
int64_t store_schema_version(void);	 /* of this program */
const char *store_library_version(void); /* of SQLite */

#endif
