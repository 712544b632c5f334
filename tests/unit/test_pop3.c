#include "check.h"
#include "ingest_test.h"
#include "mail_server.h"
#include "mailbox.h"

#define PASSWORD "open sesame 7"

enum then { GO_ON, CLOSE, STALL, FLOOD, FLOOD_SIZES };

struct hook {
	const char *match; /* begin of a line; "": the greeting */
	const char *reply;
	enum then then;
	int connection; /* 0: all */
};

struct fake {
	unsigned mails;
	struct hook hooks[6];
};

static bool hooked(int fd, const struct fake *f, int connection, const char *line)
{
	for (size_t i = 0; i < 6 && f->hooks[i].match; i++) {
		const struct hook *h = &f->hooks[i];
		bool same =
			h->match[0] ? strncmp(line, h->match, strlen(h->match)) == 0 : !line[0];

		if (!same || (h->connection != 0 && h->connection != connection))
			continue;
		if (h->reply)
			server_text(fd, h->reply);
		if (h->then == CLOSE)
			_exit(0);
		if (h->then == STALL)
			server_stall(fd);
		while (h->then == FLOOD)
			server_text(fd, "1 abcdefgh\r\n");
		while (h->then == FLOOD_SIZES)
			server_text(fd, "1 12345678\r\n");
		return true;
	}
	return false;
}

static void answer(int fd, const struct fake *f, const char *line)
{
	struct buf b;
	uint64_t n = 0;

	buf_init(&b, MIB);
	buf_str(&b, STR("+OK\r\n"));
	if (strcmp(line, "CAPA") == 0)
		buf_str(&b, STR("UIDL\r\nSASL PLAIN XOAUTH2\r\n.\r\n"));
	if (strcmp(line, "UIDL") == 0 || strcmp(line, "LIST") == 0) {
		for (unsigned i = 1; i <= f->mails; i++)
			buf_printf(&b, line[0] == 'U' ? "%u uid-%u\r\n" : "%u 20\r\n", i, i);
		buf_str(&b, STR(".\r\n"));
	}
	if (strncmp(line, "RETR ", 5) == 0) {
		str_to_u64(str_of(line + 5), &n);
		buf_printf(&b, "Subject: %u\r\n\r\n..dot\r\n..\r\nmail\r\n.\r\n", (unsigned)n);
	}
	server_say(fd, b.p, b.n);
	buf_release(&b);
	if (strcmp(line, "QUIT") == 0)
		_exit(0);
}

static void serve(int fd, int n, const void *arg)
{
	const struct fake *f = arg;

	if (!hooked(fd, f, n, ""))
		server_text(fd, "+OK hello\r\n");
	for (;;) {
		const char *line = server_hear(fd);

		if (!hooked(fd, f, n, line))
			answer(fd, f, line);
	}
}

static int secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)fresh;
	(void)err;
	buf_str(ret, STR(PASSWORD));
	return 0;
}

static struct mailbox_options box(const struct mail_server *s)
{
	static struct limits small;

	limits_default(&small);
	small.mail_size = 200000;
	return (struct mailbox_options){ .name = "box",
		.protocol = MAILBOX_POP3,
		.host = "127.0.0.1",
		.port = s->port,
		.tls = MAILBOX_TLS_NONE,
		.user = "me",
		.secret = secret,
		.limits = &small,
		.connect_s = 2,
		.command_s = 1 };
}

static char last_state[8192];

static const char *read_box(
	const struct mailbox_options *o, const char *checkpoint, int outcome)
{
	struct source *s;
	struct err err = { 0 };
	const char *text;
	struct buf b;

	if (source_open_mailbox(o, str_of(checkpoint), &s, &err) != 0)
		fail_msg("%s", err.text);
	scratch[0] = '\0';
	text = drain(s, outcome);
	buf_init(&b, sizeof(last_state) - 1);
	s->ops->checkpoint(s, &b);
	snprintf(last_state, sizeof(last_state), "%.*s", (int)b.n, b.p);
	buf_release(&b);
	source_close(s);
	return text;
}

