/*
 * json.h - a small streaming JSON writer: no tree, output through a buffer.
 *
 * The caller opens, names, writes and closes in order; commas are the writer's.  Misuse (a
 * value where a key belongs, an unclosed array) trips an assert.  Strings are escaped so that
 * the text is safe inside HTML too (<, >, &, U+2028, U+2029 as \u escapes); bytes that are not
 * UTF-8 become U+FFFD.  The output is one line without blanks.
 */
#ifndef RUAD_JSON_H
#define RUAD_JSON_H

#include "buf.h"
#include "ip.h"
#include "str.h"

#define JSON_DEPTH 32

struct json {
	struct buf *out;
	/* Called when out holds more than flush_bytes, to empty it; may be NULL. */
	int (*flush)(void *arg, struct buf *out);
	void *flush_arg;
	size_t flush_bytes;
	int failed; /* what flush returned when it was negative; sticky */
	int depth;
	bool object[JSON_DEPTH], first[JSON_DEPTH], keyed;
};

void json_init(struct json *j, struct buf *out);
/* Write to a file descriptor or stream as the text grows; memory stays small. */
void json_init_flush(struct json *j, struct buf *out, size_t flush_bytes,
	int (*flush)(void *arg, struct buf *out), void *arg);

void json_open_object(struct json *j);
void json_close_object(struct json *j);
void json_open_array(struct json *j);
void json_close_array(struct json *j);
void json_key(struct json *j, const char *key);

void json_str(struct json *j, struct str s); /* absent writes null */
void json_cstr(struct json *j, const char *s);
void json_i64(struct json *j, int64_t v);
void json_u64(struct json *j, uint64_t v);
void json_f64(struct json *j, double v, int decimals); /* NaN: null */
void json_bool(struct json *j, bool v);
void json_nil(struct json *j);
void json_raw(struct json *j, struct str json_text); /* one finished value */

/* key and value in one call */
void json_kstr(struct json *j, const char *key, struct str s);
void json_kcstr(struct json *j, const char *key, const char *s);
void json_ki64(struct json *j, const char *key, int64_t v);
void json_ku64(struct json *j, const char *key, uint64_t v);
void json_kbool(struct json *j, const char *key, bool v);
void json_knull(struct json *j, const char *key);
void json_kip(struct json *j, const char *key, const struct ip *ip); /* null for none */
void json_ktime(struct json *j, const char *key, int64_t at); /* ISO text; 0 gives null */
void json_kday(struct json *j, const char *key, int64_t day); /* 2026-11-24 */
void json_kopen_object(struct json *j, const char *key);
void json_kopen_array(struct json *j, const char *key);

/*
 * End of the document: everything must be closed; flushes.  Another document may follow.
 * Returns j->failed or 0; ERR_LIMIT when out was full.
 */
int json_end(struct json *j);

#endif
