/* Ranges as the guidelines for monitoring plugins have them, and units. */
#include "check.h"

#include "threshold.h"
#include "xalloc.h"

struct alert_case {
	const char *range;
	enum threshold_kind kind;
	double value;
	bool alerts;
};

static const struct alert_case alerts[] = {
	{ "10", THRESHOLD_NUMBER, -0.1, true },
	{ "10", THRESHOLD_NUMBER, 0, false },
	{ "10", THRESHOLD_NUMBER, 10, false },
	{ "10", THRESHOLD_NUMBER, 10.001, true },
	{ "10:", THRESHOLD_NUMBER, 9.999, true },
	{ "10:", THRESHOLD_NUMBER, 10, false },
	{ "10:", THRESHOLD_NUMBER, 1e12, false },
	{ "~:10", THRESHOLD_NUMBER, -1e12, false },
	{ "~:10", THRESHOLD_NUMBER, 10, false },
	{ "~:10", THRESHOLD_NUMBER, 11, true },
	{ "10:20", THRESHOLD_NUMBER, 9, true },
	{ "10:20", THRESHOLD_NUMBER, 20, false },
	{ "10:20", THRESHOLD_NUMBER, 21, true },
	{ "@10:20", THRESHOLD_NUMBER, 9, false },
	{ "@10:20", THRESHOLD_NUMBER, 10, true },
	{ "@10:20", THRESHOLD_NUMBER, 20, true },
	{ "@10:20", THRESHOLD_NUMBER, 21, false },
	{ "@10", THRESHOLD_NUMBER, 0, true },
	{ "-5:5", THRESHOLD_NUMBER, -6, true },
	{ "-5:5", THRESHOLD_NUMBER, -5, false },
	{ "~:", THRESHOLD_NUMBER, -7, false },
	{ "95.9:", THRESHOLD_NUMBER, 100.0 * 959 / 1000, false },
	{ "95.9:", THRESHOLD_NUMBER, 100.0 * 95899 / 100000, true },
	{ "60h", THRESHOLD_SECONDS, 216000, false },
	{ "60h", THRESHOLD_SECONDS, 216001, true },
	{ "1h:2d", THRESHOLD_SECONDS, 3599, true },
	{ "1.5m", THRESHOLD_SECONDS, 90, false },
	{ "1K", THRESHOLD_BYTES, 1024, false },
	{ "1K", THRESHOLD_BYTES, 1025, true },
	{ "2G", THRESHOLD_BYTES, 2147483649.0, true },
};

static void test_alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(alerts); i++) {
		struct threshold t;
		struct err err = { 0 };

		check_int(alerts[i].range,
			threshold_parse(alerts[i].range, alerts[i].kind, &t, &err), 0);
		check_int(alerts[i].range, threshold_alerts(&t, alerts[i].value),
			alerts[i].alerts);
	}
}

static void nothing_alerts_without_a_range(void **state)
{
	const struct threshold t = { 0 };

	(void)state;
	assert_false(threshold_alerts(&t, 1e9));
	assert_false(threshold_alerts(&t, -1));
}

static const struct text_case {
	const char *range;
	enum threshold_kind kind;
	const char *want;
} texts[] = {
	{ "98:", THRESHOLD_NUMBER, "98:" },
	{ "98.50:", THRESHOLD_NUMBER, "98.5:" },
	{ "10", THRESHOLD_NUMBER, "10" },
	{ "0:10", THRESHOLD_NUMBER, "10" },
	{ "0:", THRESHOLD_NUMBER, "0:" },
	{ "~:10", THRESHOLD_NUMBER, "~:10" },
	{ "@10:20", THRESHOLD_NUMBER, "@10:20" },
	{ "60h", THRESHOLD_SECONDS, "216000" },
	{ "1h:2d", THRESHOLD_SECONDS, "3600:172800" },
	{ "2T", THRESHOLD_BYTES, "2199023255552" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(arena)
		struct arena a;
		struct threshold t;
		struct err err = { 0 };

		arena_init(&a);
		check_int(texts[i].range,
			threshold_parse(texts[i].range, texts[i].kind, &t, &err), 0);
		check_str(texts[i].range, threshold_text(&a, &t), str_of(texts[i].want));
	}
}

static void what_is_no_range_is_refused(void **state)
{
	static const char *const bad[] = { "", ":", ":10", "~", "x", "10:5", "10:20:30", "1.",
		".5", "1e3", "--1", "+1", "10 ", "@", "@:", "1..2", "60h", "1K",
		"1234567890123456", "10:~", "nan", "0x10", "1,5" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct threshold t = { .low = 7 };
		struct err err = { 0 };

		check_int(
			bad[i], threshold_parse(bad[i], THRESHOLD_NUMBER, &t, &err), ERR_USAGE);
		check(bad[i], t.low == 7);
		check(bad[i], str_contains(str_of(err.text), STR("is no range")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(nothing_alerts_without_a_range),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(what_is_no_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
