#include "check.h"

#include "amount.h"
#include "xalloc.h"

static void test_text(void **state)
{
	static const struct {
		uint64_t n;
		const char *want;
	} cases[] = { { 0, "0" }, { 7, "7" }, { 999, "999" }, { 1000, "1,000" },
		{ 98311, "98,311" }, { 1000000, "1,000,000" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" } };
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].want, amount_text(&a, cases[i].n), str_of(cases[i].want));
	check_str("one", amount_count(&a, 1, "message", "messages"), STR("1 message"));
	check_str("none", amount_count(&a, 0, "message", "messages"), STR("0 messages"));
}

static void test_share(void **state)
{
	static const struct {
		uint64_t part, whole;
		const char *want;
	} cases[] = { { 0, 0, "–" }, { 0, 5, "0%" }, { 5, 5, "100%" }, { 511, 519, "98.5%" },
		{ 1, 3, "33.3%" }, { 99999, 100000, ">99.9%" }, { 1, 100000, "<0.1%" },
		{ 999, 1000, "99.9%" }, { UINT64_MAX / 2, UINT64_MAX, "50.0%" } };
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].want, amount_share(&a, cases[i].part, cases[i].whole),
			str_of(cases[i].want));
}

static void test_reaches(void **state)
{
	(void)state;
	assert_true(amount_reaches(99, 100, 990));
	assert_false(amount_reaches(98, 100, 990));
	assert_true(amount_reaches(0, 0, 990)); /* nothing is missing of nothing */
	assert_true(amount_reaches(UINT64_MAX, UINT64_MAX, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_reaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
