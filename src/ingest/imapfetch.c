#include "imapfetch.h"

#include <limits.h>

/* --- Lines --- */

static struct str response_code(struct str text)
{
	struct str code;

	if (!str_starts(text, STR("[")))
		return STR("");
	text = str_from(text, 1);
	str_cut(&text, ']', &code);
	if (str_absent(text))
		return STR("");
	str_cut(&code, ' ', &text);
	return text;
}

static struct imapline tagged(struct str tag, struct str rest)
{
	struct imapline l = { .kind = IMAPLINE_TAGGED };
	struct str status;
	uint64_t v;

	str_cut(&rest, ' ', &status);
	l.ok = str_eq_nocase(status, STR("OK"));
	l.bad = str_eq_nocase(status, STR("BAD"));
	if (!str_to_u64(tag, &v) || v > INT_MAX ||
		(!l.ok && !l.bad && !str_eq_nocase(status, STR("NO"))))
		return (struct imapline){ .kind = IMAPLINE_BAD };
	l.tag = (int)v;
	l.rest = str_absent(rest) ? STR("") : rest;
	l.code = response_code(l.rest);
	return l;
}

/* A literal in a response that we do not know: its bytes would be taken for lines. */
static bool ends_in_literal(struct str line)
{
	size_t n = line.n;

	if (n == 0 || line.p[n - 1] != '}')
		return false;
	for (n--; n > 0 && line.p[n - 1] >= '0' && line.p[n - 1] <= '9'; n--)
		;
	return n > 0 && line.p[n - 1] == '{';
}

struct imapline imapline_read(struct str line)
{
	struct imapline l = { .kind = IMAPLINE_OTHER };
	struct str rest = line, star, word;
	uint64_t number;

	str_cut(&rest, ' ', &star);
	if (str_absent(rest))
		return (struct imapline){ .kind = IMAPLINE_BAD };
	if (!str_eq(star, STR("*")))
		return tagged(star, rest);
	str_cut(&rest, ' ', &word);
	if (str_eq_nocase(word, STR("BYE"))) {
		l.kind = IMAPLINE_BYE;
		l.rest = str_absent(rest) ? STR("") : rest;
		return l;
	}
	if (str_to_u64(word, &number) && str_starts_nocase(rest, STR("FETCH ("))) {
		l.kind = IMAPLINE_FETCH;
		l.rest = str_from(rest, 7);
		return l;
	}
	if (ends_in_literal(line))
		l.kind = IMAPLINE_BAD;
	return l;
}

/* --- FETCH --- */

static void skip_blanks(struct str *s)
{
	while (s->n > 0 && s->p[0] == ' ')
		*s = str_from(*s, 1);
}

/* After the opening quote; *ret is what is between, with its backslashes. */
static bool take_quoted(struct str *s, struct str *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] == '\\') {
			i++;
		} else if (s->p[i] == '"') {
			*ret = str_make(s->p, i);
			*s = str_from(*s, i + 1);
			return true;
		}
	}
	return false;
}

/* A value that we did not ask for: a word, a text in quotes, or a list of such. */
static bool skip_value(struct str *s)
{
	unsigned depth = 0;

	do {
		struct str ignored;
		char c;

		skip_blanks(s);
		if (s->n == 0)
			return false;
		c = s->p[0];
		if (c == '{' || (c == ')' && depth == 0))
			return false;
		*s = str_from(*s, 1);
		if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth--;
		} else if (c == '"') {
			if (!take_quoted(s, &ignored))
				return false;
		} else {
			while (s->n > 0 && s->p[0] != ' ' && s->p[0] != '(' && s->p[0] != ')')
				*s = str_from(*s, 1);
		}
	} while (depth > 0);
	return true;
}

static struct str take_word(struct str *s)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != ' ' && s->p[n] != ')')
		n++;
	*s = str_from(*s, n);
	return str_make(s->p - n, n);
}

/* "{123}" at the end of the line. */
static bool take_literal(struct str s, uint64_t *ret)
{
	return s.n > 2 && s.p[0] == '{' && s.p[s.n - 1] == '}' &&
	       str_to_u64(str_make(s.p + 1, s.n - 2), ret);
}

static enum imapfetch_next take_body(struct imapfetch *f, struct str *s)
{
	f->bodies++;
	skip_blanks(s);
	if (str_starts(*s, STR("{")))
		return take_literal(*s, &f->literal_bytes) ? IMAPFETCH_LITERAL : IMAPFETCH_BAD;
	if (str_starts(*s, STR("\""))) {
		*s = str_from(*s, 1);
		return take_quoted(s, &f->quoted) ? IMAPFETCH_DONE : IMAPFETCH_BAD;
	}
	return str_eq_nocase(take_word(s), STR("NIL")) ? IMAPFETCH_DONE : IMAPFETCH_BAD;
}

static bool take_uid(struct imapfetch *f, struct str *s)
{
	uint64_t v;

	skip_blanks(s);
	if (!str_to_u64(take_word(s), &v) || v == 0 || v > UINT32_MAX ||
		(f->uid != 0 && f->uid != v))
		return false;
	f->uid = (uint32_t)v;
	return true;
}

enum imapfetch_next imapfetch_read(struct imapfetch *f, struct str rest)
{
	for (;;) {
		struct str word;

		skip_blanks(&rest);
		if (str_eq(rest, STR(")")))
			return IMAPFETCH_DONE;
		word = take_word(&rest);
		if (word.n == 0)
			return IMAPFETCH_BAD;
		if (str_eq_nocase(word, STR("UID"))) {
			if (!take_uid(f, &rest))
				return IMAPFETCH_BAD;
		} else if (str_eq_nocase(word, STR("BODY[]"))) {
			enum imapfetch_next r = take_body(f, &rest);

			if (r != IMAPFETCH_DONE)
				return r;
		} else if (!skip_value(&rest)) {
			return IMAPFETCH_BAD;
		}
	}
}

int imapfetch_unquote(struct str *quoted)
{
	char c;

	if (quoted->n == 0)
		return -1;
	if (quoted->p[0] == '\\' && quoted->n > 1)
		*quoted = str_from(*quoted, 1);
	c = quoted->p[0];
	*quoted = str_from(*quoted, 1);
	return (uint8_t)c;
}
