#include "pop3.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static bool two_words(struct str line, unsigned *ret_number, struct str *ret_word)
{
	struct str word;
	uint64_t v;

	if (!str_cut(&line, ' ', &word) || !str_to_u64(word, &v) || v < 1 || v > UINT32_MAX)
		return false;
	line = str_trim(line);
	if (line.n == 0)
		return false;
	str_cut(&line, ' ', ret_word);
	*ret_number = (unsigned)v;
	return true;
}

static int not_pop3(struct pop3 *p, struct err *err)
{
	poplink_drop(p);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"%s sends a list that cannot be understood", p->peer.host);
}

/* A UIDL is told once, but for broken servers: the second one is another mail all the same. */
static int list_keys(struct pop3 *p, struct err *err)
{
	struct keymap times = { 0 };
	struct str line, uidl;
	size_t cap = 0;
	int r;

	while ((r = poplink_line(p, &line, err)) > 0) {
		struct popmail m = { 0 };
		unsigned seen;

		if (!two_words(line, &m.number, &uidl)) {
			r = not_pop3(p, err);
			break;
		}
		m.key = key_of(uidl, 0);
		seen = keymap_get(&times, &m.key);
		keymap_put(&times, &m.key, (uint8_t)(seen < 255 ? seen + 1 : 255));
		if (seen > 0)
			m.key = key_of(uidl, seen < 255 ? seen : m.number);
		if (p->n == cap) {
			cap = cap ? 2 * cap : 256;
			p->mails = xrealloc(p->mails, cap, sizeof(*p->mails));
		}
		p->mails[p->n++] = m;
	}
	keymap_release(&times);
	return r;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct popmail *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct popmail *by_number(struct pop3 *p, unsigned number)
{
	struct popmail key = { .number = number };

	return p->n ? bsearch(&key, p->mails, p->n, sizeof(key), compare_numbers) : NULL;
}

static int list_sizes(struct pop3 *p, struct err *err)
{
	struct str line, word;
	int r;

	while ((r = poplink_line(p, &line, err)) > 0) {
		struct popmail *m;
		unsigned number;
		uint64_t size;

		if (!two_words(line, &number, &word) || !str_to_u64(word, &size))
			return not_pop3(p, err);
		m = by_number(p, number);
		if (m)
			m->size_bytes = size;
	}
	return r;
}

/* Mails that the checkpoint knows and the server has no more. */
static void say_gone(struct pop3 *p)
{
	struct keymap here = { 0 };
	const struct keymap_slot *slot;

	for (size_t i = 0; i < p->n; i++)
		keymap_put(&here, &p->mails[i].key, 1);
	for (size_t at = 0; (slot = keymap_each(&p->out->state->mails, &at));) {
		if (keymap_get(&here, &slot->key) != 0)
			continue;
		outlet_gone_key(p->out, &slot->key);
		keymap_put(&p->out->state->mails, &slot->key, 0);
	}
	keymap_release(&here);
}

bool poplist_wanted(const struct pop3 *p, const struct popmail *m)
{
	return !m->deleted && keymap_get(&p->out->state->mails, &m->key) == 0 &&
	       keymap_get(&p->given, &m->key) == 0;
}

static uint64_t count_wanted(const struct pop3 *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += poplist_wanted(p, &p->mails[i]);
	return n;
}

int poplist_read(struct pop3 *p, struct err *err)
{
	int r = poplink_say(p, STR("UIDL"), NULL, err);

	if (r == POP3_NO)
		return FAIL(err, ERR_CONFIG, MAILBOX_UNAVAILABLE,
			"%s has no UIDL, without which mails cannot be told apart; use IMAP",
			p->peer.host);
	if (r == 0)
		r = list_keys(p, err);
	if (r == 0 && p->n > 0)
		qsort(p->mails, p->n, sizeof(*p->mails), compare_numbers);
	if (r == 0)
		r = poplink_say(p, STR("LIST"), NULL, err);
	if (r == 0)
		r = list_sizes(p, err);
	if (r == POP3_NO)
		err->code = ERR_TEMP;
	if (r != 0)
		return r < 0 ? r : ERR_TEMP;
	p->at = 0;
	say_gone(p);
	outlet_found(p->out, count_wanted(p));
	return 0;
}

/* They are asked for in the order in which they were given, mostly. */
struct popmail *poplist_by_key(struct pop3 *p, const struct key *key)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t at = (p->found_at + i) % p->n;

		if (memcmp(&p->mails[at].key, key, sizeof(*key)) != 0)
			continue;
		p->found_at = at + 1;
		return &p->mails[at];
	}
	return NULL;
}
