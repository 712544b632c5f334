#include "tally.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct tally) % sizeof(uint64_t) == 0, "tally is an array of numbers");

void tally_add(struct tally *t, uint32_t facts, uint64_t messages, uint64_t records,
	uint64_t spread, bool by_receiver)
{
	bool pass = facts_pass(facts, by_receiver);

	t->totals.messages += messages;
	t->totals.records += records;
	*(pass ? &t->totals.pass : &t->totals.fail) += messages;
	if (facts_explained(facts, by_receiver))
		t->totals.explained += messages;
	t->totals.shade[facts_shade(facts, by_receiver)] += messages;
	t->aligned[facts_spf(facts, by_receiver)][facts_dkim(facts, by_receiver)] += messages;
	t->by_disposition[facts_disposition(facts)] += messages;
	t->by_cause[facts_cause(facts)] += messages;
	if (!pass)
		t->fail_by_cause[facts_cause(facts)] += messages;
	if (facts & FACTS_DISAGREES)
		t->disagree += messages;
	t->spread += spread;
}

void tally_join(struct tally *t, const struct tally *more)
{
	uint64_t *to = (uint64_t *)(void *)t;
	const uint64_t *from = (const uint64_t *)(const void *)more;

	for (size_t i = 0; i < TALLY_NUMBERS; i++)
		to[i] += from[i];
}

/* Seven bits a byte, low ones first. */
size_t numbers_pack(const uint64_t *from, size_t count, unsigned char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t v = from[i];

		for (; v >= 0x80; v >>= 7)
			out[n++] = (unsigned char)(v | 0x80);
		out[n++] = (unsigned char)v;
	}
	return n;
}

bool numbers_unpack(struct str *packed, uint64_t *to, size_t count)
{
	const unsigned char *p = (const unsigned char *)packed->p;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		int shift = 0;

		to[i] = 0;
		do {
			if (at == packed->n || shift > 63)
				return false;
			to[i] |= (uint64_t)(p[at] & 0x7f) << shift;
			shift += 7;
		} while (p[at++] & 0x80);
	}
	*packed = str_from(*packed, at);
	return true;
}

size_t tally_pack(const struct tally *t, unsigned char out[TALLY_BYTES])
{
	return numbers_pack((const uint64_t *)(const void *)t, TALLY_NUMBERS, out);
}

bool tally_unpack(struct str packed, struct tally *ret)
{
	struct tally t = { 0 };

	if (packed.n > 0 && (!numbers_unpack(&packed, (uint64_t *)(void *)&t, TALLY_NUMBERS) ||
				    packed.n > 0))
		return false;
	*ret = t;
	return true;
}

enum cause tally_cause(const struct tally *t)
{
	const uint64_t *by = t->totals.fail > 0 ? t->fail_by_cause : t->by_cause;
	int best = 0;

	for (int i = 1; i < CAUSE_COUNT; i++)
		if (by[i] > by[best])
			best = i;
	return (enum cause)best;
}
