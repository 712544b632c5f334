#include "check.h"

#include "cursor.h"

#include <string.h>

static void cursors_come_back(void **state)
{
	static const struct cursor_value values[] = { { false, 0, { NULL, 0 } },
		{ false, -1, { NULL, 0 } }, { false, INT64_MIN, { NULL, 0 } },
		{ false, INT64_MAX, { NULL, 0 } }, { true, 0, { "", 0 } },
		{ true, 0, { "example.com", 11 } } };
	struct cursor c = { .generation = 4711, .hash = UINT64_MAX - 5 }, back;
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t n = 0; n <= COUNT(values); n++) {
		c.count = n;
		memcpy(c.values, values, n * sizeof(values[0]));
		check("ours", cursor_parse(cursor_text(&c, &a), &back));
		check_int("generation", back.generation, c.generation);
		check("hash", back.hash == c.hash);
		check_int("count", back.count, n);
		for (size_t i = 0; i < n; i++) {
			check_int("type", back.values[i].is_text, values[i].is_text);
			check_int("number", back.values[i].i, values[i].i);
			if (values[i].is_text)
				check_str("text", back.values[i].s, values[i].s);
		}
	}
	arena_release(&a);
}

static void anything_else_is_refused(void **state)
{
	struct cursor c = { .count = 2,
		.values = { { true, 0, { "abcdef", 6 } }, { false, 7, { NULL, 0 } } } };
	struct cursor back;
	struct arena a;
	struct str text;
	char copy[200];

	(void)state;
	arena_init(&a);
	text = cursor_text(&c, &a);
	for (size_t n = 0; n < text.n; n++)
		check("cut", !cursor_parse(str_first(text, n), &back));
	/* Changed bytes never lead outside. */
	for (size_t i = 0; i < text.n; i++) {
		for (int k = 0; k < 256; k++) {
			memcpy(copy, text.p, text.n);
			copy[i] = (char)k;
			(void)cursor_parse(str_make(copy, text.n), &back);
		}
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursors_come_back),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
