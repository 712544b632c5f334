/*
 * watch.h - connections with a deadline, and a thread that shuts the late ones.
 *
 * A connection is READING (a request is awaited), ANSWERING (the answer is made) or SENDING;
 * the first has its own time, the other two share one.  Whoever has sent something that was not
 * read yet is not late: the server is.
 *
 * When there is a crowd, each newcomer ends the connection that has waited longest without
 * asking anything; if all are being answered, the one whose answer was begun longest ago and is
 * taken too slowly.  So those who only hold connections cannot keep others out.
 */
#ifndef RUAD_WATCH_H
#define RUAD_WATCH_H

#include <stdint.h>

enum watch_phase { WATCH_READING, WATCH_ANSWERING, WATCH_SENDING };

struct watch_limits {
	unsigned request_ms; /* READING */
	unsigned answer_ms;  /* ANSWERING and SENDING */
	unsigned crowd;	     /* connections from which on newcomers end others */
	unsigned slow_ms;    /* SENDING for so long makes one of those that may be ended */
};

struct watch;
struct watched;

struct watch *watch_start(const struct watch_limits *limits);
void watch_stop(struct watch *w); /* ends the thread; accepts NULL */
void watch_free(struct watch *w); /* after the last watch_remove */

struct watched *watch_add(struct watch *w, int fd);
void watch_remove(struct watch *w, struct watched *c);
void watch_phase(struct watch *w, struct watched *c, enum watch_phase phase);
/* Waits until nothing is being answered, at most so long. */
void watch_settle(struct watch *w, unsigned most_ms);

#endif
