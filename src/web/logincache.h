/*
 * logincache.h - logins that were found right a short while ago.
 *
 * A password hash takes tens of milliseconds on purpose; a browser sends the password with each
 * request.  What is kept is no password but a keyed digest of name, password and stored hash:
 * without the key, which is made at start and never leaves the process, it says nothing, and
 * with another hash in the users file it does not fit any more.  One thread at a time.
 */
#ifndef RUAD_LOGINCACHE_H
#define RUAD_LOGINCACHE_H

#include "digest.h"

#define LOGIN_CACHE_LOGINS 256
#define LOGIN_CACHE_MS 600000 /* after which the hash is computed again */

struct login_cache {
	struct {
		struct digest key;
		uint64_t until_ms; /* 0: empty */
	} of[LOGIN_CACHE_LOGINS];
};

/* key: of this login, by the caller's secret. */
bool login_cache_has(const struct login_cache *c, const struct digest *key, uint64_t now_ms);
/* Takes the place of the one that ends first. */
void login_cache_put(struct login_cache *c, const struct digest *key, uint64_t now_ms);

#endif
