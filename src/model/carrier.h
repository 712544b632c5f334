/*
 * carrier.h - the mail that a report came in: does its receiver vouch for who sent it, and is
 * the report let in?
 *
 * A report says of itself who wrote it, so anybody can mail one in the name of another.  What
 * speaks for it is the mail: RFC 9990 section 3.5.2 wants mail that passes DMARC.  The one
 * who knows is the receiver's own mail server, which writes what it found into an
 * Authentication-Results field (RFC 8601).  unpack reads that field (authres.h), verdict judges
 * it (fit.h), store keeps the judgement.  Pure.
 */
#ifndef RUAD_CARRIER_H
#define RUAD_CARRIER_H

#include "str.h"

enum carrier_state {
	/* No server is configured whose word counts, or the mail has no field of it, or it was
	 * no mail. */
	CARRIER_UNKNOWN,
	/* The mail passed DMARC, or DKIM or SPF for its From domain, and that is the domain of
	 * the reporter. */
	CARRIER_AUTHENTICATED,
	/* The same, but the reporter that the report names has another domain. */
	CARRIER_MISFIT,
	/* The server looked and nothing passed. */
	CARRIER_UNAUTHENTICATED,
	CARRIER_COUNT
};

/* "unknown", "authenticated", "misfit", "unauthenticated" */
const char *carrier_name(enum carrier_state s);
bool carrier_from_name(struct str name, enum carrier_state *ret);
/* For people, one sentence. */
const char *carrier_sentence(enum carrier_state s);
/* Somebody else may have written the report. */
bool carrier_suspect(enum carrier_state s);
/* Two mails brought the same report: does the second one say more about it? */
bool carrier_better(enum carrier_state now, enum carrier_state before);

/* What the receiver wrote of the mail.  Words are lower case, names as they stand there. */
#define AUTHRES_PASSED_MOST 16
struct authres {
	bool found;	   /* a field of the receiver is there */
	struct str author; /* domain of the From field; absent: none, or several authors */
	struct str dmarc, dmarc_from;		/* its result, and header.from */
	struct str dkim, spf;			/* the best result; absent: it does not say */
	struct str spf_domain;			/* of smtp.mailfrom, when SPF passed */
	struct str passed[AUTHRES_PASSED_MOST]; /* domains of DKIM signatures that passed */
	size_t passed_count;
};

/* The judgement, and what it is made of; absent is not known. */
struct carrier {
	enum carrier_state state;
	struct str from;	     /* domain of the author of the mail */
	struct str dmarc, dkim, spf; /* results */
	struct str dkim_domain;	     /* whose signature passed */
	struct str spf_domain;	     /* of MAIL FROM, when it passed */
};

/* What becomes of reports of suspect mails. */
enum unauthenticated { UNAUTHENTICATED_ACCEPT, UNAUTHENTICATED_FLAG, UNAUTHENTICATED_HOLD };

/* Which reports a source may bring. */
struct admission {
	struct str source; /* its name; absent: all that have none of their own */
	struct str
		receivers; /* authserv-ids with blanks between; empty: nobody's word counts */
	enum unauthenticated unauthenticated;
	const char *const *domains; /* ours, in lower case */
	size_t domain_count;
	bool only_ours; /* reports about others are ignored */
};

/* That of a source.  NULL: everything is let in, and nothing is known of mails. */
const struct admission *admission_of(
	const struct admission *all, size_t count, struct str source);

/* Is it one of the domains, or below one?  True of all, when there are none. */
bool carrier_ours(const char *const *domains, size_t count, struct str domain);

#endif
