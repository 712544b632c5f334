/*
 * idmap.h - a bounded map from bytes to a number: the cache before the tables of names.
 *
 * When it is full it is emptied and starts again: it only spares look-ups, the tables know all.
 * The hash is keyed (SipHash), so that nobody can write names that collide.
 * Life: idmap_init(most entries, most bytes) -> get, put … -> idmap_release.
 */
#ifndef RUAD_IDMAP_H
#define RUAD_IDMAP_H

#include "str.h"

struct idmap_slot {
	uint64_t hash;
	int64_t id; /* 0: empty */
	uint32_t at, n;
};

struct idmap {
	struct idmap_slot *slots;
	size_t slot_count, used, most;
	char *bytes;
	size_t bytes_used, bytes_cap, bytes_most;
};

void idmap_init(struct idmap *m, size_t entries_most, size_t bytes_most);
void idmap_release(struct idmap *m); /* accepts an empty one */
void idmap_clear(struct idmap *m);
int64_t idmap_get(const struct idmap *m, struct str key);    /* 0: not there */
void idmap_put(struct idmap *m, struct str key, int64_t id); /* key is not there; id is not 0 */

/* Keyed with random bytes of this process. */
uint64_t hash_bytes(const void *p, size_t n);

#endif
