#include "boxoptions.h"
#include "check.h"
#include "wire.h"

#include <string.h>

static int secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)fresh;
	(void)ret;
	return FAIL(err, ERR_CONFIG, NULL, "never asked");
}

static void fill(struct arena *a, struct mailbox_options *ret)
{
	static const char *const folders[] = { "INBOX", "Reports/2026" };
	struct mailbox_options o = { .name = "box",
		.host = "IMAP.example.com",
		.user = "me",
		.tls = MAILBOX_TLS_STARTTLS,
		.ca_file = "/etc/ca.pem",
		.auth = MAILBOX_AUTH_XOAUTH2,
		.folders = folders,
		.folder_count = 2,
		.done = { { MAILBOX_MOVE, "Done" }, { MAILBOX_SEEN, NULL } },
		.command_s = 9,
		.secret = secret };
	struct limits limits;
	struct err err = { 0 };

	limits_default(&limits);
	limits.mail_size = 70000;
	o.limits = &limits;
	assert_int_equal(boxoptions_complete(&o, a, ret, &err), 0);
}

static void completed(void **state)
{
	struct mailbox_options o;
	struct arena a;

	(void)state;
	arena_init(&a);
	fill(&a, &o);
	assert_string_equal(o.host, "imap.example.com");
	assert_int_equal(o.port, 143);
	assert_int_equal(o.connect_s, 30);
	assert_int_equal(o.command_s, 9);
	arena_release(&a);
}

static void there_and_back(void **state)
{
	struct mailbox_options o, got;
	struct err err = { 0 };
	struct arena a;
	struct str bytes;
	struct buf b;

	(void)state;
	arena_init(&a);
	fill(&a, &o);
	buf_init(&b, MIB);
	boxoptions_put(&b, &o);
	wire_put_str(&b, STR("rest"));
	bytes = buf_view(&b);
	assert_int_equal(boxoptions_take(&bytes, &a, &got, &err), 0);
	check_str("rest", wire_take_str(&bytes), STR("rest"));
	assert_null(got.secret);
	assert_string_equal(got.name, o.name);
	assert_string_equal(got.host, o.host);
	assert_int_equal(got.port, o.port);
	assert_int_equal(got.tls, o.tls);
	assert_string_equal(got.ca_file, o.ca_file);
	assert_string_equal(got.user, o.user);
	assert_int_equal(got.auth, o.auth);
	assert_int_equal(got.folder_count, 2);
	assert_string_equal(got.folders[1], "Reports/2026");
	assert_int_equal(got.done[0].action, MAILBOX_MOVE);
	assert_string_equal(got.done[0].folder, "Done");
	assert_int_equal(got.done[1].action, MAILBOX_SEEN);
	assert_null(got.done[1].folder);
	assert_int_equal(got.limits->mail_size, 70000);
	assert_int_equal(got.connect_s, 30);
	assert_int_equal(got.command_s, 9);
	buf_release(&b);
	arena_release(&a);
}

/* Whatever is cut off or changed, it is refused or sound, and never read beyond its end. */
static void damaged(void **state)
{
	struct mailbox_options o, got;
	struct err err = { 0 };
	struct arena a;
	struct buf b;

	(void)state;
	arena_init(&a);
	fill(&a, &o);
	buf_init(&b, MIB);
	boxoptions_put(&b, &o);
	for (size_t n = 0; n < b.n; n++) {
		char *copy = memcpy(test_malloc(n + 1), b.p, n);
		struct str bytes = str_make(copy, n);

		assert_true(boxoptions_take(&bytes, &a, &got, &err) < 0);
		test_free(copy);
	}
	for (size_t i = 0; i < b.n; i++) {
		char *copy = memcpy(test_malloc(b.n), b.p, b.n);
		struct str bytes = str_make(copy, b.n);

		copy[i] = (char)0xff;
		if (boxoptions_take(&bytes, &a, &got, &err) == 0)
			assert_true((unsigned)got.auth < MAILBOX_AUTH_COUNT &&
				    got.folder_count > 0 && got.host && got.user);
		test_free(copy);
	}
	buf_release(&b);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completed),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