#define BODY(n) "=Subject: " #n "\r/\r/.dot\r/.\r/mail\r/\n"
#define STATE "ruad-mailbox 1\naccount pop3:me@127.0.0.1\n"

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

static void transcripts(void **state)
{
	static const struct {
		const char *name;
		struct fake fake;
		unsigned mails; /* whole */
		const char *error;
		unsigned remembered;
	} cases[] = {
		{ "good", { .mails = 3 }, 3, NULL, 3 },
		{ "empty", { .mails = 0 }, 0, NULL, 0 },
		{ "closed in a mail once",
			{ .mails = 3, .hooks = { { "RETR 2", "+OK\r\nSubj", CLOSE, 1 } } }, 3,
			NULL, 3 },
		{ "closed in a mail always",
			{ .mails = 3, .hooks = { { "RETR 2", "+OK\r\nSubj", CLOSE, 0 } } }, 2,
			"mail 2 could not be read, and is left for the next run", 2 },
		{ "closed in the end of a mail",
			{ .mails = 3,
				.hooks = { { "RETR 2", "+OK\r\nSubject\r\n.\r", CLOSE, 1 } } },
			3, NULL, 3 },
		{ "stalled", { .mails = 3, .hooks = { { "RETR 2", "+OK\r\nSubj", STALL, 1 } } },
			3, NULL, 3 },
		{ "no such mail",
			{ .mails = 3, .hooks = { { "RETR 2", "-ERR none\r\n", GO_ON, 0 } } }, 2,
			"!read-failed", 3 },
		{ "without content",
			{ .mails = 3, .hooks = { { "RETR 2", "+OK\r\n.\r\n", GO_ON, 0 } } }, 2,
			"!read-failed", 3 },
		{ "too large, and said so",
			{ .mails = 2,
				.hooks = { { "LIST", "+OK\r\n1 200001\r\n2 20\r\n.\r\n", GO_ON,
					0 } } },
			1, "!mail-too-large", 2 },
		{ "too large", { .mails = 2, .hooks = { { "RETR 1", "+OK\r\n", FLOOD, 0 } } },
			1, "!mail-too-large", 2 },
		{ "the same UIDL twice",
			{ .mails = 3,
				.hooks = { { "UIDL", "+OK\r\n1 x\r\n2 x\r\n3 x\r\n.\r\n", GO_ON,
					0 } } },
			3, NULL, 3 },
		{ "no CAPA", { .mails = 1, .hooks = { { "CAPA", "-ERR what\r\n", GO_ON, 0 } } },
			1, NULL, 1 },
		{ "no UIDL", { .mails = 1, .hooks = { { "UIDL", "-ERR what\r\n", GO_ON, 0 } } },
			0, "no UIDL", 0 },
		{ "no list",
			{ .mails = 1,
				.hooks = { { "LIST", "+OK\r\nx y z\r\n.\r\n", GO_ON, 0 } } },
			0, "cannot be understood", 0 },
		{ "a line without end", { .hooks = { { "", NULL, FLOOD, 0 } } }, 0, "not POP3",
			0 },
		{ "a list without end",
			{ .mails = 1, .hooks = { { "UIDL", "+OK\r\n0 ", FLOOD, 0 } } }, 0,
			"cannot be understood", 0 },
		{ "a list of sizes without end",
			{ .mails = 1, .hooks = { { "LIST", "+OK\r\n", FLOOD_SIZES, 0 } } }, 0,
			"sent far more", 0 },
		{ "not POP3", { .hooks = { { "", "* OK IMAP4\r\n", STALL, 0 } } }, 0,
			"what is not POP3", 0 },
		{ "no greeting", { .hooks = { { "", NULL, STALL, 0 } } }, 0, "within 1 s", 0 },
		{ "wrong password", { .hooks = { { "PASS", "-ERR [AUTH] no\r\n", GO_ON, 0 } } },
			0,
			"login of me refused by 127.0.0.1 (it says: [AUTH] no); check user and "
			"password",
			0 },
		{ "the secret comes back",
			{ .hooks = { { "PASS", "-ERR not " PASSWORD "\r\n", GO_ON, 0 } } }, 0,
			"refused by 127.0.0.1; check", 0 },
		{ "in use", { .hooks = { { "PASS", "-ERR [IN-USE] locked\r\n", GO_ON, 0 } } },
			0, "takes no login of me now", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got = read_box(&o, "", OUTCOME_STORED), *said = server_stop(&s);

		if (times(got, "=Subject: ") != cases[i].mails)
			fail_msg("%s: got\n%s", cases[i].name, got);
		if (cases[i].error ? !strstr(got, cases[i].error)
				   : strstr(got, "error") != NULL)
			fail_msg("%s: got\n%s", cases[i].name, got);
		check_int(cases[i].name, times(last_state, "\nmail "), cases[i].remembered);
		check(cases[i].name, !strstr(got, PASSWORD) && !strstr(said, "DELE"));
	}
}

/* Dots, and that each mail is given once. */
static void bytes(void **state)
{
	const struct fake fake = { .mails = 1 };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);
	const char *got = read_box(&o, "", OUTCOME_STORED);
	char first[8192];

	(void)state;
	if (!str_ends(str_of(got), STR(BODY(1))))
		fail_msg("got %s", got);
	snprintf(first, sizeof(first), "%s", last_state);
	assert_string_equal(read_box(&o, first, OUTCOME_STORED), "");
	assert_string_equal(last_state, first);
	server_stop(&s);
}

