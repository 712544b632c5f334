/*
 * throttle.h - failed logins: how many there may be, of one address and of all.
 *
 * Each failure costs; what it cost comes back with time.  Whoever has spent all must wait, and
 * while they wait nothing is computed for them.  IPv6 addresses count by their /64; visitors of
 * a unix socket are one address.  The caller gives the time, so nothing here looks at a clock.
 * One thread at a time.  Memory is constant: where there is no room for another address, the
 * one that has least to wait for is forgotten.
 */
#ifndef RUAD_THROTTLE_H
#define RUAD_THROTTLE_H

#include "ip.h"

#define LOGIN_FAILURES 10	  /* of one address at once */
#define LOGIN_FAILURE_MS 30000	  /* until one of them is forgiven */
#define LOGIN_FAILURES_ALL 100	  /* of all addresses at once */
#define LOGIN_FAILURE_ALL_MS 1000 /* until one of them is forgiven */
#define LOGIN_ADDRESSES 1024	  /* remembered */

struct throttle;
struct throttle *throttle_new(void);
void throttle_free(struct throttle *t); /* accepts NULL */

/* Seconds to wait until a login may be tried; 0: now. */
unsigned throttle_wait(struct throttle *t, const struct ip *from, uint64_t now_ms);
void throttle_failed(struct throttle *t, const struct ip *from, uint64_t now_ms);

#endif
