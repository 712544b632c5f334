/*
 * keymap.h - what is known of each mail of a POP3 server, by the digest of its UIDL.  Pure.
 *
 * A UIDL may be 70 bytes of anything (RFC 1939) and there may be many, so its place is taken by
 * 12 bytes of its SHA-256.  Values are 1 to 255; 0 means not there.
 * Life: zeroed -> use -> keymap_release.
 */
#ifndef RUAD_KEYMAP_H
#define RUAD_KEYMAP_H

#include "str.h"

#define KEY_BYTES 12
#define KEY_TEXT (2 * KEY_BYTES + 1) /* in hex, and a NUL */

struct key {
	uint8_t b[KEY_BYTES];
};

struct keymap {
	struct keymap_slot {
		struct key key;
		uint8_t value;
	} * slots;
	size_t n, used, cap; /* keys with a value; slots taken; a power of two, or 0 */
};

/* times: how often the same UIDL came before in the list, which it should not. */
struct key key_of(struct str uidl, unsigned times);
struct str key_text(const struct key *k, char buf[KEY_TEXT]);
bool key_parse(struct str text, struct key *ret);

void keymap_release(struct keymap *m);
void keymap_put(struct keymap *m, const struct key *k, uint8_t value);
uint8_t keymap_get(const struct keymap *m, const struct key *k);
/* The slots that have a value, one after the other; *at is 0 at first.  NULL: no more.  The
 * values of keys that are there may be changed meanwhile. */
const struct keymap_slot *keymap_each(const struct keymap *m, size_t *at);

#endif
