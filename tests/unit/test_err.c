#include "err.h"

#include "check.h"

#include <string.h>

static int fails(struct err *err)
{
	return FAIL(err, ERR_LIMIT, "mail-size", "mail has %d bytes", 42);
}

static void test_fail(void **state)
{
	struct err err = { .line = 3, .column = 4 };

	(void)state;
	assert_int_equal(fails(&err), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.reason, "mail-size");
	assert_string_equal(err.text, "mail has 42 bytes");
	assert_int_equal(err.line, 0);
	assert_int_equal(err.column, 0);
	assert_int_equal(fails(NULL), ERR_LIMIT);
	err_prefix(NULL, "x");
}

static void test_one_line(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, ERR_INPUT, NULL, "a\r\nb\tc\x1b[31m\x7f\xc3\xa4");
	assert_string_equal(err.text, "a  b c [31m \xc3\xa4");
	assert_null(err.reason);
}

static void test_cut(void **state)
{
	char text[400];
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_INPUT, NULL, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	/* A character that would be split is left out. */
	for (size_t at = sizeof(err.text) - 5; at < sizeof(err.text) + 2; at++) {
		memset(text, 'x', sizeof(text) - 1);
		memcpy(text + at, "\xf0\x9f\x98\x80", 4);
		err_set(&err, ERR_INPUT, NULL, "%s", text);
		assert_true(str_utf8(str_of(err.text)));
		assert_true(strlen(err.text) >= sizeof(err.text) - 4);
	}
}

static void test_prefix(void **state)
{
	struct err err = { 0 };
	char text[400];

	(void)state;
	err_set(&err, ERR_IO, "io", "cannot read");
	err.line = 7;
	err_prefix(&err, "file %s", "a.xml");
	assert_string_equal(err.text, "file a.xml: cannot read");
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.reason, "io");
	assert_int_equal(err.line, 7);
	/* An argument may be the text itself. */
	err_set(&err, ERR_TEMP, NULL, "again: %s", err.text);
	assert_string_equal(err.text, "again: file a.xml: cannot read");
	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	err_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_prefix(&err, "z");
	assert_memory_equal(err.text, "z: yyy", 6);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
