#include "authres.h"

#include "check.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

#define ID "Authentication-Results: mx.example.net; "
#define FROM "From: Reports <noreply@dmarc.example.com>\n"

/* passed: domains with a comma between */
static const struct {
	const char *name, *header;
	bool found;
	const char *author, *dmarc, *dmarc_from, *dkim, *passed, *spf, *spf_domain;
} cases[] = {
	{ "what OpenDMARC writes",
		ID "dmarc=pass (p=none dis=none) header.from=example.com\n" FROM, true,
		"dmarc.example.com", "pass", "example.com", NULL, "", NULL, NULL },
	{ "all methods",
		ID "dkim=pass header.d=Example.COM header.s=a header.b=ab/c+=;\r\n"
		   "\tspf=pass smtp.mailfrom=bounce@mail.example.com;\r\n"
		   "\tdmarc=fail (p=reject) header.from=example.com\r\n" FROM,
		true, "dmarc.example.com", "fail", "example.com", "pass", "example.com", "pass",
		"mail.example.com" },
	{ "what Google writes",
		"ARC-Authentication-Results: i=1; mx.example.net; dmarc=fail\n"
		"Authentication-Results: mx.example.net;\n"
		"       dkim=pass header.i=@example.com header.s=20230601 header.b=Xy12;\n"
		"       spf=pass (example.net: domain of a@b.example designates 192.0.2.1 as\n"
		" permitted sender) smtp.mailfrom=\"some one\"@b.example\n" FROM,
		true, "dmarc.example.com", NULL, NULL, "pass", "example.com", "pass",
		"b.example" },
	{ "upper case, comments and blanks everywhere",
		"AUTHENTICATION-RESULTS (a (nested \\) one)) : x\n"
		"authentication-RESULTS:\n (c) MX.Example.NET (d) 1 (e)\n ;\n (f) DKIM (g) / "
		"(h) 1"
		" (i)\n = (j) PASS (k; dkim=fail) header (l) . (m) d (n) = (o)"
		" example.com (p) ; dmarc = Pass\n" FROM,
		true, "dmarc.example.com", "pass", NULL, "pass", "example.com", NULL, NULL },
	{ "quoted",
		"Authentication-Results: \"mx.example.net\"; dmarc=pass reason=\"x; dkim=pass"
		" header.d=evil.example\" header.from=\"example.com\"\n" FROM,
		true, "dmarc.example.com", "pass", "example.com", NULL, "", NULL, NULL },
	{ "a quoted text of no name",
		ID "dmarc=fail \"x; dmarc=pass header.from=a.example\" header.from=b.example\n",
		true, NULL, "fail", "b.example", NULL, "", NULL, NULL },
	{ "nothing was looked at", "Authentication-Results: mx.example.net 1; none\n" FROM,
		true, "dmarc.example.com", NULL, NULL, NULL, "", NULL, NULL },
	{ "no results at all", "Authentication-Results: mx.example.net\n" FROM, true,
		"dmarc.example.com", NULL, NULL, NULL, "", NULL, NULL },
	{ "two words on DMARC, a name that is not quoted",
		ID
		"spf=fail smtp.mailfrom=a;dmarc=pass header.from=example.com;x=@evil.example;"
		" dmarc=fail header.from=example.com\n" FROM,
		true, "dmarc.example.com", "fail", "example.com", NULL, "", "fail", NULL },
	{ "of somebody else", "Authentication-Results: mx.evil.example; dmarc=pass\n" FROM,
		false, "dmarc.example.com", NULL, NULL, NULL, "", NULL, NULL },
	{ "a name that only begins like ours",
		"Authentication-Results: mx.example.net.evil.example; dmarc=pass\n", false,
		NULL, NULL, NULL, NULL, "", NULL, NULL },
	{ "without a name", "Authentication-Results: dmarc=pass header.from=example.com\n",
		false, NULL, NULL, NULL, NULL, "", NULL, NULL },
	{ "our name as a method", "Authentication-Results: mx.example.net=pass; dmarc=pass\n",
		false, NULL, NULL, NULL, NULL, "", NULL, NULL },
	{ "the topmost counts",
		"Authentication-Results: mx.evil.example; dmarc=pass "
		"header.from=evil.example\n" ID "dmarc=fail header.from=example.com\n"
		"Received: from x by y\n" ID "dmarc=pass header.from=example.com\n",
		true, NULL, "fail", "example.com", NULL, "", NULL, NULL },
	{ "nothing is added by what is below",
		ID "none\n" ID "dkim=pass header.d=example.com; dmarc=pass\n", true, NULL, NULL,
		NULL, NULL, "", NULL, NULL },
	{ "the second name", "Authentication-Results: mx2.example.net; dmarc=pass\n", true,
		NULL, "pass", NULL, NULL, "", NULL, NULL },
	{ "one of several signatures passes",
		ID "dkim=fail header.d=a.example; dkim=pass header.d=b.example; dkim=pass"
		   " header.i=x@c.example; dkim=neutral header.d=d.example\n",
		true, NULL, NULL, NULL, "pass", "b.example,c.example", NULL, NULL },
	{ "the first DMARC counts", ID "dmarc=fail; dmarc=pass header.from=a.example\n", true,
		NULL, "fail", NULL, NULL, "", NULL, NULL },
	{ "words that are none",
		ID "dmarc=p,a,s,s; dkim==pass; spf; =pass; ; dkim= header.d=x\n", true, NULL,
		NULL, NULL, NULL, "", NULL, NULL },
	{ "what Microsoft writes",
		ID "spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=example.com; dkim=none"
		   " (message not signed) header.d=none;dmarc=bestguesspass action=none"
		   " header.from=example.com;compauth=pass reason=109\n",
		true, NULL, "bestguesspass", "example.com", "none", "", "pass", "example.com" },
	{ "a comment without an end", ID "(dmarc=pass header.from=a.example\n" FROM, true,
		"dmarc.example.com", NULL, NULL, NULL, "", NULL, NULL },
	{ "a quote without an end", ID "dmarc=pass reason=\"x; spf=pass\n" FROM, true,
		"dmarc.example.com", "pass", NULL, NULL, "", NULL, NULL },
	{ "bytes that are no text",
		ID "dmarc=pass header.from=\xff\xfe; spf=pass smtp.mailfrom=a\x01"
		   "b\n",
		true, NULL, "pass", NULL, NULL, "", "pass", NULL },
	{ "several authors", ID "dmarc=none\nFrom: a@x.example, b@y.example\n", true, NULL,
		"none", NULL, NULL, "", NULL, NULL },
	{ "several From fields", ID "dmarc=none\nFrom: a@x.example\nfrom: a@x.example\n", true,
		NULL, "none", NULL, NULL, "", NULL, NULL },
	{ "an address in the name",
		ID "none\nFrom: \"real@x.example\" bad@z.example\n"
		   " (c@d.example) <a@Y.Example>\n",
		true, "y.example", NULL, NULL, NULL, "", NULL, NULL },
	{ "two addresses in brackets", ID "none\nFrom: <a@x.example> <b@y.example>\n", true,
		NULL, NULL, NULL, NULL, "", NULL, NULL },
	{ "two bare addresses", ID "none\nFrom: a@x.example b@y.example\n", true, NULL, NULL,
		NULL, NULL, "", NULL, NULL },
	{ "no address", ID "none\nFrom: nobody\n", true, NULL, NULL, NULL, NULL, "", NULL,
		NULL },
};

