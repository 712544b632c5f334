#include "terminal.h"

#include "buf.h"
#include "xalloc.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

void terminal_init(struct terminal *t, const char *color)
{
	*t = (struct terminal){ 0 };
	setlocale(LC_CTYPE, "");
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	/* Names in archives and widths of characters are UTF-8 whatever the terminal is. */
	if (!t->utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct winsize size;
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		t->width = size.ws_col;
	else if (terminal)
		t->width = 80;
	const char *no_color = getenv("NO_COLOR");
	t->color = terminal && !(no_color && *no_color);
	if (color && strcmp(color, "always") == 0)
		t->color = true;
	if (color && strcmp(color, "never") == 0)
		t->color = false;
	t->err_is_terminal = isatty(STDERR_FILENO) == 1;
}

static const char *const tone_codes[] = {
	[TONE_PLAIN] = "",
	[TONE_OK] = "\033[34m",
	[TONE_WARN] = "\033[33m",
	[TONE_BAD] = "\033[31m",
	[TONE_MUTED] = "\033[2m",
	[TONE_BOLD] = "\033[1m",
};

const char *tone_on(const struct terminal *t, enum tone tone)
{
	return t->color ? tone_codes[tone] : "";
}

const char *tone_off(const struct terminal *t, enum tone tone)
{
	return t->color && tone != TONE_PLAIN ? "\033[0m" : "";
}

const char *mark_ok(const struct terminal *t)
{
	return t->utf8 ? "\u2713" : "+";
}

const char *mark_bad(const struct terminal *t)
{
	return t->utf8 ? "\u2715" : "x";
}

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t sequence(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (n == 0 || n > s.n || !str_utf8(str_first(s, n)))
		return 0;
	return n;
}

static bool harmful(struct str s, size_t n)
{
	unsigned char c = (unsigned char)s.p[0];
	if (n == 1)
		return c < 0x20 || c == 0x7f;
	/* C1 controls, and the marks that turn the direction of text */
	if (n == 2 && c == 0xc2 && (unsigned char)s.p[1] < 0xa0)
		return true;
	if (n == 3 && c == 0xe2) {
		unsigned char d = (unsigned char)s.p[1], e = (unsigned char)s.p[2];
		return (d == 0x80 && ((e >= 0x8b && e <= 0x8f) || (e >= 0xa8 && e <= 0xae))) ||
		       (d == 0x81 && e >= 0xa0 && e <= 0xaf);
	}
	return false;
}

struct str printable(struct arena *a, struct str s)
{
	CLEANUP(buf)
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	while (s.n > 0) {
		size_t n = sequence(s);
		if (n == 0 || harmful(s, n)) {
			size_t bytes = n ? n : 1;
			for (size_t i = 0; i < bytes; i++)
				buf_printf(&b, "\\x%02x", (unsigned char)s.p[i]);
			n = bytes;
		} else {
			buf_add(&b, s.p, n);
		}
		s = str_from(s, n);
	}
	return arena_str(a, buf_view(&b));
}

/* Width of the sequence at s; *ret_bytes its length. */
static size_t step(struct str s, size_t *ret_bytes)
{
	wchar_t wide = 0;
	mbstate_t state = { 0 };
	size_t n = mbrtowc(&wide, s.p, s.n, &state);
	if (n == 0 || n > s.n) {
		*ret_bytes = 1;
		return 1;
	}
	*ret_bytes = n;
	int width = wcwidth(wide);
	return width < 0 ? 0 : (size_t)width;
}

size_t columns_of(struct str s)
{
	size_t columns = 0, n;
	for (; s.n > 0; s = str_from(s, n))
		columns += step(s, &n);
	return columns;
}

struct str columns_cut(struct arena *a, struct str s, size_t columns)
{
	if (columns_of(s) <= columns)
		return s;
	size_t used = 0, bytes = 0, n;
	struct str rest = s;
	while (rest.n > 0) {
		size_t width = step(rest, &n);
		if (used + width + 1 > columns)
			break;
		used += width;
		bytes += n;
		rest = str_from(rest, n);
	}
	return arena_printf(a, "%.*s~", (int)bytes, s.p);
}

struct str number_text(struct arena *a, uint64_t n)
{
	char digits[24], out[32];
	int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t at = 0;
	for (int i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	return arena_str(a, str_make(out, at));
}

struct str percent_text(struct arena *a, uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return STR("-");
	if (part == 0)
		return STR("0%");
	if (part == whole)
		return STR("100%");
	double percent = 100.0 * (double)part / (double)whole;
	if (percent < 0.1)
		return STR("<0.1%");
	if (percent > 99.9)
		return STR(">99.9%");
	return arena_printf(a, "%.1f%%", percent);
}
