#include "facts.h"

#include <assert.h>

#define CAUSE_MASK 15U
#define DISPOSITION_MASK 7U

static_assert(CAUSE_COUNT <= CAUSE_MASK + 1, "cause has four bits");
static_assert(DISP_COUNT <= DISPOSITION_MASK + 1, "disposition has three bits");

static uint32_t bit_if(bool on, uint32_t bit)
{
	return on ? bit : 0;
}

uint32_t facts_of(const struct record *record, const struct verdict *verdict)
{
	const struct verdict_parts *ours = &verdict->computed, *theirs = &verdict->reported;

	assert((unsigned)verdict->cause < CAUSE_COUNT);
	return bit_if(verdict->result == DMARC_PASS, FACTS_PASS) |
	       bit_if(verdict->basis_reported, FACTS_BASIS_REPORTED) |
	       bit_if(ours->spf == DMARC_PASS, FACTS_SPF) |
	       bit_if(ours->dkim == DMARC_PASS, FACTS_DKIM) |
	       bit_if(verdict->forwarded, FACTS_FORWARDED) |
	       bit_if(verdict->disagrees, FACTS_DISAGREES) |
	       (uint32_t)verdict->cause << FACTS_CAUSE_SHIFT |
	       (uint32_t)disposition_of(record->disposition) << FACTS_DISPOSITION_SHIFT |
	       bit_if(theirs->dmarc == DMARC_PASS, FACTS_REPORTED_PASS) |
	       bit_if(theirs->spf == DMARC_PASS, FACTS_REPORTED_SPF) |
	       bit_if(theirs->dkim == DMARC_PASS, FACTS_REPORTED_DKIM);
}

bool facts_pass(uint32_t facts, bool by_receiver)
{
	return facts & (by_receiver ? FACTS_REPORTED_PASS : FACTS_PASS);
}

bool facts_spf(uint32_t facts, bool by_receiver)
{
	return facts & (by_receiver ? FACTS_REPORTED_SPF : FACTS_SPF);
}

bool facts_dkim(uint32_t facts, bool by_receiver)
{
	return facts & (by_receiver ? FACTS_REPORTED_DKIM : FACTS_DKIM);
}

bool facts_explained(uint32_t facts, bool by_receiver)
{
	return !facts_pass(facts, by_receiver) && (facts & FACTS_FORWARDED);
}

/* Facts come out of a file: numbers that no version of us wrote must not index a table. */

enum cause facts_cause(uint32_t facts)
{
	uint32_t c = facts >> FACTS_CAUSE_SHIFT & CAUSE_MASK;

	return c < CAUSE_COUNT ? (enum cause)c : CAUSE_NOT_REPORTED;
}

enum disposition facts_disposition(uint32_t facts)
{
	uint32_t d = facts >> FACTS_DISPOSITION_SHIFT & DISPOSITION_MASK;

	return d < DISP_COUNT ? (enum disposition)d : DISP_OTHER;
}

enum shade facts_shade(uint32_t facts, bool by_receiver)
{
	if (!facts_pass(facts, by_receiver))
		return facts_explained(facts, by_receiver) ? SHADE_EXPLAINED : SHADE_FAILED;
	/* A pass that stands on the receiver's word alone may show neither mechanism. */
	return facts_spf(facts, by_receiver) && facts_dkim(facts, by_receiver) ? SHADE_BOTH
									       : SHADE_ONE;
}
