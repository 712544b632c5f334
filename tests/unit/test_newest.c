/* What monitoring asks the store: newest reports, runs and their reasons. */
#include "store_test.h"

#define NOW (day_start(DAY0) + 12 * 3600)

/* One day, of the domain; its middle is on that day. */
static void put_report(struct world *w, const char *domain, const char *id, int64_t first_day,
	int64_t days, const char *policy)
{
	const struct line lines[] = { { 0, "192.0.2.1", 1 }, { 0, NULL, 0 } };
	struct report r = make_report(
		"google.com", id, day_start(first_day), day_start(first_day + days) - 1);
	char xml[64];

	r.policy.domain = str_of(domain);
	r.policy.p = str_of(policy);
	snprintf(xml, sizeof(xml), "<%s %s>", domain, id);
	put(w, &r, lines, xml);
}

static void the_newest_of_each_domain(void **state)
{
	struct newest_row *rows;
	struct world w;
	uint64_t known;
	size_t n;

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_report(&w, "b.example", "1", DAY0 - 3, 1, "none");
	put_report(&w, "b.example", "2", DAY0 - 2, 1, "reject");
	put_report(&w, "b.example", "3", DAY0 - 9, 1, "none");
	put_report(&w, "a.example", "4", DAY0 - 400, 1, "quarantine");
	OK(&w, store_batch_commit(w.s, &w.err));
	OK(&w, store_newest(w.s, NOW, 10, &w.arena, &rows, &n, &known, &w.err));
	assert_int_equal(n, 2);
	assert_int_equal(known, 2);
	check_str("known first", rows[0].domain, STR("b.example"));
	assert_int_equal(rows[0].end_at, day_start(DAY0 - 1) - 1);
	check_str("policy", rows[0].policy.p, STR("reject"));
	check_str("known second", rows[1].domain, STR("a.example"));
	check_str("old policy", rows[1].policy.p, STR("quarantine"));
	OK(&w, store_newest(w.s, NOW, 1, &w.arena, &rows, &n, &known, &w.err));
	assert_int_equal(n, 1);
	assert_int_equal(known, 2);
	world_close(&w);
}

static void days_to_come_are_passed_over(void **state)
{
	struct newest_row *rows;
	struct world w;
	uint64_t known;
	size_t n;

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_report(&w, "a.example", "1", DAY0 - 2, 1, "none");
	put_report(&w, "a.example", "2", DAY0 + 700, 1, "reject");
	/* Its middle is yesterday, its end is not. */
	put_report(&w, "a.example", "3", DAY0 - 301, 600, "reject");
	put_report(&w, "z.example", "4", DAY0 + 700, 1, "reject");
	OK(&w, store_batch_commit(w.s, &w.err));
	OK(&w, store_newest(w.s, NOW, 10, &w.arena, &rows, &n, &known, &w.err));
	assert_int_equal(n, 1);
	assert_int_equal(known, 2);
	assert_int_equal(rows[0].end_at, day_start(DAY0 - 1) - 1);
	check_str("policy", rows[0].policy.p, STR("none"));
	world_close(&w);
}

static void put_rejected(struct world *w, int64_t run, const char *name, const char *reason)
{
	struct input_entry in = { .run = run,
		.source = STR("rua"),
		.locator = str_of(name),
		.sha256 = digest_of(str_of(name)),
		.at = NOW,
		.outcome = OUTCOME_REJECTED,
		.reason = reason };

	OK(w, store_input(w->s, &in, 0, NULL, &w->err));
}

static void runs_and_their_reasons(void **state)
{
	struct run_row run = { .started_at = NOW, .ended_at = NOW + 5, .source = STR("rua") },
		       *rows, row;
	struct reason_row *reasons;
	int64_t newest, first;
	struct world w;
	size_t n;

	(void)state;
	world_open(&w);
	OK(&w, store_run_newest(w.s, &newest, &w.err));
	assert_int_equal(newest, 0);
	OK(&w, store_run_begin(w.s, run.source, NOW, &first, &w.err));
	OK(&w, store_batch_begin(w.s, &w.err));
	put_rejected(&w, first, "one", "xml-malformed");
	put_rejected(&w, first, "two", "xml-malformed");
	put_rejected(&w, first, "three", "not-a-report");
	OK(&w, store_batch_commit(w.s, &w.err));
	assert_int_equal(store_run_get(w.s, first, &w.arena, &row, &w.err), 1);
	assert_int_equal(row.ended_at, 0);
	run.id = first;
	run.inputs = run.by_outcome[OUTCOME_REJECTED] = 3;
	run.error = STR("cut");
	run.end = RUN_FAILED;
	OK(&w, store_run_end(w.s, &run, &w.err));
	OK(&w, store_run_begin(w.s, STR("other"), NOW, &newest, &w.err));
	OK(&w, store_runs_after(w.s, 0, &w.arena, &rows, &n, &w.err));
	assert_int_equal(n, 2);
	check_str("source", rows[0].source, STR("rua"));
	check_str("error", rows[0].error, STR("cut"));
	assert_int_equal(rows[0].by_outcome[OUTCOME_REJECTED], 3);
	assert_int_equal(rows[1].ended_at, 0);
	OK(&w, store_runs_after(w.s, first, &w.arena, &rows, &n, &w.err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].id, newest);
	OK(&w, store_run_reasons(w.s, first, NOW, &w.arena, &reasons, &n, &w.err));
	assert_int_equal(n, 2);
	check_str("reason", reasons[0].reason, STR("not-a-report"));
	assert_int_equal(reasons[0].inputs, 1);
	assert_int_equal(reasons[1].inputs, 2);
	assert_int_equal(store_run_get(w.s, 99, &w.arena, &row, &w.err), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_of_each_domain),
		cmocka_unit_test(days_to_come_are_passed_over),
		cmocka_unit_test(runs_and_their_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
