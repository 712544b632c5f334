/* Tables that fit the terminal: what is cut, what is left out, what stays whole. */
#include "check.h"

#include "table.h"
#include "xalloc.h"

#include <locale.h>

static const struct table_column columns[] = { { "Source", false, FIT_WHOLE },
	{ "Policy", false, FIT_DROP }, { "Messages", true, FIT_WHOLE },
	{ "Why", false, FIT_CUT } };

struct table_case {
	const char *name;
	unsigned width;
	const char *want;
};

static const struct table_case cases[] = {
	{ "no terminal", 0,
		"Source        Policy  Messages  Why\n"
		"192.0.2.10    none          29  SPF and DKIM both pass and match.\n"
		"203.0.113.30  none       1,000  m\xc3\xbcller signed it, nothing else.\n" },
	{ "wide enough", 65,
		"Source        Policy  Messages  Why\n"
		"192.0.2.10    none          29  SPF and DKIM both pass and match.\n"
		"203.0.113.30  none       1,000  m\xc3\xbcller signed it, nothing else.\n" },
	{ "text is cut", 50,
		"Source        Policy  Messages  Why\n"
		"192.0.2.10    none          29  SPF and DKIM both~\n"
		"203.0.113.30  none       1,000  m\xc3\xbcller signed it,~\n" },
	{ "a column goes, and the text has its room", 42,
		"Source        Messages  Why\n"
		"192.0.2.10          29  SPF and DKIM both~\n"
		"203.0.113.30     1,000  m\xc3\xbcller signed it,~\n"
		"no room for: Policy\n" },
	{ "all are cut in the end", 28,
		"Source    Messages  Why\n"
		"192.0.2~        29  SPF and~\n"
		"203.0.1~     1,000  m\xc3\xbcller ~\n"
		"no room for: Policy\n" },
	{ "what comes first stays", 20,
		"Source    Messages\n"
		"192.0.2~        29\n"
		"203.0.1~     1,000\n"
		"no room for: Policy, Why\n" },
	{ "too narrow for anything", 5,
		"Source\n"
		"192.0.2~\n"
		"203.0.1~\n"
		"no room for: Policy, Messages, Why\n" },
};

static void test_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct table t;
		struct terminal term = { .width = cases[i].width };
		const struct str rows[][4] = {
			{ STR("192.0.2.10"), STR("none"), STR("29"),
				STR("SPF and DKIM both pass and match.") },
			{ STR("203.0.113.30"), STR("none"), STR("1,000"),
				STR("m\xc3\xbcller signed it, nothing else.") },
		};
		char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);

		arena_init(&a);
		table_init(&t, &a, columns, 4);
		table_row(&t, rows[0]);
		table_row(&t, rows[1]);
		table_print(&t, &term, f);
		fclose(f);
		check_str(cases[i].name, str_make(text, n), str_of(cases[i].want));
		free(text);
	}
}

/* Colour takes no room, and is gone with its cell. */
static void test_tones(void **state)
{
	static const struct table_column two[] = { { "A", false, FIT_WHOLE },
		{ "B", true, FIT_WHOLE } };
	static const struct {
		const char *name;
		bool color;
		const char *want;
	} tones[] = {
		{ "colour", true,
			"\033[1mA      B\033[0m\nx   \033[31mfail\033[0m\n"
			"yy     -\n" },
		{ "none", false, "A      B\nx   fail\nyy     -\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(tones); i++) {
		CLEANUP(arena)
		struct arena a;
		struct table t;
		struct terminal term = { .color = tones[i].color };
		char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);

		arena_init(&a);
		table_init(&t, &a, two, 2);
		table_row(&t, (const struct str[]){ STR("x"), STR("fail") });
		table_tone(&t, 1, TONE_BAD);
		table_row(&t, (const struct str[]){ STR("yy"), STR("-") });
		for (int more = 0; more < 100; more++)
			table_row(&t, (const struct str[]){ STR("z"), STR("0") });
		t.row_count = 2;
		table_print(&t, &term, f);
		fclose(f);
		check_str(tones[i].name, str_make(text, n), str_of(tones[i].want));
		free(text);
	}
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fit),
		cmocka_unit_test(test_tones) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
