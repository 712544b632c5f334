#include "keymap.h"

#include "digest.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

struct key key_of(struct str uidl, unsigned times)
{
	struct digest_ctx c;
	struct digest d;
	struct key k;

	digest_init(&c);
	digest_add(&c, uidl.p, uidl.n);
	if (times > 0)
		digest_u64(&c, times);
	digest_end(&c, &d);
	memcpy(k.b, d.b, sizeof(k.b));
	return k;
}

struct str key_text(const struct key *k, char buf[KEY_TEXT])
{
	for (size_t i = 0; i < KEY_BYTES; i++) {
		buf[2 * i] = "0123456789abcdef"[k->b[i] >> 4];
		buf[2 * i + 1] = "0123456789abcdef"[k->b[i] & 15];
	}
	buf[KEY_TEXT - 1] = '\0';
	return str_make(buf, KEY_TEXT - 1);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool key_parse(struct str text, struct key *ret)
{
	struct key k;

	if (text.n != KEY_TEXT - 1)
		return false;
	for (size_t i = 0; i < KEY_BYTES; i++) {
		int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		k.b[i] = (uint8_t)(high << 4 | low);
	}
	*ret = k;
	return true;
}

void keymap_release(struct keymap *m)
{
	free(m->slots);
	*m = (struct keymap){ 0 };
}

/* A taken slot keeps its key when the value becomes 0: the search goes on past it. */
static bool taken(const struct keymap_slot *s)
{
	static const struct key none;

	return s->value != 0 || memcmp(&s->key, &none, sizeof(none)) != 0;
}

/* Keys are digests: their first bytes spread well. */
static struct keymap_slot *slot_of(const struct keymap *m, const struct key *k)
{
	size_t at;

	memcpy(&at, k->b, sizeof(at));
	for (;; at++) {
		struct keymap_slot *s = &m->slots[at & (m->cap - 1)];

		if (!taken(s) || memcmp(&s->key, k, sizeof(*k)) == 0)
			return s;
	}
}

static void grow(struct keymap *m)
{
	struct keymap old = *m;

	m->cap = 64;
	while (m->cap < 4 * (old.n + 1))
		m->cap *= 2;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	m->n = m->used = old.n;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].value != 0)
			*slot_of(m, &old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void keymap_put(struct keymap *m, const struct key *k, uint8_t value)
{
	const struct key copy = *k; /* it may be one of a slot */
	struct keymap_slot *s;

	if (value == 0 && keymap_get(m, k) == 0)
		return;
	if (2 * (m->used + 1) > m->cap && (m->cap == 0 || !taken(slot_of(m, k))))
		grow(m);
	s = slot_of(m, &copy);
	if (!taken(s))
		m->used++;
	m->n += (value != 0) - (s->value != 0);
	*s = (struct keymap_slot){ copy, value };
}

uint8_t keymap_get(const struct keymap *m, const struct key *k)
{
	return m->cap ? slot_of(m, k)->value : 0;
}

const struct keymap_slot *keymap_each(const struct keymap *m, size_t *at)
{
	while (*at < m->cap) {
		const struct keymap_slot *s = &m->slots[(*at)++];

		if (s->value != 0)
			return s;
	}
	return NULL;
}
