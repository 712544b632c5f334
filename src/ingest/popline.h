/*
 * popline.h - the lines and the mails of a POP3 server (RFC 1939), out of a connection.
 *
 * A line has at most POPLINE_MOST bytes; a line of a mail has no limit, and may hold NULs.
 */
#ifndef RUAD_POPLINE_H
#define RUAD_POPLINE_H

#include "str.h"
#include "tls.h"

#define POPLINE_MOST 4096

struct popline {
	struct tls *tls;
	char bytes[16 * 1024];
	size_t at, n;
};

/* Where a mail is; zeroed at its begin. */
struct popbody {
	bool inside; /* a line */
};

void popline_init(struct popline *l, struct tls *tls);
bool popline_pending(const struct popline *l); /* bytes were read beyond the last line */

/* Without its CRLF or LF, until the next call.  -1: tls_why says; a line that is too long
 * counts as too many bytes. */
int popline_read(struct popline *l, struct str *ret);

/* The next bytes of a mail, without the dots that are put before dots, until the next call.  1,
 * 0 the end, -1. */
int popline_body(struct popline *l, struct popbody *b, struct str *ret);

#endif
