#include "carrier.h"

#include "check.h"

static void test_names(void **state)
{
	(void)state;
	for (int s = 0; s < CARRIER_COUNT; s++) {
		enum carrier_state back = CARRIER_COUNT;

		assert_true(
			carrier_from_name(str_of(carrier_name((enum carrier_state)s)), &back));
		assert_int_equal(back, s);
		assert_non_null(carrier_sentence((enum carrier_state)s));
	}
	assert_false(carrier_from_name(STR("Unknown"), &(enum carrier_state){ 0 }));
}

static void test_order(void **state)
{
	/* Of two mails the one that is nearer to the end of this list counts. */
	static const enum carrier_state order[] = { CARRIER_UNKNOWN, CARRIER_UNAUTHENTICATED,
		CARRIER_MISFIT, CARRIER_AUTHENTICATED };

	(void)state;
	for (size_t i = 0; i < COUNT(order); i++)
		for (size_t k = 0; k < COUNT(order); k++)
			check_int(carrier_name(order[i]), carrier_better(order[i], order[k]),
				i > k);
	assert_true(carrier_suspect(CARRIER_MISFIT));
	assert_true(carrier_suspect(CARRIER_UNAUTHENTICATED));
	assert_false(carrier_suspect(CARRIER_UNKNOWN));
	assert_false(carrier_suspect(CARRIER_AUTHENTICATED));
}

static void test_ours(void **state)
{
	static const char *const ours[] = { "example.com", "b.example" };

	(void)state;
	assert_true(carrier_ours(ours, 2, STR("example.com")));
	assert_true(carrier_ours(ours, 2, STR("a.b.example")));
	assert_false(carrier_ours(ours, 2, STR("notexample.com")));
	assert_false(carrier_ours(ours, 2, STR(".example")));
	assert_false(carrier_ours(ours, 2, STR("example")));
	assert_false(carrier_ours(ours, 2, STR("")));
	assert_true(carrier_ours(NULL, 0, STR("anything")));
}

static void test_admission(void **state)
{
	const struct admission all[] = { { .source = STR("a") }, { .source = STR_ABSENT },
		{ .source = STR("b") } };

	(void)state;
	assert_ptr_equal(admission_of(all, 3, STR("a")), &all[0]);
	assert_ptr_equal(admission_of(all, 3, STR("b")), &all[2]);
	assert_ptr_equal(admission_of(all, 3, STR("files")), &all[1]);
	assert_null(admission_of(all, 1, STR("files")));
	assert_null(admission_of(NULL, 0, STR("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_admission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
