/*
 * digest.h - SHA-256 and HMAC (nettle), and a sum of digests that does not depend on order.
 */
#ifndef RUAD_DIGEST_H
#define RUAD_DIGEST_H

#include "str.h"

#define DIGEST_BYTES 32

struct digest {
	uint8_t b[DIGEST_BYTES];
};

struct digest_ctx {
	union {
		uint8_t bytes[256];
		uint64_t align;
	} state;
};

void digest_init(struct digest_ctx *c);
void digest_add(struct digest_ctx *c, const void *p, size_t n);
/* Adds the length (8 bytes) and then the bytes, so that fields cannot run into each other;
 * absent and empty differ. */
void digest_field(struct digest_ctx *c, struct str s);
void digest_u64(struct digest_ctx *c, uint64_t v);
void digest_end(struct digest_ctx *c, struct digest *ret);
struct digest digest_of(struct str s);

/* *sum += d as 256-bit numbers: the digest of a multiset of records. */
void digest_sum(struct digest *sum, const struct digest *d);
bool digest_eq(const struct digest *a, const struct digest *b);
/* The same, in a time that does not tell where they differ. */
bool digest_eq_secret(const struct digest *a, const struct digest *b);
bool str_eq_secret(struct str a, struct str b);
/* HMAC-SHA-256 (RFC 2104): of text, with a key that nobody else knows. */
struct digest digest_keyed(const struct digest *key, struct str text);
struct str digest_hex(const struct digest *d, char buf[2 * DIGEST_BYTES + 1]);

#endif
