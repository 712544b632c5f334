/* The rules of the template language, one case each. */
#include "template.h"

#include "check.h"
#include "xalloc.h"

#include <stdio.h>
#include <string.h>

struct render_case {
	const char *name, *data, *template, *want;
	const char *partials[4]; /* file name and text, in pairs */
};

static void set_cleanup(struct template_set **set)
{
	template_set_free(*set);
}

static struct embedded file(const char *name, const char *text)
{
	return (struct embedded){ name, text, strlen(text) };
}

static void render_cases(const struct render_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct render_case *c = &cases[i];
		struct embedded files[4] = { file("pages/main.html", c->template) };
		struct err err = { 0 };
		CLEANUP(set)
		struct template_set *set = NULL;
		CLEANUP(tree)
		json_t *data = NULL;
		CLEANUP(buf)
		struct buf out;
		int r;

		for (size_t k = 0; k < 4 && c->partials[k]; k += 2)
			files[1 + k / 2] = file(c->partials[k], c->partials[k + 1]);
		buf_init(&out, 1U << 16);
		r = tree_parse(str_of(c->data), &data, &err);
		if (r == 0)
			r = template_set_new(files, &set, &err);
		if (r == 0)
			r = template_render(set, STR("main"), data, &out, &err);
		if (r < 0)
			fail_msg("%s: %s", c->name, err.text);
		buf_char(&out, '\0');
		if (strcmp(out.p, c->want) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", c->name, out.p, c->want);
	}
}
#define RENDER_CASES(cases) render_cases((cases), sizeof(cases) / sizeof((cases)[0]))

