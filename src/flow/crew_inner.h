/*
 * crew_inner.h - the workers of a crew and what is given to them (crew.c), as result.c needs
 * them.  Private to flow.
 */
#ifndef RUAD_CREW_INNER_H
#define RUAD_CREW_INNER_H

#include "crew.h"
#include "wire.h"

#include <sys/types.h>

#define WORKERS_MOST 16
#define WORKER_END_MS 2000 /* of a worker that has closed its socket */

/* An input that is in. */
struct ticket {
	struct mail mail;
	unsigned worker;
	uint64_t bytes;
	bool again; /* given to a second worker */
};

struct staff {
	pid_t pid; /* 0: not started */
	struct wire wire;
	int files_fd;
	bool ready;
	size_t tickets;	   /* of it, that are in */
	uint64_t bytes;	   /* of those */
	uint64_t next;	   /* the first ticket that may have to be sent to it */
	size_t sent_bytes; /* of that one */
	struct buf setup;  /* not sent yet */
};

struct crew {
	struct flow *flow;
	struct staff staff[WORKERS_MOST];
	unsigned workers;
	struct ticket tickets[CREW_AHEAD];
	uint64_t first, end; /* numbers of the tickets that are in */
	uint64_t bytes;
	uint64_t waited_ms;	/* for the first one */
	uint64_t work_ms;	/* what its worker had computed when it became the first one */
	bool work_known;	/* is that known? */
	struct str receivers;	/* see crew_believe */
	const atomic_int *stop; /* NULL: nobody stops it */
	unsigned stillborn;	/* workers that ended before they could begin, since one did */
};

/* Ticket n, which is in. */
struct ticket *crew_ticket(struct crew *c, uint64_t n);
/* The first one is out. */
void crew_out(struct crew *c);
/* Wait up to ms for a frame of s, and send meanwhile what can be sent. */
void crew_wait(struct crew *c, struct staff *s, unsigned ms);
uint64_t crew_patience_ms(const struct crew *c);
/* How long the worker of the first one has computed since that became the first. */
uint64_t crew_worked_ms(struct crew *c);
/* Has the first one, of which nothing is heard, had its time? */
bool crew_overdue(struct crew *c);

/* ERR_TEMP, ERR_CONFIG.  It is sent all tickets of it that are in. */
int staff_start(struct crew *c, struct staff *s, struct err *err);
/* How it ended, as of waitpid; it is killed after ms. */
int staff_end(struct staff *s, unsigned ms);

#endif
