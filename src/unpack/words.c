#include "words.h"

#include "base64.h"
#include "buf.h"
#include "qp.h"
#include "xalloc.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define LOOKED_AT 8192
#define UNREADABLE STR("\xef\xbf\xbd")

/* Character sets that iconv may be asked for: those of mail programs of all times. */
static const struct str charsets[] = {
	STR_INIT("iso-8859-1"),
	STR_INIT("iso-8859-2"),
	STR_INIT("iso-8859-3"),
	STR_INIT("iso-8859-4"),
	STR_INIT("iso-8859-5"),
	STR_INIT("iso-8859-6"),
	STR_INIT("iso-8859-7"),
	STR_INIT("iso-8859-8"),
	STR_INIT("iso-8859-9"),
	STR_INIT("iso-8859-10"),
	STR_INIT("iso-8859-13"),
	STR_INIT("iso-8859-14"),
	STR_INIT("iso-8859-15"),
	STR_INIT("iso-8859-16"),
	STR_INIT("windows-1250"),
	STR_INIT("windows-1251"),
	STR_INIT("windows-1252"),
	STR_INIT("windows-1253"),
	STR_INIT("windows-1254"),
	STR_INIT("windows-1255"),
	STR_INIT("windows-1256"),
	STR_INIT("windows-1257"),
	STR_INIT("windows-1258"),
	STR_INIT("koi8-r"),
	STR_INIT("koi8-u"),
	STR_INIT("gb2312"),
	STR_INIT("gbk"),
	STR_INIT("gb18030"),
	STR_INIT("big5"),
	STR_INIT("shift_jis"),
	STR_INIT("euc-jp"),
	STR_INIT("iso-2022-jp"),
	STR_INIT("euc-kr"),
	STR_INIT("tis-620"),
};

static const char *charset_known(struct str name)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (str_eq_nocase(name, charsets[i]))
			return charsets[i].p;
	return NULL;
}

/* ISO 8859-1 needs no help from outside. */
static void add_latin1(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < 0x80) {
			buf_char(out, (char)c);
		} else {
			buf_char(out, (char)(0xc0 | c >> 6));
			buf_char(out, (char)(0x80 | (c & 0x3f)));
		}
	}
}

static void add_iconv(struct buf *out, struct str s, iconv_t cd)
{
	char *in = (char *)(uintptr_t)s.p; /* iconv does not write there */
	size_t left = s.n;

	while (left > 0) {
		char piece[512], *p = piece;
		size_t room = sizeof(piece);
		size_t r = iconv(cd, &in, &left, &p, &room);

		buf_add(out, piece, sizeof(piece) - room);
		if (r != (size_t)-1)
			break;
		if (errno == E2BIG)
			continue;
		buf_str(out, UNREADABLE);
		if (errno != EILSEQ)
			break;
		in++;
		left--;
	}
}

static void add_converted(struct buf *out, struct str s, struct str charset)
{
	const char *name = charset_known(charset);
	iconv_t cd;

	if (!name) { /* UTF-8, US-ASCII, or a guess that cleaning makes safe */
		buf_str(out, s);
		return;
	}
	if (str_eq_nocase(charset, STR("iso-8859-1"))) {
		add_latin1(out, s);
		return;
	}
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1) {
		add_latin1(out, s);
		return;
	}
	add_iconv(out, s, cd);
	iconv_close(cd);
}

struct str words_clean(struct arena *a, struct str s, size_t max_bytes)
{
	CLEANUP(buf)
	struct buf out;

	buf_init(&out, (size_t)LOOKED_AT * 3);
	if (!s.p)
		return STR_ABSENT;
	s = str_trim(s);
	if (s.n > LOOKED_AT)
		s.n = LOOKED_AT;
	while (s.n > 0) {
		int n = str_utf8_char(s);

		if (n < 0)
			buf_str(&out, UNREADABLE);
		else if (n == 1 && ((uint8_t)s.p[0] < 0x20 || s.p[0] == 0x7f))
			buf_char(&out, ' ');
		else
			buf_add(&out, s.p, (size_t)n);
		s = str_from(s, (size_t)(n < 0 ? -n : n));
	}
	return arena_str(a, str_trim(str_first(str_trim(buf_view(&out)), max_bytes)));
}

