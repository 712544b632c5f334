/*
 * entry.h - one import under way, and its sink: what flow_read finds goes into the store, and
 * what became of each document into the ledger.  Private to flow: import.c has the batches and
 * the run.
 */
#ifndef RUAD_ENTRY_H
#define RUAD_ENTRY_H

#include "buf.h"
#include "crew.h"

#define MAIL_ID 9 /* eight digits and a NUL */

/* An input whose documents are in the open batch. */
struct pending {
	void *token;
	int outcome; /* enum outcome; negative: its bytes could not be read, so the next run
		      * tries again */
};

/* An input on its way: read ahead, or the one whose result is taken. */
struct input {
	struct mail given; /* by the source */
	struct mail mail;  /* the same; its content may have come into memory */
	struct buf bytes;  /* of a mail that lies in a file */
	struct digest sha256;
	char id[MAIL_ID];
	bool unread; /* its bytes could not be read, for this reason */
	struct err why;
	bool settled; /* with this outcome, by a run before that did not come to its end */
	enum outcome outcome;
};

/* Entries that are not put into the ledger yet: what became of an input that it knows. */
struct gathered {
	struct arena *arena;
	struct kept_entry *entries;
	size_t count;
};

struct import {
	struct sink sink;	   /* first */
	struct gathered *gathered; /* NULL: they are put there at once */
	struct crew *crew;
	struct input inputs[CREW_AHEAD]; /* those that are out and not in the batch yet */
	uint64_t first, end;		 /* numbers of these */
	struct err source_err;		 /* code 0: the source goes on */
	bool source_ended;
	struct flow *flow;
	struct store *store;
	struct source *source;
	const struct import_options *opt;
	const struct admission *admission; /* or NULL */
	int64_t run, started_at;	   /* run 0: not listed, or not yet */

	uint64_t batch_inputs, batch_ms, begun_ms;
	bool open, has_turn;
	struct pending *pending;
	size_t pending_n, pending_cap;
	struct settled *settled;    /* by runs before */
	uint64_t settled_n;	    /* inputs of the source that were */
	struct import_totals batch; /* of the open batch */
	struct import_totals sum;   /* of what is committed */
	struct buf checkpoint,
		stored_checkpoint; /* of the source: now, and as the store has it */

	/* The first input, whose result is taken. */
	struct input *in;
	bool any;    /* an outcome is there */
	bool unread; /* its bytes could not be read */
	enum outcome outcome;
	bool document; /* a document is open in the store */
	char *chunk;   /* for reading it through */

	int done_failed; /* first error of done() */
	struct err done_err;
};

/* Bring it, a file of at most limits.mail_size, into memory.  Negative: read-failed. */
int entry_load(struct input *in, struct err *why);
/* By which the log calls it: of its digest, or that of its place. */
void input_set_id(struct input *in, const struct digest *d);
/* The verbs of imp->sink. */
void entry_sink(struct sink *ret);
/* The ledger entry of an input, or of one of its documents, that was refused. */
int entry_refused(struct import *imp, const struct report *partial, const struct err *why,
	struct err *err);

#endif
