/*
 * sasl.h - the one message a client sends to log in: PLAIN (RFC 4616), XOAUTH2, OAUTHBEARER
 * (RFC 7628).  Pure.
 */
#ifndef RUAD_SASL_H
#define RUAD_SASL_H

#include "buf.h"
#include "mailbox.h"

/* "PLAIN", "XOAUTH2", "OAUTHBEARER"; NULL for MAILBOX_AUTH_LOGIN. */
const char *sasl_name(enum mailbox_auth auth);

/* Appends it in base64 (RFC 4648).  Wipe the buffer after use. */
void sasl_message(enum mailbox_auth auth, const char *user, struct str secret, const char *host,
	unsigned port, struct buf *ret);

/* Release a buffer that held a secret; the memory is overwritten. */
void sasl_wipe(struct buf *b);
#define secret_cleanup sasl_wipe /* CLEANUP(secret) struct buf b; after buf_init */
/* A buffer for a secret: it has its memory at once, so that no copy is left behind. */
void sasl_room(struct buf *b, size_t most);

/* Does the text, which a server sent, hold the secret or its base64?  Then it is not shown. */
bool sasl_leaks(struct str text, struct str secret);

#endif
