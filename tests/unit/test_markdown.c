/* Strangers' text in Markdown. */
#include "check.h"

#include "markdown.h"
#include "xalloc.h"

static const struct text_case {
	const char *text, *want;
} texts[] = {
	{ "plain, with a dot.", "plain, with a dot." },
	{ "<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>" },
	{ "[x](http://y)", "\\[x\\](http\\://y)" },
	{ "From: me", "From: me" },
	{ "a|b", "a\\|b" },
	{ "*b* _i_ `c`", "\\*b\\* \\_i\\_ \\`c\\`" },
	{ "back\\slash", "back\\\\slash" },
	{ "&lt; me@example.com", "\\&lt; me\\@example.com" },
	{ "www.evil.example", "www\\.evil.example" },
	{ "WWW.x aww.x", "WWW\\.x aww.x" },
	{ "two\nlines", "two\\\\x0alines" },
	{ "", "" },
};

static const struct code_case {
	const char *text;
	bool in_table;
	const char *want;
} codes[] = {
	{ "example.com", true, "`example.com`" },
	{ "a|b", true, "`a\\|b`" },
	{ "a|b", false, "`a|b`" },
	{ "a`b", true, "``a`b``" },
	{ "`a", true, "`` `a ``" },
	{ "a```", true, "```` a``` ````" },
	{ "<b>", true, "`<b>`" },
	{ "", true, "" },
};

static void test_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(arena)
		struct arena a;

		arena_init(&a);
		check_str(texts[i].text, markdown_text(&a, str_of(texts[i].text)),
			str_of(texts[i].want));
	}
}

static void test_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		CLEANUP(arena)
		struct arena a;

		arena_init(&a);
		check_str(codes[i].text,
			markdown_code(&a, str_of(codes[i].text), codes[i].in_table),
			str_of(codes[i].want));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
