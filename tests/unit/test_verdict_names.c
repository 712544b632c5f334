#include "verdict.h"

#include "check.h"

static void test_causes(void **state)
{
	static const char *const names[CAUSE_COUNT] = { "both", "dkim_only", "spf_only",
		"dkim_broken", "spf_unauthorised", "unaligned", "unauthenticated", "dns_error",
		"not_reported" };
	enum cause c = CAUSE_COUNT;

	(void)state;
	for (unsigned i = 0; i < CAUSE_COUNT; i++) {
		check_str(names[i], str_of(cause_name((enum cause)i)), str_of(names[i]));
		check(names[i], cause_from_name(str_of(names[i]), &c));
		check_int(names[i], c, i);
		check(names[i], str_ends(str_of(cause_sentence((enum cause)i)), STR(".")));
		check(names[i], str_ends(str_of(cause_advice((enum cause)i)), STR(".")));
	}
	assert_false(cause_from_name(STR("dkim-only"), &c));
	assert_false(cause_from_name(STR_ABSENT, &c));
	assert_int_equal(c, CAUSE_NOT_REPORTED);
}

static void test_small_names(void **state)
{
	(void)state;
	assert_null(dmarc_name(DMARC_NULL));
	assert_string_equal(dmarc_name(DMARC_FAIL), "fail");
	assert_string_equal(dmarc_name(DMARC_PASS), "pass");
	assert_string_equal(named_by_name(NAMED_BY_ADDRESS), "address");
	assert_string_equal(named_by_name(NAMED_BY_DKIM), "dkim");
	assert_string_equal(named_by_name(NAMED_BY_SPF), "spf");
}

static void test_dispositions(void **state)
{
	static const struct {
		const char *token;
		enum disposition want;
		const char *name; /* NULL: has none */
	} cases[] = {
		{ NULL, DISP_NULL, NULL },
		{ "", DISP_NULL, NULL },
		{ "none", DISP_NONE, "none" },
		{ "quarantine", DISP_QUARANTINE, "quarantine" },
		{ "reject", DISP_REJECT, "reject" },
		{ "pass", DISP_PASS, "pass" },
		{ "other", DISP_OTHER, "other" },
		{ "delivered", DISP_OTHER, "other" },
	};
	enum disposition d = DISP_COUNT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *label = cases[i].token ? cases[i].token : "absent";

		check_int(label, disposition_of(str_of(cases[i].token)), cases[i].want);
		check_str(
			label, str_of(disposition_name(cases[i].want)), str_of(cases[i].name));
		if (!cases[i].name)
			continue;
		check(label, disposition_from_name(str_of(cases[i].name), &d));
		check_int(label, d, cases[i].want);
	}
	assert_false(disposition_from_name(STR_ABSENT, &d));
	assert_false(disposition_from_name(STR(""), &d));
	assert_false(disposition_from_name(STR("delivered"), &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_small_names),
		cmocka_unit_test(test_dispositions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
