/*
 * flow.h - the pipeline: source -> unpack -> parse -> verdict -> sink, the same for every way
 * in.
 *
 * Promises: every input ends in exactly one outcome per document; a source is told (done) only
 * after the commit; a kill at any instant loses nothing and counts nothing twice.  Hostile
 * bytes are met in unpack and parse only, behind flow_read, which runs in worker processes that
 * can do nothing else (crew.h, worker.h).
 */
#ifndef RUAD_FLOW_H
#define RUAD_FLOW_H

#include "bounds.h"
#include "carrier.h"
#include "report_json.h"
#include "source.h"
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>

struct flow;

/* First of all in main: a process that was started to read mails does that, and does not
 * return.
 */
void flow_worker_main(int argc, char **argv);

/* psl_file NULL: the system's list. */
int flow_new(
	const struct limits *limits, const char *psl_file, struct flow **ret, struct err *err);
void flow_free(struct flow *f);
struct str flow_psl_version(const struct flow *f);
const char *flow_xml_version(void); /* of libxml2 */
const struct limits *flow_limits(const struct flow *f);

/*
 * Where documents go.  For each document of an input: document, then either refused (with what
 * is known), or begin, raw and record in the order of the bytes, then end or, when it turns out
 * bad at any point, refused. ERR_INPUT or ERR_LIMIT from begin, raw, record or end: the sink
 * does not take this document, which is refused for that reason.  Any other negative return
 * from a verb stops the input and is returned by flow_read.
 */
struct sink {
	int (*document)(struct sink *s, struct err *err); /* its part is known; may be NULL */
	int (*begin)(struct sink *s, const struct report *r, struct err *err);
	int (*raw)(struct sink *s, const void *p, size_t n,
		struct err *err); /* may be NULL; may come before begin */
	int (*record)(struct sink *s, const struct report *r, const struct record *rec,
		const struct verdict *v, struct err *err);
	int (*end)(struct sink *s, const struct report *r, const struct report_totals *t,
		const struct digest *document, struct err *err);
	/* why->reason is in model/outcome.h; report is NULL or what could be read of its names.
	 */
	int (*refused)(struct sink *s, const struct report *partial, const struct err *why,
		struct err *err);
	/* The open document never was: it comes again from its beginning.  May be NULL. */
	void (*undo)(struct sink *s);
	struct str part; /* set by flow before each document */
	/* Of the mail, set by flow before the first document; absent when it could not be read
	 * at all. */
	struct str from, subject, message_id;
	bool is_mail;
	struct carrier carrier; /* of the mail, as it fits the report: set before end */
};

/* The verdict of the present rules and Public Suffix List; everything in *ret lives in a, or
 * belongs to the record. */
void flow_judge(const struct flow *f, struct arena *a, const struct policy *policy,
	const struct record *rec, struct verdict *ret);

/* One input through unpack, parse and verdict into sink. */
int flow_read(struct flow *f, const struct mail *mail, struct sink *sink, struct err *err);

struct import_totals {
	uint64_t inputs; /* outcomes: one per document, or per input without one */
	uint64_t read;	 /* mails and files taken from the source */
	uint64_t by_outcome[OUTCOME_COUNT];
	uint64_t reports, records, messages; /* stored */
	bool interrupted;
};

void import_totals_add(struct import_totals *sum, const struct import_totals *t);

struct import_options {
	bool dry_run;		/* everything but the commit and done */
	uint64_t batch_inputs;	/* a transaction holds at most so many inputs … */
	unsigned batch_ms;	/* … and lasts at most so long; 0: defaults (500, 1000 ms) */
	const atomic_int *stop; /* becomes non-zero on SIGTERM: commit what is whole, return */
	/* Processes that unpack, parse and judge (crew.h); 0: all is done in this one, which is
	 * for tests.  main must have begun with flow_worker_main. */
	unsigned workers;
	/* Several imports at once, each in its thread, may share the flow and the store: then
	 * this is taken for each batch, and never while the network is waited for.  NULL:
	 * alone. */
	pthread_mutex_t *turn;
	/* A run that reads nothing and ends like the one before is not listed. */
	bool quiet;
	void (*progress)(void *arg, const struct import_totals *t, uint64_t total);
	void *progress_arg;
	const struct admission *admissions; /* of sources (carrier.h) */
	size_t admission_count;
	bool release; /* somebody vouches for what is read: nothing of it is held back */
	/* Each entry of the ledger and its id, when it is made: it holds when the import has
	 * returned 0.  What in points to is gone afterwards. */
	void (*told)(void *arg, int64_t id, const struct input_entry *in);
	void *told_arg;
};

/*
 * All of a source into the store (STORE_WRITE).  Totals of what was committed are added to
 * *totals.
 *
 * Negative: the source or the store failed; what was committed before stays, inputs of a batch
 * that was not are told so (done with a negative outcome) and come again with the next run.
 * That run goes on: what was settled before, in the same place with the same bytes, it only
 * acknowledges, and counts as read alone; so a run that was killed leaves no duplicates.
 * When the source cannot file a mail away after its commit the import goes on to the end, and
 * then returns the first such error.
 *
 * Each document, and each input without one, is one ledger entry; a mail with several is
 * acknowledged with the worst of their outcomes, and one whose bytes could not be read with a
 * negative one, so that the next run tries again.  A dry run is one batch, so that duplicates
 * inside it are seen, and is rolled back at the end.
 *
 * A source with a checkpoint (source.h) finds it in the store under its name: each batch has
 * the one that says what was given up to then, and another follows when the source was told.
 * Such a source is waited for without an open batch beyond batch_ms, and *stop is seen
 * meanwhile.  How it stands with the source (store_import_state) is kept at the end of each run
 * that is not a dry one. Log events (info): report.stored, input.duplicate, input.ignored,
 * input.rejected, import.done; their field mail is the beginning of the SHA-256 of the input,
 * the same in every line about it.
 */
int flow_import(struct flow *f, struct store *store, struct source *source,
	const struct import_options *opt, struct import_totals *totals, struct err *err);

/* A source could not even be opened, for this reason: that is a run of it that failed. */
int flow_import_failed(struct store *store, struct str source, const struct import_options *opt,
	const struct err *why, struct err *err);

#endif
