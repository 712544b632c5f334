#include "cursor.h"

#include <assert.h>
#include <string.h>

#define HEAD_BYTES 17 /* generation, hash, number of values */
#define TEXT_MOST 200 /* of one value; the rest of a longer one is passed over with it */

uint64_t cursor_hash(const struct query *q, int list)
{
	struct digest_ctx c;
	struct digest d;
	uint64_t hash;

	digest_init(&c);
	digest_u64(&c, (uint64_t)list);
	for (size_t i = 0; i < q->param_count; i++) {
		if (str_eq(q->params[i].name, STR("cursor")) ||
			str_eq(q->params[i].name, STR("limit")))
			continue;
		digest_field(&c, q->params[i].name);
		digest_field(&c, q->params[i].value);
	}
	digest_end(&c, &d);
	memcpy(&hash, d.b, sizeof(hash));
	return hash;
}

static void take_text(struct cursor *c, struct cursor_value *v, const char *p, size_t n)
{
	bool cut = n > TEXT_MOST;

	n = cut ? TEXT_MOST : n;
	assert(c->used + n + 1 <= sizeof(c->bytes));
	v->is_text = true;
	v->s = str_make(c->bytes + c->used, n + cut);
	if (n > 0)
		memcpy(c->bytes + c->used, p, n);
	if (cut)
		c->bytes[c->used + n] = '\xff'; /* behind all texts that begin so */
	c->used += n + cut;
}

void cursor_take(struct cursor *c, sqlite3_stmt *st, int first, size_t count)
{
	assert(count <= CURSOR_VALUES);
	c->count = count;
	c->used = 0;
	for (size_t i = 0; i < count; i++) {
		struct cursor_value *v = &c->values[i];
		int column = first + (int)i, type = sqlite3_column_type(st, column);

		*v = (struct cursor_value){ 0 };
		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			take_text(c, v, sqlite3_column_blob(st, column),
				(size_t)sqlite3_column_bytes(st, column));
		else
			v->i = sqlite3_column_int64(st, column);
	}
}

static const char letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str encode(struct arena *a, const unsigned char *p, size_t n)
{
	char *out = arena_alloc(a, n * 4 / 3 + 4, 1);
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		size_t left = n - i;

		v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= left > 2 ? p[i + 2] : 0;
		out[at++] = letters[v >> 18];
		out[at++] = letters[v >> 12 & 63];
		if (left > 1)
			out[at++] = letters[v >> 6 & 63];
		if (left > 2)
			out[at++] = letters[v & 63];
	}
	return str_make(out, at);
}

static bool decode(struct str s, unsigned char *out, size_t room, size_t *ret_n)
{
	uint32_t v = 0;
	int bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] ? strchr(letters, s.p[i]) : NULL;

		if (!at)
			return false;
		v = v << 6 | (uint32_t)(at - letters);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n == room)
			return false;
		out[n++] = (unsigned char)(v >> bits);
	}
	*ret_n = n;
	return true;
}

static void put_u64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_u64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* A value: 0 and eight bytes of a number, or 1, a length of two bytes and a text. */
struct str cursor_text(const struct cursor *c, struct arena *a)
{
	unsigned char out[HEAD_BYTES + CURSOR_VALUES * 9 + CURSOR_BYTES];
	size_t n = HEAD_BYTES;

	put_u64(out, (uint64_t)c->generation);
	put_u64(out + 8, c->hash);
	out[16] = (unsigned char)c->count;
	for (size_t i = 0; i < c->count; i++) {
		const struct cursor_value *v = &c->values[i];

		out[n++] = v->is_text;
		if (!v->is_text) {
			put_u64(out + n, (uint64_t)v->i);
			n += 8;
			continue;
		}
		out[n++] = (unsigned char)v->s.n;
		out[n++] = (unsigned char)(v->s.n >> 8);
		if (v->s.n > 0)
			memcpy(out + n, v->s.p, v->s.n);
		n += v->s.n;
	}
	return encode(a, out, n);
}

static bool parse_values(const unsigned char *p, size_t n, struct cursor *c)
{
	size_t at = HEAD_BYTES;

	for (size_t i = 0; i < c->count; i++) {
		struct cursor_value *v = &c->values[i];
		size_t len;

		if (n - at < 3)
			return false;
		v->is_text = p[at++] == 1;
		len = v->is_text ? (size_t)p[at] | (size_t)p[at + 1] << 8 : 8;
		at += v->is_text ? 2 : 0;
		if (len > n - at || c->used + len > sizeof(c->bytes))
			return false;
		if (v->is_text) {
			memcpy(c->bytes + c->used, p + at, len);
			v->s = str_make(c->bytes + c->used, len);
			c->used += len;
		} else {
			v->i = (int64_t)get_u64(p + at);
		}
		at += len;
	}
	return at == n;
}

bool cursor_parse(struct str text, struct cursor *ret)
{
	unsigned char in[HEAD_BYTES + CURSOR_VALUES * 9 + CURSOR_BYTES];
	size_t n = 0;

	*ret = (struct cursor){ 0 };
	if (!decode(text, in, sizeof(in), &n) || n < HEAD_BYTES || in[16] > CURSOR_VALUES)
		return false;
	ret->generation = (int64_t)get_u64(in);
	ret->hash = get_u64(in + 8);
	ret->count = in[16];
	return parse_values(in, n, ret);
}
