/*
 * regular.h - opens a file only when it is a regular file: FIFOs, sockets and devices are never
 * opened, and below a folder no symbolic link is followed.
 */
#ifndef RUAD_REGULAR_H
#define RUAD_REGULAR_H

#include "err.h"

#include <stdbool.h>
#include <sys/stat.h>

enum regular {
	REGULAR_OPEN,  /* *ret_fd and *ret_stat are set */
	REGULAR_OTHER, /* something else: pass it over */
	REGULAR_GONE   /* not there (any more) */
};

/*
 * An enum regular, or negative: ERR_INPUT reason "read-failed" (this file cannot be read; the
 * text says what to do), ERR_TEMP (out of file descriptors or memory).
 */
int regular_open(int dir_fd, const char *name, bool follow, int *ret_fd, struct stat *ret_stat,
	struct err *err);

/* Fills *err for errno after an open that failed: as above. */
int open_failed(struct err *err);

#endif
