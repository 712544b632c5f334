#include "uploads.h"

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

struct job {
	struct upload_job job; /* first */
	unsigned number;
};

static unsigned done[100];
static atomic_uint done_count;
static atomic_bool same_time;
static atomic_uint inside;

static void run(struct upload_job *job)
{
	if (atomic_fetch_add(&inside, 1) > 0)
		same_time = true;
	done[done_count++] = ((struct job *)job)->number;
	atomic_fetch_sub(&inside, 1);
}

static void test_order(void **state)
{
	static struct job jobs[100];
	struct uploads *u = uploads_start();

	(void)state;
	assert_non_null(u);
	done_count = 0;
	for (unsigned i = 0; i < COUNT(jobs); i++) {
		jobs[i] = (struct job){ .job = { .run = run }, .number = i };
		assert_true(uploads_give(u, &jobs[i].job));
	}
	uploads_finish(u);
	/* All that was taken is done, one after the other; then nothing is taken. */
	assert_int_equal(done_count, COUNT(jobs));
	assert_false(same_time);
	for (unsigned i = 0; i < COUNT(jobs); i++)
		assert_int_equal(done[i], i);
	assert_false(uploads_give(u, &jobs[0].job));
	uploads_finish(u);
	uploads_free(u);
}

static void test_places(void **state)
{
	struct uploads *u = uploads_start();

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < UPLOADS_MOST; i++)
			assert_true(uploads_enter(u));
		assert_false(uploads_enter(u));
		assert_false(uploads_enter(u));
		uploads_leave(u);
		assert_true(uploads_enter(u));
		for (int i = 0; i < UPLOADS_MOST; i++)
			uploads_leave(u);
	}
	uploads_finish(u);
	uploads_free(u);
	uploads_finish(NULL);
	uploads_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
