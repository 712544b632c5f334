/*
 * source.h - the seam between places where mail lies and the pipeline.
 *
 * A source hands out inputs one at a time and is told what became of each, only after the
 * database has it.  Implementations are in ingest; flow reads them all alike.
 */
#ifndef RUAD_SOURCE_H
#define RUAD_SOURCE_H

#include "arena.h"
#include "buf.h"
#include "outcome.h"
#include "reader.h"

/* One input: a mail, or a file that may be a mail, a report or an archive. */
struct mail {
	struct str source;  /* name of the source: "files", "stdin", a configured name */
	struct str locator; /* where it lies: path, path plus offset, folder and UID */
	struct blob content;
	bool is_mail;	    /* known to be a mail (maildir, mbox); else the content decides */
	int64_t arrived_at; /* file time or INTERNALDATE; 0 unknown */
	/* Not of the source: whose Authentication-Results count (carrier.h). */
	struct str receivers;
	void *token; /* the source's own; given back to done */
};

struct source;
struct source_ops {
	/*
	 * The next input into *ret, valid until done() was called for its token.  1; 2 an input
	 * that cannot be read (content.fd is -1, there are no bytes, *err says why): the caller
	 * records it and goes on; 0 the end; negative.
	 */
	int (*next)(struct source *s, struct mail *ret, struct err *err);
	/* Its bytes are no longer needed (close files, free memory); locator and token stay
	 * valid. */
	void (*drop)(struct source *s, struct mail *mail);
	/* Acknowledge after the commit, and release the token.  outcome < 0: nothing became of
	 * it (interrupted, rolled back, or its bytes could not be read): leave it untouched. */
	int (*done)(struct source *s, void *token, int outcome, struct err *err);
	/* How many inputs in all, as far as known (for the progress line); 0 unknown. */
	uint64_t (*total)(struct source *s);
	void (*close)(struct source *s);

	/*
	 * Only of a source that gets its inputs from far away and remembers what it gave (a
	 * mailbox on a server); NULL in all others.
	 *
	 *     next, next, … ; settles for each ; checkpoint ; commit ; done for each ;
	 * checkpoint ; commit
	 *
	 * ready: wait up to ms (0: only look).  1 next has its answer and will not wait, 0 not
	 * yet. settles: the transaction that is about to be committed says so of this input:
	 * from then on what done does for it is owed.  checkpoint appends the text that says
	 * what was given and settled, which goes into that transaction; whoever opens the
	 * source the next time gives it that text. Once more after the last done: what was done
	 * is owed no longer.
	 */
	int (*ready)(struct source *s, unsigned ms);
	void (*settles)(struct source *s, void *token, int outcome);
	void (*checkpoint)(struct source *s, struct buf *ret);
};
struct source {
	const struct source_ops *ops;
	struct str name;
};

#endif
