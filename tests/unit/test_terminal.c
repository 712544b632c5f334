/* Strangers' text on a terminal, numbers and percentages. */
#include "check.h"

#include "terminal.h"
#include "xalloc.h"

#include <locale.h>

struct text_case {
	const char *name, *in, *want;
};

static const struct text_case printables[] = {
	{ "plain", "example.com", "example.com" },
	{ "escape sequence", "a\033[31mb", "a\\x1b[31mb" },
	{ "line break", "a\r\nb", "a\\x0d\\x0ab" },
	{ "C1 control",
		"a\xc2\x9b"
		"31m",
		"a\\xc2\\x9b31m" },
	{ "right-to-left override",
		"a\xe2\x80\xae"
		"b",
		"a\\xe2\\x80\\xaeb" },
	{ "not UTF-8",
		"a\xff"
		"b",
		"a\\xffb" },
	{ "cut UTF-8", "a\xe2\x82", "a\\xe2\\x82" },
	{ "umlaut stays",
		"m\xc3\xbc"
		"ller",
		"m\xc3\xbc"
		"ller" },
};

static void test_printable(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(printables); i++)
		check_str(printables[i].name, printable(&a, str_of(printables[i].in)),
			str_of(printables[i].want));
}

struct percent_case {
	const char *name;
	uint64_t part, whole;
	const char *want;
};

static const struct percent_case percents[] = {
	{ "golden", 519, 541, "95.9%" },
	{ "all", 541, 541, "100%" },
	{ "none", 0, 541, "0%" },
	{ "nearly all", 99999, 100000, ">99.9%" },
	{ "nearly none", 1, 100000, "<0.1%" },
	{ "of nothing", 0, 0, "-" },
};

static void test_percent(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(percents); i++)
		check_str(percents[i].name,
			percent_text(&a, percents[i].part, percents[i].whole),
			str_of(percents[i].want));
}

static void test_number(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	check_str("small", number_text(&a, 7), STR("7"));
	check_str("thousand", number_text(&a, 1000), STR("1,000"));
	check_str("million", number_text(&a, 98311234), STR("98,311,234"));
}

static void test_cut(void **state)
{
	(void)state;
	CLEANUP(arena)
	struct arena a;
	arena_init(&a);
	setlocale(LC_CTYPE, "C.UTF-8");
	check_str("fits", columns_cut(&a, STR("abc"), 3), STR("abc"));
	check_str("cut", columns_cut(&a, STR("abcdef"), 4), STR("abc~"));
	check_int("umlaut is one column", columns_of(STR("m\xc3\xbc")), 2);
	check_str("never inside a character",
		columns_cut(&a, STR("\xc3\xbc\xc3\xbc\xc3\xbc"), 2), STR("\xc3\xbc~"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
