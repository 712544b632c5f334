#include "str.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static void test_compare(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool eq, nocase;
		int cmp;
	} cases[] = {
		{ "same", "abc", "abc", true, true, 0 },
		{ "case differs", "aBc", "AbC", false, true, 1 },
		{ "only letters fold", "[", "{", false, false, -1 },
		{ "at sign and grave", "@", "`", false, false, -1 },
		{ "start of the other", "ab", "abc", false, false, -1 },
		{ "high bytes are unsigned", "\xff", "a", false, false, 1 },
		{ "high bytes do not fold", "\xc3\x84", "\xc3\xa4", false, false, -1 },
		{ "absent twice", NULL, NULL, true, true, 0 },
		{ "absent and empty", NULL, "", false, false, -1 },
		{ "empty and absent", "", NULL, false, false, 1 },
		{ "empty twice", "", "", true, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str a = str_of(cases[i].a), b = str_of(cases[i].b);
		int cmp = str_cmp(a, b);

		check_int(cases[i].name, str_eq(a, b), cases[i].eq);
		check_int(cases[i].name, str_eq_nocase(a, b), cases[i].nocase);
		check_int(cases[i].name, (cmp > 0) - (cmp < 0), cases[i].cmp);
	}
	assert_true(str_absent(STR_ABSENT) && !str_absent(STR("")));
	assert_true(str_empty(STR_ABSENT) && str_empty(STR("")) && !str_empty(STR("x")));
	assert_true(str_eq(str_make("a\0b", 3), STR("a\0b")));
	assert_false(str_eq(str_make("a\0b", 3), STR("a\0c")));
}

