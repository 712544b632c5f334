#include "check.h"
#include "mutf7.h"

static void names(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: refused */
	} cases[] = {
		{ "INBOX", "INBOX" },
		{ "DMARC/Done", "DMARC/Done" },
		{ "a b", "a b" },
		{ "A&B", "A&-B" },
		{ "&", "&-" },
		{ "\"quoted\\", "\"quoted\\" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
		{ "\xc3\xa9t\xc3\xa9", "&AOk-t&AOk-" },
		/* The examples of RFC 3501. */
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
			"~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "\xf0\x9f\x93\xa8", "&2D3c6A-" },
		{ "\xc3\xbc&", "&APw-&-" },
		{ "", "" },
		{ "a\nb", NULL },
		{ "a\rb", NULL },
		{ "a\x7f", NULL },
		{ "a\xc2\x85", NULL },
		{ "a\xff", NULL },
		{ "a\xc3", NULL },
		{ "\xed\xa0\x80", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;
		bool ok;

		buf_init(&b, 1000);
		ok = mutf7_put(&b, str_of(cases[i].name));
		check_int(cases[i].name, ok, cases[i].want != NULL);
		if (ok)
			check_str(cases[i].name, buf_view(&b), str_of(cases[i].want));
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
