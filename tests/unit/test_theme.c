/* The cookie of light and dark, and the form that sets it. */
#include "theme.h"

#include "check.h"

static struct arena arena;

static void cookies(void **state)
{
	static const struct {
		const char *header, *theme;
	} cases[] = {
		{ "theme=dark", "dark" },
		{ "theme=light", "light" },
		{ "a=b; theme=dark; c=d", "dark" },
		{ "atheme=dark", NULL },
		{ "theme=auto", NULL },
		{ "theme=\"><script>", NULL },
		{ "theme", NULL },
		{ ";;=; theme=light", "light" },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str theme = theme_of_cookie(str_of(cases[i].header));

		struct str want = cases[i].theme ? str_of(cases[i].theme) : STR_ABSENT;

		if (!str_eq(theme, want) || str_absent(theme) != str_absent(want))
			fail_msg("%s: %.*s", cases[i].header, STR_ARGS(theme));
	}
	assert_true(str_absent(theme_of_cookie(STR_ABSENT)));
}

static void forms(void **state)
{
	static const struct {
		const char *body, *theme, *back; /* theme: NULL for an error */
	} cases[] = {
		{ "theme=dark&back=%2Frecords%3Fdomain%3Dexample.com", "dark",
			"/records?domain=example.com" },
		{ "theme=auto", "auto", "/" },
		{ "theme=light&back=https%3A%2F%2Fother.example%2F", "light", "/" },
		{ "theme=light&back=%2F%2Fother.example%2F", "light", "/" },
		{ "theme=light&back=%2F%5Cother.example", "light", "/" },
		{ "theme=light&back=%2Fa%0d%0aSet-Cookie%3A+x", "light", "/" },
		{ "theme=blue", NULL, NULL },
		{ "", NULL, NULL },
		{ "theme=dark&more=1", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct theme_choice c = { .theme = STR_ABSENT };
		struct err err = { 0 };
		int r = theme_of_form(str_of(cases[i].body), &arena, &c, &err);

		if ((r == 0) != (cases[i].theme != NULL) ||
			(r == 0 && (!str_eq(c.theme, str_of(cases[i].theme)) ||
					   !str_eq(c.back, str_of(cases[i].back)))))
			fail_msg("%s: %d %.*s", cases[i].body, r, STR_ARGS(c.back));
	}
}

static void set(void **state)
{
	(void)state;
	assert_true(str_eq(theme_cookie(&arena, STR("dark"), STR("/ruad"), true),
		STR("theme=dark; Path=/ruad/; Max-Age=31536000; SameSite=Lax; HttpOnly; "
		    "Secure")));
	assert_true(str_contains(
		theme_cookie(&arena, STR("auto"), STR(""), false), STR("Path=/; Max-Age=0;")));
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies),
		cmocka_unit_test(forms),
		cmocka_unit_test(set),
	};

	return cmocka_run_group_tests_name("theme", tests, setup, teardown);
}
