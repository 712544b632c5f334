/*
 * keeping.h - how long data are kept: the settings keep, keep_sums and keep_raw, and what
 * follows from them by itself.
 */
#ifndef RUAD_KEEPING_H
#define RUAD_KEEPING_H

#include "care.h"
#include "config.h"

/* So long, in seconds; 0: for ever.  sums 0 means as long as records, unless sums_set. */
struct keeping {
	uint64_t records, sums, raw;
	bool sums_set;
};

struct keeping keeping_of(const struct config *c);
/* The days before which data are too old at now_at. */
struct store_ages keeping_ages(const struct keeping *k, int64_t now_at);
/* In days, for the status page. */
struct web_keep keeping_told(const struct config *c);
/* Settings that contradict each other. */
void keeping_settle(const struct config *c, struct faults *f);
/* NULL, or what is wrong with it, for people. */
const char *keeping_wrong(const struct keeping *k);

/*
 * Prune what is too old by now, if there is anything; *ret is empty when there was not.  Does
 * not need the import lock.
 */
int keeping_prune(const char *database, const struct keeping *k, const struct care *care,
	struct pruned *ret, struct err *err);

/* `ruad serve`: at its start and once a day, in a thread of its own.  config and database live
 * longer.  NULL in *ret: nothing is to be done ever. */
struct caretaker;
int caretaker_start(const char *database, const struct config *config, struct caretaker **ret,
	struct err *err);
void caretaker_stop(struct caretaker *c); /* soon; accepts NULL */

#endif
