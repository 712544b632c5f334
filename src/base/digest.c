#include "digest.h"

#include <assert.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <string.h>

static_assert(
	sizeof(struct sha256_ctx) <= sizeof(struct digest_ctx), "digest_ctx is too small");
static_assert(_Alignof(struct sha256_ctx) <= _Alignof(struct digest_ctx),
	"digest_ctx is not aligned");
static_assert(SHA256_DIGEST_SIZE == DIGEST_BYTES, "SHA-256 has 32 bytes");

static struct sha256_ctx *sha(struct digest_ctx *c)
{
	return (struct sha256_ctx *)(void *)&c->state;
}

void digest_init(struct digest_ctx *c)
{
	sha256_init(sha(c));
}

void digest_add(struct digest_ctx *c, const void *p, size_t n)
{
	if (n > 0)
		sha256_update(sha(c), n, p);
}

/* Little-endian on every machine: digests are kept in the database. */
void digest_u64(struct digest_ctx *c, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (8 * i));
	digest_add(c, b, sizeof(b));
}

void digest_field(struct digest_ctx *c, struct str s)
{
	digest_u64(c, str_absent(s) ? UINT64_MAX : s.n);
	digest_add(c, s.p, s.n);
}

void digest_end(struct digest_ctx *c, struct digest *ret)
{
	sha256_digest(sha(c), DIGEST_BYTES, ret->b);
}

struct digest digest_of(struct str s)
{
	struct digest_ctx c;
	struct digest d;

	digest_init(&c);
	digest_add(&c, s.p, s.n);
	digest_end(&c, &d);
	return d;
}

void digest_sum(struct digest *sum, const struct digest *d)
{
	unsigned carry = 0;

	for (int i = 0; i < DIGEST_BYTES; i++) {
		carry += (unsigned)sum->b[i] + d->b[i];
		sum->b[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, DIGEST_BYTES) == 0;
}

bool digest_eq_secret(const struct digest *a, const struct digest *b)
{
	return memeql_sec(a->b, b->b, DIGEST_BYTES);
}

bool str_eq_secret(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memeql_sec(a.p, b.p, a.n));
}

struct digest digest_keyed(const struct digest *key, struct str text)
{
	struct hmac_sha256_ctx c;
	struct digest d;

	hmac_sha256_set_key(&c, DIGEST_BYTES, key->b);
	hmac_sha256_update(&c, text.n, (const uint8_t *)text.p);
	hmac_sha256_digest(&c, DIGEST_BYTES, d.b);
	return d;
}

struct str digest_hex(const struct digest *d, char buf[2 * DIGEST_BYTES + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_BYTES; i++) {
		buf[2 * i] = hex[d->b[i] >> 4];
		buf[2 * i + 1] = hex[d->b[i] & 15];
	}
	buf[2 * DIGEST_BYTES] = '\0';
	return str_make(buf, 2 * DIGEST_BYTES);
}
