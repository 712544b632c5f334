#include "jsontree.h"

#include <string.h>

struct cursor {
	struct str s;
	size_t at;
	struct arena *arena;
	int depth;
};

static char peek(struct cursor *c)
{
	while (c->at < c->s.n && char_space(c->s.p[c->at]))
		c->at++;
	return c->at < c->s.n ? c->s.p[c->at] : '\0';
}

static bool take(struct cursor *c, char want)
{
	if (peek(c) != want)
		return false;
	c->at++;
	return true;
}

static size_t utf8_put(char *out, uint32_t u)
{
	if (u < 0x80) {
		out[0] = (char)u;
		return 1;
	}
	if (u < 0x800) {
		out[0] = (char)(0xC0 | u >> 6);
		out[1] = (char)(0x80 | (u & 63));
		return 2;
	}
	if (u < 0x10000) {
		out[0] = (char)(0xE0 | u >> 12);
		out[1] = (char)(0x80 | (u >> 6 & 63));
		out[2] = (char)(0x80 | (u & 63));
		return 3;
	}
	out[0] = (char)(0xF0 | u >> 18);
	out[1] = (char)(0x80 | (u >> 12 & 63));
	out[2] = (char)(0x80 | (u >> 6 & 63));
	out[3] = (char)(0x80 | (u & 63));
	return 4;
}

static bool hex4(struct cursor *c, uint32_t *ret)
{
	uint32_t v = 0;

	if (c->s.n - c->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char h = char_lower(c->s.p[c->at++]);

		if (h >= '0' && h <= '9')
			v = v << 4 | (uint32_t)(h - '0');
		else if (h >= 'a' && h <= 'f')
			v = v << 4 | (uint32_t)(h - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* After "\u". */
static bool unicode(struct cursor *c, uint32_t *ret)
{
	uint32_t low;

	if (!hex4(c, ret))
		return false;
	if (*ret < 0xD800 || *ret > 0xDFFF)
		return true;
	if (*ret > 0xDBFF || c->s.n - c->at < 6 || c->s.p[c->at] != '\\' ||
		c->s.p[c->at + 1] != 'u')
		return false;
	c->at += 2;
	if (!hex4(c, &low) || low < 0xDC00 || low > 0xDFFF)
		return false;
	*ret = 0x10000 + ((*ret - 0xD800) << 10) + (low - 0xDC00);
	return true;
}

static bool escape(struct cursor *c, char *out, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;
	uint32_t u;
	char e;

	if (c->at >= c->s.n)
		return false;
	e = c->s.p[c->at++];
	if (e == 'u') {
		if (!unicode(c, &u))
			return false;
		*n += utf8_put(out + *n, u);
		return true;
	}
	p = e ? strchr(from, e) : NULL;
	if (!p)
		return false;
	out[(*n)++] = to[p - from];
	return true;
}

static bool text(struct cursor *c, struct str *ret)
{
	size_t n = 0, end;
	char *out;

	if (!take(c, '"'))
		return false;
	for (end = c->at; end < c->s.n && c->s.p[end] != '"'; end++)
		if (c->s.p[end] == '\\')
			end++;
	if (end >= c->s.n)
		return false;
	/* Decoded text is never longer than its escaped form. */
	out = arena_alloc(c->arena, end - c->at + 1, 1);
	while (c->at < end) {
		char b = c->s.p[c->at++];

		if (b != '\\')
			out[n++] = b;
		else if (!escape(c, out, &n))
			return false;
	}
	c->at = end + 1;
	*ret = str_make(out, n);
	return true;
}

static bool word(struct cursor *c, struct node *n)
{
	size_t begin = c->at;
	struct str w;

	while (c->at < c->s.n && !char_space(c->s.p[c->at]) &&
		!strchr(",]}:\"[{", c->s.p[c->at]))
		c->at++;
	w = str_make(c->s.p + begin, c->at - begin);
	n->text = w;
	if (str_eq(w, STR("null")))
		n->type = NODE_NULL;
	else if (str_eq(w, STR("true")) || str_eq(w, STR("false")))
		n->type = NODE_BOOL;
	else if (w.n > 0 && (w.p[0] == '-' || (w.p[0] >= '0' && w.p[0] <= '9')))
		n->type = NODE_NUMBER;
	else
		return false;
	return true;
}

static bool value(struct cursor *c, struct node *n);

static bool members(struct cursor *c, struct node *n, bool object)
{
	char close = object ? '}' : ']';
	struct node **tail = &n->first;

	n->type = object ? NODE_OBJECT : NODE_ARRAY;
	if (++c->depth > JSONTREE_DEPTH)
		return false;
	c->at++;
	if (take(c, close)) {
		c->depth--;
		return true;
	}
	do {
		struct node *m = ARENA_NEW(c->arena, struct node);

		if (object && (!text(c, &m->key) || !take(c, ':')))
			return false;
		if (!value(c, m))
			return false;
		*tail = m;
		tail = &m->next;
	} while (take(c, ','));
	c->depth--;
	return take(c, close);
}

static bool value(struct cursor *c, struct node *n)
{
	switch (peek(c)) {
	case '{':
		return members(c, n, true);
	case '[':
		return members(c, n, false);
	case '"':
		n->type = NODE_TEXT;
		return text(c, &n->text);
	default:
		return word(c, n);
	}
}

bool node_parse(struct str json, struct arena *a, struct node **ret)
{
	struct cursor c = { .s = json, .arena = a };
	struct node *n = ARENA_NEW(a, struct node);

	if (!value(&c, n) || peek(&c) != '\0' || c.at != json.n)
		return false;
	*ret = n;
	return true;
}

const struct node *node_get(const struct node *n, struct str key)
{
	if (!n || n->type != NODE_OBJECT)
		return NULL;
	for (const struct node *m = n->first; m; m = m->next)
		if (str_eq(m->key, key))
			return m;
	return NULL;
}
