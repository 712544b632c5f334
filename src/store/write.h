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
	bool open;  /* its savepoint is */
	bool begun; /* its report has a row */
	struct arena arena;
	struct sum_frame frame;
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
	bool broken;		       /* nothing but a roll-back of the batch helps */
	int64_t raw_bytes, kept_bytes; /* change in this batch */
	struct intern intern;
	struct sums sums;
	struct document doc;
	struct piece_writer kept;
};

struct store {
	struct db db;
	enum store_mode mode;
	int lock_fd;	 /* -1: none */
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

#endif
