/*
 * http.h - the parts of HTTP that we read ourselves: target, Host, Accept, entity tags.  Pure.
 *
 * The target is taken as it came over the wire and decoded here, segment by segment, so that an
 * encoded slash stays inside its segment and an encoded NUL is refused instead of cutting the
 * text.
 */
#ifndef RUAD_HTTP_H
#define RUAD_HTTP_H

#include "arena.h"
#include "err.h"

#define HTTP_TARGET_MAX 8192 /* bytes of a request target */
#define HTTP_SEGMENTS 12     /* of a path; no route of ours has more, with a prefix */
#define HTTP_PARAMETERS 100

struct http_target {
	struct str authority;		    /* of an absolute-form target, else absent */
	struct str path;		    /* as written, without query */
	struct str segments[HTTP_SEGMENTS]; /* decoded; "/" has none, a slash at the end adds an
					       empty one */
	size_t segment_count;
	struct http_parameter {
		struct str name, value;
	} * parameters; /* decoded, + is a blank, in the order given */
	size_t parameter_count;
};

/*
 * ERR_USAGE with reason "bad-request" (bad percent-encoding, NUL, not UTF-8, too many segments
 * or parameters) or "uri-too-long".
 */
int http_target_parse(
	struct str raw, struct arena *a, struct http_target *ret, struct err *err);

/* The body of a form ("a=1&b=x%20y"), which is as long as it may be: its fields become the
 * parameters of *ret.  ERR_USAGE "bad-request". */
int http_form_parse(struct str body, struct arena *a, struct http_target *ret, struct err *err);

/*
 * Takes a path prefix ("/ruad") off the front of path and segments, if it is there: a proxy may
 * pass it on.  What remains begins with a slash.
 */
void http_target_strip(struct http_target *t, struct str prefix);

/*
 * Does a Host header name this machine's loopback: localhost, 127.0.0.0/8 or [::1], with or
 * without a port? Anything else comes from a browser that was led here by a foreign name (DNS
 * rebinding), or from a proxy that passes its own name on.
 */
bool http_host_local(struct str host);

/* Is tag in an If-None-Match header ("*" too)?  Weak comparison (RFC 9110, 8.8.3.2). */
bool http_tag_matches(struct str header, struct str tag);

/*
 * Which of the offered media types ("text/csv") a client likes best; the first of equals.  An
 * absent or empty header takes the first.  -1: none is acceptable.
 */
int http_accept(struct str header, const char *const *offers);
/* May the answer come in gzip (RFC 9110, 12.5.3)?  HTTP_GZIP_ONLY: as it is, it is refused. */
enum http_coding { HTTP_PLAIN, HTTP_GZIP, HTTP_GZIP_ONLY };
enum http_coding http_accept_coding(struct str header);
/* Does it name text/html, as a browser does? */
bool http_wants_html(struct str header);

#endif
