#include "day.h"

#include "check.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Walks the calendar a day at a time, which needs no arithmetic that could be wrong. */
static void test_every_day(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day = day_from_civil(-9999, 1, 1);
	int weekday = 0;

	(void)state;
	for (int year = -9999; year <= 9999; year++)
		for (int month = 1; month <= 12; month++)
			for (int d = 1; d <= lengths[month - 1] + (month == 2 && is_leap(year));
				d++) {
				struct civil c;

				day_civil(day, &c);
				if (c.year != year || c.month != month || c.day != d)
					fail_msg("%d-%d-%d came out as %d-%d-%d", year, month,
						d, c.year, c.month, c.day);
				if (day_from_civil(year, month, d) != day)
					fail_msg("number of %d-%d-%d", year, month, d);
				if (year == -9999 && month == 1 && d == 1)
					weekday = c.weekday;
				if (c.weekday != weekday)
					fail_msg("weekday of %d-%d-%d", year, month, d);
				weekday = (weekday + 1) % 7;
				day++;
			}
	assert_int_equal(day_from_civil(1970, 1, 1), 0);
}

static void test_known_days(void **state)
{
	static const struct {
		const char *text;
		int64_t day;
		int weekday;
	} cases[] = {
		{ "1970-01-01", 0, 3 },
		{ "1969-12-31", -1, 2 },
		{ "2000-02-29", 11016, 1 },
		{ "2026-11-24", 20781, 1 },
		{ "0000-01-01", -719528, 5 },
		{ "9999-12-31", 2932896, 4 },
	};
	char buf[DAY_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct civil c;
		int64_t day;

		day_civil(cases[i].day, &c);
		check_int(cases[i].text, c.weekday, cases[i].weekday);
		check_str(cases[i].text, day_text(cases[i].day, buf), str_of(cases[i].text));
		check(cases[i].text, day_parse(str_of(cases[i].text), &day));
		check_int(cases[i].text, day, cases[i].day);
	}
	check_str("before year 0", day_text(-719529, buf), STR("-0001-12-31"));
	check_str("earliest", day_text(INT64_MIN, buf), STR("-9999-01-01"));
	check_str("latest", day_text(INT64_MAX, buf), STR("9999-12-31"));
	assert_int_equal(day_from_civil(2025, 13, 1), day_from_civil(2026, 1, 1));
	assert_int_equal(day_from_civil(2026, 0, 1), day_from_civil(2025, 12, 1));
	assert_int_equal(day_from_civil(2026, 3, 0), day_from_civil(2026, 2, 28));
}

