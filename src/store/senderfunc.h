/*
 * senderfunc.h - functions inside SQL that know senders.
 *
 *   sender_key(name, named_by, ip)  the key of a sender
 *   sender_by(name, named_by, ip)   what names it: enum naming
 *   sender_key_now(key)             what a key of older rules is called now
 *   sender_word(key)                enum sender_word of the configuration
 *   days(day, messages)             aggregate: a packed struct daylist
 *   days_join(packed)               aggregate: one daylist of several
 *   days_peak(packed)               messages of the busiest day of a daylist
 *   days_peak_day(packed)           that day
 *   sender_traits(tally, days, …)   a packed struct sender_traits
 *
 * name: the text of a naming domain, or NULL; ip: an address, or NULL.  What sender_traits
 * takes behind the first two are the TRAIT_NUMBERS.  The rules of names are those of
 * db->services.
 */
#ifndef RUAD_SENDERFUNC_H
#define RUAD_SENDERFUNC_H

#include "sender.h"
#include "sqltext.h"

/* The result of a signature or of SPF that passed, as evidence refers to it. */
#define PASS_WORD "(SELECT id FROM name WHERE text = 'pass')"

/* What sender_traits takes, in this order. */
/* clang-format off */
#define TRAIT_NUMBERS(N) \
	N(own) \
	N(proven) \
	N(known) \
	N(fresh) \
	N(domain_messages) \
	N(peak_dkim) \
	N(peak_top) \
	N(peak_top_two) \
	N(dkim_seen) \
	N(dkim_own) \
	N(dkim_kept) \
	N(dkim_moved) \
	N(dkim_said) \
	N(fail_seen) \
	N(fail_list) \
	N(fail_agrees) \
	N(reasons)
/* clang-format on */

/*
 * A condition on e, a row of evidence: it proves that its sender is the domain's own.  It
 * passes, otherwise than by forwarding, by SPF or by a signature of the domain whose selector
 * the domain's own servers do not use.  own: says of d, a row of evidence_dkim, that they do.
 */
void sender_proof(struct sql *sql, const char *own);

int senderfunc_register(struct db *db, struct err *err);
/* False: it is none. */
bool traits_unpack(struct str packed, struct sender_traits *ret);

#endif
