#include "lines.h"

#include "buf.h"
#include "check.h"

static void test_cases(void **state)
{
	static const struct {
		const char *name;
		struct str in, want; /* each line with "|" behind it */
	} cases[] = {
		{ "nothing", STR_INIT(""), STR_INIT("") },
		{ "LF", STR_INIT("a\nb\n"), STR_INIT("a|b|") },
		{ "CR LF", STR_INIT("a\r\nb\r\n"), STR_INIT("a|b|") },
		{ "CR", STR_INIT("a\rb\r"), STR_INIT("a|b|") },
		{ "mixed", STR_INIT("a\r\rb\n\nc\n\rd"), STR_INIT("a||b||c||d|") },
		{ "no break at the end", STR_INIT("a"), STR_INIT("a|") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str line;
		struct buf out;
		size_t at = 0;

		buf_init(&out, 100);
		while (line_next(cases[i].in, &at, &line)) {
			buf_str(&out, line);
			buf_char(&out, '|');
		}
		check_str(cases[i].name, buf_view(&out), cases[i].want);
		check_int(cases[i].name, at, cases[i].in.n);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
