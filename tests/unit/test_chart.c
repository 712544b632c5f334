/* The geometry of columns, sparklines and bars. */
#include "chart.h"

#include "check.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPLETE_DAY 20776 /* 2026-11-19 */

static struct arena arena;

static json_t *parse(const char *text)
{
	struct err err = { 0 };
	json_t *t = NULL;

	if (tree_parse(str_of(text), &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static double number(const json_t *o, const char *key)
{
	struct str s = tree_str(o, key);

	if (str_absent(s))
		fail_msg("%s is missing", key);
	return strtod(arena_cstr(&arena, s), NULL);
}

static json_t *golden(void)
{
	return parse("["
		     "{\"day\":\"2026-11-16\",\"messages\":0,\"pass\":0,\"fail\":0,\"both\":0,"
		     "\"one\":0,"
		     "\"explained\":0,\"failed\":0,\"has_data\":false,\"complete\":true},"
		     "{\"day\":\"2026-11-17\",\"messages\":143,\"pass\":140,\"fail\":3,"
		     "\"both\":100,\"one\":40,"
		     "\"explained\":0,\"failed\":3,\"has_data\":true,\"complete\":true},"
		     "{\"day\":\"2026-11-18\",\"messages\":0,\"pass\":0,\"fail\":0,\"both\":0,"
		     "\"one\":0,"
		     "\"explained\":0,\"failed\":0,\"has_data\":false,\"complete\":true},"
		     "{\"day\":\"2026-11-19\",\"messages\":213,\"pass\":201,\"fail\":12,"
		     "\"both\":155,\"one\":46,"
		     "\"explained\":4,\"failed\":8,\"has_data\":true,\"complete\":true,"
		     "\"spread_messages\":33},"
		     "{\"day\":\"2026-11-20\",\"messages\":10,\"pass\":10,\"fail\":0,\"both\":"
		     "10,\"one\":0,"
		     "\"explained\":0,\"failed\":0,\"has_data\":true,\"complete\":false},"
		     "{\"day\":\"2026-11-21\",\"messages\":0,\"pass\":0,\"fail\":0,\"both\":0,"
		     "\"one\":0,"
		     "\"explained\":0,\"failed\":0,\"has_data\":false,\"complete\":false}]");
}

static struct chart_days options(void)
{
	return (struct chart_days){ .arena = &arena,
		.bucket = BUCKET_DAY,
		.what = STR("example.com"),
		.complete_day = COMPLETE_DAY };
}

static void columns(void **state)
{
	CLEANUP(tree)
	json_t *points = golden();
	struct chart_days c = options();
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points);
	const json_t *list = tree_get(chart, "columns"), *first, *rects;

	(void)state;
	/* One group per day with data, no more. */
	assert_int_equal(json_array_size(list), 3);
	assert_true(str_contains(
		tree_str(chart, "desc"), STR("366 messages in 6 days, 351 passed DMARC")));
	assert_true(str_contains(tree_str(chart, "title"), STR("example.com")));
	first = json_array_get(list, 0);
	assert_true(str_eq(tree_str(first, "title"),
		STR("2026-11-17: 143 messages, 140 passed, 3 failed")));
	rects = tree_get(first, "rects");
	assert_int_equal(json_array_size(rects), 3);
	assert_true(str_eq(tree_str(json_array_get(rects, 0), "shade"), STR("both")));
	assert_true(str_eq(tree_str(json_array_get(rects, 1), "shade"), STR("one")));
	assert_true(str_eq(tree_str(json_array_get(rects, 2), "shade"), STR("failed")));
	assert_true(str_contains(tree_str(json_array_get(list, 1), "title"), STR("33 spread")));
	assert_true(str_contains(
		tree_str(json_array_get(list, 2), "title"), STR("more reports are expected")));
	assert_non_null(tree_get(json_array_get(list, 2), "partial"));
	assert_null(tree_get(first, "partial"));
}

/* Heights are in proportion, segments stand on each other and inside the plot. */
static void stack(void **state)
{
	CLEANUP(tree)
	json_t *points = golden();
	struct chart_days c = options();
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points);
	const json_t *rects = tree_get(json_array_get(tree_get(chart, "columns"), 1), "rects");
	double above = 0;

	(void)state;
	assert_int_equal(json_array_size(rects), 4);
	for (size_t i = 0; i < json_array_size(rects); i++) {
		const json_t *r = json_array_get(rects, i);
		double y = number(r, "y"), bottom = y + number(r, "height");

		assert_true(y >= (double)tree_i64(chart, "top_y") - 0.1);
		assert_true(bottom <= (double)tree_i64(chart, "base_y") + 0.1);
		if (i > 0)
			assert_true(bottom <= above + 0.2);
		above = y;
	}
	/* 155 of a scale to 250 that is 160 high, less one pixel of gap. */
	assert_true(number(json_array_get(rects, 0), "height") >= 98);
}

static void gaps(void **state)
{
	CLEANUP(tree)
	json_t *points = golden();
	struct chart_days c = options();
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points);
	const json_t *list = tree_get(chart, "gaps");

	(void)state;
	/* The 18th; not the 16th, before the first data, and not the 21st, which is not
	 * complete. */
	assert_int_equal(json_array_size(list), 1);
	assert_true(str_eq(
		tree_str(json_array_get(list, 0), "title"), STR("2026-11-18: no reports")));
}

