#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest_test.h"
#include "mbox.h"

#include <string.h>

static const char *split(const char *bytes, size_t n, uint64_t mail_size)
{
	struct limits l;
	struct source *s;
	const char *got;

	limits_default(&l);
	l.mail_size = mail_size;
	mbox_open("box", blob_mem(str_make(bytes, n)), false, &l, &s);
	got = drain(s, OUTCOME_STORED);
	source_close(s);
	return got;
}

static void mails(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} cases[] = {
		{ "one", "From a Mon\nA: 1\n\nx\n", "box:0=A: 1//x/\n" },
		{ "two", "From a Mon\nA: 1\n\nx\n\nFrom b Mon\nB: 2\n\ny\n",
			"box:0=A: 1//x//\nbox:20=B: 2//y/\n" },
		{ "no newline at the end", "From a\nA: 1\n\nx", "box:0=A: 1//x\n" },
		{ "CRLF", "From a\r\nA: 1\r\n\r\nx\r\n\r\nFrom b\r\nB: 2\r\n",
			"box:0=A: 1\r/\r/x\r/\r/\nbox:21=B: 2\r/\n" },
		{ "From without an empty line before", "From a\nA: 1\n\nx\nFrom b\nB: 2\n",
			"box:0=A: 1//x/From b/B: 2/\n" },
		{ "From in a text", "From a\nA: 1\n\nFrom here on\nall is well: yes\n",
			"box:0=A: 1//From here on/all is well: yes/\n" },
		{ "quoted From", "From a\nA: 1\n\n>From b\nB: 2\n",
			"box:0=A: 1//>From b/B: 2/\n" },
		{ "no body", "From a\nA: 1\n\nFrom b\nB: 2\n", "box:0=A: 1//\nbox:13=B: 2/\n" },
		{ "From line alone", "From a\n", "box:0=\n" },
		{ "a single line is not lost", "From a", "box:0=From a\n" },
		{ "From at the very end", "From a\nA: 1\n\nFrom b", "box:0=A: 1//From b\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = split(cases[i].in, strlen(cases[i].in), 1000);

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: got\n%s", cases[i].name, got);
	}
}

static void too_large_is_passed_over(void **state)
{
	const char in[] = "From a\nA: 1\n\n0123456789012345678901234567890\n\nFrom b\nB: 2\n";

	(void)state;
	assert_string_equal(split(in, strlen(in), 20), "box:0!mail-too-large\nbox:46=B: 2/\n");
}

/* Lines and borders at every place of the reading chunk, and lines longer than it. */
static void long_mails(void **state)
{
	(void)state;
	for (size_t fill = 65536 - 40; fill < 65536 + 40; fill++) {
		struct buf b;
		const char *got;
		char want[64];

		buf_init(&b, MIB);
		buf_str(&b, STR("From a\nA: 1\n\n"));
		for (size_t i = 0; i < fill; i++)
			buf_char(&b, 'x');
		buf_str(&b, STR("\n\nFrom b\nB: 2\n"));
		got = split(b.p, b.n, MIB);
		snprintf(want, sizeof(want), "\nbox:%zu=B: 2/\n", 13 + fill + 2);
		if (!strstr(got, want))
			fail_msg("fill %zu", fill);
		buf_release(&b);
	}
}

static void from_only_at_a_line_start(void **state)
{
	struct buf b;

	(void)state;
	/* The chunk ends inside a long line, and what follows looks like a border. */
	buf_init(&b, MIB);
	buf_str(&b, STR("From a\nA: 1\n\n\n"));
	while (b.n % 65536 != 0)
		buf_char(&b, 'x');
	buf_str(&b, STR("From b\nB: 2\n"));
	assert_null(strstr(split(b.p, b.n, MIB), "=B: 2"));
	buf_release(&b);
}

static void recognised(void **state)
{
	(void)state;
	assert_true(mbox_is(STR("From a")));
	assert_false(mbox_is(STR("From: a")));
	assert_false(mbox_is(STR("From")));
	assert_false(mbox_is(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails),
		cmocka_unit_test(too_large_is_passed_over),
		cmocka_unit_test(long_mails),
		cmocka_unit_test(from_only_at_a_line_start),
		cmocka_unit_test(recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
