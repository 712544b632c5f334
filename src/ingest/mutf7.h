/*
 * mutf7.h - folder names as IMAP writes them: modified UTF-7 (RFC 3501 section 5.1.3).  Pure.
 */
#ifndef RUAD_MUTF7_H
#define RUAD_MUTF7_H

#include "buf.h"

/* Appends the name.  False: it is not UTF-8, or has control characters. */
bool mutf7_put(struct buf *ret, struct str name);

#endif
