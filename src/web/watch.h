/*
 * watch.h - connections with a deadline, and a thread that shuts the late ones.
 *
 * A connection is READING (a request is awaited) or ANSWERING; each phase has its own time.
 */
#ifndef RUAD_WATCH_H
#define RUAD_WATCH_H

#include <stdint.h>

enum watch_phase { WATCH_READING, WATCH_ANSWERING };

struct watch;
struct watched;

struct watch *watch_start(unsigned request_ms, unsigned answer_ms);
void watch_stop(struct watch *w); /* ends the thread; accepts NULL */
void watch_free(struct watch *w); /* after the last watch_remove */

struct watched *watch_add(struct watch *w, int fd);
void watch_remove(struct watch *w, struct watched *c);
void watch_phase(struct watch *w, struct watched *c, enum watch_phase phase);
/* Waits until nothing is being answered, at most so long. */
void watch_settle(struct watch *w, unsigned most_ms);

#endif
