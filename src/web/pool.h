/*
 * pool.h - reader handles of the store, for threads that come and go.
 *
 * A handle is used by one thread at a time and goes back when the answer is done.  Handles to a
 * file that was replaced or removed meanwhile are closed, and a new one is opened.
 */
#ifndef RUAD_POOL_H
#define RUAD_POOL_H

#include "store.h"

struct pool;
struct pool *pool_new(const char *database, unsigned most, unsigned kept_most);
void pool_free(struct pool *p); /* all handles are back; accepts NULL */

/* Rules of the names of senders for all handles; before the first is taken.  NULL, and
 * without a call: services_default(). */
void pool_services(struct pool *p, const struct services *services);
const struct services *pool_services_of(const struct pool *p);

/* ERR_TEMP all are in use; or what store_open says. */
int pool_take(struct pool *p, struct store **ret, struct err *err);
/* It stays with a client that may read slowly; at most kept_most do, so that the others find
 * one. ERR_TEMP: it may not. */
int pool_keep(struct pool *p, const struct store *s, struct err *err);
/* broken: it failed in a way that a new handle may not. */
void pool_give(struct pool *p, struct store *s, bool broken);

#endif
