/*
 * anew.h - a process of our own for what should not be done in this one: this program, started
 * anew, with a socket to whoever started it.
 *
 * It is the same file even when another version was installed meanwhile.  It has descriptors 0
 * to 2 (nothing to read, standard output to nowhere, standard error), those it was given from
 * ANEW_FD on, and no others; of the environment only what says how to write and where libraries
 * are.  The first thing main does is to ask anew_is for each kind there is.
 */
#ifndef RUAD_ANEW_H
#define RUAD_ANEW_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ANEW_FD 3
#define ANEW_FDS_MOST 2

struct anew {
	const char *name; /* of the process: "ruad-fetch" */
	const char *what; /* for messages: "the process that reads mailboxes" */
};

/* --- Who starts it --- */

/* Sockets for it; ours and its ends.  ERR_TEMP. */
int anew_pair(int ret_ours_and_its[2], struct err *err);
/*
 * fds, at most ANEW_FDS_MOST, become ANEW_FD and following; they stay open here.  arg is its
 * last argument, for the list of processes.  ERR_CONFIG: this program cannot be run again;
 * ERR_TEMP.
 */
int anew_start(const struct anew *kind, const char *arg, const int *fds, size_t n, pid_t *ret,
	struct err *err);
/* Wait so long for its end, then kill it.  How it ended, as of waitpid. */
int anew_reap(pid_t pid, unsigned ms);
/* How long it has computed, so far; 0 when that is not known. */
uint64_t anew_work_ms(pid_t pid);

/* --- The process itself --- */

/* Was main called to be this?  Ends with a message when somebody typed the name. */
bool anew_is(const struct anew *kind, int argc, char **argv);
/*
 * Set its name and signals (deaf to what asks programs to end: who started it still has things
 * to finish, and it ends when the socket does), gain no privileges, leave no core and no files,
 * let nobody look inside.
 */
bool anew_seclude(const struct anew *kind);

#endif
