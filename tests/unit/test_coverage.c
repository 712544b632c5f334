#include "check.h"

#include "coverage.h"
#include "day.h"

#define D0 20000

/* Cells of one reporter on days D0 + from … D0 + to, ten messages each. */
static size_t fill(struct coverage_cell *c, size_t n, int64_t reporter, int from, int to)
{
	for (int d = from; d <= to; d++)
		c[n++] = (struct coverage_cell){ .reporter = reporter,
			.day = D0 + d,
			.messages = reporter == 1 ? 90 : 10,
			.reports = 1 };
	return n;
}

static void test_expected(void **state)
{
	/* On how many of the 28 days before: 22 are too few, 23 are four of five. */
	static const struct {
		const char *name;
		int from, to;
		bool expected;
	} cases[] = {
		{ "never", 1, 0, false },
		{ "22 days", 6, 27, false },
		{ "23 days", 5, 27, true },
		{ "all", 0, 27, true },
		{ "long ago does not count", -40, 4, false },
		{ "the day itself does not count", 6, 28, false },
		{ "five days of silence", 0, 22, true },
		{ "six", 0, 21, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct coverage_cell cells[100];
		struct coverage_moment m;
		size_t n = fill(cells, 0, 1, cases[i].from, cases[i].to);

		coverage_moments(cells, n, D0 + 28, 1, &m);
		check_int(cases[i].name, m.expected, cases[i].expected);
		check_int(cases[i].name, m.cell != NULL, cases[i].to == 28);
	}
}

static void test_a_day_without_reports_is_no_report(void **state)
{
	struct coverage_cell cells[40];
	struct coverage_moment m;
	size_t n = fill(cells, 0, 1, 0, 27);

	(void)state;
	for (size_t i = 0; i < 10; i++)
		cells[i].reports = 0; /* messages of a report over several days, that is gone */
	coverage_moments(cells, n, D0 + 28, 1, &m);
	assert_false(m.expected);
	assert_int_equal(m.volume, 28 * 90);
}

static void test_state(void **state)
{
	static const struct coverage_cell cell = { .reports = 1 }, empty = { .messages = 3 };
	static const struct {
		const char *name;
		struct coverage_moment m;
		int64_t hours_after_its_end;
		enum cell_state want;
	} cases[] = {
		{ "there", { &cell, true, 0 }, 1, CELL_REPORTED },
		{ "there, not expected", { &cell, false, 0 }, 1, CELL_REPORTED },
		{ "not expected", { NULL, false, 0 }, 100, CELL_NONE },
		{ "fresh", { NULL, true, 0 }, 1, CELL_PENDING },
		{ "today", { NULL, true, 0 }, -3, CELL_PENDING },
		{ "tomorrow", { NULL, true, 0 }, -30, CELL_NONE },
		{ "almost two days", { NULL, true, 0 }, 47, CELL_PENDING },
		{ "two days", { NULL, true, 0 }, 48, CELL_MISSING },
		{ "messages without a report", { &empty, true, 0 }, 48, CELL_MISSING },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name,
			coverage_state(&cases[i].m, D0,
				day_start(D0 + 1) + cases[i].hours_after_its_end * 3600),
			cases[i].want);
}

static void test_complete(void **state)
{
	/* Reporter 1 has nine tenths of the messages, 2 the rest. */
	static const struct {
		const char *name;
		int to1, to2;
		bool known;
		int64_t want;
	} cases[] = {
		{ "both", 37, 37, true, 37 },
		{ "the small one is missing", 37, 35, true, 37 },
		{ "the large one is missing", 35, 37, true, 35 },
		{ "the large one is gone", 29, 37, true, 37 },
		{ "nobody yet", 10, 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct coverage_cell cells[200];
		int64_t day = -1;
		size_t n = fill(cells, 0, 1, cases[i].known ? -30 : 1, cases[i].to1);

		n = fill(cells, n, 2, cases[i].known ? -30 : 1, cases[i].to2);
		check_int(cases[i].name, coverage_complete(cells, n, D0 + 10, 28, &day),
			cases[i].known);
		if (cases[i].known)
			check_int(cases[i].name, day - D0, cases[i].want);
	}
}

static void test_nothing_complete(void **state)
{
	struct coverage_cell cells[100];
	int64_t day;
	size_t n = fill(cells, 0, 1, -30, 0);

	(void)state;
	/* Expected on each of these days, and on none of them there. */
	assert_true(coverage_complete(cells, n, D0 + 1, 4, &day));
	assert_int_equal(day, D0);
}

static void test_sums(void **state)
{
	struct coverage_cell cells[200];
	struct coverage_moment m;
	struct coverage_day d = { .day = D0 + 28 };
	size_t n = fill(cells, 0, 1, 0, 28), more = fill(cells, n, 2, 0, 27);

	(void)state;
	assert_int_equal(coverage_run(cells, more), n);
	for (size_t at = 0; at < more; at += coverage_run(cells + at, more - at)) {
		coverage_moments(
			cells + at, coverage_run(cells + at, more - at), D0 + 28, 1, &m);
		coverage_day_add(&d, &m);
	}
	assert_int_equal(d.messages, 90);
	assert_int_equal(d.expected, 2);
	assert_int_equal(d.arrived, 1);
	assert_int_equal(d.expected_volume, 28 * 100);
	assert_int_equal(d.arrived_volume, 28 * 90);
	assert_true(coverage_day_complete(&d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_a_day_without_reports_is_no_report),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_nothing_complete),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
