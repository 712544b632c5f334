/*
 * log.h - one event per line on stderr, in logfmt or as a JSON object.
 *
 *   at=2026-11-24T12:00:00Z lvl=info ev=report.stored mail=3f9c org="google.com" records=42
 *   {"at":"2026-11-24T12:00:00Z","lvl":"info","ev":"report.stored","mail":"3f9c", …}
 *
 * Only flow, web and cli log.  Under systemd (JOURNAL_STREAM) a line begins with <priority> and
 * has no time.  Values are quoted and escaped: a report cannot forge a line.  In
 * logfmt a value of letters, digits, - and _ alone stands without quotes; bytes that are no
 * text are written as \xNN in both.  A field with an absent value is left out; a line that
 * would pass 4096 bytes is cut in a value, with "..." at its end.  errno is kept.
 */
#ifndef RUAD_LOG_H
#define RUAD_LOG_H

#include "str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_FIELD_STR, LOG_FIELD_INT } type;
	struct str s;
	int64_t i;
};
#define LOG_STR(k, v) \
	{ \
		.key = (k), .type = LOG_FIELD_STR, .s = (v) \
	}
#define LOG_INT(k, v) \
	{ \
		.key = (k), .type = LOG_FIELD_INT, .i = (int64_t)(v) \
	}

void log_set_level(enum log_level level); /* default warn */
void log_set_json(bool json);		  /* default logfmt */
bool log_wants(enum log_level level);
void log_event(enum log_level level, const char *event, const struct log_field *fields);
/* log(LOG_LEVEL_INFO, "report.stored", LOG_STR("org", org), LOG_INT("records", n)); */
#define log_line(level, event, ...) \
	log_event((level), (event), \
		(const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ .key = NULL } })

#endif
