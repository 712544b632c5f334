/*
 * senders.h - for this room: the mail of senders of some kind, for questions about anything.
 *
 * What a sender is follows from all of its mail in the range and in the domains of a question,
 * whatever else the question filters by.
 */
#ifndef RUAD_SENDERS_H
#define RUAD_SENDERS_H

#include "question.h"

/*
 * The set of senders (senderset.h) that the question needs: those it is about; or, when it
 * picks, all of its range and domains.  ERR_TEMP store-busy: there is too much to tell what
 * each sender is.
 */
int senders_set(struct db *db, const struct question *qn, int64_t *ret, struct err *err);
/* "picked AS MATERIALIZED (…)": domain, source, sender and named_by of the mail of all senders
 * that class, mark, new, undecided and own of the query leave.  reaching: also what they have
 * in reports over several days of which some are in the range, on the other ones. */
void senders_pick(struct sql *sql, const struct question *qn, bool reaching);

struct store;

/* What all senders of a question are, by domain and key.  Life: arena_init(&arena) -> load ->
 * find … -> arena_release. */
struct sender_kinds {
	struct arena arena;
	struct sender_kind *list;
	size_t count; /* 0 too when there are too many to tell */
};
int sender_kinds_load(
	struct store *s, const struct query *q, struct sender_kinds *ret, struct err *err);
const struct sender_kind *sender_kinds_find(
	const struct sender_kinds *kinds, struct str domain, struct str key);

#endif
