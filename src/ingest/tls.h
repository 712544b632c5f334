/*
 * tls.h - a connection to a mail server: bytes in and out, within a time and a budget, in TLS
 * once it was started.
 *
 * TLS 1.2 or newer (GnuTLS), SNI, the certificate's chain and its names (DNS or IP, RFC 9525; a
 * common name does not count) are checked within the handshake.  Before tls_start the bytes are
 * plain, for STARTTLS.
 *
 * Each answer has a deadline and a budget of bytes (tls_allow).  The first failure of any kind
 * stays: all later calls fail at once, and tls_why tells it. Life: tls_connect -> tls_start ->
 * (tls_allow -> tls_write -> tls_read …) again -> tls_close.
 */
#ifndef RUAD_TLS_H
#define RUAD_TLS_H

#include "buf.h"
#include "err.h"

#include <sys/types.h>

struct tls_peer {
	const char *host;
	unsigned port;
	const char *ca_file;  /* PEM; NULL: the system's */
	bool plain;	      /* will not be made secure: only to this machine itself */
	unsigned seconds;     /* for the connection, and again for the handshake */
	const char *protocol; /* for error texts: "IMAP" */
	/* Called before each wait for the server, to do first what should not wait; gives the
	 * watch_fd of await.h.  NULL: nothing to do. */
	int (*waits)(void *arg);
	void *waits_arg;
};

struct tls;

/* The strings of *peer live longer than *ret.  Errors as of dial.h. */
int tls_connect(const struct tls_peer *peer, struct tls **ret, struct err *err);
/* ERR_CONFIG reason tls-refused: not a certificate that can be trusted, or no TLS 1.2;
 * ERR_TEMP: no answer. */
int tls_start(struct tls *t, struct err *err);
bool tls_secure(const struct tls *t);
void tls_close(struct tls *t); /* accepts NULL */

/* For the next answer: so long from now, and so many bytes. */
void tls_allow(struct tls *t, unsigned seconds, uint64_t bytes);
/* Wanted bytes came in: they count not, and give time at 8 KiB/s; so does time we kept the
 * server waiting. */
void tls_credit(struct tls *t, uint64_t bytes, uint64_t waited_ms);

/* More than 0, or -1 at the end and for every failure. */
ssize_t tls_read(struct tls *t, void *p, size_t n);
ssize_t tls_write(struct tls *t, const void *p, size_t n);
int tls_fd(const struct tls *t);
bool tls_pending(const struct tls *t); /* bytes can be read that poll does not see */

/* Nothing more is wanted of it; what uses it comes back at once. */
void tls_give_up(struct tls *t);
void tls_overrun(struct tls *t); /* the same: it sent too much */
bool tls_failed(const struct tls *t);
/* What failed: ERR_TEMP reason source-unavailable. */
int tls_why(const struct tls *t, struct err *err);

/* "192.0.2.1 port 993"; "TLS1.3 with AES-256-GCM, certificate for imap.example.com from
 * "Example CA", valid until 2027-01-31" */
void tls_say_address(const struct tls *t, struct buf *ret);
void tls_say_security(const struct tls *t, struct buf *ret);

/* The connection as libetpan wants it; *t must live longer.  Freed by mailstream_close. */
struct _mailstream;
struct _mailstream *tls_stream(struct tls *t);

#endif
