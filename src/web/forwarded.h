/*
 * forwarded.h - who is at the other end, when reverse proxies are between.  Pure.
 *
 * Each proxy adds the address that it was asked from to X-Forwarded-For, at the end.  So the
 * list is read from there, and only as far as the proxies are known: what stands before the
 * first address that is none of theirs may have been written by anybody.
 */
#ifndef RUAD_FORWARDED_H
#define RUAD_FORWARDED_H

#include "ip.h"

struct proxies {
	const struct ip_net *net;
	size_t count;
};

/* Is it one of them?  Who comes by a unix socket (n == 0) is. */
bool proxies_have(const struct proxies *p, const struct ip *peer);

/* The nearest address that is no proxy's.  peer: who has connected; it is the answer when it is
 * no proxy, or names nobody.  forwarded_for may be absent. */
struct ip proxies_client(
	const struct proxies *p, const struct ip *peer, struct str forwarded_for);

#endif
