/*
 * authres.h - what the receiver's own mail server found out about a mail
 * (Authentication-Results, RFC 8601).
 *
 * In: the header block of a mail, and the names (authserv-ids) under which the receiver's
 * servers write.  Of all such fields only the topmost with one of these names counts: what is
 * below it may have come with the mail.  The server must take out fields of its own name that
 * come from outside (RFC 8601 section 5), else a forged one could stand alone.  ARC is not
 * looked at: it is the word of others.
 *
 * Lenient where servers are: comments and folding anywhere, values with "/" and "=" that are
 * not quoted, words without a "." (action=none) passed over.  Pure, linear.
 */
#ifndef RUAD_AUTHRES_H
#define RUAD_AUTHRES_H

#include "arena.h"
#include "carrier.h"

/* receivers: names with blanks between, compared without case.  Texts in a, or in block. */
void authres_read(struct arena *a, struct str block, struct str receivers, struct authres *ret);

#endif
