/*
 * site.h - which site a request that changes something was sent by.  Pure.
 *
 * Browsers say it in Sec-Fetch-Site, which no page can set (not over plain HTTP, but from this
 * machine), else in Origin, which is "null" for forms of pages that tell no referrer, as ours
 * are.
 */
#ifndef RUAD_SITE_H
#define RUAD_SITE_H

#include "access.h"

enum sender_site {
	SITE_OURS,     /* a program, or a page of ours */
	SITE_NAMELESS, /* it may be a page of ours */
	SITE_OTHER,    /* a page of another site */
};
enum sender_site sender_site(const struct access_request *q, const struct public_url *url);

bool site_is_json(struct str content_type);
/* A body of this type can be sent by no page to another site without asking that site for leave
 * first (the CORS protocol of the Fetch standard): not by a form, and not by a script. */
bool site_asks_leave(struct str content_type);

#endif