static struct str join(struct arena *a, const struct authres *r)
{
	struct str all = STR("");

	for (size_t i = 0; i < r->passed_count; i++)
		all = arena_printf(
			a, "%.*s%s%.*s", STR_ARGS(all), i ? "," : "", STR_ARGS(r->passed[i]));
	return all;
}

static void test_read(void **state)
{
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct authres r;

		authres_read(&a, str_of(cases[i].header),
			STR("mx.example.net  mx2.example.net"), &r);
		check_int(cases[i].name, r.found, cases[i].found);
		check_str(cases[i].name, r.author, str_of(cases[i].author));
		check_str(cases[i].name, r.dmarc, str_of(cases[i].dmarc));
		check_str(cases[i].name, r.dmarc_from, str_of(cases[i].dmarc_from));
		check_str(cases[i].name, r.dkim, str_of(cases[i].dkim));
		check_str(cases[i].name, r.spf, str_of(cases[i].spf));
		check_str(cases[i].name, r.spf_domain, str_of(cases[i].spf_domain));
		check_str(cases[i].name, join(&a, &r), str_of(cases[i].passed));
	}
}

static void test_nobody_counts(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct authres r;

	(void)state;
	arena_init(&a);
	authres_read(&a, STR(ID "dmarc=pass\n" FROM), STR(" "), &r);
	assert_false(r.found);
	authres_read(&a, STR(ID "dmarc=pass\n" FROM), STR_ABSENT, &r);
	assert_false(r.found);
}

/* Many fields, signatures and quotes: linear, and kept within bounds. */
static void test_many(void **state)
{
	static const char *const pieces[] = {
		"Authentication-Results: other.example; dmarc=pass\n",
		" dkim=pass header.d=a.example;", "\"\"", "(", "a=\"x\" ", ";", "=", "."
	};
	char *text = malloc(1 << 20);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		CLEANUP(arena)
		struct arena a;
		struct authres r;
		size_t piece = strlen(pieces[i]), n = strlen(ID);

		arena_init(&a);
		memcpy(text, ID, n);
		if (i == 0)
			n = 0;
		for (; n + piece < 1 << 20; n += piece)
			memcpy(text + n, pieces[i], piece);
		authres_read(&a, str_make(text, n), STR("mx.example.net"), &r);
		check_int(pieces[i], r.found, i > 0);
		check_int(pieces[i], r.passed_count, i == 1 ? AUTHRES_PASSED_MOST : 0);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_nobody_counts),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
