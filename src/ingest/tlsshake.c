/* The handshake: whom we trust, and what we say when we do not. */
#include "day.h"
#include "mailbox.h"
#include "tlsinner.h"

#include <arpa/inet.h>
#include <string.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%PROFILE_MEDIUM"

static int load_trust(struct tls *t, struct err *err)
{
	const char *file = t->peer->ca_file;
	int n;

	if (gnutls_certificate_allocate_credentials(&t->trust) != 0)
		return FAIL(err, ERR_TEMP, NULL, "TLS cannot be set up: out of memory");
	if (!file) {
		n = gnutls_certificate_set_x509_system_trust(t->trust);
		if (n > 0)
			return 0;
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"this machine has no list of trusted CAs; install the package "
			"ca-certificates, or set ca_file");
	}
	n = gnutls_certificate_set_x509_trust_file(t->trust, file, GNUTLS_X509_FMT_PEM);
	if (n > 0)
		return 0;
	return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
		"ca_file %s has no certificate that can be read (PEM): %s", file,
		n == 0 ? "it is empty" : gnutls_strerror(n));
}

static bool is_address(const char *host)
{
	struct in6_addr a;

	return inet_pton(AF_INET, host, &a) == 1 || inet_pton(AF_INET6, host, &a) == 1;
}

static int prepare(struct tls *t, struct err *err)
{
	const char *host = t->peer->host;
	int r = load_trust(t, err);

	if (r < 0)
		return r;
	r = gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	if (r == 0)
		r = gnutls_priority_set_direct(t->session, PRIORITY, NULL);
	if (r == 0)
		r = gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->trust);
	if (r == 0 && !is_address(host))
		r = gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, host, strlen(host));
	if (r != 0)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"TLS cannot be set up for %s: %s", host, gnutls_strerror(r));
	gnutls_session_set_verify_cert(t->session, host, 0);
	tls_take_over(t);
	gnutls_handshake_set_timeout(t->session, GNUTLS_INDEFINITE_TIMEOUT);
	return 0;
}

/* The handshake failed with r. */
static int no_handshake(struct tls *t, int r, struct err *err)
{
	const struct tls_peer *p = t->peer;

	if (t->failure == TLS_TIMEOUT || t->failure == TLS_SYSTEM)
		return tls_why(t, err);
	if (r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return tls_refused(t, gnutls_session_get_verify_cert_status(t->session), err);
	if (r == GNUTLS_E_UNSUPPORTED_VERSION_PACKET ||
		(r == GNUTLS_E_FATAL_ALERT_RECEIVED &&
			gnutls_alert_get(t->session) == GNUTLS_A_PROTOCOL_VERSION))
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"%s offers no TLS 1.2 or newer; the server must be brought up to date",
			p->host);
	if (r == GNUTLS_E_UNEXPECTED_PACKET_LENGTH || r == GNUTLS_E_UNEXPECTED_PACKET ||
		r == GNUTLS_E_RECORD_OVERFLOW)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"%s port %u does not answer in TLS; if tls is implicit and this is a "
			"plain %s port, set tls to starttls",
			p->host, p->port, p->protocol);
	if (r == GNUTLS_E_PREMATURE_TERMINATION || r == GNUTLS_E_PULL_ERROR ||
		r == GNUTLS_E_PUSH_ERROR)
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s closed the connection in the TLS handshake", p->host);
	return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED, "no TLS with %s: %s%s%s", p->host,
		gnutls_strerror(r), r == GNUTLS_E_FATAL_ALERT_RECEIVED ? ": " : "",
		r == GNUTLS_E_FATAL_ALERT_RECEIVED
			? gnutls_alert_get_name(gnutls_alert_get(t->session))
			: "");
}

static int shake_hands(struct tls *t, struct err *err)
{
	tls_allow(t, t->peer->seconds, 0);
	for (;;) {
		int r = gnutls_handshake(t->session);

		if (r == 0)
			return tls_check_names(t, err);
		if (tls_said(t, r) < 0)
			return no_handshake(t, r, err);
	}
}

int tls_start(struct tls *t, struct err *err)
{
	int r;

	if (t->failure != TLS_GOOD)
		return tls_why(t, err);
	r = prepare(t, err);
	if (r == 0)
		r = shake_hands(t, err);
	if (r == 0)
		return 0;
	tls_drop_session(t);
	tls_fail(t, TLS_GIVEN_UP, 0); /* never on in plain text */
	return r;
}
