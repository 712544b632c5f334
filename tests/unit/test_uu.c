#include "uu.h"

#include "buf.h"
#include "check.h"

static const struct {
	const char *name;
	struct str in, want;
} cases[] = {
	{ "a word", STR_INIT("begin 644 a.txt\n#0V%T\n`\nend\n"), STR_INIT("Cat") },
	{ "blanks for zero", STR_INIT("begin 644 a\r\n#0V%T\r\n \r\nend\r\n"),
		STR_INIT("Cat") },
	{ "text around it", STR_INIT("Hello\n\nbegin 0644 a b\n#0V%T\n`\nend\nBye\n"),
		STR_INIT("Cat") },
	{ "two lines", STR_INIT("begin 644 a\n#0V%T\n#0V%T\n`\nend\n"), STR_INIT("CatCat") },
	{ "short group", STR_INIT("begin 644 a\n!00\n`\nend\n"), STR_INIT("A") },
	{ "blanks at the end were cut", STR_INIT("begin 644 a\n#\n`\nend\n"),
		STR_INIT("\0\0\0") },
	{ "no end", STR_INIT("begin 644 a\n#0V%T"), STR_INIT("Cat") },
	{ "foreign letter ends it", STR_INIT("begin 644 a\n#0V%T\n#0v%t\n#0V%T\n"),
		STR_INIT("Cat") },
	{ "no begin", STR_INIT("#0V%T\nend\n"), STR_INIT("") },
	{ "begin of a sentence", STR_INIT("begin with this\n#0V%T\nend\n"), STR_INIT("") },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t step = 1; step < 5; step++) {
			struct uu u;
			struct buf out;
			char piece[8];
			size_t n;

			buf_init(&out, 1024);
			uu_init(&u, cases[i].in);
			while ((n = uu_read(&u, piece, step)) > 0)
				buf_add(&out, piece, n);
			check_str(cases[i].name, buf_view(&out), cases[i].want);
			buf_release(&out);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
