#include "idmap.h"

#include "xalloc.h"

#include <assert.h>
#include <pthread.h>
#include <sys/random.h>

#define SLOTS_LEAST 256

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) != (ssize_t)sizeof(hash_key))
		abort(); /* a kernel that has getrandom gives 16 bytes */
}

static uint64_t rotate(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3. */
uint64_t hash_bytes(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t v[4], word;
	size_t left = n;

	pthread_once(&hash_once, make_key);
	v[0] = hash_key[0] ^ 0x736f6d6570736575U;
	v[1] = hash_key[1] ^ 0x646f72616e646f6dU;
	v[2] = hash_key[0] ^ 0x6c7967656e657261U;
	v[3] = hash_key[1] ^ 0x7465646279746573U;
	for (; left >= 8; b += 8, left -= 8) {
		memcpy(&word, b, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)n << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)b[i] << (8 * i);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void idmap_init(struct idmap *m, size_t entries_most, size_t bytes_most)
{
	assert(bytes_most <= UINT32_MAX);
	*m = (struct idmap){ .most = entries_most, .bytes_most = bytes_most };
}

void idmap_release(struct idmap *m)
{
	free(m->slots);
	free(m->bytes);
	m->slots = NULL;
	m->bytes = NULL;
	m->slot_count = m->used = m->bytes_used = m->bytes_cap = 0;
}

void idmap_clear(struct idmap *m)
{
	if (m->used > 0)
		memset(m->slots, 0, m->slot_count * sizeof(*m->slots));
	m->used = m->bytes_used = 0;
}

static struct idmap_slot *find(const struct idmap *m, struct str key, uint64_t hash)
{
	size_t i = hash & (m->slot_count - 1);

	for (;; i = (i + 1) & (m->slot_count - 1)) {
		struct idmap_slot *s = &m->slots[i];

		if (s->id == 0)
			return s;
		if (s->hash == hash && s->n == key.n &&
			(key.n == 0 || memcmp(m->bytes + s->at, key.p, key.n) == 0))
			return s;
	}
}

int64_t idmap_get(const struct idmap *m, struct str key)
{
	return m->used == 0 ? 0 : find(m, key, hash_bytes(key.p, key.n))->id;
}

static void grow_slots(struct idmap *m)
{
	size_t count = m->slot_count, bigger = count ? count * 2 : SLOTS_LEAST;
	struct idmap_slot *old = m->slots, *slots = xcalloc(bigger, sizeof(*slots));

	m->slots = slots;
	m->slot_count = bigger;
	for (size_t i = 0; i < count; i++) {
		size_t at = old[i].hash & (bigger - 1);

		if (old[i].id == 0)
			continue;
		while (slots[at].id != 0)
			at = (at + 1) & (bigger - 1);
		slots[at] = old[i];
	}
	free(old);
}

static void grow_bytes(struct idmap *m, size_t n)
{
	size_t cap = m->bytes_cap ? m->bytes_cap : 4096;

	while (cap < m->bytes_used + n)
		cap *= 2;
	if (cap > m->bytes_most)
		cap = m->bytes_most;
	if (cap == m->bytes_cap)
		return;
	m->bytes = xrealloc(m->bytes, cap, 1);
	m->bytes_cap = cap;
}

void idmap_put(struct idmap *m, struct str key, int64_t id)
{
	uint64_t hash = hash_bytes(key.p, key.n);
	struct idmap_slot *s;

	assert(id != 0);
	if (key.n > m->bytes_most / 8)
		return;
	if (m->used >= m->most || m->bytes_used + key.n > m->bytes_most)
		idmap_clear(m);
	if (m->used * 4 >= m->slot_count * 3)
		grow_slots(m);
	grow_bytes(m, key.n);
	s = find(m, key, hash);
	if (s->id == 0) {
		m->used++;
		if (key.n > 0)
			memcpy(m->bytes + m->bytes_used, key.p, key.n);
		s->at = (uint32_t)m->bytes_used;
		s->n = (uint32_t)key.n;
		s->hash = hash;
		m->bytes_used += key.n;
	}
	s->id = id;
}
