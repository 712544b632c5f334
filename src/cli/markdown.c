#include "markdown.h"

#include "terminal.h"

#include <string.h>

#define MEANINGFUL "\\`*_{}[]<>#+|~&@!$="

/* "www." and "://" begin a link wherever they stand. */
static bool begins_link(struct str s, size_t i)
{
	if (s.p[i] == ':')
		return str_starts(str_from(s, i + 1), STR("//"));
	return s.p[i] == '.' && i >= 3 && str_eq_nocase(str_make(s.p + i - 3, 3), STR("www"));
}

struct str markdown_text(struct arena *a, struct str s)
{
	struct str t = printable(a, s);
	char *out = arena_alloc(a, 2 * t.n + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < t.n; i++) {
		if (strchr(MEANINGFUL, t.p[i]) || begins_link(t, i))
			out[n++] = '\\';
		out[n++] = t.p[i];
	}
	return str_make(out, n);
}

static size_t longest_run(struct str s, char c)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < s.n; i++) {
		run = s.p[i] == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

struct str markdown_code(struct arena *a, struct str s, bool in_table)
{
	struct str t = printable(a, s);
	size_t fence = longest_run(t, '`') + 1, n = 0;
	char *out = arena_alloc(a, 2 * t.n + 2 * fence + 3, 1);
	bool pad = t.n > 0 && (t.p[0] == '`' || t.p[t.n - 1] == '`' || t.p[0] == ' ');

	if (t.n == 0)
		return STR("");
	memset(out, '`', fence);
	n = fence;
	if (pad)
		out[n++] = ' ';
	for (size_t i = 0; i < t.n; i++) {
		if (in_table && t.p[i] == '|')
			out[n++] = '\\';
		out[n++] = t.p[i];
	}
	if (pad)
		out[n++] = ' ';
	memset(out + n, '`', fence);
	return str_make(out, n + fence);
}
