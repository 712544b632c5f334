#include "outcome.h"

#include "check.h"

static void test_names(void **state)
{
	static const char *const names[] = { "stored", "duplicate", "ignored", "rejected" };
	enum outcome o = OUTCOME_COUNT;

	(void)state;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		check_str(names[i], str_of(outcome_name((enum outcome)i)), str_of(names[i]));
		check(names[i], outcome_from_name(str_of(names[i]), &o));
		check_int(names[i], o, i);
	}
	assert_false(outcome_from_name(STR("Stored"), &o));
	assert_false(outcome_from_name(STR("store"), &o));
	assert_false(outcome_from_name(STR_ABSENT, &o));
	assert_int_equal(o, OUTCOME_REJECTED); /* untouched by failure */
}

static void test_worse(void **state)
{
	/* What decides comes first. */
	static const enum outcome order[] = { OUTCOME_REJECTED, OUTCOME_STORED,
		OUTCOME_DUPLICATE, OUTCOME_IGNORED };

	(void)state;
	for (size_t a = 0; a < COUNT(order); a++)
		for (size_t b = 0; b < COUNT(order); b++)
			check_int(outcome_name(order[a]), outcome_worse(order[a], order[b]),
				order[a < b ? a : b]);
}

static void test_reasons(void **state)
{
	static const char *const stages[] = { "read", "mime", "archive", "worker", "xml",
		"report", "origin" };

	(void)state;
	assert_true(reason_count > 20);
	for (size_t i = 0; i < reason_count; i++) {
		const struct reason *r = &reason_table[i];
		bool known = false;

		check(r->code, reason_find(str_of(r->code)) == r); /* no code twice */
		check(r->code,
			r->outcome != OUTCOME_STORED && (unsigned)r->outcome < OUTCOME_COUNT);
		for (size_t k = 0; k < COUNT(stages); k++)
			known = known || str_eq(str_of(r->stage), str_of(stages[k]));
		check(r->code, known);
		check(r->code, str_ends(str_of(r->sentence), STR(".")));
	}
	assert_null(reason_find(STR("no-such-code")));
	assert_null(reason_find(STR("XML-MALFORMED")));
	assert_null(reason_find(STR_ABSENT));
	assert_int_equal(reason_find(STR("tls-report"))->outcome, OUTCOME_IGNORED);
	assert_string_equal(reason_find(STR("archive-truncated"))->stage, "archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_worse),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
