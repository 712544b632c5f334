#include "lock.h"

#include "day.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define POLL_MS 50

static int lock_wait(int fd, const char *path, unsigned wait_ms, struct err *err)
{
	uint64_t end = time_monotonic_ms() + wait_ms;
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return FAIL(err, ERR_IO, "store-failed", "%s.lock: %s", path,
				strerror(errno));
		if (time_monotonic_ms() >= end)
			return FAIL(err, ERR_TEMP, "locked",
				"another import into %s is running", path);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int open_failed(const char *name, struct err *err)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
		return FAIL(
			err, ERR_TEMP, "disk-full", "no space left on the disk of %s", name);
	case EIO:
	case EMFILE:
	case ENFILE:
		return FAIL(err, ERR_IO, "store-failed", "%s cannot be opened: %m", name);
	case EROFS:
		return FAIL(err, ERR_CONFIG, "store-access",
			"%s cannot be opened: %m: an import needs a file system that it may"
			" write to",
			name);
	default:
		return FAIL(err, ERR_CONFIG, "store-access",
			"%s cannot be opened: %m: check the owner and mode of the folder",
			name);
	}
}

int lock_take(const char *path, unsigned wait_ms, int *ret_fd, struct err *err)
{
	size_t n = strlen(path);
	CLEANUP(free)
	char *name = xcalloc(n + sizeof(".lock"), 1);
	CLEANUP(close_fd)
	int fd = -1;
	int r;

	memcpy(name, path, n);
	memcpy(name + n, ".lock", sizeof(".lock"));
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0640);
	if (fd < 0)
		return open_failed(name, err);
	r = lock_wait(fd, path, wait_ms, err);
	if (r < 0)
		return r;
	*ret_fd = fd;
	fd = -1;
	return 0;
}
