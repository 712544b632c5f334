#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "orgdom.h"

#include <stdio.h>
#include <string.h>

static struct psl *open_test_list(void)
{
	struct psl *p = NULL;
	struct err err = { 0 };

	if (psl_open(FIXTURES "/psl/test.dat", &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static const struct of_case {
	const char *name, *in, *want; /* want NULL: none */
} of_cases[] = {
	{ "domain", "example.com", "example.com" },
	{ "below it", "a.example.com", "example.com" },
	{ "far below it", "a.b.c.d.e.example.com", "example.com" },
	{ "suffix", "com", NULL },
	{ "suffix of two labels", "co.uk", NULL },
	{ "below a suffix of two labels", "mail.shop.co.uk", "shop.co.uk" },
	{ "beside a suffix of two labels", "mail.other.uk", "other.uk" },
	{ "wildcard itself", "a.kobe.jp", NULL },
	{ "below a wildcard", "a.b.kobe.jp", "a.b.kobe.jp" },
	{ "far below a wildcard", "x.a.b.kobe.jp", "a.b.kobe.jp" },
	/* libpsl lets a wildcard stand for its parent as well. */
	{ "parent of a wildcard", "kobe.jp", NULL },
	{ "suffix inside a domain", "a.x.apps.vendor.com", "x.apps.vendor.com" },
	{ "the domain around it", "m.vendor.com", "vendor.com" },
	{ "exception", "city.kobe.jp", "city.kobe.jp" },
	{ "below an exception", "www.city.kobe.jp", "city.kobe.jp" },
	{ "wildcard under a TLD", "foo.ck", NULL },
	{ "below a wildcard under a TLD", "a.foo.ck", "a.foo.ck" },
	{ "exception under a TLD", "www.ck", "www.ck" },
	{ "below an exception under a TLD", "a.www.ck", "www.ck" },
	{ "private suffix", "hosted.example", NULL },
	{ "below a private suffix", "a.b.hosted.example", "b.hosted.example" },
	{ "private wildcard", "a.cloud.example", NULL },
	{ "below a private wildcard", "c.b.a.cloud.example", "b.a.cloud.example" },
	{ "unknown TLD", "unlisted", NULL },
	{ "below an unknown TLD", "a.b.unlisted", "b.unlisted" },
	{ "rule of U-labels", "a.b.xn--fiqs8s", "b.xn--fiqs8s" },
	{ "longer rule of U-labels", "a.b.xn--55qx5d.xn--fiqs8s", "b.xn--55qx5d.xn--fiqs8s" },
	{ "empty", "", NULL },
	{ "IPv4 address", "192.0.2.1", NULL },
	{ "digits that are no address", "1.2.example", "2.example" },
	{ "empty label", "a..example.com", NULL },
	{ "leading dot", ".example.com", NULL },
	{ "trailing dot", "example.com.", NULL },
};

static void test_of(void **state)
{
	struct psl *p = open_test_list();
	const struct orgdom *o = psl_orgdom(p);
	int failed = 0;

	(void)state;
	/* Twice: the second answer is remembered. */
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < sizeof(of_cases) / sizeof(of_cases[0]); i++) {
			const struct of_case *c = &of_cases[i];
			struct str in = str_of(c->in), got = o->of(o, in);

			if (!str_eq(got, str_of(c->want))) {
				print_error("%s: got \"%.*s\"\n", c->name, STR_ARGS(got));
				failed++;
			}
			if (!str_absent(got) &&
				(got.p < in.p || got.p + got.n != in.p + in.n)) {
				print_error("%s: no slice of the name\n", c->name);
				failed++;
			}
		}
	}
	assert_true(str_absent(o->of(o, STR_ABSENT)));
	psl_close(p);
	assert_int_equal(failed, 0);
}

/* More names than the cache has room for, long ones among them. */
static void test_many(void **state)
{
	struct psl *p = open_test_list();
	const struct orgdom *o = psl_orgdom(p);

	(void)state;
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < 3000; i++) {
			char name[200], want[40];
			int n = snprintf(
				name, sizeof(name), "%0*d.x%d.co.uk", i % 60 + 1, 7, i);
			int m = snprintf(want, sizeof(want), "x%d.co.uk", i);
			struct str got = o->of(o, str_make(name, (size_t)n));

			if (i % 7 == 0) {
				n = snprintf(
					name, sizeof(name), "%060d.%060d.x%d.co.uk", 1, 2, i);
				got = o->of(o, str_make(name, (size_t)n));
			}
			assert_true(str_eq(got, str_make(want, (size_t)m)));
		}
	psl_close(p);
}

static void test_hostile_length(void **state)
{
	struct psl *p = open_test_list();
	const struct orgdom *o = psl_orgdom(p);
	char name[2000];

	(void)state;
	memset(name, 'a', sizeof(name));
	memcpy(name + sizeof(name) - 4, ".com", 4);
	assert_true(str_absent(o->of(o, str_make(name, sizeof(name)))));
	assert_true(str_absent(o->of(o, str_make("a\0.com", 6))));
	psl_close(p);
}

static void test_open(void **state)
{
	struct psl *p = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(psl_open(FIXTURES "/psl/no-such-file.dat", &p, &err), ERR_CONFIG);
	assert_non_null(strstr(err.text, "no-such-file.dat"));
	assert_null(p);
	assert_int_equal(psl_open(FIXTURES, &p, &err), ERR_CONFIG);
	assert_int_equal(psl_open("/dev/null", &p, &err), ERR_CONFIG);
	psl_close(NULL);

	p = open_test_list();
	assert_true(str_eq(
		psl_version(p), str_of(FIXTURES "/psl/test.dat, 2026-01-02_03-04-05_UTC")));
	psl_close(p);
}

/* The system's list, by entries that will not go away. */
static void test_system_list(void **state)
{
	static const char *const pairs[][2] = {
		{ "a.b.example.com", "example.com" },
		{ "www.example.co.uk", "example.co.uk" },
		{ "www.city.kobe.jp", "city.kobe.jp" },
		{ "co.uk", NULL },
	};
	struct psl *p;
	struct err err = { 0 };

	(void)state;
	if (psl_open(NULL, &p, &err) < 0)
		skip(); /* no list on this system */
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct orgdom *o = psl_orgdom(p);
		struct str got = o->of(o, str_of(pairs[i][0]));

		if (!str_eq(got, str_of(pairs[i][1])))
			fail_msg("%s: got \"%.*s\"", pairs[i][0], STR_ARGS(got));
	}
	assert_true(psl_version(p).n > 10);
	psl_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_hostile_length),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_system_list),
	};

	return cmocka_run_group_tests_name("orgdom", tests, NULL, NULL);
}
