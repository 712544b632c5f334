#include "letter.h"

#include "ticket.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void letter_begin(struct letter *l, uint64_t expected_bytes)
{
	letter_drop(l);
	buf_init(&l->memory, LETTER_MEMORY);
	if (expected_bytes <= LETTER_MEMORY)
		buf_reserve(&l->memory, (size_t)expected_bytes);
	l->fd = -1;
	l->bytes = 0;
	l->begun = true;
}

void letter_drop(struct letter *l)
{
	if (!l->begun)
		return;
	buf_release(&l->memory);
	close_fd_cleanup(&l->fd);
	*l = (struct letter){ .fd = -1 };
}

static int write_all(int fd, struct str s, struct err *err)
{
	while (s.n > 0) {
		ssize_t put = write(fd, s.p, s.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return FAIL(err, ERR_TEMP, NULL,
				"cannot write a temporary file: %m; make room, or set TMPDIR "
				"to another "
				"folder");
		s = str_from(s, (size_t)put);
	}
	return 0;
}

static int open_file(struct letter *l, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];

	if (!dir || dir[0] != '/')
		dir = "/tmp";
	l->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (l->fd < 0) { /* not every file system can */
		snprintf(path, sizeof(path), "%s/ruad-XXXXXX", dir);
		l->fd = mkostemp(path, O_CLOEXEC);
		if (l->fd >= 0)
			unlink(path);
	}
	if (l->fd < 0)
		return FAIL(err, ERR_TEMP, NULL, "cannot make a temporary file in %s: %m", dir);
	return write_all(l->fd, buf_view(&l->memory), err);
}

int letter_add(struct letter *l, struct str part, struct err *err)
{
	int r = 0;

	l->bytes += part.n;
	if (l->fd < 0 && l->bytes <= LETTER_MEMORY) {
		buf_str(&l->memory, part);
		return 0;
	}
	if (l->fd < 0) {
		r = open_file(l, err);
		buf_release(&l->memory);
	}
	return r < 0 ? r : write_all(l->fd, part, err);
}

struct blob letter_take(struct letter *l)
{
	struct blob blob;

	if (l->fd < 0)
		blob = blob_take(&l->memory);
	else
		blob = (struct blob){ .fd = l->fd, .size_bytes = l->bytes };
	*l = (struct letter){ .fd = -1 };
	return blob;
}
