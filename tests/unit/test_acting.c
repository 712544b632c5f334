/* What requests want to be done about a problem. */
#include "acting.h"
#include "check.h"

#include <stdlib.h>

static void test_json(void **state)
{
	static const struct {
		const char *body;
		int r;
		bool yes;
	} cases[] = { { "{}", 0, false }, { "{\"release\":true}", 0, true },
		{ " {\"release\":false} ", 0, false }, { "", ERR_USAGE, false },
		{ "[]", ERR_USAGE, false }, { "{\"release\":1}", ERR_USAGE, false },
		{ "{\"release\":null}", ERR_USAGE, false },
		{ "{\"dismissed\":true}", ERR_USAGE, false } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct acting a = { .yes = false };
		struct err err = { 0 };

		check_int(cases[i].body,
			acting_of_json(str_of(cases[i].body), "release", &a, &err), cases[i].r);
		check_int(cases[i].body, a.yes, cases[i].yes);
	}
}

static void test_form(void **state)
{
	static const struct {
		const char *body;
		int r;
		bool yes;
		const char *token;
	} cases[] = { { "form_token=ab", 0, true, "ab" },
		{ "dismissed=false&form_token=ab", 0, false, "ab" },
		{ "form_token=ab&dismissed=true", 0, true, "ab" }, { "", 0, true, NULL },
		{ "dismissed=x&form_token=ab", ERR_USAGE, true, "ab" },
		{ "mark=ours&form_token=ab", ERR_USAGE, true, "ab" } };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct acting a = { .yes = true, .form_token = STR_ABSENT };
		struct err err = { 0 };

		check_int(cases[i].body,
			acting_of_form(str_of(cases[i].body), "dismissed", &arena, &a, &err),
			cases[i].r);
		check_int(cases[i].body, a.yes, cases[i].yes);
		if (cases[i].token)
			check_str(cases[i].body, a.form_token, str_of(cases[i].token));
		else
			check_int(cases[i].body, str_absent(a.form_token), 1);
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
