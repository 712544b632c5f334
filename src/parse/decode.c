#include "decode.h"

#include <stddef.h>
#include <string.h>

#define REPLACEMENT 0xfffdU
#define CONTROL_Z 0x1a /* ends a text file of DOS */
#define DECLARATION_MOST 512

void decode_begin(struct decode *d, struct reader *in)
{
	memset(d, 0, offsetof(struct decode, raw));
	d->in = in;
	d->charset.kind = CHARSET_UTF8;
}

static char *put(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Bytes at the start of s that are ASCII, eight at a time. */
static size_t ascii_run(struct str s)
{
	size_t i = 0;

	for (uint64_t w; i + sizeof(w) <= s.n; i += sizeof(w)) {
		memcpy(&w, s.p + i, sizeof(w));
		if (w & 0x8080808080808080ULL)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

/* How much of s is UTF-8; *ret_cut: what follows is the start of a character that s ends in. */
static size_t utf8_run(struct str s, bool *ret_high, bool *ret_cut)
{
	size_t i = 0;

	*ret_cut = false;
	while ((i += ascii_run(str_from(s, i))) < s.n) {
		int n = str_utf8_char(str_from(s, i));

		if (n < 0) {
			*ret_cut = (size_t)-n == s.n - i && (unsigned char)s.p[i] >= 0xc2 &&
				   (unsigned char)s.p[i] <= 0xf4;
			break;
		}
		*ret_high = true;
		i += (size_t)n;
	}
	return i;
}

/* Keep the last bytes of raw for the next turn. */
static void carry(struct decode *d, size_t from, size_t end)
{
	memmove(d->raw, d->raw + from, end - from);
	d->have = end - from;
}

static struct str decode_utf8(struct decode *d, size_t n, bool last)
{
	struct str s = { (const char *)d->raw, n };
	bool high = false, cut;
	size_t ok = utf8_run(s, &high, &cut);
	char *out = d->out;

	if (high && d->charset.kind == CHARSET_ASCII)
		d->misfit = true;
	d->have = 0;
	if (ok == n || (cut && !last)) {
		/* The usual case.  What is carried is moved only after its copy was made. */
		memcpy(d->out, d->raw, ok);
		carry(d, ok, n);
		return str_make(d->out, ok);
	}
	d->misfit = true;
	for (size_t i = 0; i < n;) {
		int len;

		ok = utf8_run(str_from(s, i), &high, &cut);
		memcpy(out, s.p + i, ok);
		out += ok;
		i += ok;
		if (i == n)
			break;
		if (cut && !last) {
			carry(d, i, n);
			break;
		}
		len = str_utf8_char(str_from(s, i));
		out = put(out, REPLACEMENT);
		i += (size_t)-len;
	}
	return str_make(d->out, (size_t)(out - d->out));
}

static struct str decode_byte(struct decode *d, size_t n)
{
	char *out = d->out;

	for (size_t i = 0; i < n; i++) {
		uint8_t b = d->raw[i];
		uint32_t c = b < 0x80 ? b : d->charset.high[b - 0x80];

		if (c == REPLACEMENT)
			d->misfit = true;
		out = put(out, c);
	}
	d->have = 0;
	return str_make(d->out, (size_t)(out - d->out));
}

static uint32_t unit16(const struct decode *d, size_t i)
{
	uint32_t a = d->raw[i], b = d->raw[i + 1];

	return d->big_endian ? a << 8 | b : b << 8 | a;
}

static struct str decode_utf16(struct decode *d, size_t n, bool last)
{
	char *out = d->out;
	size_t i = 0;

	while (i + 2 <= n) {
		uint32_t c = unit16(d, i);

		if (c >= 0xd800 && c < 0xdc00 && i + 4 > n && !last)
			break;
		i += 2;
		if (c >= 0xd800 && c < 0xdc00 && i + 2 <= n && unit16(d, i) >= 0xdc00 &&
			unit16(d, i) < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (unit16(d, i) - 0xdc00);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = REPLACEMENT;
			d->misfit = true;
		}
		out = put(out, c);
	}
	if (last && i < n) {
		d->misfit = true;
		out = put(out, REPLACEMENT);
		i = n;
	}
	carry(d, i, n);
	return str_make(d->out, (size_t)(out - d->out));
}

/* The name in <?xml … encoding="name" … ?>, or absent. */
static struct str declared_encoding(struct str s)
{
	ptrdiff_t end, at;
	char quote;

	s = str_first(str_trim(s), DECLARATION_MOST);
	if (!str_starts(s, STR("<?xml")) || (end = str_find(s, STR("?>"))) < 0)
		return STR_ABSENT;
	s.n = (size_t)end;
	if ((at = str_find(s, STR("encoding"))) < 0)
		return STR_ABSENT;
	s = str_trim(str_from(s, (size_t)at + 8));
	if (s.n == 0 || s.p[0] != '=')
		return STR_ABSENT;
	s = str_trim(str_from(s, 1));
	if (s.n == 0 || (s.p[0] != '"' && s.p[0] != '\''))
		return STR_ABSENT;
	quote = s.p[0];
	s = str_from(s, 1);
	at = str_index(s, quote);
	return at < 0 ? STR_ABSENT : str_make(s.p, (size_t)at);
}

/* The encoding that the bytes themselves show; *ret_skip bytes are its mark. */
static bool shown_encoding(struct decode *d, const uint8_t *p, size_t n, size_t *ret_skip)
{
	*ret_skip = 0;
	if (n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
		*ret_skip = 3;
		d->bom = true;
		return false; /* the declaration may say the same, or be wrong */
	}
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
		*ret_skip = 2;
		d->bom = true;
		d->big_endian = p[0] == 0xfe;
	} else if (n >= 4 && p[0] == '<' && !p[1] && p[2] && !p[3]) {
		d->big_endian = false;
	} else if (n >= 4 && !p[0] && p[1] == '<' && !p[2] && p[3]) {
		d->big_endian = true;
	} else {
		return false;
	}
	d->charset = (struct charset){ CHARSET_UTF16, NULL };
	return true;
}

static void declare(struct decode *d, struct str name)
{
	struct charset c;

	if (str_absent(name))
		return;
	/* A name is ASCII; what else stands there is shown as such and does no harm. */
	for (size_t i = 0; i < name.n && i < DECODE_NAME; i++)
		d->declared[i] = name.p[i] > ' ' && name.p[i] < 0x7f ? name.p[i] : '?';
	c = charset_find(name);
	if (c.kind == CHARSET_UNKNOWN)
		d->strict = d->misfit = true;
	else if (c.kind == CHARSET_UTF16 || (d->bom && c.kind != CHARSET_UTF8))
		d->misfit = true; /* but the bytes are not */
	else
		d->charset = c;
}

/* The first bytes decide how to read all. */
static size_t start(struct decode *d, size_t n)
{
	size_t skip;

	d->started = true;
	if (!shown_encoding(d, d->raw, n, &skip))
		declare(d, declared_encoding(str_make((const char *)d->raw + skip, n - skip)));
	memmove(d->raw, d->raw + skip, n - skip);
	return n - skip;
}

/* Pass over white space before the first character, and refuse what cannot be XML. */
static int skip_leading(struct decode *d, struct str *s, struct err *err)
{
	size_t i = 0;

	/* A second mark is as meaningless as the first. */
	while (i < s->n) {
		if (str_starts(str_from(*s, i), STR("\xef\xbb\xbf"))) {
			d->bom = true;
			i += 3;
			continue;
		}
		if (!char_space(s->p[i]))
			break;
		d->leading = true;
		d->columns++;
		if (s->p[i++] == '\n') {
			d->lines++;
			d->columns = 0;
		}
	}
	*s = str_from(*s, i);
	if (s->n == 0)
		return 0;
	if (s->p[0] != '<')
		return FAIL(err, ERR_INPUT, "not-a-report",
			"It does not begin as XML does, with '<'.");
	d->begun = true;
	return 0;
}

/*
 * From the first NUL or Control-Z on there may be nothing but those and white space.  What
 * stands before it is given out first, so that the error is told with its place.
 */
static void cut_tail(struct decode *d, struct str *s)
{
	size_t begin = 0;

	if (!d->tail) {
		const char *nul = memchr(s->p, 0, s->n), *z = memchr(s->p, CONTROL_Z, s->n);

		if (!nul && !z)
			return;
		if (!nul || (z && z < nul))
			nul = z;
		begin = (size_t)(nul - s->p);
		d->tail = true;
	}
	for (size_t i = begin; i < s->n; i++) {
		if (s->p[i] == 0)
			d->trailing_nul = true;
		else if (s->p[i] == CONTROL_Z)
			d->trailing_text = true;
		else if (!char_space(s->p[i]))
			d->inside = true;
	}
	s->n = begin;
}

static int convert(struct decode *d, size_t n, bool last, struct str *ret, struct err *err)
{
	bool misfit = d->misfit;

	switch (d->charset.kind) {
	case CHARSET_BYTE:
		*ret = decode_byte(d, n);
		return 0;
	case CHARSET_UTF16:
		*ret = decode_utf16(d, n, last);
		return 0;
	case CHARSET_UTF8:
	case CHARSET_ASCII:
	case CHARSET_UNKNOWN:
		break;
	}
	d->misfit = false;
	*ret = decode_utf8(d, n, last);
	if (d->misfit && d->strict)
		return FAIL(err, ERR_INPUT, "xml-encoding",
			"The encoding \"%s\" is not known here, and the bytes are not UTF-8.",
			d->declared);
	d->misfit |= misfit;
	return 0;
}

/* One turn: 1 *ret may be empty, 0 nothing more. */
static int turn(struct decode *d, struct str *ret, struct err *err)
{
	size_t want = sizeof(d->raw) - d->have, n;
	ssize_t got = reader_fill(d->in, d->raw + d->have, want, err);
	bool last;
	int r;

	if (got < 0)
		return (int)got;
	last = (size_t)got < want;
	n = d->have + (size_t)got;
	if (last)
		d->ended = true;
	if (!d->started)
		n = start(d, n);
	if (n == 0)
		return 0;
	if ((r = convert(d, n, last, ret, err)) < 0)
		return r;
	if (!d->begun && (r = skip_leading(d, ret, err)) < 0)
		return r;
	cut_tail(d, ret);
	return 1;
}

int decode_next(struct decode *d, struct str *ret, struct err *err)
{
	while (!d->ended && !d->inside) {
		struct str s = STR_ABSENT;
		int r = turn(d, &s, err);

		if (r < 0)
			return r;
		if (s.n > 0) {
			*ret = s;
			return 1;
		}
	}
	if (d->inside)
		return FAIL(err, ERR_INPUT, "xml-malformed",
			"A NUL or Control-Z byte stands inside the document.");
	if (!d->begun)
		return FAIL(err, ERR_INPUT, "empty", "The document is empty.");
	return 0;
}
