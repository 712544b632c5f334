#include "period.h"

#include "check.h"
#include "day.h"

#include <stdlib.h>

static int64_t at(const char *text)
{
	int64_t ret = 0;

	if (!time_parse(str_of(text), &ret))
		fail_msg("%s: not a time", text);
	return ret;
}

static void test_days(void **state)
{
	static const struct {
		const char *name, *begin, *end, *first, *middle, *last;
		bool spread;
	} cases[] = {
		{ "day, end inclusive", "2026-11-17", "2026-11-17T23:59:59Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "day, end exclusive", "2026-11-17", "2026-11-18", "2026-11-17", "2026-11-17",
			"2026-11-17", false },
		{ "from 22:00", "2026-11-16T22:00:00Z", "2026-11-17T22:00:00Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "from 00:00:10", "2026-11-17T00:00:10Z", "2026-11-18T00:00:10Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "from noon", "2026-11-17T12:00:00Z", "2026-11-18T12:00:00Z", "2026-11-18",
			"2026-11-18", "2026-11-18", false },
		{ "one hour", "2026-11-17T23:00:00Z", "2026-11-17T23:59:59Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "no length", "2026-11-17T10:00:00Z", "2026-11-17T10:00:00Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "last second", "2026-11-17T23:59:59Z", "2026-11-17T23:59:59Z", "2026-11-17",
			"2026-11-17", "2026-11-17", false },
		{ "27 hours", "2026-11-17", "2026-11-18T03:00:00Z", "2026-11-17", "2026-11-17",
			"2026-11-17", false },
		{ "27 hours and a second", "2026-11-17", "2026-11-18T03:00:01Z", "2026-11-17",
			"2026-11-17", "2026-11-18", true },
		{ "three days", "2026-11-17", "2026-11-19T23:59:59Z", "2026-11-17",
			"2026-11-18", "2026-11-19", true },
		{ "three days, exclusive", "2026-11-17", "2026-11-20", "2026-11-17",
			"2026-11-18", "2026-11-19", true },
		{ "most days", "2020-01-01", "2020-04-10", "2020-01-01", "2020-02-20",
			"2020-04-09", true },
		{ "more than most days", "2020-01-01", "2020-04-11", "2020-02-20", "2020-02-20",
			"2020-02-20", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct period p;

		period_of(at(cases[i].begin), at(cases[i].end), &p);
		check_int(cases[i].name, p.first_day, day_of(at(cases[i].first)));
		check_int(cases[i].name, p.middle_day, day_of(at(cases[i].middle)));
		check_int(cases[i].name, p.last_day, day_of(at(cases[i].last)));
		check_int(cases[i].name, p.spread, cases[i].spread);
	}
}

static void test_impossible(void **state)
{
	struct period p;
	uint64_t share;

	(void)state;
	period_of(INT64_MIN, INT64_MAX, &p);
	assert_false(p.spread);
	assert_int_equal(p.first_day, p.last_day);
	period_share(&p, UINT64_MAX, &share);
	assert_true(share == UINT64_MAX);
	period_of(100, 50, &p); /* ends before it begins */
	assert_false(p.spread);
	assert_int_equal(p.middle_day, 0);
}

static void test_share(void **state)
{
	static const struct {
		const char *name, *begin, *end;
		uint64_t messages;
		uint64_t want[5];
	} cases[] = {
		{ "single day", "2026-11-17", "2026-11-17T23:59:59Z", 7, { 7 } },
		{ "100 over three", "2026-11-17", "2026-11-19T23:59:59Z", 100, { 34, 33, 33 } },
		{ "101 over three", "2026-11-17", "2026-11-19T23:59:59Z", 101, { 34, 34, 33 } },
		{ "1 over three", "2026-11-17", "2026-11-19T23:59:59Z", 1, { 1, 0, 0 } },
		{ "nothing", "2026-11-17", "2026-11-19T23:59:59Z", 0, { 0, 0, 0 } },
		/* 6, 24 and 18 of 48 hours: 0.125, 0.5, 0.375 */
		{ "largest remainder first", "2026-11-16T18:00:00Z", "2026-11-18T18:00:00Z", 1,
			{ 0, 1, 0 } },
		{ "then the next", "2026-11-16T18:00:00Z", "2026-11-18T18:00:00Z", 7,
			{ 1, 3, 3 } },
		{ "exact", "2026-11-16T18:00:00Z", "2026-11-18T18:00:00Z", 8, { 1, 4, 3 } },
		/* 12 + 24 + 24 + 24 + 12 of 96 hours */
		{ "tie of first and last", "2026-11-16T12:00:00Z", "2026-11-20T12:00:00Z", 4,
			{ 1, 1, 1, 1, 0 } },
		{ "two days", "2026-11-16", "2026-11-17T23:59:59Z", 3, { 2, 1 } },
		{ "no overflow", "2026-11-16", "2026-11-17T23:59:59Z", UINT64_MAX,
			{ UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t share[5] = { 0 };
		struct period p;

		period_of(at(cases[i].begin), at(cases[i].end), &p);
		check(cases[i].name, p.last_day - p.first_day < 5);
		period_share(&p, cases[i].messages, share);
		for (size_t d = 0; d < 5; d++)
			check_int(cases[i].name, share[d], cases[i].want[d]);
	}
}

/* Sums stay exact, and no day is off by a whole message, for many lengths and counts. */
static void test_share_sums(void **state)
{
	static uint64_t share[PERIOD_DAYS_MOST];
	uint64_t seed = 12345;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint64_t length, messages, sum = 0;
		struct period p;

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		length = PERIOD_LONG_SECONDS + 1 +
			 (seed >> 33) % ((PERIOD_DAYS_MOST - 2) * 86400);
		messages = (seed >> 20) % 5000;
		period_of((int64_t)((seed >> 40) % 2000000000),
			(int64_t)((seed >> 40) % 2000000000 + length), &p);
		assert_true(p.spread);
		length = (uint64_t)(p.end_at - p.begin_at);
		period_share(&p, messages, share);
		for (int64_t d = 0; d <= p.last_day - p.first_day; d++) {
			int64_t begin = day_start(p.first_day + d), end = begin + DAY_SECONDS;
			uint64_t seconds =
				(uint64_t)((end < p.end_at ? end : p.end_at) -
					   (begin > p.begin_at ? begin : p.begin_at));

			sum += share[d];
			assert_true(share[d] * length < messages * seconds + length);
			assert_true((share[d] + 1) * length > messages * seconds);
		}
		assert_int_equal(sum, messages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
