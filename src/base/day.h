/*
 * day.h - UTC days and times.  Pure, but for time_now().
 *
 * A day is the number of days since 1970-01-01; a time is seconds since 1970 UTC, named *_at.
 * Proleptic Gregorian calendar, exact for every year; texts beyond -9999 and 9999 show the
 * nearest day or second they can.
 */
#ifndef RUAD_DAY_H
#define RUAD_DAY_H

#include "str.h"

#define DAY_SECONDS 86400
#define DAY_TEXT 16  /* "2026-11-24" and a NUL; years -9999 to 9999 */
#define TIME_TEXT 32 /* "2026-11-24T12:00:00Z" and a NUL */

struct civil {
	int year, month, day;	  /* month 1-12, day 1-31 */
	int hour, minute, second; /* 0 when made from a day */
	int weekday;		  /* 0 Monday … 6 Sunday */
};

int64_t day_of(int64_t at);	/* floor(at / 86400) */
int64_t day_start(int64_t day); /* first second of the day */
/* A month or day out of range is carried over: month 13, day 0. */
int64_t day_from_civil(int year, int month, int day);
void day_civil(int64_t day, struct civil *ret);
void time_civil(int64_t at, struct civil *ret);

struct str day_text(int64_t day, char buf[DAY_TEXT]);	/* 2026-11-24 */
struct str time_iso(int64_t at, char buf[TIME_TEXT]);	/* 2026-11-24T12:00:00Z */
struct str time_plain(int64_t at, char buf[TIME_TEXT]); /* 2026-11-24 12:00:00 */
struct str time_http(int64_t at, char buf[TIME_TEXT]);	/* Tue, 24 Nov 2026 12:00:00 GMT */

bool day_parse(struct str s, int64_t *ret);  /* 2026-11-24, a real calendar day */
bool time_parse(struct str s, int64_t *ret); /* RFC 3339 with Z, or a date (00:00Z of it) */

/*
 * Now.  The environment variable RUAD_NOW (RFC 3339) fixes it, so that tests of "last 30 days"
 * stand still; it is read once.
 */
int64_t time_now(void);
uint64_t time_monotonic_ms(void);

#endif
