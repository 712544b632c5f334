/*
 * landlock.h - the part of the file system that this process keeps (Landlock of Linux).
 *
 * Everything that is handled is forbidden but what a rule allows, for this thread, for good,
 * and for all that it starts.  Newer than the headers of Debian 12, so the names of the kernel
 * are in here. Life: landlock_begin -> landlock_allow … -> landlock_enforce, which ends it in
 * any case.
 */
#ifndef RUAD_LANDLOCK_H
#define RUAD_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum landlock_use {
	LANDLOCK_READ,	 /* files and folders below */
	LANDLOCK_RUN,	 /* and start programs */
	LANDLOCK_WRITE,	 /* and make, change, move and remove files and folders */
	LANDLOCK_REMOVE, /* only remove files */
};

struct landlock {
	int fd; /* -1: there is none */
	unsigned abi;
	uint64_t files; /* rights that are handled */
};

/* 0: the kernel has none. */
unsigned landlock_abi(void);

/* alone: neither may TCP be used; otherwise only no TCP port may be opened for others.  Signals
 * to others are forbidden in any case, as far as the kernel can do that. */
bool landlock_begin(struct landlock *l, bool alone);
/* A path that is not there, or no file or folder, is passed over.  False: no rule can be made.
 */
bool landlock_allow(struct landlock *l, const char *path, enum landlock_use use);
/* False: it does not hold.  keep false: give it up. */
bool landlock_enforce(struct landlock *l, bool keep);

#endif
