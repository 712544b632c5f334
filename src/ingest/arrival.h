/*
 * arrival.h - answers of the fetching process that came and were not looked at yet, in order.
 *
 * Life: zeroed -> arrival_begin, arrival_add -> arrival_first, arrival_shift -> …
 */
#ifndef RUAD_ARRIVAL_H
#define RUAD_ARRIVAL_H

#include "letter.h"
#include "outlet.h"

struct arrival {
	struct arrival *next;
	enum {
		ARRIVAL_COMING, /* a mail, only as the last one */
		ARRIVAL_WHOLE,
		ARRIVAL_UNREAD,	 /* never to be had */
		ARRIVAL_PUT_OFF, /* not to be had now */
		ARRIVAL_END,	 /* of the round */
		ARRIVAL_FAILED
	} kind;
	struct boxmail mail;
	struct letter letter;
	struct err err;
};

struct arrivals {
	struct arrival *first, *last;
	unsigned n;
};

/* At the end.  A mail that is coming and begins anew loses what came of it. */
struct arrival *arrival_begin(struct arrivals *a, const struct boxmail *m);
struct arrival *arrival_add(struct arrivals *a, int kind);
/* The last one, if it is coming; else NULL. */
struct arrival *arrival_coming(const struct arrivals *a);
/* The first one, if it is complete; else NULL. */
struct arrival *arrival_first(const struct arrivals *a);
void arrival_shift(struct arrivals *a); /* the first one is not needed any more */
/* The last one, which is coming, never was. */
void arrival_undo(struct arrivals *a);
uint64_t arrival_bytes(const struct arrivals *a); /* of all */
void arrival_drop_all(struct arrivals *a);

#endif
