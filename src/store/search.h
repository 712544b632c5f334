/*
 * search.h - what a text may mean: addresses, domains, reports, reporters, senders, names in
 * records.
 *
 * In: what somebody typed, whatever it is, as text.  Out: what has that name, then what has a
 * name that begins so; domains, reporters and senders are found by any part of their name, as
 * far as they are among the first 20,000 known.  Every look is into an index and bounded: no
 * records are read.  An address is nothing but an address, and selector._domainkey.domain
 * nothing but a key.  A domain that reports are about stands for itself in its records too.
 */
#ifndef RUAD_SEARCH_H
#define RUAD_SEARCH_H

#include "store.h"

#define SEARCH_HITS_MOST 20 /* of one kind */

/* In the order in which they are listed. */
enum hit_kind {
	HIT_SOURCE, /* address or network */
	HIT_DOMAIN, /* that reports are about */
	HIT_REPORT, /* by the id that its reporter gave it */
	HIT_REPORTER,
	HIT_SENDER,
	HIT_HEADER_FROM,
	HIT_DKIM_KEY, /* selector and domain of a signature */
	HIT_DKIM_DOMAIN,
	HIT_DKIM_SELECTOR,
	HIT_SPF_DOMAIN,
	HIT_COUNT
};
const char *hit_kind_name(enum hit_kind k); /* "dkim_domain" */

struct search_hit {
	enum hit_kind kind;
	bool exact;	 /* it has that name; else its name holds the text */
	struct str text; /* its name; of a key the domain, of a sender the key */
	struct str name; /* of a sender: as people know it; of a key: its selector */
	/* Of a source: is there any mail of it?  Of other kinds: yes. */
	bool known;
	/* Of a report: */
	int64_t report;
	struct str reporter, domain;
	uint64_t messages;
	int64_t begin_at, end_at;
	/* Of a domain: */
	uint64_t reports;
	int64_t last_day; /* of its reports; 0: there is none */
};

struct search {
	struct search_hit *hits; /* by kind, exact ones first */
	size_t count;
	bool more[HIT_COUNT]; /* there are more of that kind */
};

/* In a. */
int store_search(
	struct store *s, struct str text, struct arena *a, struct search *ret, struct err *err);

#endif
