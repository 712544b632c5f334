/*
 * care.h - looking after a database: checks, backups, deleting what is old, giving space back.
 *
 * All of it is done while others read and write.  Nothing here takes the import lock but
 * store_vacuum, which cannot share the database.
 */
#ifndef RUAD_CARE_H
#define RUAD_CARE_H

#include "store.h"

#include <stdatomic.h>

/* Of whatever takes its time: when to stop, and how far it is. */
struct care {
	const atomic_int *stop; /* becomes non-zero: ERR_TEMP "interrupted"; may be NULL */
	/* doing: a word or two; total 0: not known.  May be NULL. */
	void (*tell)(void *arg, const char *doing, uint64_t done, uint64_t total);
	void *arg;
};

/* --- verify --- */

struct verify_options {
	struct care care;
	/* A difference.  kind: one of a few words that do not change. */
	void (*say)(void *arg, const char *kind, struct str text);
	void *arg;
	/* The verdict on a record of a report with this policy; NULL: verdicts are not
	 * judged again. */
	void (*judge)(void *arg, struct arena *a, const struct policy *policy,
		const struct record *rec, struct verdict *ret);
	void *judge_arg;
};

#define VERIFY_KINDS_MOST 20
struct verified {
	struct verified_kind {
		const char *name;
		uint64_t problems;
	} kinds[VERIFY_KINDS_MOST]; /* all that were looked for */
	size_t kind_count;
	uint64_t problems; /* of all kinds */
	uint64_t verdicts; /* that were judged again */
};

/*
 * Compare sums with records, verdicts with what this program says of the same evidence,
 * counters with rows, originals with their digests, and look at SQLite's own structure and
 * references.  Damage is told and counted, and no error.  Each kind is checked in one view of
 * the data; no lock is held that others would wait for, and memory is bounded.
 */
int store_verify(struct store *s, const struct verify_options *opt, struct verified *ret,
	struct err *err);

/* --- backup --- */

struct backup_options {
	struct care care;
	bool replace;	 /* a file that is there already */
	bool only_older; /* do nothing, unless the database has an older schema than this
			    program */
};
/*
 * A copy of the database at path into the file `to`: one moment of it, whatever is written
 * meanwhile, and of any schema that this program knows.  It is written beside its place with
 * mode 0600, checked, and takes its place at the end.  1 done (*ret_bytes: its size); 0 nothing
 * was to be done; ERR_IO "cannot-create": the file is there already, or cannot be made.
 */
int store_backup(const char *path, const char *to, const struct backup_options *opt,
	uint64_t *ret_bytes, struct err *err);

/* --- prune --- */

#define STORE_NOTHING_OLD INT64_MIN

/*
 * What is too old, as days.  STORE_NOTHING_OLD: nothing.  A report is as old as the last day of
 * its period.  sums_from is not later than records_from.
 */
struct store_ages {
	int64_t records_from; /* reports, their records and inputs before this day go */
	int64_t sums_from;    /* daily sums, by which charts and totals are made */
	int64_t raw_from;     /* originals: of reports, and of inputs that were not stored */
};

struct pruned {
	uint64_t reports, records, messages; /* messages of the records */
	uint64_t originals, inputs;
	uint64_t sums;	 /* rows of daily sums */
	uint64_t unused; /* evidence, names, addresses … that nothing refers to any more */
	uint64_t steps;	 /* transactions */
	uint64_t longest_ms; /* of them */
};

/*
 * Delete what is too old, in transactions of some hundredths of a second with pauses between,
 * so that an import and the web go on; s is STORE_SHARED (or WRITE).  When it was stopped or
 * killed the next one goes on.  *ret is what was deleted, also after an error.  dry: count
 * alone (unused stays 0).  The ages are remembered: what is older is not stored again
 * (reason "too-old"), and days before sums_from are in no answer.
 */
int store_prune(struct store *s, const struct store_ages *ages, bool dry,
	const struct care *care, struct pruned *ret, struct err *err);
/* Is there anything to do for it?  Cheap.  1, 0, negative. */
int store_prune_due(struct store *s, const struct store_ages *ages, struct err *err);

/* --- vacuum --- */

struct vacuumed {
	uint64_t before_bytes, after_bytes;
};
/*
 * Write the file anew without its free pages.  s is STORE_WRITE; others who write wait, or
 * fail, meanwhile.  ERR_TEMP: no space for it ("disk-full", the text says how much it takes),
 * or others write ("store-busy").
 */
int store_vacuum(
	struct store *s, const struct care *care, struct vacuumed *ret, struct err *err);

/* --- migrate --- */

/* The schema of the database as it was when s was opened. */
int64_t store_schema_found(const struct store *s);

#endif
