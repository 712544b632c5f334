#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain.h"

#include <stdio.h>
#include <string.h>

static const struct norm_case {
	const char *name, *in, *want; /* want NULL: no domain name */
} norm_cases[] = {
	{ "plain", "example.com", "example.com" },
	{ "upper case", "Mail.EXAMPLE.Com", "mail.example.com" },
	{ "trailing dot", "example.com.", "example.com" },
	{ "two trailing dots", "example.com..", NULL },
	{ "only a dot", ".", NULL },
	{ "leading dot", ".example.com", NULL },
	{ "empty label", "a..example.com", NULL },
	{ "empty", "", NULL },
	{ "blanks", " \t\n ", NULL },
	{ "padded", "  example.com\r\n", "example.com" },
	{ "one label", "localhost", "localhost" },
	{ "address", "someone@example.com", "example.com" },
	{ "address, upper case", "Some.One@Example.COM", "example.com" },
	{ "address in brackets", "<bounce@example.com>", "example.com" },
	{ "domain in brackets", "<example.com>", "example.com" },
	{ "null path", "<>", NULL },
	{ "local part with at", "\"a@b\"@example.com", "example.com" },
	{ "at without local part", "@example.com", "example.com" },
	{ "at without domain", "someone@", NULL },
	{ "underscore", "_spf.bounce_1.example.com", "_spf.bounce_1.example.com" },
	{ "hyphens", "a--b.-c.example.com", "a--b.-c.example.com" },
	{ "blank inside", "exam ple.com", NULL },
	{ "comma", "a.example,b.example", NULL },
	{ "slash", "example.com/x", NULL },
	{ "star", "*.example.com", NULL },
	{ "control byte", "exam\x01ple.com", NULL },
	{ "U-label",
		"b\xc3\xbc"
		"cher.example",
		"xn--bcher-kva.example" },
	{ "U-label in upper case",
		"B\xc3\x9c"
		"CHER.Example",
		"xn--bcher-kva.example" },
	{ "A-label in upper case", "XN--BCHER-KVA.example", "xn--bcher-kva.example" },
	{ "U-label, decomposed",
		"bu\xcc\x88"
		"cher.example",
		"xn--bcher-kva.example" },
	{ "ideographic stop",
		"example\xe3\x80\x82"
		"com",
		"example.com" },
	{ "sharp s stays",
		"stra\xc3\x9f"
		"e.example",
		"xn--strae-oqa.example" },
	{ "Chinese", "\xe5\x85\xac\xe5\x8f\xb8.\xe4\xb8\xad\xe5\x9b\xbd",
		"xn--55qx5d.xn--fiqs8s" },
	{ "replacement character", "bad\xef\xbf\xbd.example", NULL },
	{ "not UTF-8", "bad\x91.example", NULL },
	{ "label of 63", "123456789012345678901234567890123456789012345678901234567890123.com",
		"123456789012345678901234567890123456789012345678901234567890123.com" },
	{ "label of 64", "1234567890123456789012345678901234567890123456789012345678901234.com",
		NULL },
};

static void test_norm(void **state)
{
	struct arena a;
	int failed = 0;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(norm_cases) / sizeof(norm_cases[0]); i++) {
		const struct norm_case *c = &norm_cases[i];
		struct str got = STR_ABSENT;
		bool ok = domain_norm(&a, str_of(c->in), &got);

		if (ok != (c->want != NULL) || (ok && !str_eq(got, str_of(c->want)))) {
			print_error("%s: got %s \"%.*s\"\n", c->name, ok ? "true" : "false",
				STR_ARGS(got));
			failed++;
		}
		if (!ok && !str_absent(got)) {
			print_error("%s: written although false\n", c->name);
			failed++;
		}
	}
	arena_release(&a);
	assert_int_equal(failed, 0);
}

static void test_length(void **state)
{
	char name[300];
	struct arena a;
	struct str got;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	assert_true(domain_norm(&a, str_make(name, 253), &got));
	assert_int_equal(got.n, 253);
	assert_false(domain_norm(&a, str_make(name, 254), &got));
	assert_false(domain_norm(&a, str_make(name, 299), &got));
	/* An embedded NUL is no letter. */
	assert_false(domain_norm(&a, str_make("a\0b.example", 11), &got));
	assert_false(domain_norm(&a, STR_ABSENT, &got));
	arena_release(&a);
}

static void test_below(void **state)
{
	static const struct {
		const char *name, *child, *parent;
		bool want;
	} cases[] = {
		{ "child", "a.example.com", "example.com", true },
		{ "grandchild", "a.b.example.com", "example.com", true },
		{ "itself", "example.com", "example.com", false },
		{ "parent", "example.com", "a.example.com", false },
		{ "same ending", "badexample.com", "example.com", false },
		{ "dot alone before", ".example.com", "example.com", false },
		{ "other", "a.example.org", "example.com", false },
		{ "of nothing", "a.example.org", "", false },
		{ "nothing", "", "example.org", false },
	};
	int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (domain_below(str_of(cases[i].child), str_of(cases[i].parent)) !=
			cases[i].want) {
			print_error("%s\n", cases[i].name);
			failed++;
		}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
