/*
 * place.h - one source of mail: an address, or a network of them, whatever domain its mail
 * names.
 *
 * q asks about it with source_ip (one value), and for a range; its other filters count too.
 * Everything is in a.
 */
#ifndef RUAD_PLACE_H
#define RUAD_PLACE_H

#include "store.h"

#define PLACE_ROWS_MOST 50  /* senders, and domains, that are listed */
#define PLACE_DAYS_MOST 400 /* days of a domain that are listed: the newest */

/* A day with mail. */
struct place_day {
	int64_t day;
	struct totals totals;
};

/* Its mail that names one domain as its author. */
struct place_domain {
	struct str header_from; /* absent: the records name none */
	struct str domain;	/* policy domain */
	struct totals totals;
	uint64_t by_cause[CAUSE_COUNT];
	enum cause cause;
	int64_t first_day, last_day; /* in the range */
	struct place_day *days;	     /* rising */
	size_t day_count;
};

/* A sender that it belongs to, or whose network it is. */
struct place_sender {
	struct str domain; /* policy domain */
	struct str key, name;
	enum naming named_by;
	struct totals totals;
	uint64_t by_cause[CAUSE_COUNT];
	enum cause cause;
	int64_t first_day, last_day;
};

struct place {
	struct summary summary;
	struct place_domain *domains; /* most messages first */
	size_t domain_count;
	uint64_t domains_all; /* with those that are left out */
	struct place_sender *senders;
	size_t sender_count;
	uint64_t senders_all;
};
int store_place(struct store *s, const struct query *q, struct arena *a, struct place *ret,
	struct err *err);

/* Does any report name an address of it?  1, 0. */
int store_place_known(struct store *s, const struct ip_net *net, struct err *err);

#endif