static void nul_and_long_lines(void **state)
{
	static char reply[150000];
	struct fake fake = { .mails = 1, .hooks = { { "RETR 1", reply, GO_ON, 0 } } };
	struct mail_server server;
	struct mailbox_options o;
	struct source *s;
	struct mail mail;
	struct err err = { 0 };
	size_t n;

	(void)state;
	n = (size_t)snprintf(reply, sizeof(reply), "+OK\r\n");
	memset(reply + n, 'x', 100000);
	snprintf(reply + n + 100000, 1000, "\n.\r..\n..x\n.\n");
	server = server_start(serve, &fake);
	o = box(&server);
	assert_int_equal(source_open_mailbox(&o, STR_ABSENT, &s, &err), 0);
	assert_int_equal(s->ops->next(s, &mail, &err), 1);
	assert_int_equal(mail.content.mem.n, 100000 + strlen("\n\r..\n.x\n"));
	assert_true(str_ends(mail.content.mem, STR("xx\n\r..\n.x\n")));
	s->ops->drop(s, &mail);
	assert_int_equal(s->ops->done(s, mail.token, OUTCOME_STORED, &err), 0);
	source_close(s);
	server_stop(&server);
}

static void deletes(void **state)
{
	const struct fake fake = { .mails = 3 };
	const struct fake fewer = { .mails = 1 };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);
	char first[8192];
	const char *said;

	(void)state;
	o.done[OUTCOME_STORED] = (struct mailbox_done){ MAILBOX_DELETE, NULL };
	assert_int_equal(times(read_box(&o, "", OUTCOME_STORED), "=Subject"), 3);
	said = server_stop(&s);
	assert_int_equal(times(said, "DELE "), 3);
	assert_non_null(strstr(strstr(said, "DELE 3"), "QUIT"));
	/* Nobody knows yet whether the server did it. */
	assert_int_equal(times(last_state, " stored\n"), 3);
	snprintf(first, sizeof(first), "%s", last_state);

	/* It did not: then again, without reading them again. */
	s = server_start(serve, &fake);
	o.port = s.port;
	assert_string_equal(read_box(&o, first, OUTCOME_STORED), "");
	said = server_stop(&s);
	assert_int_equal(times(said, "DELE "), 3);
	assert_null(strstr(said, "RETR"));

	/* It did, but for one. */
	s = server_start(serve, &fewer);
	o.port = s.port;
	read_box(&o, first, OUTCOME_STORED);
	assert_int_equal(times(last_state, "\nmail "), 1);
	assert_int_equal(times(server_stop(&s), "DELE "), 1);
}

