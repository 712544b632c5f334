#include "logincache.h"

bool login_cache_has(const struct login_cache *c, const struct digest *key, uint64_t now_ms)
{
	bool has = false;

	for (size_t i = 0; i < LOGIN_CACHE_LOGINS; i++)
		has |= digest_eq_secret(&c->of[i].key, key) && c->of[i].until_ms > now_ms;
	return has;
}

void login_cache_put(struct login_cache *c, const struct digest *key, uint64_t now_ms)
{
	size_t least = 0;

	for (size_t i = 1; i < LOGIN_CACHE_LOGINS; i++)
		if (c->of[i].until_ms < c->of[least].until_ms)
			least = i;
	c->of[least].key = *key;
	c->of[least].until_ms = now_ms + LOGIN_CACHE_MS;
}
