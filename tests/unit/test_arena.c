#include "arena.h"

#include "check.h"
#include "xalloc.h"

#include <stdalign.h>
#include <string.h>

static bool all_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void test_zeroed_and_aligned(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 16, 17, 100, 2047, 2048, 2049, 9000, 3 << 20 };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int round = 0; round < 3; round++) {
		char *p[COUNT(sizes) * 50];

		for (size_t i = 0; i < COUNT(p); i++) {
			size_t n = sizes[i % COUNT(sizes)];

			p[i] = arena_alloc(&a, n, 1);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
			assert_true(all_zero(p[i], n));
			memset(p[i], (int)i | 1, n);
		}
		/* Nothing that came later has written into what came before. */
		for (size_t i = 0; i < COUNT(p); i++) {
			size_t n = sizes[i % COUNT(sizes)];

			if (n > 0) {
				assert_int_equal(
					(unsigned char)p[i][0], (unsigned char)(i | 1));
				assert_int_equal(
					(unsigned char)p[i][n - 1], (unsigned char)(i | 1));
			}
		}
		assert_true(a.used_bytes > 50 * (3 << 20));
		arena_reset(&a);
		assert_int_equal(a.used_bytes, 0);
	}
	arena_release(&a);
	arena_release(&a);
	assert_null(a.blocks);
}

static void test_empty(void **state)
{
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	arena_reset(&a);
	arena_release(&a);
}

static void test_new(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct pair {
		int64_t x, y;
	} * one, *many;

	(void)state;
	arena_init(&a);
	one = ARENA_NEW(&a, struct pair);
	assert_true(one->x == 0 && one->y == 0);
	many = ARENA_ARRAY(&a, struct pair, 5000);
	assert_true(many[4999].y == 0);
	many[4999].y = 1;
}

static void test_strings(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a);
	s = arena_str(&a, STR("Example"));
	check_str("copy", s, STR("Example"));
	assert_int_equal(s.p[s.n], '\0');
	check_str("NUL inside", arena_str(&a, STR("a\0b")), STR("a\0b"));
	check_str("absent", arena_str(&a, STR_ABSENT), STR_ABSENT);
	check_str("empty", arena_str(&a, STR("")), STR(""));
	check_str("lower", arena_str_lower(&a, STR("ExAmple.COM")), STR("example.com"));
	check_str("lower absent", arena_str_lower(&a, STR_ABSENT), STR_ABSENT);
	assert_string_equal(arena_cstr(&a, str_make("abcdef", 3)), "abc");
	assert_string_equal(arena_cstr(&a, STR_ABSENT), "");
}

static void test_printf(void **state)
{
	static const size_t lengths[] = { 0, 1, 510, 511, 512, 513, 5000 };
	CLEANUP(arena)
	struct arena a;
	char text[5000];

	(void)state;
	arena_init(&a);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct str s = arena_printf(&a, "%.*s", (int)lengths[i], text);

		check_str("length", s, str_make(text, lengths[i]));
		assert_int_equal(s.p[s.n], '\0');
	}
	check_str("format", arena_printf(&a, "%d %s", 42, "y"), STR("42 y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_and_aligned),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
