#include "check.h"

#include "idmap.h"

#include <stdio.h>

static void what_is_put_is_got(void **state)
{
	struct idmap m;
	char key[32];

	(void)state;
	idmap_init(&m, 5000, 100000);
	check_int("empty", idmap_get(&m, STR("x")), 0);
	idmap_put(&m, STR(""), 7);
	for (int i = 1; i <= 3000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		check_int(key, idmap_get(&m, str_of(key)), 0);
		idmap_put(&m, str_of(key), i);
	}
	for (int i = 1; i <= 3000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		check_int(key, idmap_get(&m, str_of(key)), i);
	}
	check_int("the empty key", idmap_get(&m, STR("")), 7);
	idmap_clear(&m);
	check_int("cleared", idmap_get(&m, STR("key 1")), 0);
	idmap_put(&m, STR("key 1"), 9);
	check_int("and used again", idmap_get(&m, STR("key 1")), 9);
	idmap_release(&m);
	idmap_release(&m);
}

static void it_stays_within_its_bounds(void **state)
{
	static const struct {
		const char *name;
		size_t entries, bytes;
	} cases[] = { { "few entries", 100, 1 << 20 }, { "few bytes", 100000, 4096 },
		{ "both", 3, 64 } };
	char key[32];

	(void)state;
	for (size_t c = 0; c < COUNT(cases); c++) {
		struct idmap m;

		idmap_init(&m, cases[c].entries, cases[c].bytes);
		for (int i = 1; i <= 5000; i++) {
			int n = snprintf(key, sizeof(key), "%d", i);

			idmap_put(&m, str_make(key, (size_t)n), i);
			check(cases[c].name, m.used <= cases[c].entries);
			check(cases[c].name, m.bytes_cap <= cases[c].bytes);
			check_int(cases[c].name, idmap_get(&m, str_make(key, (size_t)n)), i);
		}
		idmap_release(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_got),
		cmocka_unit_test(it_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
