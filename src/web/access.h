/*
 * access.h - who is asking, and what they may do.
 *
 * auth = none: nobody logs in; only loopback addresses and unix sockets are listened on.
 * auth = basic: a name and a password of the users file.  auth = proxy: a reverse proxy has
 * asked for the login and tells the name in a header, which counts only when it comes from a
 * listed address or a unix socket.  With basic and proxy, tokens of the API (RFC 6750) are
 * taken too.
 *
 * A password is hashed only when it was not found right in the last minutes
 * (logincache.h), one at a time, and not for those who failed too often (throttle.h).  An
 * unknown name takes as long as a wrong password.
 *
 * Life: access_new -> access_check by any thread, access_reload -> access_free.
 */
#ifndef RUAD_ACCESS_H
#define RUAD_ACCESS_H

#include "ip.h"
#include "pool.h"
#include "problem.h"
#include "publicurl.h"
#include "scope.h"
#include "web.h"

/* What a request says of who sends it.  Absent: no such header. */
struct access_request {
	struct ip peer; /* n == 0: by a unix socket */
	struct str host;
	struct str name, password; /* Authorization: Basic */
	struct str bearer;	   /* Authorization: Bearer */
	struct str user;	   /* the proxy's header */
	unsigned users;		   /* how often it stands there */
	struct str forwarded_for;
	struct str origin, fetch_site, content_type;
};

enum access_way { ACCESS_OPEN, ACCESS_PASSWORD, ACCESS_PROXY, ACCESS_TOKEN };
struct access_who {
	struct str name; /* of the user or token; "" for ACCESS_OPEN; in the request's arena */
	unsigned scopes;
	enum access_way way;
};

struct access_refusal {
	enum problem_type type;
	struct str detail;
	const char *challenges[2]; /* WWW-Authenticate of a 401 or 403; NULL: none */
	unsigned retry_s;	   /* Retry-After of a 429 */
};

struct access;
/* ERR_CONFIG: settings that do not fit together, the users file. */
int access_new(
	const struct web_options *opt, struct pool *pool, struct access **ret, struct err *err);
void access_free(struct access *a); /* accepts NULL */
/* Read the users file again.  On an error the users stay as they were. */
int access_reload(struct access *a, struct err *err);

/* How the proxy's header is called. */
struct str access_header(const struct access *a);
const struct public_url *access_url(const struct access *a);

/*
 * May a request have this Host?  Where nobody logs in, or a header is trusted, a browser on
 * this machine must not be led here by a foreign name (DNS rebinding).
 */
bool access_host_ok(const struct access *a, const struct access_request *q, struct str host);

/*
 * wanted: scopes of which one is enough.  1: *ret_who may; 0: *ret_refusal says why not;
 * negative: it could not be found out (database).
 */
int access_check(struct access *a, const struct access_request *q, unsigned wanted,
	int64_t now_at, struct arena *arena, struct access_who *ret_who,
	struct access_refusal *ret_refusal, struct err *err);

/*
 * May a request that changes something go on, after access_check let it in?  It must come from
 * a page of ours, not from one that a reader's browser was led to: by Sec-Fetch-Site, else
 * Origin, and by the token of the form.  Documents of JSON and files need no form token,
 * because their Content-Type, which must be right, is one that no foreign page can send; of a
 * bearer token nothing else is asked, because no browser adds it by itself.  form_token: the
 * field of that name, or absent.
 */
enum write_body { WRITE_FORM, WRITE_JSON, WRITE_FILE };
bool access_check_write(const struct access *a, const struct access_request *q,
	const struct access_who *who, enum write_body body, struct str form_token,
	struct access_refusal *ret_refusal);
/* What a form must bring: one of those that stand for the word (formtoken.h), which is another
 * one for each user, and after each start, and is never sent. */
struct str access_form_token(
	struct access *a, const struct access_who *who, struct arena *arena);
struct digest access_form_word(
	const struct access *a, const struct access_who *who, struct arena *arena);

#endif
