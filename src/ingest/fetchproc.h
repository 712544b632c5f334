/*
 * fetchproc.h - the fetching process as the one that has it started: started when needed,
 * ordered, listened to, ended.
 *
 * What it says is checked: hostile bytes may have made it say anything.  It asks for the
 * password, and gets it, within fetchproc_listen.
 * Life: zeroed -> fetchproc_start -> (fetchproc_order -> fetchproc_listen …) again ->
 * fetchproc_stop.
 */
#ifndef RUAD_FETCHPROC_H
#define RUAD_FETCHPROC_H

#include "outlet.h"

#include <sys/types.h>

struct fetchproc {
	const struct mailbox_options *opt;
	pid_t pid; /* 0: none */
	struct wire wire;
	uint64_t heard_at_ms; /* or began to wait for it */
};

/* ERR_TEMP, ERR_CONFIG: no process can be started.  Nothing when there is one. */
int fetchproc_start(struct fetchproc *p, const struct boxstate *state, struct err *err);

/*
 * Both: ERR_TEMP reason source-unavailable when the process is gone or hangs; it was ended
 * then, and *err tells how.
 * listen: 1 the next event, whose bytes last until the next call; 0 none came within ms
 * (negative: as long as it takes).
 */
int fetchproc_order(struct fetchproc *p, enum order order, struct str bytes, struct err *err);
int fetchproc_listen(struct fetchproc *p, int ms, struct frame *ret, struct err *err);

/* It said something that it must not: end it.  ERR_TEMP. */
int fetchproc_mad(struct fetchproc *p, struct err *err);

/* End it: politely, with ORDER_QUIT, when it has nothing else to do.  Accepts none. */
void fetchproc_stop(struct fetchproc *p, bool politely);

#endif
