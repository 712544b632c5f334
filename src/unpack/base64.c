#include "base64.h"

#include <assert.h>

/* The value of a letter, or -1. */
static const int8_t letter[256] = {
	/* clang-format off */
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, -1, -1, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1,
	-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, -1,
	-1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	/* clang-format on */
};

void base64_init(struct base64 *d, struct str in)
{
	*d = (struct base64){ .in = in };
}

static int value(char c)
{
	return letter[(uint8_t)c];
}

/* Is the line at d->at base64 and nothing else?  Moves d->clean behind it. */
static bool line_clean(struct base64 *d)
{
	size_t at = d->at;

	for (; at < d->in.n && d->in.p[at] != '\n' && d->in.p[at] != '\r'; at++)
		if (value(d->in.p[at]) < 0 && d->in.p[at] != '=' && !char_space(d->in.p[at]))
			return false;
	d->clean = at < d->in.n ? at + 1 : at;
	return true;
}

/* Whole groups of four letters, while nothing else comes between. */
static size_t groups(struct base64 *d, char *out, size_t n)
{
	size_t have = 0;

	while (n - have >= 3 && d->in.n - d->at >= 4) {
		const char *p = d->in.p + d->at;
		int a = value(p[0]), b = value(p[1]), c = value(p[2]), e = value(p[3]);

		if ((a | b | c | e) < 0)
			break;
		out[have++] = (char)(a << 2 | b >> 4);
		out[have++] = (char)(b << 4 | c >> 2);
		out[have++] = (char)(c << 6 | e);
		d->at += 4;
	}
	return have;
}

/* One character; true when it completes a byte. */
static bool step(struct base64 *d, char c, char *out)
{
	int v = value(c);

	if (c == '=') { /* the end of a block; another may follow */
		d->bits = 0;
		if (!d->padded)
			d->clean = d->at; /* the rest of this line comes next */
		d->padded = true;
		return false;
	}
	if (v < 0)
		return false;
	d->held = d->held << 6 | (uint32_t)v;
	d->bits += 6;
	if (d->bits < 8)
		return false;
	d->bits -= 8;
	*out = (char)(d->held >> d->bits);
	return true;
}

size_t base64_read(struct base64 *d, char *out, size_t n)
{
	size_t have = 0;

	while (have < n && d->at < d->in.n) {
		if (d->padded && d->at >= d->clean && !line_clean(d)) {
			d->at = d->in.n;
			break;
		}
		if (d->bits == 0 && !d->padded)
			have += groups(d, out + have, n - have);
		if (have == n || d->at == d->in.n)
			break;
		d->at++;
		if (step(d, d->in.p[d->at - 1], out + have))
			have++;
	}
	assert(have <= n);
	return have;
}