static void interpolation(void **state)
{
	static const struct render_case cases[] = {
		{ "no tag", "{}", "Plain { text } stays.\n", "Plain { text } stays.\n", { 0 } },
		{ "a name", "{\"who\":\"mail\"}", "<{{who}}>", "<mail>", { 0 } },
		{ "blanks in the tag", "{\"who\":\"mail\"}", "{{ who }}|{{who\t}}", "mail|mail",
			{ 0 } },
		{ "missing", "{}", "[{{gone}}]", "[]", { 0 } },
		{ "null", "{\"x\":null}", "[{{x}}]", "[]", { 0 } },
		{ "integer", "{\"n\":98311}", "{{n}}", "98311", { 0 } },
		{ "negative integer", "{\"n\":-7}", "{{n}}", "-7", { 0 } },
		{ "decimal", "{\"n\":1.21}", "{{n}}", "1.21", { 0 } },
		{ "true and false", "{\"t\":true,\"f\":false}", "{{t}} {{f}}", "true false",
			{ 0 } },
		{ "object and list print nothing", "{\"o\":{\"a\":1},\"l\":[1]}",
			"[{{o}}{{l}}]", "[]", { 0 } },
		{ "twice", "{\"a\":\"1\"}", "{{a}}{{a}}", "11", { 0 } },
		{ "blanks around stay", "{\"a\":\"1\"}", "  {{a}}\n", "  1\n", { 0 } },
		{ "a value is not a template", "{\"a\":\"{{b}}\",\"b\":\"no\"}", "{{a}}",
			"{{b}}", { 0 } },
		{ "implicit", "\"text\"", "{{.}}", "text", { 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void dotted_names(void **state)
{
	static const struct render_case cases[] = {
		{ "two parts", "{\"a\":{\"b\":\"x\"}}", "{{a.b}}", "x", { 0 } },
		{ "four parts", "{\"a\":{\"b\":{\"c\":{\"d\":\"x\"}}}}", "{{a.b.c.d}}", "x",
			{ 0 } },
		{ "broken chain", "{\"a\":{}}", "[{{a.b.c}}]", "[]", { 0 } },
		{ "the rest is not looked up outside",
			"{\"a\":{\"b\":{}},\"c\":{\"name\":\"no\"}}", "[{{a.b.c.name}}]", "[]",
			{ 0 } },
		{ "inner first part hides the outer",
			"{\"a\":{\"b\":\"outer\"},\"s\":{\"a\":{}}}", "{{#s}}[{{a.b}}]{{/s}}",
			"[]", { 0 } },
		{ "first part found outside", "{\"a\":{\"b\":\"x\"},\"s\":{\"k\":1}}",
			"{{#s}}{{a.b}}{{/s}}", "x", { 0 } },
		{ "section", "{\"a\":{\"b\":[1,2]}}", "{{#a.b}}({{.}}){{/a.b}}", "(1)(2)",
			{ 0 } },
		{ "inverted", "{\"a\":{}}", "{{^a.b}}none{{/a.b}}", "none", { 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void escaping(void **state)
{
	static const struct render_case cases[] = {
		{ "element", "{\"x\":\"<script>alert(1)</script>\"}", "{{x}}",
			"&lt;script&gt;alert(1)&lt;/script&gt;", { 0 } },
		{ "attribute", "{\"x\":\"\\\"><img src=x onerror=alert(1)>\"}",
			"<a title=\"{{x}}\">",
			"<a title=\"&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\">", { 0 } },
		{ "single quote", "{\"x\":\"it's\"}", "{{x}}", "it&#39;s", { 0 } },
		{ "ampersand once", "{\"x\":\"a&amp;b\"}", "{{x}}", "a&amp;amp;b", { 0 } },
		{ "in a list", "{\"l\":[\"<b>\"]}", "{{#l}}{{.}}{{/l}}", "&lt;b&gt;", { 0 } },
		{ "UTF-8 stays", "{\"x\":\"Zürich → 例\"}", "{{x}}", "Zürich → 例", { 0 } },
		{ "NUL and controls", "{\"x\":\"a\\u0000b\\u0008c\\u001bd\"}", "{{x}}",
			"a\xef\xbf\xbd"
			"b\xef\xbf\xbd"
			"c\xef\xbf\xbd"
			"d",
			{ 0 } },
		{ "noncharacters",
			"{\"x\":\"a\xef\xbf\xbe"
			"b\xef\xbf\xbf\"}",
			"{{x}}",
			"a\xef\xbf\xbd"
			"b\xef\xbf\xbd",
			{ 0 } },
		{ "C1 controls, delete", "{\"x\":\"a\\u007f\\u0080b\\u009bc\\u00a0d\"}",
			"{{x}}",
			"a\xef\xbf\xbd\xef\xbf\xbd"
			"b\xef\xbf\xbd"
			"c\xc2\xa0"
			"d",
			{ 0 } },
		{ "words turned around",
			"{\"x\":\"a\\u202ab\\u202ec\\u2066d\\u2069e\\u200ff\\u2029g\\u206ah\"}",
			"{{x}}",
			"a\xef\xbf\xbd"
			"b\xef\xbf\xbd"
			"c\xef\xbf\xbd"
			"d\xef\xbf\xbd"
			"e\xe2\x80\x8f"
			"f\xe2\x80\xa9g\xe2\x81\xaah",
			{ 0 } },
		{ "tab, newline, return", "{\"x\":\"a\\tb\\nc\\rd\"}", "{{x}}", "a\tb\nc&#13;d",
			{ 0 } },
		{ "template text is not escaped", "{}", "<b>&amp;</b>", "<b>&amp;</b>", { 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void sections(void **state)
{
	static const struct render_case cases[] = {
		{ "true", "{\"s\":true}", "[{{#s}}yes{{/s}}]", "[yes]", { 0 } },
		{ "false", "{\"s\":false}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "missing", "{}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "null", "{\"s\":null}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "empty list", "{\"s\":[]}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "empty text", "{\"s\":\"\"}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "zero", "{\"s\":0}", "[{{#s}}yes{{/s}}]", "[]", { 0 } },
		{ "number is the context", "{\"s\":4}", "[{{#s}}{{.}}{{/s}}]", "[4]", { 0 } },
		{ "text is the context", "{\"s\":\"x\"}", "[{{#s}}{{.}}{{/s}}]", "[x]", { 0 } },
		{ "empty object", "{\"s\":{}}", "[{{#s}}yes{{/s}}]", "[yes]", { 0 } },
		{ "object", "{\"s\":{\"a\":\"x\"}}", "{{#s}}{{a}}{{/s}}", "x", { 0 } },
		{ "outer names", "{\"b\":\"y\",\"s\":{\"a\":\"x\"}}", "{{#s}}{{a}}{{b}}{{/s}}",
			"xy", { 0 } },
		{ "inner hides outer", "{\"a\":\"out\",\"s\":{\"a\":\"in\"}}",
			"{{#s}}{{a}}{{/s}}{{a}}", "inout", { 0 } },
		{ "list", "{\"s\":[{\"a\":1},{\"a\":2},{\"a\":3}]}", "{{#s}}{{a}},{{/s}}",
			"1,2,3,", { 0 } },
		{ "list of lists", "{\"s\":[[1,2],[3]]}", "{{#s}}({{#.}}{{.}}{{/.}}){{/s}}",
			"(12)(3)", { 0 } },
		{ "nested, same name", "{\"s\":true}", "{{#s}}a{{#s}}b{{/s}}c{{/s}}", "abc",
			{ 0 } },
		{ "twice", "{\"s\":true}", "{{#s}}1{{/s}} {{#s}}2{{/s}}", "1 2", { 0 } },
		{ "deep", "{\"a\":{\"one\":1},\"b\":{\"two\":2},\"c\":{\"three\":3}}",
			"{{#a}}{{one}}{{#b}}{{one}}{{two}}{{#c}}{{one}}{{two}}{{three}}{{/"
			"c}}{{/b}}{{/a}}",
			"112123", { 0 } },
		{ "blanks in tags", "{\"s\":true}", "{{# s }}x{{/ s }}", "x", { 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void inverted_sections(void **state)
{
	static const struct render_case cases[] = {
		{ "false", "{\"s\":false}", "[{{^s}}no{{/s}}]", "[no]", { 0 } },
		{ "true", "{\"s\":true}", "[{{^s}}no{{/s}}]", "[]", { 0 } },
		{ "missing", "{}", "[{{^s}}no{{/s}}]", "[no]", { 0 } },
		{ "null", "{\"s\":null}", "[{{^s}}no{{/s}}]", "[no]", { 0 } },
		{ "empty list", "{\"s\":[]}", "[{{^s}}no{{/s}}]", "[no]", { 0 } },
		{ "list", "{\"s\":[1]}", "[{{^s}}no{{/s}}]", "[]", { 0 } },
		{ "object", "{\"s\":{}}", "[{{^s}}no{{/s}}]", "[]", { 0 } },
		{ "zero", "{\"s\":0}", "[{{^s}}no{{/s}}]", "[no]", { 0 } },
		{ "the context is the outer one", "{\"a\":\"x\",\"s\":false}",
			"{{^s}}{{a}}{{/s}}", "x", { 0 } },
		{ "both halves", "{\"s\":false}", "{{#s}}yes{{/s}}{{^s}}no{{/s}}", "no",
			{ 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void partials(void **state)
{
	static const struct render_case cases[] = {
		{ "plain", "{}", "[{{>p}}]", "[text]", { "pages/p.html", "text" } },
		{ "same values", "{\"a\":\"x\"}", "[{{>p}}]", "[*x*]",
			{ "pages/p.html", "*{{a}}*" } },
		{ "values of the section", "{\"l\":[{\"a\":1},{\"a\":2}]}",
			"{{#l}}{{>p}}{{/l}}", "(1)(2)", { "pages/p.html", "({{a}})" } },
		{ "recursion", "{\"v\":\"X\",\"n\":[{\"v\":\"Y\",\"n\":[]}]}", "{{>p}}",
			"X<Y<>>", { "pages/p.html", "{{v}}<{{#n}}{{>p}}{{/n}}>" } },
		{ "nested", "{}", "{{>p}}", "a-b",
			{ "pages/p.html", "a{{>q}}", "pages/q.html", "-b" } },
		{ "inside a line: no indent", "{\"d\":\"|\"}", "  {{d}}  {{> p}}\n",
			"  |  >\n>\n", { "pages/p.html", ">\n>" } },
		{ "alone: each line is indented", "{}", "\\\n {{>p}}\n/\n", "\\\n |\n |\n/\n",
			{ "pages/p.html", "|\n|\n" } },
		{ "values are not indented", "{\"c\":\"<\\n->\"}", "\\\n {{>p}}\n/\n",
			"\\\n |\n &lt;\n-&gt;\n |\n/\n", { "pages/p.html", "|\n{{c}}\n|\n" } },
		{ "indents add up", "{}", " {{>p}}\n", " a\n   b\n",
			{ "pages/p.html", "a\n  {{>q}}\n", "pages/q.html", "b\n" } },
		{ "alone, no newline before", "{}", "  {{>p}}\n>", "  >\n  >>",
			{ "pages/p.html", ">\n>" } },
		{ "alone, no newline after", "{}", ">\n  {{>p}}", ">\n  >\n  >",
			{ "pages/p.html", ">\n>" } },
		{ "alone, return and newline", "{}", "|\r\n{{>p}}\r\n|", "|\r\n>|",
			{ "pages/p.html", ">" } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void comments(void **state)
{
	static const struct render_case cases[] = {
		{ "inside a line", "{}", "12345{{! no }}67890", "1234567890", { 0 } },
		{ "lines", "{}", "12345{{!\n no\n no\n}}67890", "1234567890", { 0 } },
		{ "alone", "{}", "Begin.\n{{! no }}\nEnd.\n", "Begin.\nEnd.\n", { 0 } },
		{ "alone, indented", "{}", "Begin.\n  {{! no }}\nEnd.\n", "Begin.\nEnd.\n",
			{ 0 } },
		{ "alone, return and newline", "{}", "|\r\n{{! no }}\r\n|", "|\r\n|", { 0 } },
		{ "alone, nothing before", "{}", "  {{! no }}\n!", "!", { 0 } },
		{ "alone, nothing after", "{}", "!\n  {{! no }}", "!\n", { 0 } },
		{ "alone, several lines", "{}", "Begin.\n{{!\nno\n}}\nEnd.\n", "Begin.\nEnd.\n",
			{ 0 } },
		{ "after text: not alone", "{}", "  12 {{! 34 }}\n", "  12 \n", { 0 } },
		{ "blanks around stay", "{}", "12345 {{! no }} 67890", "12345  67890", { 0 } },
		{ "empty", "{}", "a{{!}}b", "ab", { 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void standalone_lines(void **state)
{
	static const struct render_case cases[] = {
		{ "section", "{\"s\":true}", "| This\n{{#s}}\n|\n{{/s}}\n| line\n",
			"| This\n|\n| line\n", { 0 } },
		{ "indented", "{\"s\":true}", "| This\n  {{#s}}\n|\n  {{/s}}\n| line\n",
			"| This\n|\n| line\n", { 0 } },
		{ "inverted", "{\"s\":false}", "| This\n{{^s}}\n|\n{{/s}}\n| line\n",
			"| This\n|\n| line\n", { 0 } },
		{ "blanks after the tag", "{\"s\":true}", "a\n{{#s}} \t\nb\n{{/s}}\t\nc",
			"a\nb\nc", { 0 } },
		{ "return and newline", "{\"s\":true}", "|\r\n{{#s}}\r\n{{/s}}\r\n|", "|\r\n|",
			{ 0 } },
		{ "at the start", "{\"s\":true}", " {{#s}}\n1{{/s}}\n/", "1\n/", { 0 } },
		{ "at the end", "{\"s\":true}", "1{{#s}}/\n  {{/s}}", "1/\n", { 0 } },
		{ "two tags in a line", "{\"s\":true}", " {{#s}}YES{{/s}}\n {{#s}}GOOD{{/s}}\n",
			" YES\n GOOD\n", { 0 } },
		{ "two bare tags in a line", "{\"s\":true}", "{{#s}}{{/s}}\nx", "\nx", { 0 } },
		{ "a variable is not", "{\"a\":\"\"}", "1\n  {{a}}\n2", "1\n  \n2", { 0 } },
		{ "per element", "{\"l\":[1,2]}", "{{#l}}\n- {{.}}\n{{/l}}\n", "- 1\n- 2\n",
			{ 0 } },
	};

	(void)state;
	RENDER_CASES(cases);
}

static void mistakes(void **state)
{
	static const struct {
		const char *name, *template;
		int64_t line;
	} cases[] = {
		{ "section without end", "a\n{{#s}}b", 2 },
		{ "end without section", "a\n\n{{/s}}", 3 },
		{ "wrong end", "{{#a}}{{#b}}\n{{/a}}{{/b}}", 2 },
		{ "tag without end", "a\nb {{name", 2 },
		{ "unescaped, braces", "{{{x}}}", 1 },
		{ "unescaped, ampersand", "\n{{&x}}", 2 },
		{ "other delimiters", "{{=<% %>=}}", 1 },
		{ "no name", "{{}}", 1 },
		{ "no name of a section", "{{# }}{{/ }}", 1 },
		{ "unknown partial", "a\nb\n{{>gone}}", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct embedded files[] = { file("main.html", cases[i].template),
			{ NULL, NULL, 0 } };
		struct template_set *set = NULL;
		struct err err = { 0 };
		int r = template_set_new(files, &set, &err);

		if (r != ERR_INPUT || set)
			fail_msg("%s: accepted", cases[i].name);
		if (err.line != cases[i].line || !strstr(err.text, "main"))
			fail_msg("%s: line %d: %s", cases[i].name, (int)err.line, err.text);
	}
}

static void bounds(void **state)
{
	struct embedded endless[] = { file("main.html", "x{{>main}}"), { NULL, NULL, 0 } };
	struct embedded wide[] = { file("main.html", "{{#l}}0123456789{{/l}}"),
		{ NULL, NULL, 0 } };
	CLEANUP(buf)
	struct buf deep, out;
	CLEANUP(tree)
	json_t *data = NULL;
	struct template_set *set = NULL;
	struct err err = { 0 };

	(void)state;
	buf_init(&deep, 4096);
	for (int i = 0; i <= TEMPLATE_DEPTH; i++)
		buf_str(&deep, STR("{{#s}}"));
	for (int i = 0; i <= TEMPLATE_DEPTH; i++)
		buf_str(&deep, STR("{{/s}}"));
	struct embedded nested[] = { file("main.html", deep.p), { NULL, NULL, 0 } };
	assert_int_equal(template_set_new(nested, &set, &err), ERR_INPUT);

	buf_init(&out, 64);
	assert_int_equal(tree_parse(STR("{\"l\":[1,2,3,4,5,6,7]}"), &data, &err), 0);
	assert_int_equal(template_set_new(endless, &set, &err), 0);
	assert_int_equal(template_render(set, STR("main"), data, &out, &err), ERR_LIMIT);
	template_set_free(set);
	buf_clear(&out);
	assert_int_equal(template_set_new(wide, &set, &err), 0);
	assert_int_equal(template_render(set, STR("main"), data, &out, &err), ERR_LIMIT);
	assert_int_equal(template_render(set, STR("other"), data, &out, &err), ERR_USAGE);
	template_set_free(set);
}

static void tree_values(void **state)
{
	CLEANUP(tree)
	json_t *t = json_object();
	struct err err = { 0 };
	json_t *bad = NULL;

	(void)state;
	tree_set_str(t, "ok", STR("naïve"));
	tree_set_str(t, "bad", STR("a\xff\xc3"));
	tree_set_str(t, "absent", STR_ABSENT);
	tree_set_i64(tree_set_object(t, "o"), "n", 7);
	tree_set_bool(t, "yes", true);
	tree_printf(t, "text", "%d%%", 5);
	assert_true(str_eq(tree_str(t, "ok"), STR("naïve")));
	assert_true(str_eq(tree_str(t, "bad"), STR("a\xef\xbf\xbd\xef\xbf\xbd")));
	assert_true(str_absent(tree_str(t, "absent")));
	assert_true(str_absent(tree_str(t, "o.n")));
	assert_int_equal(tree_i64(t, "o.n"), 7);
	assert_int_equal(tree_i64(t, "o.n.m"), 0);
	assert_true(tree_true(t, "yes"));
	assert_true(str_eq(tree_str(t, "text"), STR("5%")));
	assert_int_equal(tree_parse(STR("{\"a\":"), &bad, &err), ERR_INPUT);
	assert_null(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpolation),
		cmocka_unit_test(dotted_names),
		cmocka_unit_test(escaping),
		cmocka_unit_test(sections),
		cmocka_unit_test(inverted_sections),
		cmocka_unit_test(partials),
		cmocka_unit_test(comments),
		cmocka_unit_test(standalone_lines),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(bounds),
		cmocka_unit_test(tree_values),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
