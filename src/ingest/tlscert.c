#include "day.h"
#include "mailbox.h"
#include "tlsinner.h"
#include "xalloc.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <string.h>

#define NAMES_SHOWN 3
#define NAMES_MOST 1000 /* a certificate that cannot be read says so again and again */

static void free_certificate_cleanup(gnutls_x509_crt_t *c)
{
	if (*c)
		gnutls_x509_crt_deinit(*c);
}

/* The server's own; NULL: none. */
static gnutls_x509_crt_t certificate(const struct tls *t)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(t->session, &n);
	gnutls_x509_crt_t c;

	if (!chain || n == 0 || gnutls_x509_crt_init(&c) != 0)
		return NULL;
	if (gnutls_x509_crt_import(c, &chain[0], GNUTLS_X509_FMT_DER) == 0)
		return c;
	gnutls_x509_crt_deinit(c);
	return NULL;
}

/* The names in it that count, up to NAMES_SHOWN; how many there are. */
static unsigned put_names(gnutls_x509_crt_t c, struct buf *ret)
{
	unsigned found = 0;

	for (unsigned i = 0; c && i < NAMES_MOST; i++) {
		char name[256] = "", text[INET6_ADDRSTRLEN] = "";
		size_t n = sizeof(name) - 1;
		int type = gnutls_x509_crt_get_subject_alt_name(c, i, name, &n, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type != GNUTLS_SAN_DNSNAME && type != GNUTLS_SAN_IPADDRESS)
			continue;
		if (++found > NAMES_SHOWN)
			continue;
		if (type == GNUTLS_SAN_IPADDRESS)
			inet_ntop(n == 4 ? AF_INET : AF_INET6, name, text, sizeof(text));
		buf_printf(ret, "%s%s", found > 1 ? ", " : "", text[0] ? text : name);
	}
	if (found > NAMES_SHOWN)
		buf_str(ret, STR(", …"));
	return found;
}

int tls_refused(const struct tls *t, unsigned status, struct err *err)
{
	CLEANUP(free_certificate)
	gnutls_x509_crt_t c = certificate(t);
	CLEANUP(buf)
	struct buf names;
	gnutls_datum_t text = { 0 };
	const char *host = t->peer->host;
	char day[DAY_TEXT];

	buf_init(&names, KIB);
	put_names(c, &names);
	if (status & GNUTLS_CERT_EXPIRED)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"the certificate of %s has expired on %s; who runs the server must "
			"renew it",
			host,
			c ? day_text(day_of(gnutls_x509_crt_get_expiration_time(c)), day).p
			  : "?");
	if (status & GNUTLS_CERT_NOT_ACTIVATED)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"the certificate of %s is not valid yet; check the clock of this "
			"machine",
			host);
	if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA))
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"the certificate of %s is signed by nobody that is trusted here; if it "
			"is of "
			"your own CA, set ca_file to the CA's certificate",
			host);
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"the certificate of %s is for another name (%s); set host to the name "
			"in it",
			host, names.n ? names.p : "none");
	gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
	err_set(err, ERR_CONFIG, MAILBOX_TLS_REFUSED, "the certificate of %s is refused: %s",
		host, text.data ? (const char *)text.data : "it is not valid");
	gnutls_free(text.data);
	return ERR_CONFIG;
}

/* GnuTLS takes the common name of a certificate that names no hosts; nobody else does so any
 * more. */
int tls_check_names(const struct tls *t, struct err *err)
{
	CLEANUP(free_certificate)
	gnutls_x509_crt_t c = certificate(t);
	CLEANUP(buf)
	struct buf names;

	buf_init(&names, KIB);
	if (put_names(c, &names) > 0)
		return 0;
	return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
		"the certificate of %s has a common name only; it must have its names as "
		"subjectAltName",
		t->peer->host);
}

void tls_say_security(const struct tls *t, struct buf *ret)
{
	CLEANUP(free_certificate)
	gnutls_x509_crt_t c = t->session ? certificate(t) : NULL;
	char issuer[256] = "?", day[DAY_TEXT];
	size_t n = sizeof(issuer);

	if (!c) {
		buf_str(ret, STR("no TLS"));
		return;
	}
	if (gnutls_x509_crt_get_issuer_dn_by_oid(
		    c, GNUTLS_OID_X520_COMMON_NAME, 0, 0, issuer, &n) != 0) {
		n = sizeof(issuer);
		gnutls_x509_crt_get_issuer_dn(c, issuer, &n);
	}
	day_text(day_of(gnutls_x509_crt_get_expiration_time(c)), day);
	buf_printf(ret, "%s with %s, certificate for ",
		gnutls_protocol_get_name(gnutls_protocol_get_version(t->session)),
		gnutls_cipher_get_name(gnutls_cipher_get(t->session)));
	put_names(c, ret);
	buf_printf(ret, " from \"%s\", valid until %s", issuer, day);
}