static void test_search(void **state)
{
	static const struct {
		const char *name, *s, *needle;
		int find;
		bool starts, starts_nocase, ends;
	} cases[] = {
		{ "at the start", "example.com", "example", 0, true, true, false },
		{ "at the end", "example.com", ".com", 7, false, false, true },
		{ "case", "Example", "eX", -1, false, true, false },
		{ "first of several", "aXbXc", "X", 1, false, false, false },
		{ "longer than all", "ab", "abc", -1, false, false, false },
		{ "whole", "abc", "abc", 0, true, true, true },
		{ "nothing to find", "abc", "", 0, true, true, true },
		{ "in nothing", "", "a", -1, false, false, false },
		{ "in absent", NULL, "a", -1, false, false, false },
		{ "absent in absent", NULL, NULL, 0, true, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = str_of(cases[i].s), needle = str_of(cases[i].needle);

		check_int(cases[i].name, str_find(s, needle), cases[i].find);
		check_int(cases[i].name, str_contains(s, needle), cases[i].find >= 0);
		check_int(cases[i].name, str_starts(s, needle), cases[i].starts);
		check_int(cases[i].name, str_starts_nocase(s, needle), cases[i].starts_nocase);
		check_int(cases[i].name, str_ends(s, needle), cases[i].ends);
	}
	assert_true(str_ends_nocase(STR("a.XmL"), STR(".xMl")));
	assert_true(str_ends_nocase(STR_ABSENT, STR("")));
	assert_false(str_ends_nocase(STR("xml"), STR(".xml")));
	assert_false(str_ends_nocase(STR("a.xmx"), STR(".xml")));
	assert_int_equal(str_index(STR("a.b.c"), '.'), 1);
	assert_int_equal(str_index(STR("abc"), '.'), -1);
	assert_int_equal(str_index(STR_ABSENT, '.'), -1);
}

static void test_parts(void **state)
{
	(void)state;
	check_str("rest", str_from(STR("abc"), 1), STR("bc"));
	check_str("all used", str_from(STR("abc"), 3), STR(""));
	check_str("past the end", str_from(STR("abc"), 9), STR(""));
	check_str("rest of absent", str_from(STR_ABSENT, 2), STR_ABSENT);
	check_str("trim", str_trim(STR(" \t\r\n\v\fa b\n ")), STR("a b"));
	check_str("only blanks", str_trim(STR("  ")), STR(""));
	check_str("trim of absent", str_trim(STR_ABSENT), STR_ABSENT);
	check_str("no-break space stays", str_trim(STR("\xc2\xa0")), STR("\xc2\xa0"));
}

static void test_first(void **state)
{
	static const struct {
		const char *name, *s;
		size_t n;
		const char *want;
	} cases[] = {
		{ "short enough", "abc", 3, "abc" },
		{ "ascii", "abcdef", 3, "abc" },
		{ "inside two bytes", "a\xc3\xa4z", 2, "a" },
		{ "after two bytes", "a\xc3\xa4z", 3, "a\xc3\xa4" },
		{ "inside four bytes", "\xf0\x9f\x98\x80z", 3, "" },
		{ "after four bytes", "\xf0\x9f\x98\x80z", 4, "\xf0\x9f\x98\x80" },
		{ "not UTF-8", "\x80\x80\x80\x80\x80\x80", 4, "\x80\x80\x80\x80" },
		{ "none", "abc", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].name, str_first(str_of(cases[i].s), cases[i].n),
			str_of(cases[i].want));
}

static void test_cut(void **state)
{
	static const struct {
		const char *name, *s, *want; /* parts joined by '|' */
	} cases[] = {
		{ "three", "a,bc,d", "a|bc|d|" },
		{ "empty parts", ",a,,", "|a|||" },
		{ "one", "a", "a|" },
		{ "empty", "", "|" },
		{ "absent", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str s = str_of(cases[i].s), part;
		char got[64];
		size_t n = 0;

		while (str_cut(&s, ',', &part)) {
			memcpy(got + n, part.p, part.n);
			n += part.n;
			got[n++] = '|';
		}
		check_str(cases[i].name, str_make(got, n), str_of(cases[i].want));
		check(cases[i].name, str_absent(s));
	}
}

static void test_lower(void **state)
{
	char s[] = "AZaz@[`{09\xc3\x84";

	(void)state;
	str_lower(s, sizeof(s) - 1);
	assert_string_equal(s, "azaz@[`{09\xc3\x84");
	for (int c = 0; c < 256; c++) {
		bool space = c == ' ' || (c != 0 && c < 128 && strchr("\t\r\n\f\v", c));

		assert_int_equal(char_space((char)c), space);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *name, *s;
		bool u_ok;
		uint64_t u;
		bool i_ok;
		int64_t i;
	} cases[] = {
		{ "zero", "0", true, 0, true, 0 },
		{ "leading zeros", "007", true, 7, true, 7 },
		{ "largest i64", "9223372036854775807", true, INT64_MAX, true, INT64_MAX },
		{ "past i64", "9223372036854775808", true, 1ULL << 63, false, 0 },
		{ "largest u64", "18446744073709551615", true, UINT64_MAX, false, 0 },
		{ "past u64", "18446744073709551616", false, 0, false, 0 },
		{ "far past u64", "99999999999999999999999", false, 0, false, 0 },
		{ "least i64", "-9223372036854775808", false, 0, true, INT64_MIN },
		{ "past least i64", "-9223372036854775809", false, 0, false, 0 },
		{ "minus", "-12", false, 0, true, -12 },
		{ "minus alone", "-", false, 0, false, 0 },
		{ "plus", "+1", false, 0, false, 0 },
		{ "two signs", "--1", false, 0, false, 0 },
		{ "blank", " 1", false, 0, false, 0 },
		{ "text after", "1x", false, 0, false, 0 },
		{ "colon follows nine", ":", false, 0, false, 0 },
		{ "high byte", "\xb1", false, 0, false, 0 },
		{ "empty", "", false, 0, false, 0 },
		{ "absent", NULL, false, 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t u = 77;
		int64_t v = 77;

		check_int(cases[i].name, str_to_u64(str_of(cases[i].s), &u), cases[i].u_ok);
		check(cases[i].name, u == (cases[i].u_ok ? cases[i].u : 77));
		check_int(cases[i].name, str_to_i64(str_of(cases[i].s), &v), cases[i].i_ok);
		check_int(cases[i].name, v, cases[i].i_ok ? cases[i].i : 77);
	}
}

static size_t encode(uint32_t c, size_t n, char *p)
{
	static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		p[i] = (char)(0x80 | (c & 0x3f));
	p[0] = (char)(marks[n] | c);
	return n;
}

static void test_utf8_all(void **state)
{
	char p[4];

	(void)state;
	for (uint32_t c = 0; c < 0x200000; c++) {
		size_t shortest = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

		for (size_t n = shortest; n <= 4; n++) {
			struct str s = str_make(p, encode(c, n, p));

			if (str_utf8(s) != (good && n == shortest))
				fail_msg("U+%04X in %zu bytes", c, n);
			if (good && n == shortest && str_utf8_char(s) != (int)n)
				fail_msg("length of U+%04X", c);
			if (n > 1 && str_utf8(str_first(s, n - 1)))
				assert_int_equal(str_first(s, n - 1).n, 0);
			if (n > 1 && str_utf8(str_make(p, n - 1)))
				fail_msg("U+%04X without its last byte", c);
		}
	}
}

static void test_utf8_parts(void **state)
{
	static const struct {
		const char *name, *s;
		int want;
	} cases[] = {
		{ "lone continuation", "\x80z", -1 },
		{ "overlong two", "\xc0\xaf", -1 },
		{ "overlong three", "\xe0\x80\xbf", -1 },
		{ "overlong four", "\xf0\x81\x82\x41", -1 },
		{ "surrogate", "\xed\xa0\x80", -1 },
		{ "past the last", "\xf4\x90\x80\x80", -1 },
		{ "no such first byte", "\xff\x80", -1 },
		{ "three cut after two", "\xe1\x80\xe2", -2 },
		{ "four cut after three", "\xf0\x91\x92\xf1", -3 },
		{ "four cut after two", "\xf1\xbf\x41", -2 },
		{ "end of text", "\xe2\x82", -2 },
		{ "good", "\xe2\x82\xacx", 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name, str_utf8_char(str_of(cases[i].s)), cases[i].want);
	assert_true(str_utf8(STR_ABSENT));
	assert_false(str_utf8(STR("long enough text \xe2\x82 more")));
}

static void test_control(void **state)
{
	static const struct {
		const char *name;
		struct str s;
		int want;
	} cases[] = {
		{ "NUL", STR_INIT("\0x"), 1 },
		{ "U+001F", STR_INIT("\x1f"), 1 },
		{ "blank", STR_INIT(" "), 0 },
		{ "tilde", STR_INIT("~"), 0 },
		{ "delete", STR_INIT("\x7f"), 1 },
		{ "U+0080", STR_INIT("\xc2\x80x"), 2 },
		{ "U+009F", STR_INIT("\xc2\x9f"), 2 },
		{ "U+00A0", STR_INIT("\xc2\xa0"), 0 },
		{ "cut off", STR_INIT("\xc2"), 0 },
		{ "U+2029", STR_INIT("\xe2\x80\xa9"), 0 },
		{ "U+202A", STR_INIT("\xe2\x80\xaa"), 3 },
		{ "U+202E", STR_INIT("\xe2\x80\xaex"), 3 },
		{ "U+202F", STR_INIT("\xe2\x80\xaf"), 0 },
		{ "U+2065", STR_INIT("\xe2\x81\xa5"), 0 },
		{ "U+2066", STR_INIT("\xe2\x81\xa6"), 3 },
		{ "U+2069", STR_INIT("\xe2\x81\xa9"), 3 },
		{ "cut off later", STR_INIT("\xe2\x81"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_int(cases[i].name, (int)str_control(cases[i].s), cases[i].want);
}

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned want;
	} cases[] = {
		{ "kitten", "sitting", 3 },
		{ "", "abc", 3 },
		{ "abc", "abc", 0 },
		{ "reprots", "reports", 2 },
		{ "import", "imports", 1 },
		{ "x", "y", 1 },
	};
	char name[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str a = str_of(cases[i].a), b = str_of(cases[i].b);

		check_int(cases[i].a, str_distance(a, b), cases[i].want);
		check_int(cases[i].b, str_distance(b, a), cases[i].want);
	}
	memset(name, 'a', sizeof(name));
	assert_int_equal(str_distance(str_make(name, 63), str_make(name, 60)), 3);
	assert_int_equal(str_distance(str_make(name, 64), STR("a")), 64);
	assert_int_equal(str_distance(STR_ABSENT, str_make(name, 100)), 100);
}

static void test_folder(void **state)
{
	static const char *const cases[][2] = { { "/a/b", "/a" }, { "b", "." }, { "/b", "/" },
		{ "/", "/" }, { "a/b/c", "a/b" }, { "/a/b//", "/a" }, { "//b", "/" },
		{ "a//b", "a" }, { "", "." } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(str_eq(str_folder(str_of(cases[i][0])), str_of(cases[i][1])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lower),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_utf8_all),
		cmocka_unit_test(test_utf8_parts),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
