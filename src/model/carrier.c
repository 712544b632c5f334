#include "carrier.h"

#include <assert.h>

static const struct {
	const char *name, *sentence;
	bool suspect;
	unsigned weight; /* of two mails with the same report the greater one is kept */
} states[CARRIER_COUNT] = {
	[CARRIER_UNKNOWN] = { "unknown", "Nothing is known of the mail that brought it.", false,
		0 },
	[CARRIER_AUTHENTICATED] = { "authenticated",
		"The mail that brought it is authenticated as the reporter's.", false, 3 },
	[CARRIER_MISFIT] = { "misfit",
		"The mail that brought it is authenticated, but as somebody else's than the "
		"reporter's.",
		true, 2 },
	[CARRIER_UNAUTHENTICATED] = { "unauthenticated",
		"The mail that brought it is not authenticated: anybody may have written it.",
		true, 1 },
};

const char *carrier_name(enum carrier_state s)
{
	assert((unsigned)s < CARRIER_COUNT);
	return states[s].name;
}

bool carrier_from_name(struct str name, enum carrier_state *ret)
{
	for (unsigned s = 0; s < CARRIER_COUNT; s++) {
		if (!str_eq(name, str_of(states[s].name)))
			continue;
		*ret = (enum carrier_state)s;
		return true;
	}
	return false;
}

const char *carrier_sentence(enum carrier_state s)
{
	assert((unsigned)s < CARRIER_COUNT);
	return states[s].sentence;
}

bool carrier_suspect(enum carrier_state s)
{
	assert((unsigned)s < CARRIER_COUNT);
	return states[s].suspect;
}

bool carrier_better(enum carrier_state now, enum carrier_state before)
{
	assert((unsigned)now < CARRIER_COUNT && (unsigned)before < CARRIER_COUNT);
	return states[now].weight > states[before].weight;
}

bool carrier_ours(const char *const *domains, size_t count, struct str domain)
{
	for (size_t i = 0; i < count; i++) {
		struct str own = str_of(domains[i]);

		if (str_eq(own, domain) || (str_ends(domain, own) && domain.n > own.n &&
						   domain.p[domain.n - own.n - 1] == '.'))
			return true;
	}
	return count == 0;
}

const struct admission *admission_of(
	const struct admission *all, size_t count, struct str source)
{
	const struct admission *usual = NULL;

	for (size_t i = 0; i < count; i++) {
		if (str_absent(all[i].source))
			usual = &all[i];
		else if (str_eq(all[i].source, source))
			return &all[i];
	}
	return usual;
}
