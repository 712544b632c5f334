/*
 * publicurl.h - the address under which readers reach the dashboard (setting public_url). Pure.
 *
 * It may differ from what is listened on: a reverse proxy in front, with a name, TLS and
 * perhaps a path prefix of its own.  A proxy may strip that prefix or pass it on.
 */
#ifndef RUAD_PUBLICURL_H
#define RUAD_PUBLICURL_H

#include "arena.h"
#include "err.h"

#define PUBLIC_URL_SEGMENTS 4 /* of the prefix */

struct public_url {
	struct str origin; /* "https://dmarc.example.com:8443", as browsers write it */
	struct str host;   /* "dmarc.example.com:8443", without the usual port */
	struct str prefix; /* "/ruad", "" for none; never a slash at the end */
};

/*
 * "https://dmarc.example.com/ruad/".  ERR_CONFIG: not http or https, no host, a query, a user,
 * or a path of other than letters, digits, '.', '_', '-' and '~' between slashes.
 */
int public_url_parse(struct str text, struct arena *a, struct public_url *ret, struct err *err);
/* Is it this host?  host: a Host header; the usual port of the scheme may stand there. */
bool public_url_is_host(const struct public_url *u, struct str host);

#endif
