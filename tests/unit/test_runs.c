#include "store_test.h"

#define NOW day_start(DAY0)

static void run_ends(struct world *w, int64_t at, uint64_t inputs, enum run_end end,
	const char *reason, const char *error)
{
	struct run_row run = { .started_at = at - 5,
		.ended_at = at,
		.source = STR("rua"),
		.inputs = inputs,
		.end = end,
		.reason = reason,
		.error = str_of(error) };

	OK(w, store_run_begin(w->s, run.source, run.started_at, &run.id, &w->err));
	OK(w, store_run_end(w->s, &run, &w->err));
}

static struct import_row state_of(struct world *w)
{
	struct import_row row = { 0 };

	assert_int_equal(store_import_state(w->s, STR("rua"), &w->arena, &row, &w->err), 1);
	return row;
}

static void a_source_is_known_after_its_first_run(void **state)
{
	struct import_row row;
	struct world w;

	(void)state;
	world_open(&w);
	assert_int_equal(store_import_state(w.s, STR("rua"), &w.arena, &row, &w.err), 0);
	run_ends(&w, NOW, 3, RUN_DONE, NULL, NULL);
	row = state_of(&w);
	assert_int_equal(row.started_at, NOW - 5);
	assert_int_equal(row.ended_at, NOW);
	assert_int_equal(row.success_at, NOW);
	assert_int_equal(row.received_at, NOW);
	assert_int_equal(row.failures, 0);
	assert_true(str_absent(row.error));
	world_close(&w);
}

static void failures_are_counted_until_a_success(void **state)
{
	struct import_row row;
	struct world w;

	(void)state;
	world_open(&w);
	run_ends(&w, NOW, 3, RUN_DONE, NULL, NULL);
	run_ends(&w, NOW + 10, 0, RUN_FAILED, "login-refused", "login refused");
	run_ends(&w, NOW + 20, 1, RUN_FAILED, "source-unavailable", "no answer");
	run_ends(&w, NOW + 30, 0, RUN_INTERRUPTED, NULL, "interrupted");
	row = state_of(&w);
	assert_int_equal(row.ended_at, NOW + 30);
	assert_int_equal(row.success_at, NOW);
	assert_int_equal(row.received_at, NOW + 20);
	assert_int_equal(row.failures, 2);
	assert_int_equal(row.failing_at, NOW + 10);
	assert_true(str_eq(row.reason, STR("source-unavailable")));
	assert_true(str_eq(row.error, STR("no answer")));
	run_ends(&w, NOW + 40, 0, RUN_DONE, NULL, NULL);
	row = state_of(&w);
	assert_int_equal(row.failures, 0);
	assert_int_equal(row.failing_at, 0);
	assert_int_equal(row.success_at, NOW + 40);
	assert_int_equal(row.received_at, NOW + 20);
	assert_true(str_absent(row.error) && str_absent(row.reason));
	world_close(&w);
}

static void a_run_that_is_not_listed_still_counts(void **state)
{
	const struct run_row run = {
		.started_at = NOW, .ended_at = NOW + 1, .source = STR("rua"), .end = RUN_DONE
	};
	struct store_status status;
	struct rows *rows = NULL;
	struct run_row row;
	struct query q;
	struct world w;

	(void)state;
	world_open(&w);
	OK(&w, store_run_end(w.s, &run, &w.err));
	assert_int_equal(state_of(&w).success_at, NOW + 1);
	OK(&w, store_status(w.s, &status, &w.err));
	assert_int_equal(status.last_run_at, NOW);
	assert_int_equal(status.last_success_at, NOW + 1);
	q = ASK(&w);
	OK(&w, store_runs(w.s, &q, &rows, &w.err));
	assert_int_equal(rows_run(rows, &row, &w.err), 0);
	rows_close(rows);
	world_close(&w);
}

static void all_sources_are_listed_by_name(void **state)
{
	static const char *const names[] = { "delta", "alpha", "echo", "bravo", "charlie" };
	struct import_row *rows = NULL;
	size_t n = 1;
	struct world w;

	(void)state;
	world_open(&w);
	OK(&w, store_import_states(w.s, &w.arena, &rows, &n, &w.err));
	assert_int_equal(n, 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct run_row run = { .started_at = NOW,
			.ended_at = NOW + (int64_t)i,
			.source = str_of(names[i]) };

		OK(&w, store_run_end(w.s, &run, &w.err));
	}
	OK(&w, store_import_states(w.s, &w.arena, &rows, &n, &w.err));
	assert_int_equal(n, COUNT(names));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].source.p[0], 'a' + (int)i);
	assert_int_equal(rows[0].ended_at, NOW + 1);
	world_close(&w);
}

static void a_checkpoint_goes_with_its_batch(void **state)
{
	struct world w;
	struct str text;

	(void)state;
	world_open(&w);
	assert_int_equal(store_checkpoint_get(w.s, STR("rua"), &w.arena, &text, &w.err), 0);
	OK(&w, store_batch_begin(w.s, &w.err));
	OK(&w, store_checkpoint_put(w.s, STR("rua"), STR("one"), NOW, &w.err));
	store_batch_rollback(w.s);
	assert_int_equal(store_checkpoint_get(w.s, STR("rua"), &w.arena, &text, &w.err), 0);
	OK(&w, store_batch_begin(w.s, &w.err));
	OK(&w, store_checkpoint_put(w.s, STR("rua"), STR("two"), NOW, &w.err));
	OK(&w, store_batch_commit(w.s, &w.err));
	OK(&w, store_checkpoint_put(w.s, STR("other"), STR("three"), NOW, &w.err));
	assert_int_equal(store_checkpoint_get(w.s, STR("rua"), &w.arena, &text, &w.err), 1);
	assert_true(str_eq(text, STR("two")));
	OK(&w, store_checkpoint_put(w.s, STR("rua"), STR("four"), NOW, &w.err));
	assert_int_equal(store_checkpoint_get(w.s, STR("rua"), &w.arena, &text, &w.err), 1);
	assert_true(str_eq(text, STR("four")));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_known_after_its_first_run),
		cmocka_unit_test(failures_are_counted_until_a_success),
		cmocka_unit_test(a_run_that_is_not_listed_still_counts),
		cmocka_unit_test(all_sources_are_listed_by_name),
		cmocka_unit_test(a_checkpoint_goes_with_its_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
