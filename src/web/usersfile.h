/*
 * usersfile.h - the users file as bytes: read safely, replaced in one step.
 */
#ifndef RUAD_USERSFILE_H
#define RUAD_USERSFILE_H

#include "buf.h"
#include "err.h"

#include <sys/stat.h>

/* 1 read, 0 not there.  ERR_CONFIG: not to be read, no regular file, others may read or write
 * it, too large. */
int users_file_read(const char *path, struct buf *ret, struct err *err);

/*
 * A change.  Life: users_file_begin (nobody else changes it from here on) -> look at text ->
 * users_file_replace or not -> users_file_release.
 */
struct users_file {
	char *path;	 /* the file itself, where the name is a link */
	struct buf text; /* "" when there is none yet */
	struct stat was; /* of it */
	bool exists;
	int dir; /* -1: not begun */
};
int users_file_begin(struct users_file *f, const char *path, struct err *err);
/* Owner, group and mode stay; a new file is 0600. */
int users_file_replace(struct users_file *f, struct str text, struct err *err);
void users_file_release(struct users_file *f);

#endif
