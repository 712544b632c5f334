#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int open_failed(struct err *err)
{
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return FAIL(err, ERR_TEMP, NULL, "cannot be opened: %m; try again later");
	case EACCES:
	case EPERM:
		return FAIL(err, ERR_INPUT, "read-failed",
			"cannot be read: %m; give the user that runs ruad permission to read "
			"it");
	default:
		return FAIL(err, ERR_INPUT, "read-failed", "cannot be read: %m");
	}
}

int regular_open(int dir_fd, const char *name, bool follow, int *ret_fd, struct stat *ret_stat,
	struct err *err)
{
	struct stat st;
	int fd;

	/* Opening a device can have effects, so look first; and again at what was really
	 * opened. */
	if (fstatat(dir_fd, name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? REGULAR_GONE : open_failed(err);
	if (!S_ISREG(st.st_mode))
		return REGULAR_OTHER;
	fd = openat(dir_fd, name,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0 && errno == ENOENT)
		return REGULAR_GONE;
	if (fd < 0 && errno == ELOOP)
		return REGULAR_OTHER;
	if (fd < 0)
		return open_failed(err);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return REGULAR_OTHER;
	}
	*ret_fd = fd;
	*ret_stat = st;
	return REGULAR_OPEN;
}
