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
#include "carrier.h"
#include "change.h"
#include "coverage.h"
#include "digest.h"
#include "query.h"
#include "reader.h"
#include "readiness.h"
#include "revision.h"
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

/*
 * What the runs of a source since the last that came to its end had settled (they were killed,
 * interrupted, or failed): inputs by their place and bytes.  The next run goes on behind them:
 * they did not arrive twice.  *ret NULL: nothing.
 */
struct settled;
int store_settled(struct store *s, struct str source, struct settled **ret, struct err *err);
/* s may be NULL.  *ret: of several documents the worst outcome.  What could not be read to its
 * end is not found. */
bool settled_find(const struct settled *s, struct str locator, const struct digest *sha256,
	enum outcome *ret);
void settled_free(struct settled *s); /* accepts NULL */

/* The text that a source remembers by; at home in the batch of what it gave, or alone. */
int store_checkpoint_put(
	struct store *s, struct str source, struct str text, int64_t at, struct err *err);

/* A report that ends before this day is not taken: ERR_INPUT "too-old" of store_begin or
 * store_end, as for those that are older than what was pruned (care.h). */
void store_keep(struct store *s, int64_t records_from);

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
/*
 * Before store_end: the mail that brings the open document (unknown without this call).  It
 * lives until store_end has returned.  flag: one that is suspect is to be seen.  Of two mails
 * with the same records the better one is remembered; a suspect one never takes the place of a
 * report that is not, nor stands for it when it holds its records and more: then both stay and
 * are flagged.
 */
void store_carrier(struct store *s, const struct carrier *carrier, bool flag);
void store_abort(struct store *s); /* this document alone; accepts that none is open */

/*
 * A stored report read again: store_begin_again, then records as of a new one, without its
 * original, and store_revise instead of store_end.  When anything differs, its contents take
 * the place of those of `report`; its id, original, inputs and times stay.
 */
int store_begin_again(struct store *s, const struct report *r, int64_t report, struct err *err);
struct revised {
	enum { REVISED_SAME, REVISED_CHANGED, REVISED_MERGED } as;
	unsigned changes; /* 1U << enum revision */
	int64_t report;	  /* the one that was named; MERGED: the one that says the same, which
			   * stays, while that one is taken out */
};
int store_revise(struct store *s, const struct report *r, struct revised *ret, struct err *err);

/* Stored reports by their id. */
struct report_range {
	int64_t after, last; /* ids: above, and up to */
	struct str domain;   /* absent: any */
	int64_t since_day;   /* middle of the period; INT64_MIN: any */
};
int store_report_last(struct store *s, int64_t *ret, struct err *err);
int store_report_count(
	struct store *s, const struct report_range *range, uint64_t *ret, struct err *err);
/* Up to `most` of them: how many, negative. */
int store_report_ids(struct store *s, const struct report_range *range, int64_t *ids, int most,
	struct err *err);

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
	/* The same where they lie in a file, instead of bytes: they are kept when they are
	 * those of sha256, and all of them can be read.  NULL: there are none. */
	const struct blob *file;
};
int store_input(struct store *s, const struct input_entry *in, uint64_t kept_quota,
	int64_t *ret_id, struct err *err);

/* --- Inputs whose bytes are kept: read again, or set aside --- */

struct kept_input {
	int64_t id, kept;
	struct str source, locator, from, subject, message_id;
	struct digest sha256;
	uint64_t size_bytes;
	int64_t arrived_at;
	enum outcome outcome;
	struct str bytes; /* absent: not kept */
};
/* 1 (in a), 0 there is no such input. */
int store_kept(
	struct store *s, int64_t id, struct arena *a, struct kept_input *ret, struct err *err);
/* The first entry after `after` of a rejected input with kept bytes, first seen at since_at or
 * later; one of each input.  1, 0 there is none. */
int store_kept_next(
	struct store *s, int64_t after, int64_t since_at, int64_t *ret, struct err *err);
int store_kept_count(struct store *s, int64_t since_at, uint64_t *ret, struct err *err);

/* What became of one document of it now. */
struct kept_entry {
	struct input_entry in; /* outcome, reason, detail, place, part, report count */
	int64_t id;	       /* its entry in the ledger: set */
	bool changed;	       /* it was something else, or not there: set */
};
/*
 * It was read again.  Its entries that kept the bytes become what it turned out to be, with
 * the reason that they had before (input_row.was); the bytes go when nothing of it is rejected
 * any more.  Times and places stay.
 */
int store_kept_read(struct store *s, const struct kept_input *of, struct kept_entry *entries,
	size_t count, int64_t at, struct err *err);

/* Set an entry aside, or (at 0) back; only what is a problem can be.  Opens a batch of its own.
 * 1, 0 there is no such input; ERR_USAGE: it is stored. */
int store_dismiss(struct store *s, int64_t id, int64_t at, struct err *err);

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

/*
 * A text that was made of the data as they are, and is asked for again: 1 found, 0 not.
 * question stands for what was asked and by which rules, when for the time up to which it is
 * good.  It is kept until the data change, or until many others were made.  *ret lives as long
 * as the request.
 */
int store_text_find(
	struct store *s, uint64_t question, int64_t when, struct str *ret, struct err *err);
int store_text_keep(
	struct store *s, uint64_t question, int64_t when, struct str text, struct err *err);
/* Grows with what is written beside the data: inputs and runs. */
int store_writes(struct store *s, int64_t *ret, struct err *err);
/* When the generation last grew: the Last-Modified. */
int store_changed_at(struct store *s, int64_t *ret, struct err *err);
int store_status(struct store *s, struct store_status *ret, struct err *err);
/* What is free for this user on the file system of the database, 0 where it is read-only;
 * negative: not known.  An import may take STORE_ROOM_BYTES at once. */
#define STORE_ROOM_BYTES INT64_C(16777216)
int64_t store_disk_free(const struct store *s);

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
 * q (NULL: no filter) only the domains count.  While nobody is expected: the newest day with a
 * report, or store_complete_day, whichever is earlier.
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
/* The same by the part of the sentence that names a limit (limit_named); and what reports it
 * stored have of the notes that something was cut at a limit, by the code of the note. */
int store_run_limits(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err);
int store_run_notes(struct store *s, int64_t run, int64_t started_at, struct arena *a,
	struct reason_row **ret, size_t *ret_count, struct err *err);

/* --- Versions; for the care of a database see care.h --- */

int64_t store_schema_version(void);	 /* of this program */
const char *store_library_version(void); /* of SQLite */

#endif
