#include "fit.h"

#include "check.h"
#include "xalloc.h"

/* The state of the mail, and that with the report. */
static const struct {
	const char *name;
	struct authres said;
	enum carrier_state mail;
	const char *email, *org;
	enum carrier_state report;
} cases[] = {
	{ "no field", { .author = STR_INIT("example.com") }, CARRIER_UNKNOWN, "a@example.com",
		NULL, CARRIER_UNKNOWN },
	{ "dmarc passed, header.from counts",
		{ .found = true,
			.author = STR_INIT("evil.example"),
			.dmarc = STR_INIT("pass"),
			.dmarc_from = STR_INIT("Mail.Example.com") },
		CARRIER_AUTHENTICATED, "dmarc@example.com", NULL, CARRIER_AUTHENTICATED },
	{ "dmarc passed, without header.from",
		{ .found = true, .author = STR_INIT("example.com"), .dmarc = STR_INIT("pass") },
		CARRIER_AUTHENTICATED, "x@reports.example.com", NULL, CARRIER_AUTHENTICATED },
	{ "dmarc passed for nobody", { .found = true, .dmarc = STR_INIT("pass") },
		CARRIER_UNAUTHENTICATED, NULL, NULL, CARRIER_UNAUTHENTICATED },
	{ "the name of the organization fits",
		{ .found = true,
			.author = STR_INIT("m.example.com"),
			.dmarc = STR_INIT("pass") },
		CARRIER_AUTHENTICATED, "x@elsewhere.org", "Example.com",
		CARRIER_AUTHENTICATED },
	{ "nothing fits",
		{ .found = true, .author = STR_INIT("evil.com"), .dmarc = STR_INIT("pass") },
		CARRIER_AUTHENTICATED, "x@example.com", "Example Inc.", CARRIER_MISFIT },
	{ "no reporter at all",
		{ .found = true, .author = STR_INIT("evil.com"), .dmarc = STR_INIT("pass") },
		CARRIER_AUTHENTICATED, NULL, NULL, CARRIER_MISFIT },
	{ "neighbours below a public suffix",
		{ .found = true,
			.author = STR_INIT("a.hosted.example"),
			.dmarc = STR_INIT("pass") },
		CARRIER_AUTHENTICATED, "x@b.hosted.example", "hosted.example", CARRIER_MISFIT },
	{ "dmarc failed, whatever DKIM says",
		{ .found = true,
			.author = STR_INIT("example.com"),
			.dmarc = STR_INIT("fail"),
			.dkim = STR_INIT("pass"),
			.passed = { STR_INIT("example.com") },
			.passed_count = 1 },
		CARRIER_UNAUTHENTICATED, "x@example.com", NULL, CARRIER_UNAUTHENTICATED },
	{ "no policy, the second signature aligns",
		{ .found = true,
			.author = STR_INIT("example.com"),
			.dmarc = STR_INIT("none"),
			.dkim = STR_INIT("pass"),
			.passed = { STR_INIT("esp.org"), STR_INIT("d.example.com") },
			.passed_count = 2 },
		CARRIER_AUTHENTICATED, "x@example.com", NULL, CARRIER_AUTHENTICATED },
	{ "SPF aligns",
		{ .found = true,
			.author = STR_INIT("example.com"),
			.spf = STR_INIT("pass"),
			.spf_domain = STR_INIT("bounce.example.com") },
		CARRIER_AUTHENTICATED, "x@example.com", NULL, CARRIER_AUTHENTICATED },
	{ "SPF and DKIM of others",
		{ .found = true,
			.author = STR_INIT("example.com"),
			.spf = STR_INIT("pass"),
			.spf_domain = STR_INIT("esp.org"),
			.dkim = STR_INIT("pass"),
			.passed = { STR_INIT("esp.org") },
			.passed_count = 1 },
		CARRIER_UNAUTHENTICATED, "x@example.com", NULL, CARRIER_UNAUTHENTICATED },
	{ "they looked and found nothing", { .found = true, .author = STR_INIT("example.com") },
		CARRIER_UNAUTHENTICATED, "x@example.com", NULL, CARRIER_UNAUTHENTICATED },
	{ "an author that is no domain",
		{ .found = true, .author = STR_INIT("exam ple"), .dmarc = STR_INIT("pass") },
		CARRIER_UNAUTHENTICATED, "x@example.com", NULL, CARRIER_UNAUTHENTICATED },
};

static void test_fit(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct psl *psl = NULL;
	struct err err = { 0 };

	(void)state;
	arena_init(&a);
	if (psl_open(FIXTURES "/psl/test.dat", &psl, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct report r = { .email = str_of(cases[i].email),
			.org_name = str_of(cases[i].org) };
		struct carrier c;

		fit_mail(&a, &cases[i].said, psl_orgdom(psl), &c);
		check_int(cases[i].name, c.state, cases[i].mail);
		check_int(cases[i].name, fit_reporter(&a, &c, &r, psl_orgdom(psl)),
			cases[i].report);
	}
	psl_close(psl);
}

/* What is shown of it. */
static void test_facts(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct psl *psl = NULL;
	struct err err = { 0 };
	const struct authres said = { .found = true,
		.author = STR("Reports.Example.com"),
		.dkim = STR("pass"),
		.spf = STR("softfail"),
		.passed = { STR("esp.org"), STR("example.com") },
		.passed_count = 2 };
	struct carrier c;

	(void)state;
	arena_init(&a);
	if (psl_open(FIXTURES "/psl/test.dat", &psl, &err) < 0)
		fail_msg("%s", err.text);
	fit_mail(&a, &said, psl_orgdom(psl), &c);
	check_str("from", c.from, STR("reports.example.com"));
	check_str("dmarc", c.dmarc, STR_ABSENT);
	check_str("dkim", c.dkim, STR("pass"));
	check_str("the aligned signature", c.dkim_domain, STR("example.com"));
	check_str("spf", c.spf, STR("softfail"));
	check_str("spf domain", c.spf_domain, STR_ABSENT);
	psl_close(psl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
