/*
 * format.h - numbers, shares, days and ages as people read them.  Pure; text is in the arena.
 */
#ifndef RUAD_FORMAT_H
#define RUAD_FORMAT_H

#include "arena.h"

struct str format_number(struct arena *a, int64_t v); /* 98,311 */
/*
 * part of whole with one decimal: "95.9%".  "100%" and "0%" only when exact, else ">99.9%" and
 * "<0.1%".  Of nothing: "–".
 */
struct str format_percent(struct arena *a, uint64_t part, uint64_t whole);
struct str format_bytes(struct arena *a, uint64_t bytes);  /* 512 bytes, 1.9 KiB, 25.0 MiB */
struct str format_day(struct arena *a, int64_t day);	   /* 2026-11-19 */
struct str format_day_short(struct arena *a, int64_t day); /* 19 Nov */
struct str format_time(struct arena *a, int64_t at);	   /* 2026-11-19 03:10 */
struct str format_time_exact(struct arena *a, int64_t at); /* 2026-11-19 03:10:59 */
struct str format_ago(
	struct arena *a, int64_t at, int64_t now_at); /* "12 min ago", "just now" */
struct str format_duration(
	struct arena *a, int64_t seconds); /* "3 h 10 min", "1 day", "45 s" */
/* "1 message", "2 messages", "1 address", "2 addresses" */
struct str format_count(struct arena *a, int64_t n, const char *one, const char *many);

#endif
