#include "err.h"

#include "str.h"

#include <stdio.h>
#include <string.h>

/*
 * Copy a formatted text into err->text as one line.  It may quote foreign bytes, so control
 * characters become blanks, and what does not fit is cut between two UTF-8 characters.
 */
static void put_text(struct err *err, const char *text, int n)
{
	struct str s = str_first(str_make(text, n < 0 ? 0 : (size_t)n), sizeof(err->text) - 1);

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		err->text[i] = (uint8_t)c < 0x20 || c == 0x7f ? ' ' : c;
	}
	err->text[s.n] = '\0';
}

/* Two characters longer than err->text, so that put_text() sees where the next one begins. */
#define LINE_BYTES (sizeof(((struct err *)0)->text) + 8)

static int clip(int n)
{
	return n < (int)LINE_BYTES ? n : (int)LINE_BYTES - 1;
}

void err_set(struct err *err, int code, const char *reason, const char *fmt, ...)
{
	char line[LINE_BYTES]; /* an argument may be err->text itself */
	va_list ap;
	int n;

	if (!err)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	err->code = code;
	err->reason = reason;
	err->line = err->column = 0;
	put_text(err, line, clip(n));
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char line[LINE_BYTES];
	va_list ap;
	int n, rest;

	if (!err)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	n = clip(n < 0 ? 0 : n);
	rest = snprintf(line + n, sizeof(line) - (size_t)n, ": %s", err->text);
	put_text(err, line, clip(n + rest));
}
