#include "buf.h"

#include "check.h"
#include "xalloc.h"

#include <string.h>

static void test_grow(void **state)
{
	CLEANUP(buf)
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	check_str("new", buf_view(&b), STR(""));
	assert_string_equal(b.p, "");
	for (int i = 0; i < 10000; i++) {
		assert_true(buf_char(&b, (char)('a' + i % 26)));
		assert_int_equal(b.p[b.n], '\0');
	}
	assert_int_equal(b.n, 10000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_true(buf_str(&b, STR("xyz")) && buf_str(&b, STR_ABSENT) && buf_add(&b, NULL, 0));
	assert_string_equal(b.p + 10000, "xyz");
}

static void test_full(void **state)
{
	CLEANUP(buf)
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_true(buf_str(&b, STR("12345678")));
	assert_false(b.full);
	assert_false(buf_char(&b, '9'));
	assert_true(b.full);
	check_str("nothing of it", buf_view(&b), STR("12345678"));
	assert_false(buf_add(&b, "", 0));
	buf_clear(&b);
	assert_false(b.full);
	assert_true(buf_str(&b, STR("1234")));
	assert_false(buf_str(&b, STR("56789")));
	assert_false(buf_char(&b, '5'));
	check_str("stays full", buf_view(&b), STR("1234"));
	assert_string_equal(b.p, "1234");
}

static void test_no_room(void **state)
{
	CLEANUP(buf)
	struct buf b;
	struct buf zero = { 0 };

	(void)state;
	buf_init(&b, 0);
	assert_true(buf_add(&b, "", 0));
	assert_false(buf_char(&b, 'x'));
	assert_string_equal(b.p, "");
	assert_false(buf_char(&zero, 'x'));
	check_str("zeroed struct", buf_view(&zero), STR(""));
	buf_release(&zero);
	buf_init(&zero, SIZE_MAX);
	assert_false(buf_add(&zero, "x", SIZE_MAX));
	buf_release(&zero);
}

static void test_printf(void **state)
{
	CLEANUP(buf)
	struct buf b;
	char text[200];

	(void)state;
	memset(text, 'y', sizeof(text));
	buf_init(&b, 150);
	assert_true(buf_printf(&b, "%d-%s", 7, "x"));
	assert_true(buf_printf(
		&b, "%.*s", 60, text)); /* 63: fills the first memory but for the NUL */
	assert_true(buf_printf(&b, "%.*s", 87, text));
	assert_int_equal(b.n, 150);
	assert_int_equal(strlen(b.p), 150);
	assert_false(buf_printf(&b, "%c", 'z'));
	assert_int_equal(strlen(b.p), 150);
	buf_clear(&b);
	assert_true(buf_printf(&b, "ab"));
	assert_false(buf_printf(&b, "%.*s", 149, text));
	assert_string_equal(b.p, "ab");
}

static void test_reserve(void **state)
{
	CLEANUP(buf)
	struct buf b;
	char *p;

	(void)state;
	buf_init(&b, 1000);
	buf_str(&b, STR("abc"));
	p = buf_reserve(&b, 500);
	assert_ptr_equal(p, b.p + 3);
	memcpy(p, "def", 3);
	b.n += 3;
	assert_string_equal(b.p, "abcdef");
	p = buf_reserve(&b, 994);
	assert_non_null(p);
	memset(p, 'x', 994);
	b.n += 994;
	assert_int_equal(strlen(b.p), 1000);
	assert_null(buf_reserve(&b, 1));
	assert_true(b.full);
}

static void test_release(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_str(&b, STR("abc"));
	buf_release(&b);
	check_str("released", buf_view(&b), STR(""));
	assert_true(buf_str(&b, STR("again")));
	check_str("used again", buf_view(&b), STR("again"));
	buf_release(&b);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
