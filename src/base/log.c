#include "log.h"

#include "day.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A line is built on the stack and leaves in one write, so that lines of several threads and
 * processes do not mix (PIPE_BUF is 4096 on Linux), and so that this works without memory.
 */
#define LOG_BYTES 4096
#define LOG_TAIL 16 /* kept free for the mark of a cut value, its quote and the newline */

struct line {
	char p[LOG_BYTES];
	size_t n;
	bool json;
};

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARN] = { "warn", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

static atomic_int level_now = LOG_LEVEL_WARN;
static atomic_bool json_now;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&level_now, (int)level, memory_order_relaxed);
}

void log_set_json(bool json)
{
	atomic_store_explicit(&json_now, json, memory_order_relaxed);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&level_now, memory_order_relaxed);
}

/* All of it or nothing; false: no room. */
static bool add(struct line *l, struct str s)
{
	if (l->n + s.n > sizeof(l->p) - LOG_TAIL)
		return false;
	memcpy(l->p + l->n, s.p, s.n);
	l->n += s.n;
	return true;
}

static void add_tail(struct line *l, struct str s)
{
	assert(s.n <= sizeof(l->p) - l->n);
	memcpy(l->p + l->n, s.p, s.n);
	l->n += s.n;
}

/* Words that need no quotes: nothing in them means anything to a reader of logfmt. */
static bool is_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = char_lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return s.n > 0;
}

static bool add_hex(struct line *l, struct str bytes)
{
	char text[4 * 5 + 1];
	size_t n = 0;

	for (size_t i = 0; i < bytes.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\\x%02x",
			l->json ? "\\" : "", (unsigned)(uint8_t)bytes.p[i]);
	return add(l, str_make(text, n));
}

/*
 * The character at the start of s, escaped: what str_control tells, and bytes that are not
 * UTF-8, as \xNN.
 */
static bool add_char(struct line *l, struct str s)
{
	uint8_t c = (uint8_t)s.p[0];

	switch (c) {
	case '"':
		return add(l, STR("\\\""));
	case '\\':
		return add(l, STR("\\\\"));
	case '\n':
		return add(l, STR("\\n"));
	case '\r':
		return add(l, STR("\\r"));
	case '\t':
		return add(l, STR("\\t"));
	}
	if (str_control(s) > 0)
		return add_hex(l, s);
	return add(l, s);
}

/* False: it was cut, and the line is full. */
static bool add_value(struct line *l, struct str s)
{
	bool cut = false;

	if (!l->json && is_word(s) && add(l, s))
		return true;
	add_tail(l, STR("\""));
	for (size_t i = 0; i < s.n && !cut;) {
		int n = str_utf8_char(str_from(s, i));
		struct str c = str_make(s.p + i, (size_t)(n < 0 ? -n : n));

		cut = n < 0 ? !add_hex(l, c) : !add_char(l, c);
		i += c.n;
	}
	add_tail(l, cut ? STR("...\"") : STR("\""));
	return !cut;
}

/* False: the line is full. */
static bool add_field(struct line *l, const struct log_field *f)
{
	size_t start = l->n;
	char text[24];

	if (!add(l, l->json ? STR(",\"") : STR(" ")) || !add(l, str_of(f->key)) ||
		!add(l, l->json ? STR("\":") : STR("="))) {
		l->n = start;
		return false;
	}
	if (f->type == LOG_FIELD_STR) {
		return add_value(l, f->s);
	}
	snprintf(text, sizeof(text), "%" PRId64, f->i);
	if (!add(l, str_of(text))) {
		l->n = start;
		return false;
	}
	return true;
}

/* Is stderr the journal?  systemd tells the device and inode of the stream it made. */
static bool to_journal(void)
{
	struct str stream = str_of(getenv("JOURNAL_STREAM")), device;
	uint64_t dev, ino;
	struct stat st;

	return str_cut(&stream, ':', &device) && str_to_u64(device, &dev) &&
	       str_to_u64(stream, &ino) && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

static void add_start(struct line *l, enum log_level level, const char *event)
{
	char text[TIME_TEXT];
	int n;

	l->json = atomic_load_explicit(&json_now, memory_order_relaxed);
	if (to_journal()) {
		n = snprintf(
			l->p, sizeof(l->p), l->json ? "<%d>{" : "<%d>", levels[level].priority);
	} else {
		time_iso(time_now(), text);
		n = snprintf(l->p, sizeof(l->p), l->json ? "{\"at\":\"%s\"," : "at=%s ", text);
	}
	l->n = (size_t)n;
	n = snprintf(l->p + l->n, 256,
		l->json ? "\"lvl\":\"%s\",\"ev\":\"%s\"" : "lvl=%s ev=%s", levels[level].name,
		event);
	l->n += n < 256 ? (size_t)n : 255;
}

void log_event(enum log_level level, const char *event, const struct log_field *fields)
{
	int saved = errno;
	struct line l;
	ssize_t written;

	if (!log_wants(level))
		return;
	add_start(&l, level, event);
	for (const struct log_field *f = fields; f && f->key; f++) {
		if (f->type == LOG_FIELD_STR && str_absent(f->s))
			continue;
		if (!add_field(&l, f))
			break;
	}
	add_tail(&l, l.json ? STR("}\n") : STR("\n"));
	/* There is nowhere to tell that the log cannot be written. */
	written = write(STDERR_FILENO, l.p, l.n);
	(void)written;
	errno = saved;
}
