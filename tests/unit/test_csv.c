#include "check.h"
#include "csv.h"

static const struct csv_column columns[] = { { "id", "id" }, { "reporter", "report.reporter" },
	{ "dkim", "dkim.*.domain" }, { "flags", "flags.*" }, { "explained", "explained" },
	{ NULL, NULL } };

static void test_cells(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{ "plain", "example.com", "example.com" },
		{ "empty", "", "" },
		{ "comma", "a,b", "\"a,b\"" },
		{ "quote", "a\"b", "\"a\"\"b\"" },
		{ "line end", "a\r\nb", "\"a\r\nb\"" },
		{ "blank in front", " a", "\" a\"" },
		{ "blank inside", "a b", "a b" },
		{ "formula", "=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"" },
		{ "plus", "+1+cmd", "'+1+cmd" },
		{ "minus", "-2", "'-2" },
		{ "at", "@SUM(A1)", "'@SUM(A1)" },
		{ "tab", "\t=1", "\"'\t=1\"" },
		{ "carriage return", "\r=1", "\"'\r=1\"" },
		{ "formula sign later", "a=b", "a=b" },
		{ "not ascii", "\xc3\xa9", "\xc3\xa9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out;

		buf_init(&out, 1000);
		check(cases[i].name, csv_text(&out, str_of(cases[i].text)));
		check_str(cases[i].name, buf_view(&out), str_of(cases[i].want));
		buf_release(&out);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *name, *row, *want;
	} cases[] = {
		{ "all there",
			"{\"id\":\"1.2\",\"report\":{\"reporter\":\"g.example\"},\"dkim\":[{"
			"\"domain\":\"a\"},{\"domain\":\"b\"}],"
			"\"flags\":[\"x\",\"y\"],\"explained\":true}",
			"1.2,g.example,a b,x y,true\r\n" },
		{ "nulls and gaps", "{\"id\":7,\"report\":null,\"dkim\":[],\"explained\":null}",
			"7,,,,\r\n" },
		{ "null in a list", "{\"dkim\":[{\"domain\":null},{\"domain\":\"b\"}]}",
			",,\" b\",,\r\n" },
		{ "guard of a joined text", "{\"dkim\":[{\"domain\":\"+1+cmd\"}]}",
			",,'+1+cmd,,\r\n" },
		{ "negative number is no formula", "{\"id\":-5}", "-5,,,,\r\n" },
		{ "escapes", "{\"id\":\"\\u003cscript\\u003e\\n\\ud83d\\ude00\"}",
			"\"<script>\n\xf0\x9f\x98\x80\",,,,\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct buf out;
		struct node *row;

		arena_init(&a);
		buf_init(&out, 1000);
		check(cases[i].name, node_parse(str_of(cases[i].row), &a, &row));
		check(cases[i].name, csv_row(&out, columns, row, &a));
		check_str(cases[i].name, buf_view(&out), str_of(cases[i].want));
		buf_release(&out);
		arena_release(&a);
	}
}

static void test_header(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(csv_header(&out, columns));
	check_str("header", buf_view(&out), STR("id,reporter,dkim,flags,explained\r\n"));
	buf_release(&out);
}

/* Each column of each list has a name and is there once. */
static void test_columns(void **state)
{
	(void)state;
	for (const struct resource *r = resource_table; r->name; r++) {
		check(r->name, r->columns || !r->list);
		for (const struct csv_column *c = r->columns; c && c->name; c++)
			for (const struct csv_column *d = r->columns; d < c; d++)
				check(c->name, !str_eq(str_of(c->name), str_of(d->name)));
	}
}

static void test_bad_json(void **state)
{
	static const char *const cases[] = { "", "{", "{\"a\"}", "[1,]", "\"\\u12\"",
		"\"\\ud800\"", "nul", "{} {}", "\"a",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a;
		struct node *n;

		arena_init(&a);
		check(cases[i], !node_parse(str_of(cases[i]), &a, &n));
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_bad_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
