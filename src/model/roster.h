/*
 * roster.h - the senders of one domain, day by day, and what proves them the owner's.
 *
 * A sender is proven when mail of it passed that was not forwarded: by SPF, or by a DKIM
 * signature of the domain with a selector that is never seen on mail that passes SPF too.  A
 * selector that is belongs to the domain's own servers, and mail that has it and nothing else
 * came through a forwarder.
 *
 * Of senders without a name only those whose addresses passed SPF for the domain are
 * listed, the others are strangers, and many.
 */
#ifndef RUAD_ROSTER_H
#define RUAD_ROSTER_H

#include "mark.h"
#include "verdict.h"

/* Messages of a sender, or a domain, on one day. */
struct sender_day {
	int64_t day;
	uint64_t messages, pass, explained; /* explained: failed, and forwarding explains it */
};

struct sender_track {
	struct str key, name; /* as services_name says */
	bool proven;
	enum sender_word word;	       /* what the owner said of it */
	const struct sender_day *days; /* those with messages, ascending */
	size_t day_count;
};

struct roster {
	struct str domain;
	int64_t from_day, to_day; /* half-open */
	struct sender_track *senders;
	size_t sender_count;
	struct sender_day *days; /* of the domain, those with messages, ascending */
	size_t day_count;
	int64_t first_day; /* with a report of the domain, in that time */
};

/* Sums over the days from from_day to before to_day. */
struct sender_day roster_sum(
	const struct sender_day *days, size_t count, int64_t from_day, int64_t to_day);
/* Those that failed for no known reason. */
uint64_t roster_fail(const struct sender_day *d);

/* A DKIM selector of the domain, or a MAIL FROM domain. */
enum key_kind { DOMAIN_KEY_DKIM, DOMAIN_KEY_MAIL_FROM };
const char *key_kind_name(enum key_kind k); /* "dkim", "mail_from" */

struct key_row {
	enum key_kind kind;
	struct str domain, selector;
	bool aligned;
	/* In the range.  pass, fail: of this key, not DMARC; a message with two results of one
	 * key counts for both. */
	uint64_t messages, pass, fail;
	uint64_t senders;	     /* that have a name */
	struct str sender;	     /* when it is one */
	bool by_address;	     /* also, or only, seen from senders without a name */
	int64_t first_day, last_day; /* in a longer time than the range */
};

/* One published policy, as one reporter saw it. */
struct policy_seen {
	struct str reporter;
	struct policy policy;
	int64_t first_day, last_day;
	uint64_t reports;
};

/* Do the tags of both say something else?  What one of them does not say is no difference. */
bool policy_differs(const struct policy *a, const struct policy *b);
/* "p=none sp=none" and "p=quarantine sp=reject": the tags that differ. */
struct arena;
void policy_difference(struct arena *a, const struct policy *from, const struct policy *to,
	struct str *ret_from, struct str *ret_to);

#endif