struct str words_convert(
	struct arena *a, struct str bytes, struct str charset, size_t max_bytes)
{
	CLEANUP(buf)
	struct buf out;

	buf_init(&out, (size_t)LOOKED_AT * 4);
	if (!bytes.p)
		return STR_ABSENT;
	if (bytes.n > LOOKED_AT)
		bytes.n = LOOKED_AT;
	add_converted(&out, bytes, charset);
	return words_clean(a, buf_view(&out), max_bytes);
}

/* "=?charset?B?text?=" */
struct word {
	struct str charset, text;
	char how;   /* 'b' or 'q' */
	size_t end; /* offset behind it */
};

#define CHARSET_MOST 64

/* Is there an encoded word at offset at of s? */
static bool word_at(struct str s, size_t at, struct word *ret)
{
	struct str rest = str_from(s, at + 2), head = rest;
	ptrdiff_t mark, language, end;

	if (head.n > CHARSET_MOST)
		head.n = CHARSET_MOST;
	mark = str_index(head, '?');
	if (mark <= 0 || rest.n < (size_t)mark + 3 || rest.p[mark + 2] != '?')
		return false;
	ret->charset = str_make(rest.p, (size_t)mark);
	language = str_index(ret->charset, '*'); /* RFC 2231 section 5 */
	if (language >= 0)
		ret->charset.n = (size_t)language;
	ret->how = char_lower(rest.p[mark + 1]);
	if (ret->how != 'b' && ret->how != 'q')
		return false;
	ret->text = str_from(rest, (size_t)mark + 3);
	end = str_find(ret->text, STR("?="));
	if (end < 0)
		return false;
	ret->text.n = (size_t)end;
	ret->end = (size_t)(ret->text.p - s.p) + (size_t)end + 2;
	return true;
}

static void add_word(struct buf *out, const struct word *w)
{
	struct base64 base64;
	char piece[256];
	size_t n;

	if (w->how == 'b') {
		base64_init(&base64, w->text);
		while ((n = base64_read(&base64, piece, sizeof(piece))) > 0)
			buf_add(out, piece, n);
		return;
	}
	for (size_t i = 0; i < w->text.n; i++) {
		int octet = -1;

		if (w->text.p[i] == '=' && w->text.n - i > 2)
			octet = qp_octet(w->text.p + i + 1);
		if (octet >= 0)
			i += 2;
		else
			octet = w->text.p[i] == '_' ? ' ' : w->text.p[i];
		buf_char(out, (char)octet);
	}
}

static bool all_space(struct str s)
{
	return str_trim(s).n == 0;
}

struct str words_decode(struct arena *a, struct str raw, size_t max_bytes)
{
	CLEANUP(buf)
	struct buf out;
	CLEANUP(buf)
	struct buf bytes; /* of words next to each other in one character set */
	struct str charset = STR_ABSENT;
	struct word w;
	size_t at = 0, copied = 0;

	buf_init(&out, (size_t)LOOKED_AT * 4);
	buf_init(&bytes, LOOKED_AT);
	if (!raw.p)
		return STR_ABSENT;
	if (raw.n > LOOKED_AT)
		raw.n = LOOKED_AT;
	while (at + 1 < raw.n) {
		struct str between = str_make(raw.p + copied, at - copied);
		bool close;

		if (raw.p[at] != '=' || raw.p[at + 1] != '?' || !word_at(raw, at, &w)) {
			at++;
			continue;
		}
		/* A character may be split between two words, against the RFC. */
		close = charset.p && all_space(between);
		if (!close || !str_eq_nocase(charset, w.charset)) {
			add_converted(&out, buf_view(&bytes), charset);
			buf_clear(&bytes);
			if (!close)
				buf_str(&out, between);
		}
		charset = w.charset;
		add_word(&bytes, &w);
		at = copied = w.end;
	}
	add_converted(&out, buf_view(&bytes), charset);
	buf_str(&out, str_from(raw, copied));
	return words_clean(a, buf_view(&out), max_bytes);
}
