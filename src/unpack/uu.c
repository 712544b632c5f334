#include "uu.h"

#include "lines.h"

#include <string.h>

void uu_init(struct uu *u, struct str in)
{
	*u = (struct uu){ .in = in };
}

bool uu_begin_line(struct str line)
{
	struct str rest = str_from(line, 6);
	size_t digits = 0;

	if (!str_starts(line, STR("begin ")))
		return false;
	while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '7')
		digits++;
	return digits >= 3 && digits <= 4 && digits < rest.n && rest.p[digits] == ' ';
}

/* Six bits of the line; what lies behind its end counts as zero.  -1: not a uuencoded letter.
 */
static int letter(struct str line, size_t i)
{
	if (i >= line.n)
		return 0;
	return line.p[i] >= 32 && line.p[i] <= 96 ? (line.p[i] - 32) & 63 : -1;
}

/* Decode a line into u->line; false: it ends the text. */
static bool decode(struct uu *u, struct str line)
{
	int count = line.n > 0 ? letter(line, 0) : 0;
	size_t have = 0;

	if (count <= 0 || str_eq(line, STR("end")))
		return false;
	for (size_t i = 1; have < (size_t)count; i += 4) {
		int a = letter(line, i), b = letter(line, i + 1);
		int c = letter(line, i + 2), d = letter(line, i + 3);

		if ((a | b | c | d) < 0)
			return false;
		u->line[have++] = (char)(a << 2 | b >> 4);
		u->line[have++] = (char)(b << 4 | c >> 2);
		u->line[have++] = (char)(c << 6 | d);
	}
	u->line_n = (size_t)count;
	u->line_at = 0;
	return true;
}

static bool next_line(struct uu *u)
{
	struct str line;

	while (!u->ended && line_next(u->in, &u->at, &line)) {
		if (!u->begun) {
			u->begun = uu_begin_line(line);
			continue;
		}
		if (decode(u, line))
			return true;
		u->ended = true;
	}
	return false;
}

size_t uu_read(struct uu *u, char *out, size_t n)
{
	size_t have = 0;

	while (have < n) {
		size_t some = u->line_n - u->line_at;

		if (some == 0) {
			if (!next_line(u))
				break;
			continue;
		}
		if (some > n - have)
			some = n - have;
		memcpy(out + have, u->line + u->line_at, some);
		u->line_at += some;
		have += some;
	}
	return have;
}
