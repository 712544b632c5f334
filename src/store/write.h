/*
 * write.h - the writing half of a store: one batch, in it one document at a time.
 */
#ifndef RUAD_WRITE_H
#define RUAD_WRITE_H

#include "answers.h"
#include "arena.h"
#include "intern.h"
#include "pieces.h"
#include "reporting.h"
#include "store.h"
#include "sums.h"

struct document {
	bool open;	    /* its savepoint is */
	bool begun;	    /* its report has a row */
	int64_t instead_of; /* it is this report, read again; 0: another one */
	struct arena arena;
	struct sum_frame frame;
	struct carrier carrier; /* that brings it */
	bool flag;		/* when that is suspect */
	struct digest key;	/* of what makes it the same report */
	struct digest contents; /* of its records in any order */
	int64_t arrived_at;
	struct report_totals_row totals;
	uint64_t disagree_records, days;
	struct sums sums; /* of its days: merged into those of the batch */
	struct sums own;  /* of the report itself, and of one it replaces: written in its
			     savepoint */
	struct piece_writer original;
};

struct writer {
	bool in_batch, batch_added;
	bool broken;	    /* nothing but a roll-back of the batch helps */
	int64_t generation; /* after our last commit, or at the begin of the batch */
	int64_t records_from, sums_from; /* see care.h: struct store_ages */
	int64_t keep_from;		 /* the same as records_from, by store_keep */
	int64_t raw_bytes, kept_bytes;	 /* change in this batch */
	struct intern intern;
	struct sums sums;
	struct document doc;
	struct piece_writer kept;
};

struct store {
	struct db db;
	enum store_mode mode;
	int lock_fd; /* -1: none */
	int64_t schema_found;
	struct writer w; /* empty in a reader */
	struct complete_cache complete;
	struct answers answers;
};

void writer_init(struct writer *w, struct db *db);
void writer_release(struct writer *w);
/* A batch must be open and SQLite's transaction too (an error may have ended it). */
int writer_check(struct store *s, struct err *err);
/* Roll the open document back. */
void document_undo(struct store *s);
/* The end of a document in steps.  Elements behind the records may have changed its key. */
int document_rekey(struct store *s, const struct report *r, struct err *err);
/* Its row, errors and notes.  flags: of what happened to it, besides what it says itself. */
int document_put(struct store *s, const struct report *r, unsigned flags, struct err *err);
/* Its reporter, and that there is a report for that day. */
int document_cover(struct store *s, const struct report *r, struct err *err);
/* It stays, and nothing of it can fail any more but the sums of the batch. */
int document_keep(struct store *s, struct err *err);
/* A report came so often again, and has these flags too. */
int report_count_again(
	struct store *s, int64_t report, int64_t times, unsigned flags, struct err *err);

#endif
