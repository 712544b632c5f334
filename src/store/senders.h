/*
 * senders.h - for this room: the mail of senders of some kind, for questions about anything.
 *
 * What a sender is follows from all of its mail in the range and in the domains of a question,
 * whatever else the question filters by.
 */
#ifndef RUAD_SENDERS_H
#define RUAD_SENDERS_H

#include "question.h"

/* "picked AS MATERIALIZED (…)": domain, source, sender and named_by of the mail of all senders
 * that class, mark and new of the query leave. */
void senders_pick(struct sql *sql, const struct question *qn);
/* ERR_TEMP store-busy: there is too much to tell what each sender is. */
int senders_bound(struct db *db, const struct question *qn, struct err *err);

#endif
