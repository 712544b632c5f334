#include "facts.h"

#include "check.h"

static void test_layout(void **state)
{
	/* Each field alone, as the exact number: the layout is in databases. */
	static const struct {
		const char *name;
		struct verdict v;
		const char *disposition;
		uint32_t want;
	} cases[] = {
		{ "nothing", { .result = DMARC_FAIL }, NULL, 0 },
		{ "pass", { .result = DMARC_PASS }, NULL, 1 },
		{ "basis", { .basis_reported = true }, NULL, 2 },
		{ "spf", { .computed.spf = DMARC_PASS }, NULL, 4 },
		{ "spf fails", { .computed.spf = DMARC_FAIL }, NULL, 0 },
		{ "dkim", { .computed.dkim = DMARC_PASS }, NULL, 8 },
		{ "forwarded", { .forwarded = true }, NULL, 16 },
		{ "disagrees", { .disagrees = true }, NULL, 32 },
		{ "cause", { .cause = CAUSE_DKIM_ONLY }, NULL, 64 },
		{ "last cause", { .cause = CAUSE_NOT_REPORTED }, NULL, 8 * 64 },
		{ "disposition", { .cause = CAUSE_BOTH }, "none", 1024 },
		{ "last disposition", { .cause = CAUSE_BOTH }, "what", 5 * 1024 },
		{ "reported", { .reported.dmarc = DMARC_PASS }, NULL, 1 << 13 },
		{ "reported spf", { .reported.spf = DMARC_PASS }, NULL, 1 << 14 },
		{ "reported dkim", { .reported.dkim = DMARC_PASS }, NULL, 1 << 15 },
		{ "reported fail", { .reported = { DMARC_FAIL, DMARC_FAIL, DMARC_FAIL } }, NULL,
			0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct record rec = { .disposition = str_of(cases[i].disposition) };

		check_int(cases[i].name, facts_of(&rec, &cases[i].v), cases[i].want);
		check_int(cases[i].name, facts_cause(cases[i].want), cases[i].v.cause);
		check_int(cases[i].name, facts_disposition(cases[i].want),
			disposition_of(rec.disposition));
	}
}

static void test_read(void **state)
{
	static const struct {
		const char *name;
		uint32_t facts;
		bool by_receiver, pass, spf, dkim, explained;
		enum shade shade;
	} cases[] = {
		{ "both", FACTS_PASS | FACTS_SPF | FACTS_DKIM, false, true, true, true, false,
			SHADE_BOTH },
		{ "spf only", FACTS_PASS | FACTS_SPF, false, true, true, false, false,
			SHADE_ONE },
		{ "dkim only", FACTS_PASS | FACTS_DKIM, false, true, false, true, false,
			SHADE_ONE },
		{ "receiver's word", FACTS_PASS | FACTS_BASIS_REPORTED | FACTS_REPORTED_PASS,
			false, true, false, false, false, SHADE_ONE },
		{ "failed", 0, false, false, false, false, false, SHADE_FAILED },
		{ "explained", FACTS_FORWARDED, false, false, false, false, true,
			SHADE_EXPLAINED },
		{ "explained by receiver", FACTS_FORWARDED, true, false, false, false, true,
			SHADE_EXPLAINED },
		{ "receiver lets pass what is explained", FACTS_FORWARDED | FACTS_REPORTED_PASS,
			true, true, false, false, false, SHADE_ONE },
		{ "a pass needs no explanation", FACTS_FORWARDED | FACTS_PASS | FACTS_SPF,
			false, true, true, false, false, SHADE_ONE },
		{ "what fails at the receiver alone", FACTS_FORWARDED | FACTS_PASS | FACTS_SPF,
			true, false, false, false, true, SHADE_EXPLAINED },
		{ "receiver fails what passes", FACTS_PASS | FACTS_SPF | FACTS_DKIM, true,
			false, false, false, false, SHADE_FAILED },
		{ "receiver says both",
			FACTS_REPORTED_PASS | FACTS_REPORTED_SPF | FACTS_REPORTED_DKIM, true,
			true, true, true, false, SHADE_BOTH },
		{ "we do not take its word",
			FACTS_REPORTED_PASS | FACTS_REPORTED_SPF | FACTS_REPORTED_DKIM, false,
			false, false, false, false, SHADE_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t f = cases[i].facts;
		bool r = cases[i].by_receiver;

		check_int(cases[i].name, facts_pass(f, r), cases[i].pass);
		check_int(cases[i].name, facts_spf(f, r), cases[i].spf);
		check_int(cases[i].name, facts_dkim(f, r), cases[i].dkim);
		check_int(cases[i].name, facts_explained(f, r), cases[i].explained);
		check_int(cases[i].name, facts_shade(f, r), cases[i].shade);
	}
}

static void test_damaged(void **state)
{
	(void)state;
	assert_int_equal(facts_cause(UINT32_MAX), CAUSE_NOT_REPORTED);
	assert_int_equal(facts_disposition(UINT32_MAX), DISP_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