static void fails(void **state)
{
	CLEANUP(tree)
	json_t *points = golden();
	struct chart_days c = options();
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points);
	const json_t *rects = tree_get(chart, "fails.rects");

	(void)state;
	assert_true(str_eq(tree_str(chart, "fails.text"), STR("0–12")));
	assert_int_equal(json_array_size(rects), 3);
	for (size_t i = 0; i < json_array_size(rects); i++) {
		struct str shade = tree_str(json_array_get(rects, i), "shade");

		assert_true(str_eq(shade, STR("failed")) || str_eq(shade, STR("explained")));
	}
	assert_true(str_eq(tree_str(json_array_get(rects, 1), "shade"), STR("explained")));
}

static void scale(void **state)
{
	static const struct {
		int64_t most;
		const char *top;
		size_t lines;
	} cases[] = {
		{ 0, "1", 2 },
		{ 1, "1", 2 },
		{ 3, "3", 4 },
		{ 10, "10", 6 },
		{ 185, "200", 5 },
		{ 3800, "4,000", 5 },
		{ 1000000000000, "1,000,000,000,000", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chart_days c = options();
		char text[256];
		const json_t *grid;

		snprintf(text, sizeof(text),
			"[{\"day\":\"2026-11-17\",\"messages\":%lld,\"pass\":0,\"both\":%lld,"
			"\"has_data\":true,"
			"\"complete\":true}]",
			(long long)cases[i].most, (long long)cases[i].most);
		CLEANUP(tree)
		json_t *points = parse(text);
		CLEANUP(tree)
		json_t *chart = chart_days(&c, points);

		grid = tree_get(chart, "grid");
		if (json_array_size(grid) != cases[i].lines ||
			!str_eq(tree_str(json_array_get(grid, cases[i].lines - 1), "text"),
				str_of(cases[i].top)))
			fail_msg("%lld: %zu lines to %.*s", (long long)cases[i].most,
				json_array_size(grid),
				STR_ARGS(tree_str(
					json_array_get(grid, json_array_size(grid) - 1),
					"text")));
	}
}

static void nothing(void **state)
{
	CLEANUP(tree)
	json_t *points = parse("[]");
	struct chart_days c = options();
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points), *spark = chart_spark(&arena, points);

	(void)state;
	assert_int_equal(json_array_size(tree_get(chart, "columns")), 0);
	assert_true(str_contains(tree_str(chart, "desc"), STR("0 messages")));
	assert_int_equal(tree_i64(spark, "width"), 0);
}

static void sparkline(void **state)
{
	CLEANUP(tree)
	json_t *points = golden();
	CLEANUP(tree)
	json_t *spark = chart_spark(&arena, points);

	(void)state;
	assert_int_equal(tree_i64(spark, "width"), 18);
	/* The fourth column is the highest: its parts reach the top. */
	assert_true(str_starts(tree_str(spark, "both"), STR("M3 ")));
	assert_true(str_contains(tree_str(spark, "failed"), STR("M9 0.0")));
	assert_true(str_starts(tree_str(spark, "explained"), STR("M9 ")));
}

static void bars(void **state)
{
	CLEANUP(tree)
	json_t *row = parse("{\"both\":385,\"one\":0,\"explained\":1,\"failed\":0}");
	CLEANUP(tree)
	json_t *none = parse("{\"both\":0,\"one\":0,\"explained\":0,\"failed\":0}");
	const json_t *rects;

	(void)state;
	chart_bar(row, 386);
	rects = tree_get(row, "bar.rects");
	assert_int_equal(json_array_size(rects), 2);
	assert_true(number(json_array_get(rects, 0), "width") > 139);
	/* One message of 386 would be a third of a pixel. */
	assert_true(number(json_array_get(rects, 1), "width") == 2);
	/* The style sheet gives a bar 148 pixels. */
	assert_true(number(json_array_get(rects, 1), "x") + 2 <= 148);
	chart_bar(none, 0);
	assert_int_equal(json_array_size(tree_get(none, "bar.rects")), 0);
}

/* A year of days, and dates that do not run into each other. */
static void ticks(void **state)
{
	CLEANUP(tree)
	json_t *points = json_array();
	struct chart_days c = options();
	double last = -100;

	(void)state;
	for (int i = 0; i < 365; i++) {
		json_t *p = tree_append(points);
		char day[32];

		snprintf(day, sizeof(day), "2025-%02d-%02d", 1 + i / 31, 1 + i % 28);
		tree_set_cstr(p, "day", day);
		tree_set_i64(p, "messages", i);
		tree_set_i64(p, "both", i);
		tree_set_bool(p, "has_data", true);
		tree_set_bool(p, "complete", true);
	}
	CLEANUP(tree)
	json_t *chart = chart_days(&c, points);
	const json_t *list = tree_get(chart, "ticks");

	assert_true(json_array_size(list) >= 4);
	for (size_t i = 0; i < json_array_size(list); i++) {
		double x = number(json_array_get(list, i), "x");

		assert_true(x - last >= 60);
		assert_true(x <= CHART_WIDTH);
		last = x;
	}
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(stack),
		cmocka_unit_test(gaps),
		cmocka_unit_test(fails),
		cmocka_unit_test(scale),
		cmocka_unit_test(nothing),
		cmocka_unit_test(sparkline),
		cmocka_unit_test(bars),
		cmocka_unit_test(ticks),
	};

	return cmocka_run_group_tests_name("chart", tests, setup, teardown);
}
