/*
 * lists.h - for this room: what the lists made of sums have in common.
 */
#ifndef RUAD_LISTS_H
#define RUAD_LISTS_H

#include "rowset.h"
#include "sqlfunc.h"
#include "tally.h"

/* "tally(…) AS t, sum(…) AS m, sum(…) AS p": messages and passing messages of a group are there
 * to sort by; the tally has the rest. */
void list_sums(struct sql *sql, const struct query *q);
struct tally list_tally(struct rows *r, int column);
/* A list whose `g` is written by write, after the question's WITH. */
int list_open(struct store *s, const struct query *q, const struct list_spec *spec,
	unsigned needs, void (*write)(struct sql *, struct rows *), struct rows **ret,
	struct err *err);
struct ip list_ip(struct rows *r, int column);

#endif