/* What is given back is read again by the next run. */
static void given_back(void **state)
{
	const struct fake fake = { .mails = 2 };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);

	(void)state;
	assert_int_equal(times(read_box(&o, "", -1), "=Subject"), 2);
	assert_string_equal(last_state, STATE);
	server_stop(&s);
}

static void logins(void **state)
{
	static const struct {
		const char *name;
		enum mailbox_auth auth;
		struct fake fake;
		const char *said, *error;
	} cases[] = {
		{ "login", MAILBOX_AUTH_LOGIN, { .mails = 0 }, "USER me\nPASS " PASSWORD "\n",
			NULL },
		{ "plain", MAILBOX_AUTH_PLAIN, { .hooks = { { "AUTH", "+ \r\n", GO_ON, 0 } } },
			"AUTH PLAIN\nAG1lAG9wZW4gc2VzYW1lIDc=\n", NULL },
		{ "not offered", MAILBOX_AUTH_OAUTHBEARER, { .mails = 0 }, "CAPA",
			"takes no login with OAUTHBEARER" },
		{ "oauth refused", MAILBOX_AUTH_XOAUTH2,
			{ .hooks = { { "AUTH", "+ \r\n", GO_ON, 0 },
				  { "dXNlcj1tZQ", "+ eyJ9\r\n", GO_ON, 0 },
				  { "", "+OK hello\r\n", GO_ON, 0 } } },
			"AUTH XOAUTH2\ndXNlcj1tZQ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got, *said;

		o.auth = cases[i].auth;
		got = read_box(&o, "", OUTCOME_STORED);
		said = server_stop(&s);
		if (!strstr(said, cases[i].said))
			fail_msg("%s: said\n%s", cases[i].name, said);
		if (cases[i].error && !strstr(got, cases[i].error))
			fail_msg("%s: got\n%s", cases[i].name, got);
	}
}

static void stripped(void **state)
{
	static const char with[] = "+OK\r\nSTLS\r\nUIDL\r\nSASL PLAIN\r\n.\r\n";
	static const struct {
		const char *name;
		struct fake fake;
		const char *error;
	} cases[] = {
		{ "not offered", { .mails = 1 }, "offers no STLS" },
		{ "no CAPA", { .hooks = { { "CAPA", "-ERR\r\n", GO_ON, 0 } } },
			"offers no STLS" },
		{ "refused",
			{ .hooks = { { "CAPA", with, GO_ON, 0 },
				  { "STLS", "-ERR no\r\n", GO_ON, 0 } } },
			"STLS with 127.0.0.1 failed" },
		{ "injected",
			{ .hooks = { { "CAPA", with, GO_ON, 0 },
				  { "STLS", "+OK go\r\n+OK evil\r\n", GO_ON, 0 } } },
			"it sent more before TLS began" },
		{ "then plain text", { .hooks = { { "CAPA", with, GO_ON, 0 } } }, "127.0.0.1" },
		{ "closed",
			{ .hooks = { { "CAPA", with, GO_ON, 0 }, { "STLS", NULL, CLOSE, 0 } } },
			"closed the connection" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got, *said;

		o.tls = MAILBOX_TLS_STARTTLS;
		got = read_box(&o, "", OUTCOME_STORED);
		said = server_stop(&s);
		if (!strstr(got, cases[i].error))
			fail_msg("%s: got\n%s", cases[i].name, got);
		check(cases[i].name, !strstr(said, "USER") && !strstr(said, "PASS") &&
					     !strstr(said, "AUTH"));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcripts),
		cmocka_unit_test(bytes),
		cmocka_unit_test(nul_and_long_lines),
		cmocka_unit_test(deletes),
		cmocka_unit_test(given_back),
		cmocka_unit_test(logins),
		cmocka_unit_test(stripped),
	};

	fetch_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
