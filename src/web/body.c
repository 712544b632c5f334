#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void body_init(struct body *b)
{
	*b = (struct body){ .fd = -1 };
	buf_init(&b->buf, BODY_MEMORY + 16 * MIB);
}

void body_release(struct body *b)
{
	buf_release(&b->buf);
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

void body_reset(struct body *b)
{
	buf_clear(&b->buf);
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	b->file_bytes = 0;
	b->too_large = b->failed = false;
}

static int temporary_file(void)
{
	const char *folder = getenv("TMPDIR");

	if (!folder || !*folder)
		folder = "/tmp";
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static int spill(void *arg, struct buf *out)
{
	struct body *b = arg;

	if (b->fd < 0)
		b->fd = temporary_file();
	if (b->fd < 0 || !write_all(b->fd, out->p, out->n)) {
		b->failed = true;
		return ERR_IO;
	}
	b->file_bytes += out->n;
	if (b->file_bytes > BODY_MOST) {
		b->too_large = true;
		return ERR_LIMIT;
	}
	buf_clear(out);
	return 0;
}

/* The end of a document flushes too: what fits in memory stays there. */
static int spill_large(void *arg, struct buf *out)
{
	const struct body *b = arg;

	if (b->fd < 0 && out->n <= BODY_MEMORY)
		return 0;
	return spill(arg, out);
}

void body_json(struct body *b, struct json *j)
{
	json_init_flush(j, &b->buf, BODY_MEMORY, spill_large, b);
}

static int body_fault(const struct body *b, struct err *err)
{
	if (b->buf.full || b->too_large)
		return FAIL(err, ERR_LIMIT, "too-large", "The answer is larger than allowed.");
	return FAIL(err, ERR_IO, NULL, "%s",
		b->failed ? "No room for a temporary file." : "Write failed.");
}

int body_finish(struct body *b, struct json *j, struct err *err)
{
	if (b->buf.full || b->too_large || json_end(j) < 0)
		return body_fault(b, err);
	return 0;
}

int body_add(struct body *b, const void *p, size_t n, struct err *err)
{
	if (!buf_add(&b->buf, p, n) || (b->buf.n > BODY_MEMORY && spill(b, &b->buf) < 0))
		return body_fault(b, err);
	return 0;
}

int body_end(struct body *b, struct err *err)
{
	return b->fd >= 0 && spill(b, &b->buf) < 0 ? body_fault(b, err) : 0;
}

uint64_t body_bytes(const struct body *b)
{
	return b->file_bytes + b->buf.n;
}
