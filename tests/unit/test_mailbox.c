#include "check.h"
#include "ingest.h"
#include "mailbox.h"

#include <string.h>

static int secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)fresh;
	(void)ret;
	return FAIL(err, ERR_CONFIG, NULL, "never asked");
}

static struct mailbox_options good(void)
{
	return (struct mailbox_options){
		.name = "box", .host = "imap.example.com", .user = "me", .secret = secret
	};
}

static void names(void **state)
{
	enum mailbox_protocol p;
	enum mailbox_tls t;
	enum mailbox_auth a;
	enum mailbox_action d;

	(void)state;
	for (int i = 0; i < MAILBOX_PROTOCOL_COUNT; i++) {
		assert_true(mailbox_protocol_from_name(
			str_of(mailbox_protocol_name((enum mailbox_protocol)i)), &p));
		assert_int_equal(p, i);
	}
	for (int i = 0; i < MAILBOX_TLS_COUNT; i++) {
		assert_true(mailbox_tls_from_name(
			str_of(mailbox_tls_name((enum mailbox_tls)i)), &t));
		assert_int_equal(t, i);
	}
	for (int i = 0; i < MAILBOX_AUTH_COUNT; i++) {
		assert_true(mailbox_auth_from_name(
			str_of(mailbox_auth_name((enum mailbox_auth)i)), &a));
		assert_int_equal(a, i);
	}
	for (int i = 0; i < MAILBOX_ACTION_COUNT; i++) {
		assert_true(mailbox_action_from_name(
			str_of(mailbox_action_name((enum mailbox_action)i)), &d));
		assert_int_equal(d, i);
	}
	assert_false(mailbox_auth_from_name(STR("cram-md5"), &a));
}

static void refused(void **state)
{
	static const char *const twice[] = { "INBOX", "A", "INBOX" };
	static const char *const bad[] = { "IN\nBOX" }, *const latin[] = { "Entw\xfcrfe" },
				 *const done[] = { "Done" };
	static const struct {
		const char *name;
		struct mailbox_options o; /* what is not good in it */
		const char *text;
	} cases[] = {
		{ "no host", { .host = "" }, "host is missing" },
		{ "host, line break", { .host = "a\r\nb" }, "host has a control character" },
		{ "host, blank", { .host = "a b" }, "host has a blank" },
		{ "host, not ASCII",
			{ .host = "b\xc3\xbc"
				  "cher.example" },
			"xn--" },
		{ "no user", { .user = "" }, "user is missing" },
		{ "user, line break", { .user = "a\nb LOGIN" },
			"user has a control character" },
		{ "user, delete", { .user = "a\x7f" }, "user has a control character" },
		{ "name", { .name = "a\x01" }, "name of the source" },
		{ "ca_file", { .ca_file = "a\nb" }, "ca_file has" },
		{ "folder", { .folders = bad, .folder_count = 1 },
			"folders has a control character" },
		{ "folder, not UTF-8", { .folders = latin, .folder_count = 1 }, "not UTF-8" },
		{ "folder twice", { .folders = twice, .folder_count = 3 }, "INBOX twice" },
		{ "move to nowhere", { .done = { { MAILBOX_MOVE, NULL } } },
			"the folder for done = move is missing" },
		{ "move, line break", { .done = { { MAILBOX_MOVE, "a\r" } } },
			"control character" },
		{ "in circles",
			{ .folders = done,
				.folder_count = 1,
				.done = { { MAILBOX_MOVE, "Done" } } },
			"in circles" },
		{ "in circles, INBOX", { .done = { { MAILBOX_MOVE, "INBOX" } } },
			"in circles" },
		{ "move with POP3",
			{ .protocol = MAILBOX_POP3, .done = { { MAILBOX_MOVE, "Done" } } },
			"POP3" },
		{ "seen with POP3",
			{ .protocol = MAILBOX_POP3, .done = { { MAILBOX_SEEN, NULL } } },
			"POP3" },
		{ "port", { .port = 65536 }, "port 65536" },
		{ "time", { .command_s = 4000 }, "at most 3600" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct mailbox_options *bad_one = &cases[i].o;
		struct mailbox_options o = good();
		struct source *s = NULL;
		struct err err = { 0 };

		o.name = bad_one->name ? bad_one->name : o.name;
		o.host = bad_one->host ? bad_one->host : o.host;
		o.user = bad_one->user ? bad_one->user : o.user;
		o.ca_file = bad_one->ca_file;
		o.folders = bad_one->folders;
		o.folder_count = bad_one->folder_count;
		o.protocol = bad_one->protocol;
		o.port = bad_one->port;
		o.command_s = bad_one->command_s;
		memcpy(o.done, bad_one->done, sizeof(o.done));
		check_int(cases[i].name, source_open_mailbox(&o, STR_ABSENT, &s, &err),
			ERR_CONFIG);
		if (!strstr(err.text, cases[i].text))
			fail_msg("%s: %s", cases[i].name, err.text);
	}
}

static void opens_without_a_server(void **state)
{
	struct mailbox_options o = good();
	struct err err = { 0 };
	struct source *s;
	struct buf b;

	(void)state;
	assert_int_equal(source_open_mailbox(&o, STR_ABSENT, &s, &err), 0);
	buf_init(&b, 1000);
	s->ops->checkpoint(s, &b);
	check_str("state", buf_view(&b),
		STR("ruad-mailbox 1\naccount imap:me@imap.example.com\n"));
	buf_release(&b);
	source_close(s);
	o.secret = NULL;
	assert_int_equal(source_open_mailbox(&o, STR_ABSENT, &s, &err), ERR_CONFIG);
	o = good();
	assert_int_equal(source_open_mailbox(&o, STR("rubbish"), &s, &err), ERR_INPUT);
}

/* The password is asked for only when there is a connection, in TLS; its error is the source's.
 */
static void no_server(void **state)
{
	struct mailbox_options o = good();
	struct err err = { 0 };
	struct source *s;
	struct mail mail;

	(void)state;
	o.host = "localhost";
	o.port = 1;
	assert_int_equal(source_open_mailbox(&o, STR_ABSENT, &s, &err), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s->ops->next(s, &mail, &err), ERR_TEMP);
		assert_string_equal(err.reason, MAILBOX_UNAVAILABLE);
		assert_non_null(strstr(err.text, "localhost port 1"));
	}
	assert_true(mailbox_wait(s, 0, -1, &err) >= 0);
	source_close(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(refused),
		cmocka_unit_test(opens_without_a_server),
		cmocka_unit_test(no_server),
	};

	fetch_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
