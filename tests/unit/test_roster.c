#include "check.h"

#include "arena.h"
#include "roster.h"
#include "xalloc.h"

static void test_sum(void **state)
{
	static const struct sender_day days[] = { { 10, 5, 4, 1 }, { 12, 7, 0, 3 },
		{ 13, 9, 9, 0 } };
	struct sender_day sum = roster_sum(days, COUNT(days), 10, 13);

	(void)state;
	assert_int_equal(sum.messages, 12);
	assert_int_equal(sum.pass, 4);
	assert_int_equal(sum.explained, 4);
	assert_int_equal(roster_fail(&sum), 4);
	sum = roster_sum(days, COUNT(days), 14, 20);
	assert_int_equal(sum.messages, 0);
}

static void test_policy_differs(void **state)
{
	static const struct policy none = { .p = STR_INIT("none") };
	static const struct {
		const char *name;
		struct policy p;
		bool want;
		const char *from, *to;
	} cases[] = {
		{ "the same", { .p = STR_INIT("none") }, false, "", "" },
		{ "more is said", { .p = STR_INIT("none"), .np = STR_INIT("reject") }, false,
			"", "" },
		{ "less is said", { .sp = STR_INIT("none") }, false, "", "" },
		{ "another p", { .p = STR_INIT("reject") }, true, "p=none", "p=reject" },
	};
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str from, to;

		check_int(cases[i].name, policy_differs(&none, &cases[i].p), cases[i].want);
		policy_difference(&a, &none, &cases[i].p, &from, &to);
		check_str(cases[i].name, from, str_of(cases[i].from));
		check_str(cases[i].name, to, str_of(cases[i].to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_policy_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
