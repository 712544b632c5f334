/*
 * sender.h - what a sender of a domain is, as far as the reports show it.
 *
 * In: what was counted of its mail (struct sender_traits), by messages.  Out: a class, the rule
 * that gave it, how sure that is, and the conditions that were met, in words.  The rules are
 * tried from the top; the first that holds counts.  They are heuristics: nobody has checked
 * them against mail whose origin is known, so the rule is always shown with the class.  Pure.
 *
 *   H1  most of its mail passes SPF and DKIM             aligned
 *   H2  SPF passes, no DKIM signature of the domain      fragile
 *   H3  a wave of mail with your own servers' signature  replay
 *   H4  your own servers' signature, from elsewhere      forwarded
 *   H5  a signature that nobody else uses                aligned
 *   H6  DNS errors hide the result                       unclear
 *   H7  a list or forwarder broke the signature          forwarded
 *   H8  passes for a domain of its own                   not_aligned
 *   H9  MAIL FROM of the domain, not in its SPF record   not_aligned
 *   H10 nothing passes                                   unauthenticated
 *   H11 all else                                         unclear
 *
 * Fewer than three messages are too few for H3 to H9, unless the reporter says what they are.
 * "Your own servers" are those that pass SPF for the domain.  What reporters say beside the
 * results (FORWARDED in facts.h) counts as said.  The DNS name of an address, and how many
 * reporters saw a sender, are not known here.
 */
#ifndef RUAD_SENDER_H
#define RUAD_SENDER_H

#include "arena.h"
#include "mark.h"
#include "verdict.h"

enum sender_class {
	CLASS_ALIGNED,
	CLASS_FRAGILE,
	CLASS_FORWARDED,
	CLASS_REPLAY,
	CLASS_UNCLEAR,
	CLASS_NOT_ALIGNED,
	CLASS_UNAUTHENTICATED,
	CLASS_COUNT
};
const char *sender_class_name(enum sender_class c); /* "not_aligned" */
const char *sender_class_text(enum sender_class c); /* "Not aligned" */

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
const char *confidence_name(enum confidence c);

/* Why a receiver says that mail was forwarded; bits. */
enum { SAID_LIST = 1, SAID_FORWARDED = 2, SAID_TRUSTED = 4, SAID_ARC = 8 };

/* Nothing but uint64_t: they are packed as an array of them. */
struct sender_traits {
	/* In the range that was asked about. */
	uint64_t messages, both, spf_only, dkim_only; /* by computed alignment */
	uint64_t pass;				      /* as statistics count */
	uint64_t said;		       /* failed, and the receiver names forwarding */
	uint64_t fail_by[CAUSE_COUNT]; /* failed */
	uint64_t days, peak;	       /* days with messages, messages of the busiest */
	/* What its evidence says, in the same range: it may stand for more senders than this
	 * one, so only the shares count. */
	uint64_t dkim_seen;  /* that DKIM alone passes */
	uint64_t dkim_own;   /* of these: with a selector of your own servers */
	uint64_t dkim_kept;  /* of those: MAIL FROM of the domain, not passing */
	uint64_t dkim_moved; /* of those: MAIL FROM of another domain passes */
	uint64_t dkim_said;  /* of those: the receiver names forwarding */
	uint64_t fail_seen;  /* that failed, and nobody names forwarding */
	uint64_t fail_list; /* of these: a signature with a selector in use broke, and MAIL FROM
			       of another domain passes */
	uint64_t fail_agrees; /* of these: SPF and DKIM pass for one other domain */
	uint64_t reasons;     /* SAID_… */
	/* In the range, and in the 90 days before its end. */
	uint64_t own;	 /* messages that pass SPF for the domain */
	uint64_t proven; /* messages that prove it yours */
	/* What else there is. */
	uint64_t known;		  /* a service of the rules names it */
	uint64_t fresh;		  /* not seen before the last 14 days, though the domain was */
	uint64_t domain_messages; /* of the domain in the range */
	uint64_t peak_dkim; /* messages of the domain that DKIM passes, on its busiest day */
	uint64_t peak_top; /* of the domain's mail that passes by DKIM alone, on that day: all …
			    */
	uint64_t peak_top_two; /* … and from its two largest reporters */
};
#define SENDER_TRAITS (sizeof(struct sender_traits) / sizeof(uint64_t))

struct sender_view {
	enum sender_class class;
	unsigned rule; /* 1 to 11 */
	enum confidence confidence;
};
void sender_judge(const struct sender_traits *t, struct sender_view *ret);

/* Is it yours, by evidence? */
bool sender_proven(const struct sender_traits *t);
/* Is it yours: by what you said, else by evidence? */
bool sender_own(const struct sender_traits *t, enum sender_word word);
/* Has somebody to say whose it is?  Nobody has, nothing proves it, it sent more than a message
 * or two, and it is neither a forwarder nor a stranger that nothing passes for.  There is no
 * other count of the undecided. */
bool sender_undecided(
	const struct sender_traits *t, const struct sender_view *v, enum sender_word word);

/*
 * The order of attention, smaller first: what does not align and is not said to be a
 * stranger's, then fragile, forwarded, aligned.  More messages go first.
 */
int64_t sender_attention(const struct sender_traits *t, const struct sender_view *v,
	enum sender_word word, uint64_t messages);

/*
 * The conditions that were met, at most SENDER_CONDITIONS: "receiver said mailing_list",
 * "selector s1 also used by your own server".  selector: one of your own servers' that it has,
 * or absent.
 */
#define SENDER_CONDITIONS 4
size_t sender_conditions(const struct sender_traits *t, const struct sender_view *v,
	struct str selector, struct arena *a, struct str ret[SENDER_CONDITIONS]);
/* "Forwarded, high: receiver said mailing_list" */
struct str sender_text(const struct sender_view *v, const struct str *conditions, size_t count,
	struct arena *a);

#endif
