#include "check.h"

#include "answers.h"
#include "xalloc.h"

static const struct answer_key key = { 7, 3, 20000 };

static void put(struct answers *c, const struct answer_key *k, int value)
{
	struct kept_answer *made = answers_make(c, k);
	int *v = ARENA_NEW(&made->arena, int);

	*v = value;
	made->value = v;
}

static void test_found(void **state)
{
	static const struct {
		const char *name;
		struct answer_key key;
		bool want;
	} cases[] = {
		{ "the same", { 7, 3, 20000 }, true },
		{ "another question", { 8, 3, 20000 }, false },
		{ "newer data", { 7, 4, 20000 }, false },
		{ "the next day", { 7, 3, 20001 }, false },
	};
	struct answers c = { 0 };

	(void)state;
	assert_null(answers_find(&c, &key));
	put(&c, &key, 42);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(
			cases[i].name, answers_find(&c, &cases[i].key) != NULL, cases[i].want);
	assert_int_equal(*(const int *)answers_find(&c, &key), 42);
	answers_release(&c);
	answers_release(&c);
}

static void test_unfinished_is_none(void **state)
{
	struct answers c = { 0 };

	(void)state;
	answers_make(&c, &key);
	assert_null(answers_find(&c, &key));
	answers_release(&c);
}

static void test_oldest_goes(void **state)
{
	struct answers c = { 0 };
	struct answer_key k = key;
	const int *first;

	(void)state;
	put(&c, &key, 1);
	first = answers_find(&c, &key);
	for (int i = 1; i < ANSWERS_KEPT; i++) {
		k.question = 1000 + (uint64_t)i;
		put(&c, &k, i);
	}
	assert_ptr_equal(answers_find(&c, &key), first);
	assert_int_equal(*first, 1);
	k.question = 5;
	put(&c, &k, 2);
	assert_null(answers_find(&c, &key));
	answers_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_unfinished_is_none),
		cmocka_unit_test(test_oldest_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
