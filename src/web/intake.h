/*
 * intake.h - the seam to whoever takes files that are handed in over HTTP, and puts them
 * through the pipeline: the program does, as it does an import.
 */
#ifndef RUAD_INTAKE_H
#define RUAD_INTAKE_H

#include "arena.h"
#include "err.h"
#include "outcome.h"
#include "reader.h"

/* A file as it came: a mail, a report, an archive. */
struct intake_file {
	struct blob bytes;
	struct str name; /* what it is called; never empty */
};

/* What became of one document in it, or of all of it: an entry of the ledger. */
struct intake_entry {
	int64_t id, report; /* 0: no report */
	struct str part;    /* where in the file; absent: it is the file */
	enum outcome outcome;
	const char *reason; /* NULL: none */
	struct str detail;
	int64_t line, column;
};

struct intake_result {
	enum outcome outcome; /* of all, as outcome_worse */
	struct intake_entry *entries;
	size_t count;
};

struct intake {
	/* NULL: no files are taken.
	 *
	 * All or nothing; 0: *ret is in the database.  ERR_TEMP: an import of another program
	 * has it, or we are about to stop; ERR_CONFIG, ERR_IO: it cannot be written.  Called by
	 * one thread at a time.
	 */
	int (*take)(struct intake *in, const struct intake_file *file, struct arena *a,
		struct intake_result *ret, struct err *err);
	uint64_t size_most; /* bytes of a file */
	/*
	 * The input with this entry in the ledger, from its kept bytes.  released: nothing of
	 * it is held back.  1: *ret is in the database; 0: there is no such input; negative as
	 * above, and ERR_USAGE: its bytes are not kept.
	 */
	int (*retry)(struct intake *in, int64_t input, bool released, struct arena *a,
		struct intake_result *ret, struct err *err);
};

#endif
