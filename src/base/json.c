#include "json.h"

#include "day.h"
#include "err.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Level 0 is the document itself, which is one value. */

void json_init(struct json *j, struct buf *out)
{
	json_init_flush(j, out, 0, NULL, NULL);
}

void json_init_flush(struct json *j, struct buf *out, size_t flush_bytes,
	int (*flush)(void *arg, struct buf *out), void *arg)
{
	*j = (struct json){
		.out = out, .flush = flush, .flush_arg = arg, .flush_bytes = flush_bytes
	};
	j->first[0] = true;
}

static void empty_out(struct json *j)
{
	int r;

	if (j->flush && j->failed == 0 && j->out->n > 0) {
		r = j->flush(j->flush_arg, j->out);
		if (r < 0)
			j->failed = r;
	}
	if (j->failed != 0)
		buf_clear(j->out); /* nobody will take it; do not let it grow */
}

static void comma(struct json *j)
{
	if (!j->first[j->depth])
		buf_char(j->out, ',');
	j->first[j->depth] = false;
}

static void value_begin(struct json *j)
{
	if (j->object[j->depth]) {
		assert(j->keyed);
		j->keyed = false;
		return;
	}
	assert(!j->keyed && (j->depth > 0 || j->first[0]));
	comma(j);
}

static void value_end(struct json *j)
{
	if (j->flush && j->out->n > j->flush_bytes)
		empty_out(j);
}

static void level_open(struct json *j, bool object)
{
	value_begin(j);
	assert(j->depth + 1 < JSON_DEPTH);
	j->depth++;
	j->object[j->depth] = object;
	j->first[j->depth] = true;
	buf_char(j->out, object ? '{' : '[');
}

static void level_close(struct json *j, bool object)
{
	assert(j->depth > 0 && j->object[j->depth] == object && !j->keyed);
	j->depth--;
	buf_char(j->out, object ? '}' : ']');
	value_end(j);
}

void json_open_object(struct json *j)
{
	level_open(j, true);
}

void json_close_object(struct json *j)
{
	level_close(j, true);
}

void json_open_array(struct json *j)
{
	level_open(j, false);
}

void json_close_array(struct json *j)
{
	level_close(j, false);
}

/* Can this byte stand in a string as it is? */
static bool plain(char c)
{
	return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

static void escape_ascii(struct buf *out, char c)
{
	static const char shorts[][2] = { { '"', '"' }, { '\\', '\\' }, { '\n', 'n' },
		{ '\r', 'r' }, { '\t', 't' }, { '\b', 'b' }, { '\f', 'f' } };

	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (c != shorts[i][0])
			continue;
		buf_char(out, '\\');
		buf_char(out, shorts[i][1]);
		return;
	}
	buf_printf(out, "\\u%04x", (unsigned)(uint8_t)c);
}

/* One character that is not plain, from the start of s.  Returns its length. */
static size_t escape_char(struct buf *out, struct str s)
{
	int n = str_utf8_char(s);

	if (n == 1)
		escape_ascii(out, s.p[0]);
	else if (n < 0)
		buf_str(out, STR("\xef\xbf\xbd"));
	else if (n == 3 && memcmp(s.p, "\xe2\x80\xa8", 3) == 0)
		buf_str(out, STR("\\u2028"));
	else if (n == 3 && memcmp(s.p, "\xe2\x80\xa9", 3) == 0)
		buf_str(out, STR("\\u2029"));
	else
		buf_add(out, s.p, (size_t)n);
	return (size_t)(n < 0 ? -n : n);
}

static void quote(struct buf *out, struct str s)
{
	size_t i = 0;

	buf_char(out, '"');
	while (i < s.n) {
		size_t start = i;

		while (i < s.n && plain(s.p[i]))
			i++;
		buf_add(out, s.p + start, i - start);
		if (i < s.n)
			i += escape_char(out, str_from(s, i));
	}
	buf_char(out, '"');
}

void json_key(struct json *j, const char *key)
{
	assert(j->object[j->depth] && !j->keyed);
	comma(j);
	quote(j->out, str_of(key));
	buf_char(j->out, ':');
	j->keyed = true;
}

void json_str(struct json *j, struct str s)
{
	value_begin(j);
	if (str_absent(s))
		buf_str(j->out, STR("null"));
	else
		quote(j->out, s);
	value_end(j);
}

void json_cstr(struct json *j, const char *s)
{
	json_str(j, str_of(s));
}

void json_i64(struct json *j, int64_t v)
{
	value_begin(j);
	buf_printf(j->out, "%" PRId64, v);
	value_end(j);
}

void json_u64(struct json *j, uint64_t v)
{
	value_begin(j);
	buf_printf(j->out, "%" PRIu64, v);
	value_end(j);
}

/* The decimal point of printf depends on the locale, JSON's does not; "-0.0" is written "0.0".
 */
static struct str real_text(double v, int decimals, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%.*f", decimals, v);
	char *p = buf;

	for (char *c = buf; *c; c++)
		if (*c != '-' && (*c < '0' || *c > '9'))
			*c = '.';
	if (buf[0] == '-' && strspn(buf + 1, "0.") == (size_t)n - 1)
		p++;
	return str_of(p);
}

void json_f64(struct json *j, double v, int decimals)
{
	char text[360]; /* DBL_MAX has 309 digits */

	if (decimals < 0)
		decimals = 0;
	if (decimals > 17)
		decimals = 17;
	json_raw(j, isfinite(v) ? real_text(v, decimals, text, sizeof(text)) : STR("null"));
}

void json_bool(struct json *j, bool v)
{
	json_raw(j, v ? STR("true") : STR("false"));
}

void json_nil(struct json *j)
{
	json_raw(j, STR("null"));
}

void json_raw(struct json *j, struct str json_text)
{
	value_begin(j);
	buf_str(j->out, str_empty(json_text) ? STR("null") : json_text);
	value_end(j);
}

void json_kstr(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_kcstr(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_cstr(j, s);
}

void json_ki64(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

void json_ku64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void json_kbool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void json_knull(struct json *j, const char *key)
{
	json_key(j, key);
	json_nil(j);
}

void json_kip(struct json *j, const char *key, const struct ip *ip)
{
	char text[IP_TEXT];

	json_kstr(j, key, ip->n ? ip_text(ip, text) : STR_ABSENT);
}

void json_ktime(struct json *j, const char *key, int64_t at)
{
	char text[TIME_TEXT];

	json_kstr(j, key, at ? time_iso(at, text) : STR_ABSENT);
}

void json_kday(struct json *j, const char *key, int64_t day)
{
	char text[DAY_TEXT];

	json_kstr(j, key, day_text(day, text));
}

void json_kopen_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_open_object(j);
}

void json_kopen_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_open_array(j);
}

int json_end(struct json *j)
{
	assert(j->depth == 0 && !j->keyed);
	j->first[0] = true;
	if (j->failed == 0 && j->out->full)
		j->failed = ERR_LIMIT;
	empty_out(j);
	return j->failed;
}
