#include "mutf7.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Bits that wait for their base64 digit. */
struct shift {
	bool on;
	uint32_t bits;
	unsigned n;
};

static void put_unit(struct buf *b, struct shift *s, uint32_t unit)
{
	if (!s->on)
		buf_char(b, '&');
	s->on = true;
	s->bits = s->bits << 16 | unit;
	s->n += 16;
	while (s->n >= 6) {
		s->n -= 6;
		buf_char(b, alphabet[s->bits >> s->n & 63]);
	}
	s->bits &= (1U << s->n) - 1;
}

static void end_shift(struct buf *b, struct shift *s)
{
	if (!s->on)
		return;
	if (s->n > 0)
		buf_char(b, alphabet[s->bits << (6 - s->n) & 63]);
	buf_char(b, '-');
	*s = (struct shift){ 0 };
}

static uint32_t code_point(const char *p, int n)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)p[0] & first[n];

	for (int i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

static void put_wide(struct buf *b, struct shift *s, uint32_t c)
{
	if (c < 0x10000) {
		put_unit(b, s, c);
		return;
	}
	put_unit(b, s, 0xd800 + ((c - 0x10000) >> 10));
	put_unit(b, s, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

bool mutf7_put(struct buf *ret, struct str name)
{
	struct shift shift = { 0 };

	for (size_t i = 0; i < name.n;) {
		int n = str_utf8_char(str_from(name, i));
		uint32_t c = n > 0 ? code_point(name.p + i, n) : 0;

		if (n < 0 || c < ' ' || (c >= 0x7f && c < 0xa0))
			return false;
		if (c >= 0x7f) {
			put_wide(ret, &shift, c);
		} else {
			end_shift(ret, &shift);
			buf_char(ret, (char)c);
			if (c == '&')
				buf_char(ret, '-');
		}
		i += (size_t)n;
	}
	end_shift(ret, &shift);
	return true;
}
