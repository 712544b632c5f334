/*
 * crew.h - inputs on their way through worker processes, several at once, results in order.
 *
 * crew_submit gives an input in; crew_take gives the result of the one that was given in first
 * to a sink, as flow_read would.  A worker that crashes, hangs, needs too much memory or says
 * what it must not costs the one input that it was at, which the sink is told of as refused
 * (worker-crashed, worker-timeout, worker-memory, worker-protocol), and is replaced.  An input
 * whose worker was killed before it told anything is given to another one once: that may have
 * been none of its doing.  Time is what the worker computes, so that a busy machine costs no
 * input; what only waits is given up too, after CREW_WAIT_FACTOR times as long.
 *
 * Used by one thread.  Life: crew_new -> (crew_submit …, crew_take …) -> crew_free.
 */
#ifndef RUAD_CREW_H
#define RUAD_CREW_H

#include "flow.h"

#define CREW_AHEAD 64 /* inputs */
#define CREW_WAIT_FACTOR 10
#define CREW_AHEAD_BYTES (4 * MIB) /* of inputs that are in, but for the last one */

struct crew;

/* workers 0: there are none, and all is done in this process, by crew_take.  They are started
 * when there is something to do. */
unsigned crew_workers(void); /* as many as are of use on this machine */
struct crew *crew_new(struct flow *f, unsigned workers);
/* When *stop becomes non-zero crew_take ends at once.  It lives as long as the crew; NULL:
 * never. */
void crew_heed(struct crew *c, const atomic_int *stop);
/* Whose Authentication-Results count (carrier.h), for all inputs; before the first.  It lives
 * as long as the crew. */
void crew_believe(struct crew *c, struct str receivers);
void crew_free(struct crew *c); /* accepts NULL */

/* Can another input be taken in?  True when there is none. */
bool crew_has_room(const struct crew *c);

/* What lies in *mail stays until crew_take has given its result, or crew_forget. */
void crew_submit(struct crew *c, const struct mail *mail);

/* Has the first one's result begun to arrive?  Waits up to ms.  1, 0 not yet. */
int crew_ready(struct crew *c, unsigned ms);

/*
 * As flow_read; ERR_TEMP, ERR_CONFIG also when no worker can be started.  1: it was stopped,
 * and nothing became of the input, whatever the sink was told.  The first input is out in any
 * case.
 */
int crew_take(struct crew *c, struct sink *sink, struct err *err);

/* All that are in: nothing is told of them. */
void crew_forget(struct crew *c);

#endif
