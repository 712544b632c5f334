/* Numbers, shares, times as people read them. */
#include "format.h"

#include "check.h"
#include "day.h"
#include "xalloc.h"

#include <string.h>

static struct arena arena;

static void same(const char *name, struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("%s: got \"%.*s\", want \"%s\"", name, STR_ARGS(got), want);
}

static void numbers(void **state)
{
	static const struct {
		int64_t v;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 98311, "98,311" },
		{ 1234567, "1,234,567" },
		{ 100000, "100,000" },
		{ -1234, "-1,234" },
		{ -12, "-12" },
		{ INT64_MAX, "9,223,372,036,854,775,807" },
		{ INT64_MIN, "-9,223,372,036,854,775,808" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same(cases[i].want, format_number(&arena, cases[i].v), cases[i].want);
}

static void percents(void **state)
{
	static const struct {
		uint64_t part, whole;
		const char *want;
	} cases[] = {
		{ 519, 541, "95.9%" },
		{ 9, 10, "90.0%" },
		{ 0, 10, "0%" },
		{ 10, 10, "100%" },
		{ 0, 0, "–" },
		{ 1, 10000, "<0.1%" },
		{ 9999, 10000, ">99.9%" },
		{ 1, 3, "33.3%" },
		{ 2, 3, "66.7%" },
		{ 1, 2000, "0.1%" },
		{ 1, 2001, "<0.1%" },
		{ 9994, 10000, "99.9%" },
		{ 9995, 10000, ">99.9%" },
		{ UINT64_MAX - 1, UINT64_MAX, ">99.9%" },
		{ 1, UINT64_MAX, "<0.1%" },
		{ UINT64_MAX / 2, UINT64_MAX, "50.0%" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same(cases[i].want, format_percent(&arena, cases[i].part, cases[i].whole),
			cases[i].want);
}

static void bytes(void **state)
{
	static const struct {
		uint64_t v;
		const char *want;
	} cases[] = {
		{ 0, "0 bytes" },
		{ 1, "1 byte" },
		{ 1023, "1023 bytes" },
		{ 1024, "1.0 KiB" },
		{ 1946, "1.9 KiB" },
		{ 26214400, "25.0 MiB" },
		{ 1ULL << 30, "1.0 GiB" },
		{ UINT64_MAX, "16777216.0 TiB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		same(cases[i].want, format_bytes(&arena, cases[i].v), cases[i].want);
}

static void days(void **state)
{
	int64_t day = day_from_civil(2026, 11, 9),
		at = day_start(day) + 3 * 3600 + 10 * 60 + 59;

	(void)state;
	same("day", format_day(&arena, day), "2026-11-09");
	same("short", format_day_short(&arena, day), "09 Nov");
	same("January", format_day_short(&arena, day_from_civil(2027, 1, 31)), "31 Jan");
	same("time", format_time(&arena, at), "2026-11-09 03:10");
	same("exact", format_time_exact(&arena, at), "2026-11-09 03:10:59");
}

static void ages(void **state)
{
	static const struct {
		int64_t seconds;
		const char *ago, *duration;
	} cases[] = {
		{ 0, "just now", "0 s" },
		{ 59, "just now", "59 s" },
		{ 60, "1 min ago", "1 min" },
		{ 12 * 60 + 30, "12 min ago", "12 min" },
		{ 3599, "59 min ago", "59 min" },
		{ 3600, "1 h ago", "1 h" },
		{ 11400, "3 h ago", "3 h 10 min" },
		{ 86400, "24 h ago", "1 day" },
		{ 2 * 86400, "2 days ago", "2 days" },
		{ 2 * 86400 + 7200, "2 days ago", "2 d 2 h" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		same("age", format_ago(&arena, 1000000, 1000000 + cases[i].seconds),
			cases[i].ago);
		same("duration", format_duration(&arena, cases[i].seconds), cases[i].duration);
	}
	same("to come", format_ago(&arena, 7200, 0), "in 2 h");
}

static void counts(void **state)
{
	(void)state;
	same("one", format_count(&arena, 1, "message", "messages"), "1 message");
	same("none", format_count(&arena, 0, "message", "messages"), "0 messages");
	same("many", format_count(&arena, 1541, "message", "messages"), "1,541 messages");
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
		cmocka_unit_test(numbers),
		cmocka_unit_test(percents),
		cmocka_unit_test(bytes),
		cmocka_unit_test(days),
		cmocka_unit_test(ages),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests_name("format", tests, setup, teardown);
}
