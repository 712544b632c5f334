/*
 * reparse.h - what is kept, read again with the present program: an input that was not stored
 * (flow_retry), or all that the database has (flow_reparse).
 *
 * The same pipeline and the same workers as for an import; the store must be open for writing
 * (STORE_WRITE).  Only what differs is written, and nothing is lost because the present program
 * refuses what an earlier one took.
 */
#ifndef RUAD_REPARSE_H
#define RUAD_REPARSE_H

#include "flow.h"

/* --- One input --- */

struct retry_result {
	struct kept_entry *entries; /* of its documents; in.detail and in.part in the arena */
	size_t count;
	enum outcome outcome; /* of all, as outcome_worse */
	bool changed;	      /* something of it is another outcome or reason than before */
};
/*
 * The input with this entry in the ledger, from its kept bytes, in a batch of its own.  Of opt
 * count stop, workers, turn and release.  1 (*ret in a), 0 there is no such input; ERR_USAGE,
 * reason "not-kept": its bytes are not kept; ERR_TEMP also: stopped.  Log event input.retried.
 */
int flow_retry(struct flow *f, struct store *store, int64_t id,
	const struct import_options *opt, struct arena *a, struct retry_result *ret,
	struct err *err);

/* --- All --- */

/* REPARSED(symbol, name): what became of a report or of a rejected input */
#define REPARSED_KINDS(KIND) \
	KIND(REPARSED_CHANGED, "changed")      /* a report: it says something else now */ \
	KIND(REPARSED_MERGED, "merged")	       /* a report: another one says the same now */ \
	KIND(REPARSED_FAILED, "failed")	       /* a report: its original is refused now */ \
	KIND(REPARSED_ACCEPTED, "accepted")    /* an input: something of it is stored now */ \
	KIND(REPARSED_ANOTHER, "other_reason") /* an input: not stored for another reason */

enum reparsed {
#define KIND(symbol, name) symbol,
	REPARSED_KINDS(KIND)
#undef KIND
		REPARSED_COUNT
};
const char *reparsed_name(enum reparsed kind);

/* Something that is not as it was.  Texts last until the call ends. */
struct reparsed_one {
	enum reparsed kind;
	int64_t report, input; /* 0: it is about the other; ACCEPTED: both, when it is one */
	int64_t into;	       /* MERGED: the report that says the same */
	unsigned changes;      /* CHANGED: 1U << enum revision */
	const char *reason;    /* FAILED, ANOTHER */
	struct str detail;
};

struct reparse_totals {
	uint64_t reports, same; /* read again; of these, nothing differs */
	uint64_t by_rows;	/* judged again without an original, which is not kept */
	uint64_t inputs, inputs_same;
	uint64_t kinds[REPARSED_COUNT];
	uint64_t changes[REVISION_COUNT]; /* changed reports, by what differs */
	bool interrupted;
};

struct reparse_options {
	struct str domain; /* only reports about it; absent: all, and inputs too */
	int64_t report;	   /* only this one; 0: all */
	int64_t since_day; /* only reports of that day and later, and inputs first seen since;
			    * INT64_MIN: all */
	bool dry_run;	   /* all of it, and then nothing is written */
	const struct admission *admissions; /* as in import_options */
	size_t admission_count;
	const atomic_int *stop;
	unsigned workers;  /* as in import_options */
	unsigned batch_ms; /* a transaction lasts so long at most; 0: the default */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void (*told)(void *arg, const struct reparsed_one *one);
	void *arg; /* of both */
};
/*
 * Reports are read again from their originals; those whose original is not kept, or is refused
 * now, are judged again from their rows.  Then rejected inputs whose bytes are kept.  Each is
 * whole in its transaction: killed at any time, the next run finds the rest.  Totals are those
 * of what was committed.  Log events: report.changed, report.merged, report.unreadable,
 * input.retried, reparse.done.
 */
int flow_reparse(struct flow *f, struct store *store, const struct reparse_options *opt,
	struct reparse_totals *ret, struct err *err);

#endif
