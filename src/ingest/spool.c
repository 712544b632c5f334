#include "spool.h"

#include "buf.h"
#include "ingest.h"
#include "mbox.h"
#include "ticket.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPOOL_CHUNK (64 * 1024)

static ssize_t read_some(int fd, char *p, size_t n, struct err *err)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return FAIL(err, ERR_INPUT, "read-failed", "cannot be read: %m");
	return got;
}

/* A file without a name. */
static int temp_file(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || dir[0] != '/')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/ruad-XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return FAIL(err, ERR_TEMP, NULL,
			"cannot make a temporary file in %s: %m; set TMPDIR to a folder with "
			"room",
			dir);
	unlink(path);
	return fd;
}

static int write_all(int fd, const char *p, size_t n, struct err *err)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return FAIL(err, ERR_TEMP, NULL,
				"cannot write a temporary file: %m; make room, or set TMPDIR "
				"to a "
				"folder with room");
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* The rest of from, and what was read of it, into a file. */
static int to_file(
	int from, struct buf *head, uint64_t most_bytes, struct blob *ret, struct err *err)
{
	CLEANUP(close_fd)
	int fd = temp_file(err);
	CLEANUP(free)
	char *chunk = xcalloc(SPOOL_CHUNK, 1);
	uint64_t size = head->n;
	int r;

	if (fd < 0)
		return fd;
	r = write_all(fd, head->p, head->n, err);
	buf_release(head);
	while (r == 0) {
		ssize_t got = read_some(from, chunk, SPOOL_CHUNK, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		size += (uint64_t)got;
		if (size > most_bytes)
			return FAIL(err, ERR_LIMIT, "mail-too-large",
				"it is larger than %llu bytes (limit document_size); a file of "
				"its own "
				"may be larger",
				(unsigned long long)most_bytes);
		r = write_all(fd, chunk, (size_t)got, err);
	}
	if (r < 0)
		return r;
	*ret = (struct blob){ .fd = fd, .size_bytes = size };
	fd = -1;
	return 0;
}

int spool_read(
	int fd, uint64_t memory_bytes, uint64_t most_bytes, struct blob *ret, struct err *err)
{
	CLEANUP(buf)
	struct buf b;

	/* Room for one chunk more, which is how we see that there is more. */
	buf_init(&b, (size_t)memory_bytes + SPOOL_CHUNK);
	while (b.n <= memory_bytes) {
		char *p = buf_reserve(&b, SPOOL_CHUNK);
		ssize_t got = read_some(fd, p, SPOOL_CHUNK, err);

		if (got < 0)
			return (int)got;
		if (got == 0) {
			*ret = blob_take(&b);
			return 0;
		}
		b.n += (size_t)got;
	}
	return to_file(fd, &b, most_bytes, ret, err);
}

/* --- The source made of it --- */

struct piped {
	struct source source;
	int fd;
	struct limits limits;
	bool read;
	struct blob mbox_blob; /* standard input was an mbox */
	struct child *mbox;
};

static int give_mbox(struct piped *s, struct mail *ret, struct err *err)
{
	int r = child_next(s->mbox, s->source.name, ret, err);

	if (r != 0)
		return r;
	child_end(s->mbox);
	s->mbox = NULL;
	return 0;
}

static int give(struct piped *s, const struct blob *blob, struct mail *ret, struct err *err)
{
	char first[5];
	ssize_t n = blob_read(blob, 0, first, sizeof(first), err);
	struct ticket *t;

	if (n > 0 && mbox_is(str_make(first, (size_t)n))) {
		struct source *mbox;

		s->mbox_blob = *blob;
		mbox_open("-", *blob, false, &s->limits, &mbox);
		s->mbox = child_new(mbox);
		return give_mbox(s, ret, err);
	}
	t = ticket_new(STR_ABSENT, STR("-"));
	*ret = (struct mail){
		.source = s->source.name,
		.locator = t->locator,
		.content = *blob,
		.token = t,
	};
	return 1;
}

static int piped_next(struct source *source, struct mail *ret, struct err *err)
{
	struct piped *s = (struct piped *)source;
	struct blob blob;
	int r;

	if (s->mbox)
		return give_mbox(s, ret, err);
	if (s->read)
		return 0;
	s->read = true;
	r = spool_read(s->fd, s->limits.mail_size, s->limits.document_size, &blob, err);
	if (r == 0)
		return give(s, &blob, ret, err);
	if (r == ERR_INPUT || r == ERR_LIMIT)
		return ticket_unread(ticket_new(STR_ABSENT, STR("-")), source->name, ret);
	err_prefix(err, "standard input");
	return r;
}

static void piped_drop(struct source *s, struct mail *mail)
{
	(void)s;
	ticket_drop(mail);
}

static int piped_done(struct source *s, void *token, int outcome, struct err *err)
{
	(void)s;
	return ticket_done(token, outcome, err);
}

static uint64_t piped_total(struct source *source)
{
	return ((struct piped *)source)->mbox ? 0 : 1;
}

static void piped_close(struct source *source)
{
	struct piped *s = (struct piped *)source;
	struct mail mail = { .content = s->mbox_blob };

	child_end(s->mbox);
	mail_drop(&mail);
	free(s);
}

static const struct source_ops piped_ops = {
	.next = piped_next,
	.drop = piped_drop,
	.done = piped_done,
	.total = piped_total,
	.close = piped_close,
};

int source_open_stdin(
	int fd, const struct ingest_options *opt, struct source **ret, struct err *err)
{
	struct piped *s;

	if (fcntl(fd, F_GETFD) < 0)
		return FAIL(err, ERR_CONFIG, NULL, "standard input is closed");
	s = xcalloc(1, sizeof(*s));
	s->source = (struct source){ .ops = &piped_ops, .name = STR("stdin") };
	s->fd = fd;
	s->limits = *opt->limits;
	s->mbox_blob = blob_mem(STR_ABSENT);
	*ret = &s->source;
	return 0;
}
