#include "format.h"

#include "day.h"

#include <inttypes.h>
#include <stdio.h>

#define MINUTE 60
#define HOUR 3600

struct str format_number(struct arena *a, int64_t v)
{
	char digits[24], text[32];
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, u);
	size_t at = 0;

	if (v < 0)
		text[at++] = '-';
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	return arena_str(a, str_make(text, at));
}

struct str format_percent(struct arena *a, uint64_t part, uint64_t whole)
{
	unsigned tenths;

	if (whole == 0)
		return STR("–");
	if (part >= whole)
		return STR("100%");
	if (part == 0)
		return STR("0%");
	tenths = (unsigned)((long double)part * 1000 / (long double)whole + 0.5L);
	if (tenths == 0)
		return STR("<0.1%");
	if (tenths >= 1000)
		return STR(">99.9%");
	return arena_printf(a, "%u.%u%%", tenths / 10, tenths % 10);
}

struct str format_bytes(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	size_t i = 0;

	if (bytes == 1)
		return STR("1 byte");
	if (bytes < 1024)
		return arena_printf(a, "%" PRIu64 " bytes", bytes);
	while (v >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		i++;
	}
	return arena_printf(a, "%.1f %s", v, units[i]);
}

struct str format_day(struct arena *a, int64_t day)
{
	char text[DAY_TEXT];

	return arena_str(a, day_text(day, text));
}

struct str format_day_short(struct arena *a, int64_t day)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil c;

	day_civil(day, &c);
	return arena_printf(a, "%02d %s", c.day, months[c.month - 1]);
}

struct str format_time(struct arena *a, int64_t at)
{
	char text[TIME_TEXT];
	struct str s = time_plain(at, text);

	return arena_str(a, str_first(s, s.n - 3));
}

struct str format_time_exact(struct arena *a, int64_t at)
{
	char text[TIME_TEXT];

	return arena_str(a, time_plain(at, text));
}

static struct str one_unit(struct arena *a, int64_t seconds)
{
	if (seconds < MINUTE)
		return arena_printf(a, "%" PRId64 " s", seconds);
	if (seconds < HOUR)
		return arena_printf(a, "%" PRId64 " min", seconds / MINUTE);
	if (seconds < 2 * DAY_SECONDS)
		return arena_printf(a, "%" PRId64 " h", seconds / HOUR);
	return arena_printf(a, "%" PRId64 " days", seconds / DAY_SECONDS);
}

struct str format_ago(struct arena *a, int64_t at, int64_t now_at)
{
	struct str text;

	if (now_at - at < MINUTE && at - now_at < MINUTE)
		return STR("just now");
	if (at > now_at) {
		text = one_unit(a, at - now_at);
		return arena_printf(a, "in %.*s", STR_ARGS(text));
	}
	text = one_unit(a, now_at - at);
	return arena_printf(a, "%.*s ago", STR_ARGS(text));
}

struct str format_duration(struct arena *a, int64_t seconds)
{
	int64_t days = seconds / DAY_SECONDS, hours = seconds % DAY_SECONDS / HOUR;
	int64_t minutes = seconds % HOUR / MINUTE;

	if (seconds < MINUTE)
		return arena_printf(a, "%" PRId64 " s", seconds);
	if (seconds < HOUR)
		return arena_printf(a, "%" PRId64 " min", minutes);
	if (days == 0)
		return minutes ? arena_printf(
					 a, "%" PRId64 " h %" PRId64 " min", hours, minutes)
			       : arena_printf(a, "%" PRId64 " h", hours);
	if (hours == 0)
		return format_count(a, days, "day", "days");
	return arena_printf(a, "%" PRId64 " d %" PRId64 " h", days, hours);
}

struct str format_count(struct arena *a, int64_t n, const char *one, const char *many)
{
	struct str number = format_number(a, n);

	return arena_printf(a, "%.*s %s", STR_ARGS(number), n == 1 ? one : many);
}