static void test_day_of(void **state)
{
	static const struct {
		int64_t at, day;
	} cases[] = {
		{ 0, 0 },
		{ 86399, 0 },
		{ 86400, 1 },
		{ -1, -1 },
		{ -86400, -1 },
		{ -86401, -2 },
		{ INT64_MAX, INT64_MAX / 86400 },
		{ INT64_MIN, INT64_MIN / 86400 - 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_true(day_of(cases[i].at) == cases[i].day);
	assert_true(day_start(2) == 172800 && day_start(-1) == -86400);
	assert_true(day_start(INT64_MAX) > 0 && day_start(INT64_MIN) < 0);
}

static void test_time_text(void **state)
{
	static const struct {
		int64_t at;
		const char *iso, *plain, *http; /* http: NULL for years that it has not */
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00",
			"Thu, 01 Jan 1970 00:00:00 GMT" },
		{ -1, "1969-12-31T23:59:59Z", "1969-12-31 23:59:59",
			"Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 1795521600, "2026-11-24T12:00:00Z", "2026-11-24 12:00:00",
			"Tue, 24 Nov 2026 12:00:00 GMT" },
		{ INT64_MIN, "-9999-01-01T00:00:00Z", "-9999-01-01 00:00:00", NULL },
		{ INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59", NULL },
	};
	struct civil c;
	char buf[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check_str(cases[i].iso, time_iso(cases[i].at, buf), str_of(cases[i].iso));
		check_str(cases[i].iso, time_plain(cases[i].at, buf), str_of(cases[i].plain));
		if (cases[i].http)
			check_str(cases[i].iso, time_http(cases[i].at, buf),
				str_of(cases[i].http));
	}
	time_civil(INT64_MAX, &c);
	time_civil(INT64_MIN, &c);
	time_civil(1795521600 + 3 * 3600 + 4 * 60 + 5, &c);
	assert_true(c.hour == 15 && c.minute == 4 && c.second == 5 && c.day == 24 &&
		    c.weekday == 1);
}

static void test_parse(void **state)
{
	static const struct {
		const char *s;
		bool day_ok, time_ok;
		int64_t at;
	} cases[] = {
		{ "2026-11-24", true, true, 1795478400 },
		{ "2026-11-24T12:00:00Z", false, true, 1795521600 },
		{ "2026-11-24t12:00:00z", false, true, 1795521600 },
		{ "2026-11-24 12:00:00Z", false, true, 1795521600 },
		{ "2026-11-24T12:00:00.999Z", false, true, 1795521600 },
		{ "2016-12-31T23:59:60Z", false, true, 1483228800 },
		{ "2016-12-31T23:58:60Z", false, false, 0 },
		{ "2024-02-29", true, true, 1709164800 },
		{ "2026-02-29", false, false, 0 },
		{ "1900-02-29", false, false, 0 },
		{ "2026-13-01", false, false, 0 },
		{ "2026-00-01", false, false, 0 },
		{ "2026-01-00", false, false, 0 },
		{ "2026-04-31", false, false, 0 },
		{ "2026-1-01", false, false, 0 },
		{ "2026-01-1", false, false, 0 },
		{ "26-01-01", false, false, 0 },
		{ "2026/01/01", false, false, 0 },
		{ "2026-01-01x", false, false, 0 },
		{ " 2026-01-01", false, false, 0 },
		{ "-026-01-01", false, false, 0 },
		{ "2026-11-24T", false, false, 0 },
		{ "2026-11-24T12:00Z", false, false, 0 },
		{ "2026-11-24T12:00:00", false, false, 0 },
		{ "2026-11-24T12:00:00.Z", false, false, 0 },
		{ "2026-11-24T12:00:00+01:00", false, false, 0 },
		{ "2026-11-24T24:00:00Z", false, false, 0 },
		{ "2026-11-24T12:60:00Z", false, false, 0 },
		{ "2026-11-24T12:00:61Z", false, false, 0 },
		{ "2026-11-24T12:00:00ZZ", false, false, 0 },
		{ "", false, false, 0 },
		{ NULL, false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].s ? cases[i].s : "absent";
		int64_t day = 77, at = 77;

		check_int(name, day_parse(str_of(cases[i].s), &day), cases[i].day_ok);
		check_int(name, day, cases[i].day_ok ? cases[i].at / 86400 : 77);
		check_int(name, time_parse(str_of(cases[i].s), &at), cases[i].time_ok);
		check_int(name, at, cases[i].time_ok ? cases[i].at : 77);
	}
}

/* The variable is read once in a process, so each case has its own. */
static int now_in_child(const char *value, bool (*good)(int64_t now))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (value)
			setenv("RUAD_NOW", value, 1);
		else
			unsetenv("RUAD_NOW");
		_exit(good(time_now()) && good(time_now()) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_clock(int64_t now)
{
	int64_t clock = (int64_t)time(NULL);

	return now >= clock - 1 && now <= clock + 1;
}

static bool is_fixed(int64_t now)
{
	setenv("RUAD_NOW", "2001-01-01", 1);
	return now == 1795521600;
}

static void test_now(void **state)
{
	uint64_t before = time_monotonic_ms(), after;
	struct timespec pause = { .tv_nsec = 20000000 };

	(void)state;
	assert_int_equal(now_in_child(NULL, is_clock), 0);
	assert_int_equal(now_in_child("yesterday", is_clock), 0);
	assert_int_equal(now_in_child("2026-11-24T12:00:00Z", is_fixed), 0);
	nanosleep(&pause, NULL);
	after = time_monotonic_ms();
	assert_true(after >= before + 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_known_days),
		cmocka_unit_test(test_day_of),
		cmocka_unit_test(test_time_text),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
