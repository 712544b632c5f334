#include "formtoken.h"

#include "check.h"

#include <string.h>

static void test_token(void **state)
{
	const struct digest word = digest_of(STR("word")), other = digest_of(STR("other")),
			    pad = digest_of(STR("pad")), next = digest_of(STR("next"));
	char hex[2 * DIGEST_BYTES + 1];
	struct str first, second;
	struct arena a;

	(void)state;
	arena_init(&a);
	first = form_token_make(&word, &pad, &a);
	second = form_token_make(&word, &next, &a);
	assert_int_equal(first.n, FORM_TOKEN_TEXT);
	assert_true(form_token_is(first, &word));
	assert_true(form_token_is(second, &word));
	assert_false(form_token_is(first, &other));
	/* No two are alike anywhere, and none has the word in it. */
	for (size_t i = 0; i + 16 <= first.n; i++)
		assert_false(str_contains(second, str_make(first.p + i, 16)));
	assert_false(str_contains(first, digest_hex(&word, hex)));
	arena_release(&a);
}

static void test_others(void **state)
{
	const struct digest word = digest_of(STR("word")), pad = digest_of(STR("pad"));
	struct str good;
	struct arena a;

	(void)state;
	arena_init(&a);
	good = form_token_make(&word, &pad, &a);
	assert_false(form_token_is(STR_ABSENT, &word));
	assert_false(form_token_is(STR(""), &word));
	assert_false(form_token_is(str_make(good.p, good.n - 1), &word));
	assert_false(form_token_is(arena_printf(&a, "%.*s0", STR_ARGS(good)), &word));
	for (size_t i = 0; i < good.n; i++) {
		char changed[FORM_TOKEN_TEXT];

		memcpy(changed, good.p, sizeof(changed));
		changed[i] = changed[i] == '0' ? '1' : '0';
		assert_false(form_token_is(str_make(changed, sizeof(changed)), &word));
		changed[i] = 'g';
		assert_false(form_token_is(str_make(changed, sizeof(changed)), &word));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
