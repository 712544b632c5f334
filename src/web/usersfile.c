#include "usersfile.h"

#include "users.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* --- Reading --- */

static int check_safe(const char *path, const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return FAIL(err, ERR_CONFIG, NULL, "%s: is no regular file", path);
	if (st->st_mode & (S_IRWXO | S_IWGRP))
		return FAIL(err, ERR_CONFIG, NULL,
			"%s: others than its owner may %s it (mode %04o): chmod 600 %s", path,
			st->st_mode & (S_IWOTH | S_IWGRP) ? "write" : "read",
			(unsigned)st->st_mode & 07777, path);
	if (st->st_size > USERS_FILE_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "%s: is larger than %u bytes", path,
			USERS_FILE_MOST);
	return 0;
}

static int read_all(int fd, const char *path, struct buf *ret, struct err *err)
{
	char piece[4096];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path,
				strerror(errno));
		if (!buf_add(ret, piece, (size_t)n))
			return FAIL(err, ERR_CONFIG, NULL, "%s: is larger than %u bytes", path,
				USERS_FILE_MOST);
	}
	explicit_bzero(piece, sizeof(piece));
	return 1;
}

static int open_read(const char *path, struct buf *ret, struct stat *ret_st, struct err *err)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == EACCES)
		return FAIL(err, ERR_CONFIG, "no-permission",
			"%s: user %u may not read it: chown it to the user that ruad runs as",
			path, (unsigned)geteuid());
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path, strerror(errno));
	r = check_safe(path, ret_st, err);
	return r < 0 ? r : read_all(fd, path, ret, err);
}

int users_file_read(const char *path, struct buf *ret, struct err *err)
{
	struct stat st;

	return open_read(path, ret, &st, err);
}

/* --- Replacing --- */

static int cannot_write(const char *path, struct err *err)
{
	if (errno == EACCES || errno == EPERM)
		return FAIL(err, ERR_IO, "no-permission",
			"%s: user %u may not change it: run this as its owner", path,
			(unsigned)geteuid());
	return FAIL(err, ERR_IO, "cannot-create", "%s: cannot be written: %s", path,
		strerror(errno));
}

/* Where the file really lies: a link is followed, so that it stays one. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xmemdup0(path, strlen(path));
}

static int open_folder(const char *path)
{
	struct str in = str_folder(str_of(path));
	CLEANUP(free)
	char *folder = xmemdup0(in.p, in.n);

	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int users_file_begin(struct users_file *f, const char *path, struct err *err)
{
	int r;

	*f = (struct users_file){ .path = real_path(path), .dir = -1 };
	buf_init(&f->text, USERS_FILE_MOST);
	f->dir = open_folder(f->path);
	/* Locks the folder: the file itself is another one after each change. */
	if (f->dir < 0 || flock(f->dir, LOCK_EX) < 0)
		return cannot_write(path, err);
	r = open_read(f->path, &f->text, &f->was, err);
	f->exists = r > 0;
	return r < 0 ? r : 0;
}

static bool write_all(int fd, struct str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text = str_from(text, (size_t)n);
	}
	return true;
}

static bool take_over(int fd, const struct users_file *f)
{
	if (!f->exists)
		return fchmod(fd, 0600) == 0;
	if ((f->was.st_uid != geteuid() || f->was.st_gid != getegid()) &&
		fchown(fd, f->was.st_uid, f->was.st_gid) < 0)
		return false;
	return fchmod(fd, f->was.st_mode & 0640) == 0;
}

int users_file_replace(struct users_file *f, struct str text, struct err *err)
{
	CLEANUP(close_fd)
	int fd = -1;
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", f->path);

	errno = ENAMETOOLONG;
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return cannot_write(f->path, err);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return cannot_write(f->path, err);
	if (take_over(fd, f) && write_all(fd, text) && fsync(fd) == 0 &&
		rename(temporary, f->path) == 0) {
		fsync(f->dir);
		return 0;
	}
	n = cannot_write(f->path, err);
	unlink(temporary);
	return n;
}

void users_file_release(struct users_file *f)
{
	free(f->path);
	buf_release(&f->text);
	if (f->dir >= 0)
		close(f->dir);
	*f = (struct users_file){ .dir = -1 };
}
