/*
 * tlsinner.h - struct tls as its own files have it: tls.c, tlsshake.c, tlscert.c, tlsstream.c.
 */
#ifndef RUAD_TLSINNER_H
#define RUAD_TLSINNER_H

#include "dial.h"
#include "tls.h"

#include <gnutls/gnutls.h>

enum tls_failure {
	TLS_GOOD,
	TLS_TIMEOUT,
	TLS_CLOSED,
	TLS_BUDGET,
	TLS_SECURITY,
	TLS_SYSTEM,
	TLS_GIVEN_UP
};

struct tls {
	const struct tls_peer *peer;
	char address[DIAL_TEXT];
	int fd;
	gnutls_session_t session; /* NULL: plain */
	gnutls_certificate_credentials_t trust;
	char *in; /* what came and GnuTLS has not asked for yet: many records at once */
	size_t in_at, in_n;
	uint64_t deadline_ms, budget_bytes;
	unsigned seconds;
	enum tls_failure failure;
	int why; /* errno, or GnuTLS's number */
};

int tls_fail(struct tls *t, enum tls_failure failure, int why); /* the first one stays; -1 */
/* What GnuTLS returned, below 0: 1 try again now, -1 failed. */
int tls_said(struct tls *t, int r);
void tls_drop_session(struct tls *t);
/* Bytes of the session come from here: to be set up before the handshake. */
void tls_take_over(struct tls *t);

/* Why the certificate is not good, status as of GnuTLS; ERR_CONFIG. */
int tls_refused(const struct tls *t, unsigned status, struct err *err);
/* Does it name its hosts as it should? */
int tls_check_names(const struct tls *t, struct err *err);

#endif
