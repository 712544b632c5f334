#include "check.h"
#include "sasl.h"

static void messages(void **state)
{
	static const struct {
		const char *name;
		enum mailbox_auth auth;
		const char *user, *secret, *want;
	} cases[] = {
		/* The example of RFC 4616, and lengths of 0, 1 and 2 beyond a multiple of
		   three. */
		{ "plain", MAILBOX_AUTH_PLAIN, "tim", "tanstaaftanstaaf",
			"AHRpbQB0YW5zdGFhZnRhbnN0YWFm" },
		{ "plain 1", MAILBOX_AUTH_PLAIN, "tim", "tanstaaftanstaafx",
			"AHRpbQB0YW5zdGFhZnRhbnN0YWFmeA==" },
		{ "plain 2", MAILBOX_AUTH_PLAIN, "tim", "tanstaaftanstaafxy",
			"AHRpbQB0YW5zdGFhZnRhbnN0YWFmeHk=" },
		{ "high bytes", MAILBOX_AUTH_PLAIN, "\xc3\xbc", "\xff", "AMO8AP8=" },
		{ "xoauth2", MAILBOX_AUTH_XOAUTH2, "someuser@example.com",
			"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
			"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbV"
			"RjMk52YjNS"
			"bGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==" },
		/* The example of RFC 7628. */
		{ "oauthbearer", MAILBOX_AUTH_OAUTHBEARER, "user@example.com",
			"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
			"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MT"
			"QzAWF1dGg9"
			"QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQE"
			"B" },
		{ "a name with comma and equals sign", MAILBOX_AUTH_OAUTHBEARER, "a,b=c", "t",
			"bixhPWE9MkNiPTNEYywBaG9zdD1zZXJ2ZXIuZXhhbXBsZS5jb20BcG9ydD0xNDMBYXV0aD"
			"1CZWFyZXIg"
			"dAEB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;

		buf_init(&b, 10000);
		sasl_message(cases[i].auth, cases[i].user, str_of(cases[i].secret),
			"server.example.com", 143, &b);
		check_str(cases[i].name, buf_view(&b), str_of(cases[i].want));
		sasl_wipe(&b);
	}
}

static void leaks(void **state)
{
	static const struct {
		const char *text, *secret;
		bool want;
	} cases[] = {
		{ "Authentication failed.", "hunter2hunter2", false },
		{ "no user with password hunter2hunter2", "hunter2hunter2", true },
		{ "got AHRpbQBodW50ZXIyaHVudGVyMg==", "hunter2hunter2", true },
		{ "got AHRpbW0AaHVudGVyMmh1bnRlcjI=", "hunter2hunter2", true },
		{ "got AHRpbW1vAGh1bnRlcjJodW50ZXIy", "hunter2hunter2", true },
		{ "anything", "abc", true }, /* too short to be sure */
		{ "anything", "", false },
		{ "", "hunter2hunter2", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].text,
			sasl_leaks(str_of(cases[i].text), str_of(cases[i].secret)),
			cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
