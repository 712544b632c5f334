#include "day.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/*
 * Years are counted from March, so that the leap day is the last of its year, and days in
 * cycles of 400 years, which all have the same number of days (proleptic Gregorian calendar).
 */
#define CYCLE_DAYS 146097
#define CENTURY_DAYS 36524
#define FOUR_YEARS_DAYS 1461
#define YEAR_DAYS 365
#define MARCH_YEAR_0 719468 /* days from 0000-03-01 to 1970-01-01 */

/* Beyond these the year would not fit in an int (civil) or in the buffer (text). */
#define CIVIL_DAY_MOST 780000000000LL
#define TEXT_DAY_LEAST (-4371587LL) /* -9999-01-01 */
#define TEXT_DAY_MOST 2932896LL	    /* 9999-12-31 */

static const int month_start[12] = { 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337 };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

int64_t day_of(int64_t at)
{
	return floor_div(at, DAY_SECONDS);
}

int64_t day_start(int64_t day)
{
	return clamp(day, INT64_MIN / DAY_SECONDS, INT64_MAX / DAY_SECONDS) * DAY_SECONDS;
}

int64_t day_from_civil(int year, int month, int day)
{
	int64_t months = (int64_t)year * 12 + month - 3; /* since March of year 0 */
	int64_t y = floor_div(months, 12);
	int64_t cycle = floor_div(y, 400);
	int64_t in_cycle = y - cycle * 400;

	return cycle * CYCLE_DAYS + in_cycle * YEAR_DAYS + in_cycle / 4 - in_cycle / 100 +
	       month_start[months - y * 12] + day - 1 - MARCH_YEAR_0;
}

void day_civil(int64_t day, struct civil *ret)
{
	int64_t d = clamp(day, -CIVIL_DAY_MOST, CIVIL_DAY_MOST) + MARCH_YEAR_0;
	int64_t cycle = floor_div(d, CYCLE_DAYS), century, four, year;
	int month = 11;

	/* 1970-01-01 was a Thursday, 0000-03-01 a Wednesday. */
	*ret = (struct civil){ .weekday = (int)(d + 2 - 7 * floor_div(d + 2, 7)) };
	d -= cycle * CYCLE_DAYS;
	century = clamp(d / CENTURY_DAYS, 0, 3); /* the last century has the extra day */
	d -= century * CENTURY_DAYS;
	four = d / FOUR_YEARS_DAYS;
	d -= four * FOUR_YEARS_DAYS;
	year = clamp(d / YEAR_DAYS, 0, 3);
	d -= year * YEAR_DAYS;
	while (month_start[month] > d)
		month--;
	ret->day = (int)d - month_start[month] + 1;
	ret->month = month < 10 ? month + 3 : month - 9;
	ret->year = (int)(cycle * 400 + century * 100 + four * 4 + year + (month >= 10));
}

void time_civil(int64_t at, struct civil *ret)
{
	int second = (int)(at % DAY_SECONDS);

	if (second < 0)
		second += DAY_SECONDS;
	day_civil(day_of(at), ret);
	ret->hour = second / 3600;
	ret->minute = second / 60 % 60;
	ret->second = second % 60;
}

