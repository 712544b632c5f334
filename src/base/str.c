#include "str.h"

#include <assert.h>
#include <string.h>

struct str str_of(const char *cstr)
{
	return cstr ? (struct str){ cstr, strlen(cstr) } : STR_ABSENT;
}

struct str str_make(const char *p, size_t n)
{
	assert(p || n == 0);
	return (struct str){ p, n };
}

bool str_absent(struct str s)
{
	return !s.p;
}

bool str_empty(struct str s)
{
	return !s.p || s.n == 0;
}

/* The library functions must not see NULL, not even with a length of 0. */
static bool same_bytes(const char *a, const char *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

static bool same_letters(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && char_lower(a[i]) != char_lower(b[i]))
			return false;
	return true;
}

bool str_eq(struct str a, struct str b)
{
	return !a.p == !b.p && a.n == b.n && same_bytes(a.p, b.p, a.n);
}

bool str_eq_nocase(struct str a, struct str b)
{
	return !a.p == !b.p && a.n == b.n && same_letters(a.p, b.p, a.n);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order;

	if (!a.p || !b.p)
		return !!a.p - !!b.p;
	order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && same_bytes(s.p, prefix.p, prefix.n);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && same_letters(s.p, prefix.p, prefix.n);
}

bool str_ends(struct str s, struct str suffix)
{
	if (suffix.n == 0)
		return true;
	return s.n >= suffix.n && memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0;
}

bool str_ends_nocase(struct str s, struct str suffix)
{
	if (suffix.n == 0)
		return true;
	return s.n >= suffix.n && str_eq_nocase(str_from(s, s.n - suffix.n), suffix);
}

bool str_contains(struct str s, struct str needle)
{
	return str_find(s, needle) >= 0;
}

ptrdiff_t str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? at - s.p : -1;
}

ptrdiff_t str_index(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

struct str str_folder(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	while (path.n > 0 && path.p[path.n - 1] != '/')
		path.n--;
	if (path.n == 0)
		return STR(".");
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

struct str str_from(struct str s, size_t offset)
{
	if (!s.p)
		return STR_ABSENT;
	if (offset > s.n)
		offset = s.n;
	return (struct str){ s.p + offset, s.n - offset };
}

struct str str_first(struct str s, size_t n)
{
	size_t cut = n;

	if (s.n <= n)
		return s;
	/* A character has at most three bytes after its first; more of them is not UTF-8. */
	while (cut > 0 && n - cut < 3 && ((uint8_t)s.p[cut] & 0xc0) == 0x80)
		cut--;
	if (((uint8_t)s.p[cut] & 0xc0) == 0x80)
		cut = n;
	return (struct str){ s.p, cut };
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && char_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && char_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_cut(struct str *s, char sep, struct str *ret_head)
{
	ptrdiff_t at;

	if (!s->p)
		return false;
	at = str_index(*s, sep);
	if (at < 0) {
		*ret_head = *s;
		*s = STR_ABSENT;
		return true;
	}
	*ret_head = (struct str){ s->p, (size_t)at };
	*s = str_from(*s, (size_t)at + 1);
	return true;
}

char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

void str_lower(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = char_lower(p[i]);
}

bool char_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(uint8_t)s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(minus ? str_from(s, 1) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

size_t str_control(struct str s)
{
	static const struct {
		const char *before;
		uint8_t first, last; /* of the byte after it */
	} ranges[] = { { "", 0, 0x1f }, { "", 0x7f, 0x7f }, { "\xc2", 0x80, 0x9f },
		{ "\xe2\x80", 0xaa, 0xae }, { "\xe2\x81", 0xa6, 0xa9 } };

	if (s.p[0] >= ' ' && s.p[0] < 0x7f)
		return 0; /* most of all text */
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct str before = str_of(ranges[i].before);
		uint8_t last;

		if (s.n <= before.n || !str_starts(s, before))
			continue;
		last = (uint8_t)s.p[before.n];
		if (last >= ranges[i].first && last <= ranges[i].last)
			return before.n + 1;
	}
	return 0;
}

int str_utf8_char(struct str s)
{
	uint8_t b, least = 0x80, most = 0xbf;
	int n;

	assert(s.n > 0);
	b = (uint8_t)s.p[0];
	if (b < 0x80)
		return 1;
	if (b < 0xc2 || b > 0xf4)
		return -1;
	n = b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
	/* The second byte is where overlong forms, surrogates and > U+10FFFF show. */
	if (b == 0xe0)
		least = 0xa0;
	else if (b == 0xed)
		most = 0x9f;
	else if (b == 0xf0)
		least = 0x90;
	else if (b == 0xf4)
		most = 0x8f;
	for (int i = 1; i < n; i++) {
		if ((size_t)i >= s.n || (uint8_t)s.p[i] < least || (uint8_t)s.p[i] > most)
			return -i;
		least = 0x80;
		most = 0xbf;
	}
	return n;
}

bool str_utf8(struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		int n;

		if ((uint8_t)s.p[i] < 0x80) {
			i++;
			continue;
		}
		n = str_utf8_char(str_from(s, i));
		if (n < 0)
			return false;
		i += (size_t)n;
	}
	return true;
}

#define DISTANCE_BYTES 64

unsigned str_distance(struct str a, struct str b)
{
	unsigned row[DISTANCE_BYTES]; /* distances of a's first i bytes to all starts of b */

	if (a.n >= DISTANCE_BYTES || b.n >= DISTANCE_BYTES) {
		size_t n = a.n > b.n ? a.n : b.n;

		return n > UINT32_MAX ? UINT32_MAX : (unsigned)n;
	}
	for (unsigned j = 0; j <= b.n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}
