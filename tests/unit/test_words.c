#include "words.h"

#include "buf.h"
#include "check.h"
#include "xalloc.h"

#include <string.h>

static const struct {
	const char *name;
	struct str in, want;
} cases[] = {
	{ "plain", STR_INIT("Report Domain: example.com"),
		STR_INIT("Report Domain: example.com") },
	{ "base64", STR_INIT("=?utf-8?B?UmVwb3J0?="), STR_INIT("Report") },
	{ "quoted", STR_INIT("=?UTF-8?q?B=C3=A9_richt?="), STR_INIT("B\xc3\xa9 richt") },
	{ "between text", STR_INIT("[Preview] =?utf-8?B?UmVwb3J0?= x"),
		STR_INIT("[Preview] Report x") },
	{ "two words", STR_INIT("=?utf-8?q?a?=\r\n =?utf-8?q?b?="), STR_INIT("ab") },
	{ "two words and text", STR_INIT("=?utf-8?q?a?= - =?utf-8?q?b?="), STR_INIT("a - b") },
	{ "character split between words", STR_INIT("=?utf-8?q?=C3?= =?utf-8?q?=A9?="),
		STR_INIT("\xc3\xa9") },
	{ "two character sets", STR_INIT("=?utf-8?q?=C3=A9?= =?iso-8859-1?q?=E9?="),
		STR_INIT("\xc3\xa9\xc3\xa9") },
	{ "ISO 8859-1", STR_INIT("=?iso-8859-1?Q?=E4?="), STR_INIT("\xc3\xa4") },
	{ "language", STR_INIT("=?utf-8*en?q?a?="), STR_INIT("a") },
	{ "blanks in a word", STR_INIT("=?utf-8?q?a b?="), STR_INIT("a b") },
	{ "unknown character set, ASCII", STR_INIT("=?x-none?q?abc?="), STR_INIT("abc") },
	{ "unknown character set, not ASCII", STR_INIT("=?../../x?q?a=E9?="),
		STR_INIT("a\xef\xbf\xbd") },
	{ "no word: no end", STR_INIT("=?utf-8?q?abc"), STR_INIT("=?utf-8?q?abc") },
	{ "no word: unknown way", STR_INIT("=?utf-8?x?abc?="), STR_INIT("=?utf-8?x?abc?=") },
	{ "no word: no set", STR_INIT("=??q?abc?="), STR_INIT("=??q?abc?=") },
	{ "control characters", STR_INIT("a\tb\x1b[31mc\0d"), STR_INIT("a b [31mc d") },
	{ "encoded line break", STR_INIT("=?utf-8?q?a=0D=0Ab?="), STR_INIT("a  b") },
	{ "raw bytes that are no UTF-8", STR_INIT("a\xff"), STR_INIT("a\xef\xbf\xbd") },
	{ "blanks around", STR_INIT("  a  "), STR_INIT("a") },
	{ "empty", STR_INIT(""), STR_INIT("") },
	{ "absent", { NULL, 0 }, { NULL, 0 } },
};

static void test_cases(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].name, words_decode(&a, cases[i].in, 256), cases[i].want);
	arena_release(&a);
}

static void test_cut(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a);
	s = words_decode(&a, STR("=?utf-8?q?ab=C3=A9?="), 3);
	check_str("at a character", s, STR("ab"));
	s = words_clean(&a, STR("abc   def"), 4);
	check_str("without blanks at the end", s, STR("abc"));
	arena_release(&a);
}

/* Many beginnings of words and no end: must not be quadratic in a long header. */
static void test_many(void **state)
{
	CLEANUP(buf)
	struct buf in;
	struct arena a;

	(void)state;
	buf_init(&in, 1 << 20);
	while (buf_str(&in, STR("=?u?q?")))
		;
	arena_init(&a);
	assert_int_equal(words_decode(&a, buf_view(&in), 256).n, 256);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
