#include "mbox.h"

#include "buf.h"
#include "ticket.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MBOX_CHUNK (64 * 1024)
#define MBOX_HEADER_NAME 80 /* the longest header name that is looked for */

struct mbox {
	struct source source;
	char *path;
	struct blob blob;
	bool owned;
	size_t mail_max;
	uint64_t from_at; /* offset of the next mail's "From " line */
	bool begun, ended;
	uint64_t offset; /* of buf[at] */
	size_t at, n;
	bool eof;
	char buf[MBOX_CHUNK];
};

bool mbox_is(struct str first_bytes)
{
	return str_starts(first_bytes, STR("From "));
}

/*
 * The next line with its end, or what fits of it into the chunk.  1, 0 at the end of the file,
 * negative ERR_IO.
 */
static int next_piece(struct mbox *m, struct str *ret, struct err *err)
{
	for (;;) {
		struct str rest = str_make(m->buf + m->at, m->n - m->at);
		ptrdiff_t nl = str_index(rest, '\n');
		ssize_t got;

		if (nl >= 0)
			rest.n = (size_t)nl + 1;
		if (nl >= 0 || rest.n == sizeof(m->buf) || (m->eof && rest.n > 0)) {
			m->at += rest.n;
			m->offset += rest.n;
			*ret = rest;
			return 1;
		}
		if (m->eof)
			return 0;
		if (rest.n > 0)
			memmove(m->buf, rest.p, rest.n);
		m->at = 0;
		m->n = rest.n;
		got = blob_read(
			&m->blob, m->offset + m->n, m->buf + m->n, sizeof(m->buf) - m->n, err);
		if (got < 0)
			return (int)got;
		m->eof = (size_t)got < sizeof(m->buf) - m->n;
		m->n += (size_t)got;
	}
}

/* Does a header field stand where the next line begins? */
static bool header_follows(const struct mbox *m)
{
	char line[MBOX_HEADER_NAME];
	struct err err;
	ssize_t n = blob_read(&m->blob, m->offset, line, sizeof(line), &err);

	for (ssize_t i = 0; i < n; i++) {
		if (line[i] == ':')
			return i > 0;
		if (line[i] < '!' || line[i] > '~')
			return false;
	}
	return false;
}

static bool blank(struct str line)
{
	return str_eq(line, STR("\n")) || str_eq(line, STR("\r\n"));
}

/* Consume the first "From " line. */
static int begin(struct mbox *m, struct err *err)
{
	struct str piece;
	int r;

	m->begun = true;
	do
		r = next_piece(m, &piece, err);
	while (r > 0 && !str_ends(piece, STR("\n")));
	if (r == 0) {
		/* Not a single line: it is no mailbox, but it is not nothing either. */
		m->at = m->n = 0;
		m->offset = 0;
		m->eof = false;
	}
	return r < 0 ? r : 0;
}

/*
 * The lines of one mail into b, up to the next "From " line, which is consumed; *ret_from_at is
 * its offset. 1 there is another mail, 0 it was the last, negative ERR_IO.
 */
static int read_mail(struct mbox *m, struct buf *b, uint64_t *ret_from_at, struct err *err)
{
	bool line_start = true, after_blank = false;

	for (;;) {
		struct str piece;
		uint64_t at = m->offset;
		bool whole;
		int r = next_piece(m, &piece, err);

		if (r <= 0)
			return r;
		whole = str_ends(piece, STR("\n"));
		if (line_start && after_blank && whole && mbox_is(piece) && header_follows(m)) {
			*ret_from_at = at;
			return 1;
		}
		if (!b->full)
			buf_str(b, piece);
		after_blank = line_start && blank(piece);
		line_start = whole;
	}
}

static struct ticket *ticket_at(const struct mbox *m, uint64_t at)
{
	size_t size = strlen(m->path) + 32;
	CLEANUP(free)
	char *locator = xcalloc(size, 1);

	snprintf(locator, size, "%s:%llu", m->path, (unsigned long long)at);
	return ticket_new(STR_ABSENT, str_of(locator));
}

static int give(
	struct mbox *m, struct buf *b, uint64_t from_at, struct mail *ret, struct err *err)
{
	struct ticket *t = ticket_at(m, from_at);

	if (b->full) {
		err_set(err, ERR_LIMIT, "mail-too-large",
			"the mail is larger than %zu bytes (limit mail_size)", m->mail_max);
		buf_release(b);
		return ticket_unread(t, m->source.name, ret);
	}
	*ret = (struct mail){
		.source = m->source.name,
		.locator = t->locator,
		.content = blob_take(b),
		.is_mail = true,
		.token = t,
	};
	return 1;
}

static int mbox_next(struct source *s, struct mail *ret, struct err *err)
{
	struct mbox *m = (struct mbox *)s;
	uint64_t from_at, after = 0;
	struct buf b;
	int r = m->begun ? 0 : begin(m, err);

	if (r < 0 || m->ended)
		return r;
	buf_init(&b, m->mail_max);
	from_at = m->from_at;
	r = read_mail(m, &b, &after, err);
	if (r < 0) {
		buf_release(&b);
		err_prefix(err, "%s", m->path);
		return r;
	}
	m->from_at = after;
	m->ended = r == 0;
	return give(m, &b, from_at, ret, err);
}

static void mbox_drop(struct source *s, struct mail *mail)
{
	(void)s;
	mail_drop(mail);
}

static int mbox_done(struct source *s, void *token, int outcome, struct err *err)
{
	(void)s;
	(void)outcome;
	(void)err;
	free(token);
	return 0;
}

static uint64_t mbox_total(struct source *s)
{
	(void)s;
	return 0;
}

static void mbox_close(struct source *s)
{
	struct mbox *m = (struct mbox *)s;

	if (m->owned)
		close_fd_cleanup(&m->blob.fd);
	free(m->path);
	free(m);
}

static const struct source_ops mbox_ops = {
	.next = mbox_next,
	.drop = mbox_drop,
	.done = mbox_done,
	.total = mbox_total,
	.close = mbox_close,
};

void mbox_open(const char *path, struct blob blob, bool owned, const struct limits *limits,
	struct source **ret)
{
	struct mbox *m = xcalloc(1, sizeof(*m));

	m->source = (struct source){ .ops = &mbox_ops, .name = STR("files") };
	m->path = xmemdup0(path, strlen(path));
	m->blob = blob;
	m->owned = owned;
	m->mail_max = limits->mail_size;
	*ret = &m->source;
}
