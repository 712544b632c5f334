/*
 * token.h - bearer tokens (RFC 6750): "ruad_" and 43 letters that nobody can guess.
 *
 * Only the SHA-256 of a token is kept; with 256 random bits nothing slower is needed.
 */
#ifndef RUAD_TOKEN_H
#define RUAD_TOKEN_H

#include "digest.h"
#include "err.h"

#define TOKEN_TEXT 64 /* with a NUL */

/* ERR_IO: no random bytes. */
int token_make(char ret[TOKEN_TEXT], struct err *err);
/* Has it the shape of one?  Then *ret is what is kept of it. */
bool token_digest(struct str text, struct digest *ret);

/* Bytes that nobody else knows.  ERR_IO. */
int secret_make(struct digest *ret, struct err *err);

#endif
