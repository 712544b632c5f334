/*
 * web.h - the dashboard and the JSON API over HTTP (libmicrohttpd).
 *
 * Life: web_start -> serves in its own threads -> web_stop (waits a moment for requests in
 * flight).
 */
#ifndef RUAD_WEB_H
#define RUAD_WEB_H

#include "bounds.h"
#include "err.h"
#include "intake.h"
#include "str.h"

/* A configured source of mail, as pages tell of it. */
struct web_import {
	struct str source, kind; /* its name; "imap" */
	struct str place; /* "imaps://dmarc@mail.example.com:993/INBOX"; nothing secret */
	int64_t every_s;  /* it is read so often while we serve; 0: only by ruad import */
};

/* Who may come in; see access.h. */
enum web_auth { WEB_AUTH_NONE, WEB_AUTH_BASIC, WEB_AUTH_PROXY };
#define WEB_PROXY_HEADER "Remote-User"

#define WEB_LISTEN_MOST 16 /* addresses that are listened on */

struct enclosure; /* flow/enclose.h */

/* How long the configuration keeps data, for the status page; 0: for ever. */
struct web_keep {
	unsigned records_days, sums_days, raw_days;
};

struct web_options {
	const char *const *listen; /* see listen.h */
	size_t listen_count;
	const int *inherited; /* sockets that listen already, instead of listen */
	size_t inherited_count;
	const char *database; /* must exist: the caller has created or migrated it */
	unsigned threads;     /* for each address; 0: 2 */
	enum web_auth auth;
	const char *users_file;	  /* of WEB_AUTH_BASIC */
	const char *proxy_header; /* of WEB_AUTH_PROXY; NULL: WEB_PROXY_HEADER */
	const char *const *proxy_addresses;
	size_t proxy_count;
	const char *public_url;		  /* NULL: what is listened on */
	const char *tls_cert, *tls_key;	  /* PEM; NULL: no TLS; never on unix sockets */
	const struct services *services;  /* rules of the names of senders, as long as the
					     server;  NULL: the built-in ones */
	struct str psl_version;		  /* for the status page */
	const struct web_import *imports; /* live as long as the server */
	size_t import_count;
	uint64_t answer_ms; /* of queries for one answer; 0: no bound but of each */
	struct web_keep keep;
	const struct rules *rules;  /* live as long as the server; NULL: the defaults */
	const char *const *domains; /* ours, lower case; live as long as the server */
	size_t domain_count;	    /* 0: whatever reports are about */
	struct intake *intake; /* takes files that are handed in; as long as the server; NULL:
				  none are */
	/* Called when all addresses are open and the files that are named here are read, before
	 * the database is opened and before the first thread: time to give up privileges.  May
	 * be NULL. */
	int (*settle)(void *arg, struct err *err);
	void *settle_arg;
	/* What settle gave up, for the status page; as long as the server; NULL: not known. */
	const struct enclosure *enclosure;
};

struct web;
/* Would it start, as far as the settings go?  Opens nothing but the files that they name.
 * ERR_CONFIG. */
int web_check(const struct web_options *opt, struct err *err);
/* The same of the addresses, which do not matter when sockets are inherited. */
int web_check_listen(const struct web_options *opt, struct err *err);
/* ERR_CONFIG: what web_check finds; an address in use (the text says which process to look
 * for); database.  The strings of opt are copied. */
int web_start(const struct web_options *opt, struct web **ret, struct err *err);
/* Read the users file and the certificate again.  What cannot be read stays as it was; *err
 * says the first of it. */
int web_reload(struct web *w, struct err *err);
void web_stop(struct web *w);
/* What is listened on, with real ports: "http://127.0.0.1:8425/ and unix:/run/ruad/web.sock".
 */
struct str web_url(const struct web *w);

#endif
