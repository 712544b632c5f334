#include "check.h"
#include "ingest_test.h"
#include "mail_server.h"
#include "mailbox.h"
#include "tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#define DAY 86400

struct identity {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

static unsigned serials;

/* names: "DNS:a,IP:127.0.0.1"; issuer NULL: signed by itself. */
static struct identity make(
	const char *names, int from_days, int until_days, const struct identity *issuer)
{
	struct identity id;
	struct str rest = str_of(names), name;
	const struct identity *by = issuer ? issuer : &id;
	unsigned char serial = (unsigned char)++serials;
	char who[32];

	gnutls_x509_privkey_init(&id.key);
	gnutls_x509_privkey_generate(
		id.key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&id.crt);
	gnutls_x509_crt_set_version(id.crt, 3);
	gnutls_x509_crt_set_serial(id.crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(id.crt, time(NULL) + from_days * DAY);
	gnutls_x509_crt_set_expiration_time(id.crt, time(NULL) + until_days * DAY);
	gnutls_x509_crt_set_key(id.crt, id.key);
	if (names)
		snprintf(who, sizeof(who), "localhost");
	else
		snprintf(who, sizeof(who), "CA %u", serials);
	gnutls_x509_crt_set_dn_by_oid(
		id.crt, GNUTLS_OID_X520_COMMON_NAME, 0, who, (unsigned)strlen(who));
	gnutls_x509_crt_set_basic_constraints(id.crt, !names, -1);
	while (names && str_cut(&rest, ',', &name)) {
		char text[64];

		snprintf(text, sizeof(text), "%.*s", STR_ARGS(name));
		if (strncmp(text, "IP:", 3) == 0)
			gnutls_x509_crt_set_subject_alt_name(id.crt, GNUTLS_SAN_IPADDRESS,
				"\177\0\0\1", 4, GNUTLS_FSAN_APPEND);
		else if (text[0])
			gnutls_x509_crt_set_subject_alt_name(id.crt, GNUTLS_SAN_DNSNAME,
				text + 4, (unsigned)strlen(text + 4), GNUTLS_FSAN_APPEND);
	}
	assert_int_equal(
		gnutls_x509_crt_sign2(id.crt, by->crt, by->key, GNUTLS_DIG_SHA256, 0), 0);
	return id;
}

static void release(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
}

static void put_pem(const char *path, const struct identity *id)
{
	gnutls_datum_t pem;
	char text[8192];

	assert_int_equal(gnutls_x509_crt_export2(id->crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(text, sizeof(text), "%.*s", (int)pem.size, pem.data);
	gnutls_free(pem.data);
	put(path, text);
}

struct server {
	const struct identity *id;
	const char *priority;
	const char *behaviour; /* NULL: as it should */
};

/* TLS, and then each line comes back. */
static void serve(int fd, int n, const void *arg)
{
	const struct server *s = arg;
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;
	gnutls_datum_t tickets;
	char sni[256] = "", text[4096];
	size_t sni_n = sizeof(sni) - 1;
	unsigned type;
	int r;

	(void)n;
	if (s->behaviour && strcmp(s->behaviour, "silent") == 0)
		server_stall(fd);
	if (s->behaviour && strcmp(s->behaviour, "plain") == 0) {
		server_text(fd, "* OK this is IMAP in plain text\r\n");
		server_stall(fd);
	}
	if (s->behaviour && strcmp(s->behaviour, "closes") == 0)
		return;
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_certificate_set_x509_key(cred, (gnutls_x509_crt_t *)&s->id->crt, 1, s->id->key);
	gnutls_init(&session, GNUTLS_SERVER);
	gnutls_priority_set_direct(session, s->priority ? s->priority : "NORMAL", NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	if (s->behaviour && strcmp(s->behaviour, "greets") == 0 &&
		gnutls_session_ticket_key_generate(&tickets) == 0)
		gnutls_session_ticket_enable_server(session, &tickets);
	gnutls_transport_set_int(session, fd);
	do
		r = gnutls_handshake(session);
	while (r < 0 && !gnutls_error_is_fatal(r));
	if (r < 0) {
		server_note("no handshake");
		return;
	}
	if (gnutls_server_name_get(session, sni, &sni_n, &type, 0) == 0) {
		char line[300];

		snprintf(line, sizeof(line), "sni %s", sni);
		server_note(line);
	}
	if (s->behaviour && strcmp(s->behaviour, "greets") == 0)
		gnutls_record_send(session, "hello", 5);
	if (s->behaviour && strcmp(s->behaviour, "flood") == 0)
		while (gnutls_record_send(session, text, sizeof(text)) > 0)
			;
	if (s->behaviour && strcmp(s->behaviour, "trickle") == 0)
		while (gnutls_record_send(session, "x", 1) > 0)
			usleep(100000);
	while ((r = (int)gnutls_record_recv(session, text, sizeof(text) - 1)) > 0) {
		text[r] = '\0';
		server_note(text);
		gnutls_record_send(session, text, (size_t)r);
	}
}

/* Connect, shake hands, say "hello" and hear it back. */
static int talk(const struct tls_peer *peer, struct err *err)
{
	struct tls *t;
	char text[64];
	int r = tls_connect(peer, &t, err);
	ssize_t n;

	if (r < 0)
		return r;
	assert_false(tls_secure(t));
	r = tls_start(t, err);
	if (r == 0) {
		tls_allow(t, 2, 1000);
		n = tls_write(t, "hello", 5);
		if (n == 5)
			n = tls_read(t, text, sizeof(text));
		r = n == 5 && memcmp(text, "hello", 5) == 0 ? 0 : tls_why(t, err);
	} else {
		/* After a refusal nothing goes out any more. */
		assert_true(tls_failed(t));
		assert_int_equal(tls_write(t, "secret", 6), -1);
		assert_int_equal(tls_read(t, text, sizeof(text)), -1);
	}
	tls_close(t);
	return r;
}

static void certificates(void **state)
{
	static const char older[] = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0";
	static const char twelve[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
	static const struct {
		const char *name, *names;
		int from, until;
		char signer; /* c the CA, o another, s itself */
		const char *host, *priority, *behaviour;
		int want;
		const char *reason, *text;
	} cases[] = {
		{ "right", "DNS:localhost", -1, 30, 'c', "localhost", NULL, NULL, 0, NULL,
			NULL },
		{ "TLS 1.2", "DNS:localhost", -1, 30, 'c', "localhost", twelve, NULL, 0, NULL,
			NULL },
		{ "address", "DNS:x,IP:127.0.0.1", -1, 30, 'c', "127.0.0.1", NULL, NULL, 0,
			NULL, NULL },
		{ "address not in it", "DNS:localhost", -1, 30, 'c', "127.0.0.1", NULL, NULL,
			ERR_CONFIG, MAILBOX_TLS_REFUSED, "another name (localhost)" },
		{ "address as a name", "DNS:127.0.0.1", -1, 30, 'c', "127.0.0.1", NULL, NULL,
			ERR_CONFIG, MAILBOX_TLS_REFUSED, "another name" },
		{ "wrong host", "DNS:imap.example.com,DNS:a,DNS:b,DNS:c", -1, 30, 'c',
			"localhost", NULL, NULL, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"another name (imap.example.com, a, b, …)" },
		{ "common name only", "", -1, 30, 'c', "localhost", NULL, NULL, ERR_CONFIG,
			MAILBOX_TLS_REFUSED, "common name" },
		{ "signed by itself", "DNS:localhost", -1, 30, 's', "localhost", NULL, NULL,
			ERR_CONFIG, MAILBOX_TLS_REFUSED, "set ca_file" },
		{ "another CA", "DNS:localhost", -1, 30, 'o', "localhost", NULL, NULL,
			ERR_CONFIG, MAILBOX_TLS_REFUSED, "set ca_file" },
		{ "expired", "DNS:localhost", -30, -1, 'c', "localhost", NULL, NULL, ERR_CONFIG,
			MAILBOX_TLS_REFUSED, "has expired on " },
		{ "not yet", "DNS:localhost", 2, 30, 'c', "localhost", NULL, NULL, ERR_CONFIG,
			MAILBOX_TLS_REFUSED, "clock" },
		{ "TLS 1.1", "DNS:localhost", -1, 30, 'c', "localhost", older, NULL, ERR_CONFIG,
			MAILBOX_TLS_REFUSED, "TLS 1.2" },
		{ "silent", "DNS:localhost", -1, 30, 'c', "localhost", NULL, "silent", ERR_TEMP,
			MAILBOX_UNAVAILABLE, "within 1 s" },
		{ "plain text", "DNS:localhost", -1, 30, 'c', "localhost", NULL, "plain",
			ERR_CONFIG, MAILBOX_TLS_REFUSED, "starttls" },
		{ "closes", "DNS:localhost", -1, 30, 'c', "localhost", NULL, "closes", ERR_TEMP,
			MAILBOX_UNAVAILABLE, "closed" },
	};
	struct identity ca = make(NULL, -100, 100, NULL), other = make(NULL, -100, 100, NULL);

	(void)state;
	put_pem("ca.pem", &ca);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct identity id = make(cases[i].names, cases[i].from, cases[i].until,
			cases[i].signer == 'c'	 ? &ca
			: cases[i].signer == 'o' ? &other
						 : NULL);
		const struct server how = { &id, cases[i].priority, cases[i].behaviour };
		struct mail_server s = server_start(serve, &how);
		struct tls_peer peer = { .host = cases[i].host,
			.port = s.port,
			.ca_file = at("ca.pem"),
			.seconds = 1,
			.protocol = "IMAP" };
		struct err err = { 0 };
		const char *said;

		check_int(cases[i].name, talk(&peer, &err), cases[i].want);
		if (cases[i].reason) {
			check_str(cases[i].name, str_of(err.reason), str_of(cases[i].reason));
			if (!strstr(err.text, cases[i].text))
				fail_msg("%s: %s", cases[i].name, err.text);
		}
		usleep(20000);
		said = server_stop(&s);
		check_int(cases[i].name, strstr(said, "hello") != NULL, cases[i].want == 0);
		check(cases[i].name, !strstr(said, "secret"));
		if (cases[i].want == 0)
			check_int(cases[i].name, strstr(said, "sni localhost") != NULL,
				strcmp(cases[i].host, "localhost") == 0);
		release(&id);
	}
	release(&ca);
	release(&other);
}

static void trust(void **state)
{
	static const struct {
		const char *name, *file, *content, *text;
	} cases[] = {
		{ "no such file", "none.pem", NULL, "none.pem" },
		{ "empty", "empty.pem", "", "empty.pem" },
		{ "rubbish", "rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n",
			"rubbish.pem" },
	};
	struct identity id = make("DNS:localhost", -1, 30, NULL);
	const struct server how = { &id, NULL, NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &how);
		struct tls_peer peer = { .host = "localhost",
			.port = s.port,
			.seconds = 2,
			.protocol = "IMAP",
			.ca_file = at(cases[i].file) };
		struct err err = { 0 };

		if (cases[i].content)
			put(cases[i].file, cases[i].content);
		check_int(cases[i].name, talk(&peer, &err), ERR_CONFIG);
		check(cases[i].name, strstr(err.text, cases[i].text) != NULL);
		server_stop(&s);
	}
	release(&id);
}

/* What limits an answer: bytes, and time however little comes. */
static void limits(void **state)
{
	static const struct {
		const char *behaviour;
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ "flood", 100000, "far more" },
		{ "trickle", 100000, "within 1 s" },
	};
	struct identity ca = make(NULL, -1, 30, NULL), id = make("DNS:localhost", -1, 30, &ca);

	(void)state;
	put_pem("ca.pem", &ca);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct server how = { &id, NULL, cases[i].behaviour };
		struct mail_server s = server_start(serve, &how);
		struct tls_peer peer = { .host = "localhost",
			.port = s.port,
			.ca_file = at("ca.pem"),
			.seconds = 2,
			.protocol = "IMAP" };
		struct err err = { 0 };
		struct tls *t;
		uint64_t got = 0;
		char piece[7000];
		ssize_t n;

		assert_int_equal(tls_connect(&peer, &t, &err), 0);
		assert_int_equal(tls_start(t, &err), 0);
		tls_allow(t, 1, cases[i].bytes);
		while ((n = tls_read(t, piece, sizeof(piece))) > 0)
			got += (uint64_t)n;
		check_int(cases[i].behaviour, n, -1);
		check(cases[i].behaviour, got <= cases[i].bytes);
		check_int(cases[i].behaviour, tls_why(t, &err), ERR_TEMP);
		check(cases[i].behaviour, strstr(err.text, cases[i].text) != NULL);
		/* It stays so, whatever is allowed. */
		tls_allow(t, 10, 1000);
		check_int(cases[i].behaviour, tls_read(t, piece, sizeof(piece)), -1);
		tls_close(t);
		server_stop(&s);
	}
	release(&ca);
	release(&id);
}

/* What comes together with records that are not for us (session tickets) is not waited for. */
static void greeted(void **state)
{
	struct identity ca = make(NULL, -1, 30, NULL), id = make("DNS:localhost", -1, 30, &ca);
	const struct server how = { &id, NULL, "greets" };
	struct mail_server s = server_start(serve, &how);
	struct tls_peer peer = { .host = "localhost",
		.port = s.port,
		.ca_file = at("ca.pem"),
		.seconds = 5,
		.protocol = "IMAP" };
	struct err err = { 0 };
	struct tls *t;
	char text[16];

	(void)state;
	put_pem("ca.pem", &ca);
	assert_int_equal(tls_connect(&peer, &t, &err), 0);
	assert_int_equal(tls_start(t, &err), 0);
	usleep(200000); /* so that all of it lies there */
	tls_allow(t, 5, 1000);
	assert_int_equal(tls_read(t, text, sizeof(text)), 5);
	assert_memory_equal(text, "hello", 5);
	tls_close(t);
	server_stop(&s);
	release(&ca);
	release(&id);
}

static void no_connection(void **state)
{
	struct tls_peer peer = {
		.host = "localhost", .port = 1, .seconds = 2, .protocol = "IMAP"
	};
	struct err err = { 0 };
	struct tls *t;

	(void)state;
	assert_int_equal(tls_connect(&peer, &t, &err), ERR_TEMP);
	assert_non_null(strstr(err.text, "localhost port 1"));
	peer.host = "no-such-host.invalid";
	assert_int_equal(tls_connect(&peer, &t, &err), ERR_TEMP);
	/* In plain text only to this machine: the address of a documentation network is not
	 * even tried. */
	peer.host = "192.0.2.1";
	peer.plain = true;
	assert_int_equal(tls_connect(&peer, &t, &err), ERR_CONFIG);
	assert_string_equal(err.reason, MAILBOX_TLS_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(trust),
		cmocka_unit_test(limits),
		cmocka_unit_test(greeted),
		cmocka_unit_test(no_connection),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
