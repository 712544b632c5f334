#include "check.h"
#include "pool.h"

#include <stdio.h>
#include <unistd.h>

struct place {
	char folder[64], database[96], other[96];
};

static void create(const char *path)
{
	struct store *s;
	struct err err = { 0 };

	if (store_open(path, STORE_WRITE, 0, &s, &err) < 0)
		fail_msg("store_open: %s", err.text);
	store_close(s);
}

static int setup(void **state)
{
	static struct place p;

	memcpy(p.folder, "/tmp/ruad-pool-XXXXXX", 22);
	assert_non_null(mkdtemp(p.folder));
	snprintf(p.database, sizeof(p.database), "%s/ruad.db", p.folder);
	snprintf(p.other, sizeof(p.other), "%s/other.db", p.folder);
	create(p.database);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->folder);
	return system(command);
}

static void test_handles(void **state)
{
	struct place *place = *state;
	struct pool *p = pool_new(place->database, 2, 1);
	struct store *a, *b, *c;
	struct err err = { 0 };

	assert_int_equal(pool_take(p, &a, &err), 0);
	assert_int_equal(pool_take(p, &b, &err), 0);
	assert_ptr_not_equal(a, b);
	assert_int_equal(pool_take(p, &c, &err), ERR_TEMP);
	assert_string_equal(err.reason, "store-busy");
	assert_int_equal(pool_keep(p, a, &err), 0);
	assert_int_equal(pool_keep(p, a, &err), 0); /* once more is the same */
	assert_int_equal(pool_keep(p, b, &err), ERR_TEMP);
	pool_give(p, a, false);
	assert_int_equal(pool_keep(p, b, &err), 0);
	assert_int_equal(pool_take(p, &c, &err), 0);
	assert_ptr_equal(c, a); /* kept open */
	pool_give(p, b, true);
	assert_int_equal(pool_take(p, &b, &err), 0);
	pool_give(p, b, false);
	pool_give(p, c, false);
	pool_free(p);
}

static void test_file_replaced(void **state)
{
	struct place *place = *state;
	struct pool *p = pool_new(place->database, 1, 1);
	struct store *s;
	struct err err = { 0 };

	assert_int_equal(pool_take(p, &s, &err), 0);
	pool_give(p, s, false);
	assert_int_equal(rename(place->database, place->other), 0);
	/* Gone: no answer from the file that has no name any more. */
	assert_int_equal(pool_take(p, &s, &err), ERR_CONFIG);
	create(place->database);
	assert_int_equal(pool_take(p, &s, &err), 0);
	pool_give(p, s, false);
	pool_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_handles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_replaced, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
