/*
 * web.h - the dashboard and the JSON API over HTTP (libmicrohttpd), read-only.
 *
 * Life: web_start -> serves in its own threads -> web_stop (waits a moment for requests in
 * flight).
 */
#ifndef RUAD_WEB_H
#define RUAD_WEB_H

#include "bounds.h"
#include "err.h"
#include "str.h"

struct web_options {
	const char *listen;	/* "127.0.0.1:8425", "[::1]:8425"; loopback only */
	const char *database;	/* must exist: the caller has created or migrated it */
	unsigned threads;	/* 0: 2 */
	struct str psl_version; /* for the status page */
};

struct web;
/* ERR_CONFIG: bad or non-loopback address, port in use (the text says which process to look
 * for), database. */
int web_start(const struct web_options *opt, struct web **ret, struct err *err);
void web_stop(struct web *w);
/* The URL that was bound ("http://127.0.0.1:8425/"); with port 0 the real one. */
struct str web_url(const struct web *w);

#endif
