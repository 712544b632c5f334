#include "reader.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

ssize_t reader_read(struct reader *r, void *p, size_t n, struct err *err)
{
	return r->read(r, p, n, err);
}

ssize_t reader_fill(struct reader *r, void *p, size_t n, struct err *err)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = r->read(r, (char *)p + have, n - have, err);

		if (got < 0)
			return got;
		if (got == 0)
			break;
		assert((size_t)got <= n - have);
		have += (size_t)got;
	}
	return (ssize_t)have;
}

struct blob blob_mem(struct str s)
{
	return (struct blob){ .mem = s, .fd = -1, .size_bytes = s.n };
}

static ssize_t read_fd(int fd, uint64_t offset, char *p, size_t n, struct err *err)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, p + have, n - have, (off_t)(offset + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return FAIL(err, ERR_IO, NULL, "cannot read at byte %llu: %m",
				(unsigned long long)(offset + have));
		if (got == 0)
			break; /* the file has become shorter */
		have += (size_t)got;
	}
	return (ssize_t)have;
}

ssize_t blob_read(const struct blob *b, uint64_t offset, void *p, size_t n, struct err *err)
{
	uint64_t size = b->fd < 0 ? b->mem.n : b->size_bytes;

	if (size > INT64_MAX)
		size = INT64_MAX; /* of off_t */
	if (offset >= size)
		return 0;
	if (n > size - offset)
		n = (size_t)(size - offset);
	if (n > SSIZE_MAX)
		n = SSIZE_MAX;
	if (b->fd >= 0)
		return read_fd(b->fd, offset, p, n, err);
	if (n > 0)
		memcpy(p, b->mem.p + offset, n);
	return (ssize_t)n;
}

static ssize_t blob_reader_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct blob_reader *br =
		(struct blob_reader *)(void *)r; /* reader is its first member */
	ssize_t got = blob_read(br->blob, br->offset, p, n, err);

	if (got > 0)
		br->offset += (uint64_t)got;
	return got;
}

void blob_reader_init(struct blob_reader *br, const struct blob *b, uint64_t offset)
{
	*br = (struct blob_reader){
		.reader.read = blob_reader_read, .blob = b, .offset = offset
	};
}
