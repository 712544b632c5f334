#include "config_text.h"

#include "xalloc.h"

#include <string.h>

/* Control characters cannot be in the text itself, so these are free to be marks. */
#define MARK_NOTHING '\1'   /* parts what belongs together for the library: $ { */
#define MARK_BACKSLASH '\2' /* one that is not to be taken for an escape */

#define DEPTH_MOST 4 /* a list in a section is 2 */
#define MUST_BE_QUOTED "+*()|\\"

struct scan {
	struct str in;
	size_t at;
	int64_t line;
	struct buf *out;
	int64_t open_lines[DEPTH_MOST];
	unsigned depth, sections;
	struct err *err;
};

static int refuse(struct scan *s, int64_t line, const char *text)
{
	(void)FAIL(s->err, ERR_CONFIG, NULL, "%s", text);
	s->err->line = line;
	return ERR_CONFIG;
}

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->in.n ? s->in.p[s->at + ahead] : '\0';
}

static void take(struct scan *s, char c)
{
	buf_char(s->out, c);
	s->line += c == '\n';
	s->at++;
}

/* The rest of the line goes. */
static void line_comment(struct scan *s)
{
	while (s->at < s->in.n && s->in.p[s->at] != '\n')
		s->at++;
}

static int block_comment(struct scan *s)
{
	int64_t begun = s->line;
	for (s->at += 2; s->at < s->in.n; s->at++) {
		if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->at += 2;
			buf_char(s->out, ' ');
			return 0;
		}
		if (peek(s, 0) != '\n')
			continue;
		buf_char(s->out, '\n');
		s->line++;
	}
	return refuse(s, begun, "the comment that begins here is not closed: '*/' is missing");
}

static int quoted(struct scan *s)
{
	int64_t begun = s->line;
	char quote = peek(s, 0);
	take(s, quote);
	while (s->at < s->in.n) {
		char c = peek(s, 0), next = peek(s, 1);
		if (c == quote) {
			take(s, c);
			return 0;
		}
		if (c == '\\' &&
			(next == '\\' || next == '"' || next == '\'' || next == '\n')) {
			take(s, c);
			take(s, next);
		} else if (c == '\\') {
			buf_char(s->out, MARK_BACKSLASH);
			s->at++;
		} else {
			take(s, c);
			if (c == '$' && next == '{')
				buf_char(s->out, MARK_NOTHING);
		}
	}
	return refuse(s, begun, "the quote that begins here is not closed");
}

static int open_brace(struct scan *s)
{
	if (s->depth == DEPTH_MOST)
		return refuse(s, s->line, "too many '{' inside each other");
	if (s->depth == 0 && ++s->sections > CONFIG_SECTIONS_MOST)
		return refuse(s, s->line, "too many sections");
	s->open_lines[s->depth++] = s->line;
	take(s, '{');
	return 0;
}

static int bare(struct scan *s, char c)
{
	if (c == '$' && peek(s, 1) == '{')
		return refuse(s, s->line,
			"'${' in a value without quotes: variables are not replaced here; "
			"quote the value");
	if (c == '+' && peek(s, 1) == '=')
		return refuse(
			s, s->line, "'+=' is not known here: write the whole list behind '='");
	if (strchr(MUST_BE_QUOTED, c)) {
		char text[] = "'?' in a value without quotes: write the value in quotes";
		text[1] = c;
		return refuse(s, s->line, text);
	}
	take(s, c);
	return 0;
}

static int step(struct scan *s, bool word_begins)
{
	char c = peek(s, 0), next = peek(s, 1);
	if (c == '"' || c == '\'')
		return quoted(s);
	if (c == '#' || (word_begins && c == '/' && next == '/')) {
		line_comment(s);
		return 0;
	}
	if (word_begins && c == '/' && next == '*')
		return block_comment(s);
	if (c == '{')
		return open_brace(s);
	if (c == '}' && s->depth > 0)
		s->depth--;
	return bare(s, c);
}

/* Neither control characters nor bytes that are no UTF-8; CR LF ends a line as LF does. */
static int look_at(struct scan *s, struct buf *ret)
{
	struct str in = s->in;
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];
		if (c == '\r' && i + 1 < in.n && in.p[i + 1] == '\n')
			continue;
		if (c == '\0')
			return refuse(s, s->line, "a NUL byte: this is no text file");
		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			return refuse(s, s->line, "a control character");
		buf_char(ret, (char)c);
		s->line += c == '\n';
	}
	if (str_utf8(in))
		return 0;
	s->line = 1;
	for (size_t i = 0; i < in.n;) {
		int n = str_utf8_char(str_from(in, i));
		if (n < 0)
			break;
		s->line += in.p[i] == '\n';
		i += (size_t)n;
	}
	return refuse(s, s->line, "not UTF-8");
}

int config_text_prepare(struct str text, struct buf *ret, struct err *err)
{
	CLEANUP(buf)
	struct buf clean;
	buf_init(&clean, CONFIG_FILE_MOST + 1);
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	struct scan s = { .in = text, .line = 1, .out = ret, .err = err };
	if (text.n > CONFIG_FILE_MOST)
		return refuse(&s, 0, "larger than 1 MiB");
	buf_reserve(&clean, text.n); /* at once: growing leaves copies, of passwords too */
	int r = look_at(&s, &clean);
	s.in = buf_view(&clean);
	s.line = 1;
	buf_reserve(ret, 2 * clean.n);
	char before = '\n';
	while (r == 0 && s.at < s.in.n) {
		bool word_begins = char_space(before) || strchr("={},\"'", before) != NULL;
		before = peek(&s, 0);
		r = step(&s, word_begins);
	}
	if (r == 0 && s.depth > 0)
		r = refuse(&s, s.open_lines[s.depth - 1],
			"the '{' of this line is not closed: '}' is missing");
	if (clean.p)
		explicit_bzero(clean.p, clean.cap); /* there may be a password in it */
	return r;
}

size_t config_text_restore(char *s)
{
	size_t n = 0;
	for (const char *p = s; *p; p++) {
		if (*p != MARK_NOTHING)
			s[n++] = *p == MARK_BACKSLASH ? '\\' : *p;
	}
	s[n] = '\0';
	return n;
}
