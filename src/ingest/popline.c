#include "popline.h"

#include <string.h>

void popline_init(struct popline *l, struct tls *tls)
{
	l->tls = tls;
	l->at = l->n = 0;
}

bool popline_pending(const struct popline *l)
{
	return l->at < l->n || tls_pending(l->tls);
}

/* More bytes after n: 1, or -1. */
static int fill(struct popline *l)
{
	ssize_t got;

	memmove(l->bytes, l->bytes + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	got = tls_read(l->tls, l->bytes + l->n, sizeof(l->bytes) - l->n);
	if (got < 0)
		return -1;
	l->n += (size_t)got;
	return 1;
}

static const char *line_end(const struct popline *l)
{
	return l->n > l->at ? memchr(l->bytes + l->at, '\n', l->n - l->at) : NULL;
}

int popline_read(struct popline *l, struct str *ret)
{
	const char *end;
	struct str line;

	while (!(end = line_end(l))) {
		if (l->n - l->at >= POPLINE_MOST) {
			tls_overrun(l->tls);
			return -1;
		}
		if (fill(l) < 0)
			return -1;
	}
	line = str_make(l->bytes + l->at, (size_t)(end - l->bytes) - l->at);
	l->at += line.n + 1;
	if (str_ends(line, STR("\r")))
		line.n--;
	*ret = line;
	return 0;
}

/* At the begin of a line that has a dot: 1 the dot is not of the mail, 0 it is the end, -1. */
static int look_at_dot(struct popline *l)
{
	for (;;) {
		const char *p = l->bytes + l->at;
		size_t n = l->n - l->at;

		if (n >= 2 && p[1] == '\n') {
			l->at += 2;
			return 0;
		}
		if (n >= 3 && p[1] == '\r' && p[2] == '\n') {
			l->at += 3;
			return 0;
		}
		if (n >= 3 || (n == 2 && p[1] != '\r')) {
			l->at++;
			return 1;
		}
		if (fill(l) < 0)
			return -1;
	}
}

int popline_body(struct popline *l, struct popbody *b, struct str *ret)
{
	const char *end;
	size_t n;

	if (l->at == l->n && fill(l) < 0)
		return -1;
	if (!b->inside && l->bytes[l->at] == '.') {
		int r = look_at_dot(l);

		if (r <= 0)
			return r;
	}
	/* All there is, up to the next line that begins with a dot. */
	end = memmem(l->bytes + l->at, l->n - l->at, "\n.", 2);
	n = end ? (size_t)(end - l->bytes) + 1 - l->at : l->n - l->at;
	*ret = str_make(l->bytes + l->at, n);
	l->at += n;
	b->inside = l->bytes[l->at - 1] != '\n';
	return 1;
}
