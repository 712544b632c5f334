/*
 * sums.h - daily sums, gathered in memory and written sorted.
 *
 * A document gathers its own; at its end they are merged into those of the batch, which are
 * written before the commit.  Both are bounded.  Those of the batch are written early when they
 * are full.  Those of a document are given up instead, and counted anew from its records once
 * it is known to stay: a document that turns out bad or known has then touched no page of the
 * sums, whose roll-back SQLite would hold in memory. Numbers may be negative: a report that is
 * taken out is subtracted.
 */
#ifndef RUAD_SUMS_H
#define RUAD_SUMS_H

#include "db.h"
#include "period.h"

enum sum_kind { SUM_REPORT, SUM_REPORTER, SUM_SOURCE, SUM_EVIDENCE };

/* Without padding: it is hashed as bytes. */
struct sum_key {
	uint16_t kind, named_by;
	uint32_t facts;
	int64_t domain, day, id, sender; /* id: of the report, reporter, source or evidence */
};

struct sum_entry {
	struct sum_key key;
	int64_t messages, records, spread;
};

struct sums {
	struct sum_entry *entries;
	uint32_t *index; /* 1 + place in entries; 0 empty */
	size_t count, cap, index_count, most;
	int64_t from_day; /* days before it are not counted */
	bool give_up;	  /* when full: forget everything instead of writing it */
	bool given_up;	  /* they are not complete, until the next sums_clear */
};

void sums_init(struct sums *s, size_t entries_most, bool give_up);
void sums_release(struct sums *s); /* accepts an empty one */
void sums_clear(struct sums *s);
int sums_flush(struct db *db, struct sums *s, struct err *err);
/* The rest of from into s, flushing s when it is full; from is empty afterwards. */
int sums_merge(struct db *db, struct sums *s, struct sums *from, struct err *err);

/* What is the same for all records of a report. */
struct sum_frame {
	int64_t report, domain, reporter;
	struct period period;
};

struct sum_record {
	int64_t source, evidence, sender;
	unsigned named_by;
	uint32_t facts;
	uint64_t messages;
};

/* Add (sign 1) or subtract (-1) a record in its daily sums.  *ret_days: on how many days it
 * counts. */
int sums_record(struct db *db, struct sums *s, const struct sum_frame *f,
	const struct sum_record *r, int sign, unsigned *ret_days, struct err *err);
/* Add a record in the sums of its report alone, which are few. */
int sums_report(struct db *db, struct sums *s, int64_t report, const struct sum_record *r,
	struct err *err);
/* sums_record for all records of a stored report. */
int sums_stored(
	struct db *db, struct sums *s, const struct sum_frame *f, int sign, struct err *err);

#endif
