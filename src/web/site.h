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
	SITE_OURS,  /* a program, or a page of ours: a document of JSON, which no page can send
		       to another site without being asked for leave first */
	SITE_FORM,  /* it may be a page of ours: the token of the form decides */
	SITE_OTHER, /* a page of another site */
};
enum sender_site sender_site(const struct access_request *q, const struct public_url *url);

#endif