static char *put_number(char *p, int v, int digits)
{
	for (int i = digits; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + digits;
}

static char *put_date(char *p, const struct civil *c)
{
	if (c->year < 0)
		*p++ = '-';
	p = put_number(p, abs(c->year), 4);
	*p++ = '-';
	p = put_number(p, c->month, 2);
	*p++ = '-';
	return put_number(p, c->day, 2);
}

struct str day_text(int64_t day, char buf[DAY_TEXT])
{
	struct civil c;
	char *p;

	day_civil(clamp(day, TEXT_DAY_LEAST, TEXT_DAY_MOST), &c);
	p = put_date(buf, &c);
	*p = '\0';
	return str_make(buf, (size_t)(p - buf));
}

static struct str time_text(int64_t at, char between, const char *after, char buf[TIME_TEXT])
{
	struct civil c;
	char *p;

	time_civil(
		clamp(at, TEXT_DAY_LEAST * DAY_SECONDS, (TEXT_DAY_MOST + 1) * DAY_SECONDS - 1),
		&c);
	p = put_date(buf, &c);
	*p++ = between;
	p = put_number(p, c.hour, 2);
	*p++ = ':';
	p = put_number(p, c.minute, 2);
	*p++ = ':';
	p = put_number(p, c.second, 2);
	while (*after)
		*p++ = *after++;
	*p = '\0';
	return str_make(buf, (size_t)(p - buf));
}

struct str time_iso(int64_t at, char buf[TIME_TEXT])
{
	return time_text(at, 'T', "Z", buf);
}

struct str time_plain(int64_t at, char buf[TIME_TEXT])
{
	return time_text(at, ' ', "", buf);
}

struct str time_http(int64_t at, char buf[TIME_TEXT])
{
	static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
		"Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil c;
	int n;

	time_civil(at, &c);
	n = snprintf(buf, TIME_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[c.weekday],
		c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
	return str_make(buf, n < TIME_TEXT ? (size_t)n : TIME_TEXT - 1);
}

/* Exactly `digits` digits at the start of *s, then the character after (0: none). */
static bool take_number(struct str *s, size_t digits, char after, int *ret)
{
	uint64_t v;

	if (s->n < digits || !str_to_u64(str_make(s->p, digits), &v))
		return false;
	*ret = (int)v;
	*s = str_from(*s, digits);
	if (!after)
		return true;
	if (s->n == 0 || s->p[0] != after)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool take_date(struct str *s, int64_t *ret)
{
	int year, month, day;
	struct civil c;
	int64_t d;

	if (!take_number(s, 4, '-', &year) || !take_number(s, 2, '-', &month) ||
		!take_number(s, 2, 0, &day))
		return false;
	/* A day that the calendar does not have comes back as another one. */
	d = day_from_civil(year, month, day);
	day_civil(d, &c);
	if (c.year != year || c.month != month || c.day != day)
		return false;
	*ret = d;
	return true;
}

bool day_parse(struct str s, int64_t *ret)
{
	int64_t day;

	if (!take_date(&s, &day) || s.n > 0)
		return false;
	*ret = day;
	return true;
}

/* "12:00:00", perhaps with a fraction, which is dropped, and Z. */
static bool take_clock(struct str *s, int *ret)
{
	int hour, minute, second;

	if (!take_number(s, 2, ':', &hour) || !take_number(s, 2, ':', &minute) ||
		!take_number(s, 2, 0, &second))
		return false;
	if (s->n > 1 && s->p[0] == '.') {
		size_t digits = 1;

		while (digits < s->n && s->p[digits] >= '0' && s->p[digits] <= '9')
			digits++;
		if (digits == 1)
			return false;
		*s = str_from(*s, digits);
	}
	if (s->n != 1 || char_lower(s->p[0]) != 'z')
		return false;
	/* A leap second is the last of its day, and counts as the first of the next. */
	if (hour > 23 || minute > 59 || second > 60 ||
		(second == 60 && (hour != 23 || minute != 59)))
		return false;
	*ret = hour * 3600 + minute * 60 + second;
	return true;
}

bool time_parse(struct str s, int64_t *ret)
{
	int second = 0;
	int64_t day;

	if (!take_date(&s, &day))
		return false;
	if (s.n > 0) {
		if (char_lower(s.p[0]) != 't' && s.p[0] != ' ')
			return false;
		s = str_from(s, 1);
		if (!take_clock(&s, &second))
			return false;
	}
	*ret = day_start(day) + second;
	return true;
}

static pthread_once_t fixed_once = PTHREAD_ONCE_INIT;
static int64_t fixed_at;
static bool fixed;

static void fixed_read(void)
{
	fixed = time_parse(str_of(getenv("RUAD_NOW")), &fixed_at);
}

int64_t time_now(void)
{
	struct timespec ts;

	pthread_once(&fixed_once, fixed_read);
	if (fixed)
		return fixed_at;
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

uint64_t time_monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
