/*
 * verdict.h - what a record means for DMARC: our computation, the receiver's word, and the
 * cause.
 */
#ifndef RUAD_VERDICT_H
#define RUAD_VERDICT_H

#include "report.h"

/* NULL: it cannot be decided, or the report does not say. */
enum dmarc { DMARC_NULL, DMARC_FAIL, DMARC_PASS };
const char *dmarc_name(enum dmarc d); /* NULL, "fail", "pass" */

/* CAUSE(symbol, code, sentence, advice): stable codes.  The sentence is the general one;
 * explain.h fills in the names of the record. */
#define CAUSES(CAUSE) \
	CAUSE(CAUSE_BOTH, "both", "SPF and DKIM both pass and match.", "Nothing to do.") \
	CAUSE(CAUSE_DKIM_ONLY, "dkim_only", "DKIM passes and matches; SPF does not.", \
		"Fine. Optional: a bounce domain under the From: domain.") \
	CAUSE(CAUSE_SPF_ONLY, "spf_only", "SPF passes and matches; no DKIM signature does.", \
		"Add DKIM: SPF breaks when mail is forwarded.") \
	CAUSE(CAUSE_DKIM_BROKEN, "dkim_broken", \
		"Signed for the From: domain, but the signature did not verify.", \
		"Own server: check the key and anything that rewrites mail after signing. " \
		"Mailing list or forwarder: expected.") \
	CAUSE(CAUSE_SPF_UNAUTHORISED, "spf_unauthorised", \
		"MAIL FROM matches, but the address is not allowed by its SPF record.", \
		"Yours: add it to SPF and sign with DKIM. Not yours: someone uses your name.") \
	CAUSE(CAUSE_UNALIGNED, "unaligned", \
		"Passes for another domain, not for the From: domain.", \
		"Yours: turn on DKIM with the From: domain there. Not yours: nothing to fix.") \
	CAUSE(CAUSE_UNAUTHENTICATED, "unauthenticated", "Nothing passed for any domain.", \
		"Not yours unless you know the address.") \
	CAUSE(CAUSE_DNS_ERROR, "dns_error", "A DNS or record error hid the result.", \
		"Check the record (10-lookup limit, syntax).") \
	CAUSE(CAUSE_NOT_REPORTED, "not_reported", \
		"The receiver lists no details to judge by.", \
		"Nothing to do: the receiver's own result counts.")

enum cause {
#define CAUSE(symbol, code, sentence, advice) symbol,
	CAUSES(CAUSE)
#undef CAUSE
		CAUSE_COUNT
};
const char *cause_name(enum cause c);
const char *cause_sentence(enum cause c);
const char *cause_advice(enum cause c);
bool cause_from_name(struct str name, enum cause *ret);

/* By what a sender is named, when nobody gave it a name. */
enum named_by { NAMED_BY_ADDRESS, NAMED_BY_DKIM, NAMED_BY_SPF };
const char *named_by_name(enum named_by n); /* "address", "dkim", "spf" */

struct verdict_parts {
	enum dmarc spf, dkim, dmarc;
};

struct verdict {
	struct verdict_parts computed; /* pass: authenticated and aligned */
	struct verdict_parts reported; /* policy_evaluated; anything but pass means fail */
	enum dmarc result;	       /* what statistics count: pass or fail, never NULL */
	bool basis_reported;	       /* result is the receiver's word, not our computation */
	bool disagrees;		       /* computed and reported differ for spf, dkim or dmarc */
	bool forwarded; /* the receiver names forwarding or a list, whatever the result */
	bool explained; /* so result is fail, and that is why */
	enum cause cause;
	unsigned causes; /* bit 1 << enum cause: every cause that applies */

	/* One per entry of record.dkim_auth and .spf_auth: does its domain match header_from,
	 * whatever its result?  DMARC_NULL when there is no header_from to match. */
	enum dmarc *dkim_matches, *spf_matches;

	struct str author; /* header_from as one A-label domain; absent when none or several */
	struct str org_domain; /* of author; absent when it has none */
	struct str sender; /* naming domain: org domain of a passing, unaligned identifier; or
			      absent */
	enum named_by named_by;
};

/* Result pass, for a domain: a pass for no domain is a pass for nobody. */
bool auth_passes(const struct auth *a);

/*
 * May this SPF entry of rec count for DMARC?  MAIL FROM does, and an entry without scope.  HELO
 * stands in for an empty MAIL FROM (RFC 7208 section 2.4), which shows in nothing but the
 * absence of all other.
 */
bool spf_counts(const struct record *rec, const struct auth *a);

/* Disposition as a small set, for counting.  Words outside the RFCs are OTHER, absent is NULL.
 */
enum disposition {
	DISP_NULL,
	DISP_NONE,
	DISP_QUARANTINE,
	DISP_REJECT,
	DISP_PASS,
	DISP_OTHER,
	DISP_COUNT
};
enum disposition disposition_of(struct str token);
const char *disposition_name(enum disposition d); /* NULL for DISP_NULL */
bool disposition_from_name(struct str name, enum disposition *ret);

#endif
