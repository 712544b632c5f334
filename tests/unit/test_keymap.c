#include "check.h"
#include "keymap.h"

#include <string.h>

static struct key numbered(unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", n);
	return key_of(str_of(text), 0);
}

static void many_keys(void **state)
{
	enum { MANY = 20000 };
	struct keymap m = { 0 };
	size_t seen = 0, at = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		struct key k = numbered(i);

		assert_int_equal(keymap_get(&m, &k), 0);
		keymap_put(&m, &k, (uint8_t)(i % 255 + 1));
	}
	for (unsigned i = 0; i < MANY; i += 2) {
		struct key k = numbered(i);

		keymap_put(&m, &k, 0);
	}
	assert_int_equal(m.n, MANY / 2);
	for (unsigned i = 0; i < MANY; i++) {
		struct key k = numbered(i);

		assert_int_equal(keymap_get(&m, &k), i % 2 ? i % 255 + 1 : 0);
	}
	while (keymap_each(&m, &at))
		seen++;
	assert_int_equal(seen, MANY / 2);
	keymap_release(&m);
}

/* Put and taken away without end: the table does not grow without end. */
static void turnover(void **state)
{
	struct keymap m = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct key k = numbered(i);

		keymap_put(&m, &k, 1);
		keymap_put(&m, &k, 0);
	}
	assert_int_equal(m.n, 0);
	assert_true(m.cap <= 1024);
	keymap_release(&m);
}

/* Values may be changed while the keys are gone through, also where one key more would let the
 * table grow. */
static void changed_while_read(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 600; n++) {
		struct keymap m = { 0 };
		const struct keymap_slot *slot;
		unsigned seen = 0;

		for (unsigned i = 0; i < n; i++) {
			struct key k = numbered(i);

			keymap_put(&m, &k, 1);
		}
		for (size_t at = 0; (slot = keymap_each(&m, &at)); seen++)
			keymap_put(&m, &slot->key, seen % 2 ? 2 : 0);
		assert_int_equal(seen, n);
		assert_int_equal(m.n, n / 2);
		keymap_release(&m);
	}
}

static void texts(void **state)
{
	static const char *const bad[] = { "", "8f14", "8f14e45fceea167a5a36dedx",
		"8F14E45FCEEA167A5A36DEDD", "8f14e45fceea167a5a36dedd0" };
	struct key k = key_of(STR("whqtswO00WBw418f9t5JxYwZ"), 0), back, second;
	char text[KEY_TEXT];

	(void)state;
	assert_true(key_parse(key_text(&k, text), &back));
	assert_memory_equal(&k, &back, sizeof(k));
	second = key_of(STR("whqtswO00WBw418f9t5JxYwZ"), 1);
	assert_memory_not_equal(&k, &second, sizeof(k));
	for (size_t i = 0; i < COUNT(bad); i++)
		check(bad[i], !key_parse(str_of(bad[i]), &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_keys),
		cmocka_unit_test(turnover),
		cmocka_unit_test(changed_while_read),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
