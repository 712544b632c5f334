/*
 * fit.h - is a mail authenticated, and does the reporter of a report fit it?
 *
 * A mail is authenticated when its receiver says dmarc=pass; where it does not judge DMARC
 * (none, temperror, permerror or nothing), when a DKIM signature or MAIL FROM that passed
 * aligns with the From domain, relaxed (RFC 7489 section 3.1).  The reporter fits when
 * report_metadata/email, or an org_name that is a domain, has the organizational domain of that
 * From.  Pure.
 */
#ifndef RUAD_FIT_H
#define RUAD_FIT_H

#include "arena.h"
#include "carrier.h"
#include "orgdom.h"
#include "report.h"

/* CARRIER_AUTHENTICATED, CARRIER_UNAUTHENTICATED or CARRIER_UNKNOWN.  Texts in a, or those of
 * *said. */
void fit_mail(struct arena *a, const struct authres *said, const struct orgdom *orgdom,
	struct carrier *ret);

/* The state once it is known whose report it is: CARRIER_MISFIT instead of
 * CARRIER_AUTHENTICATED. */
enum carrier_state fit_reporter(struct arena *a, const struct carrier *mail,
	const struct report *r, const struct orgdom *orgdom);

#endif
