#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_MODE 0666 /* less what umask takes away */

static int cannot_create(const struct outfile *o, struct err *err)
{
	return FAIL(err, ERR_IO, "cannot-create", "%s cannot be written: %s", o->shown,
		strerror(errno));
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return NEW_MODE & ~mask;
}

/* What a link points to takes the new content, not the link. */
static const char *behind_links(const char *path, struct arena *a)
{
	char *real = realpath(path, NULL);
	const char *copy = arena_cstr(a, str_of(real ? real : path));

	free(real);
	return copy;
}

static int open_temporary(struct outfile *o, mode_t mode, struct arena *a, struct err *err)
{
	char *name = (char *)arena_printf(a, "%s.XXXXXX", o->path).p;

	o->fd = mkostemp(name, O_CLOEXEC);
	if (o->fd < 0)
		return cannot_create(o, err);
	o->temporary = name;
	/* Where the mode cannot be changed, nobody else may read it: not worth to fail for. */
	(void)!fchmod(o->fd, mode);
	return 0;
}

int outfile_open(struct outfile *o, const char *path, struct arena *a, struct err *err)
{
	struct stat st;

	*o = (struct outfile){ .fd = STDOUT_FILENO, .shown = "standard output" };
	if (!path || strcmp(path, "-") == 0)
		return 0;
	o->shown = path;
	if (stat(path, &st) < 0) {
		o->path = behind_links(path, a);
		return open_temporary(o, usual_mode(), a, err);
	}
	if (S_ISREG(st.st_mode)) {
		o->path = behind_links(path, a);
		return open_temporary(o, st.st_mode & 07777, a, err);
	}
	o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return o->fd < 0 ? cannot_create(o, err) : 0;
}

int outfile_write(struct outfile *o, struct str bytes, struct err *err)
{
	while (bytes.n > 0) {
		ssize_t n = write(o->fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(err, ERR_IO, NULL, "%s could not be written: %s", o->shown,
				strerror(errno));
		bytes = str_from(bytes, (size_t)n);
	}
	return 0;
}

int outfile_commit(struct outfile *o, struct err *err)
{
	if (!o->temporary)
		return 0;
	if (fsync(o->fd) < 0 || rename(o->temporary, o->path) < 0)
		return FAIL(err, ERR_IO, NULL, "%s could not be written: %s", o->shown,
			strerror(errno));
	o->temporary = NULL;
	return 0;
}

void outfile_close(struct outfile *o)
{
	if (o->temporary)
		unlink(o->temporary);
	if (o->fd != STDOUT_FILENO && o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}
