/*
 * enclose.h - give up what a server has no need of: for the process that serves or imports,
 * which meets no hostile bytes of mails, but those of the network, and has the database.
 *
 * Afterwards it gains no privileges, whatever it starts, and is refused the system calls by
 * which a kernel is attacked or another process is looked into; files and folders that are not
 * kept cannot be opened, and no TCP port can be opened.  The processes that it starts (workers,
 * fetchers) have the same bounds, and workers many more (confine.h).  What the kernel does not
 * offer is left out, and told.
 */
#ifndef RUAD_ENCLOSE_H
#define RUAD_ENCLOSE_H

#include "landlock.h"

#include <stddef.h>

/* A file or folder that is kept, with all that is below it. */
struct kept {
	const char *path; /* passed over when it is not there */
	enum landlock_use use;
};

struct enclosure {
	bool no_new_privileges, seccomp, landlock;
	unsigned landlock_abi; /* of the kernel; 0: none */
	char user[64];	       /* that this process is: set by its caller */
};

/* Before confine() and enclose(): libseccomp crashes where it gets no memory, and it is better
 * to end with a sentence. */
void enclose_room(void);
/* Before the first thread, and for good.  kept NULL: all files stay. */
void enclose(const struct kept *kept, size_t n, struct enclosure *ret);

#endif
