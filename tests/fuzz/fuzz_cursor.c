/*
 * fuzz_cursor.c - any bytes as the cursor of a list: what is taken for one says the same when
 * it is written again.
 */
#include "cursor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const struct cursor_value *a, const struct cursor_value *b)
{
	if (a->is_text != b->is_text)
		return false;
	return a->is_text ? a->s.n == b->s.n &&
				    (a->s.n == 0 || memcmp(a->s.p, b->s.p, a->s.n) == 0)
			  : a->i == b->i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c, again;
	struct arena a;

	if (!cursor_parse(str_make((const char *)data, size), &c))
		return 0;
	arena_init(&a);
	check(c.count <= CURSOR_VALUES && c.used <= sizeof(c.bytes));
	check(cursor_parse(cursor_text(&c, &a), &again));
	check(again.generation == c.generation && again.hash == c.hash);
	check(again.count == c.count && again.used == c.used);
	for (size_t i = 0; i < c.count; i++)
		check(same(&c.values[i], &again.values[i]));
	arena_release(&a);
	return 0;
}
