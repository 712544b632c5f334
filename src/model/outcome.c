#include "outcome.h"

#include <assert.h>

static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_STORED] = "stored",
	[OUTCOME_DUPLICATE] = "duplicate",
	[OUTCOME_IGNORED] = "ignored",
	[OUTCOME_REJECTED] = "rejected",
};

const char *outcome_name(enum outcome o)
{
	assert((unsigned)o < OUTCOME_COUNT);
	return outcome_names[o];
}

bool outcome_from_name(struct str name, enum outcome *ret)
{
	for (unsigned o = 0; o < OUTCOME_COUNT; o++) {
		if (!str_eq(name, str_of(outcome_names[o])))
			continue;
		*ret = (enum outcome)o;
		return true;
	}
	return false;
}

enum outcome outcome_worse(enum outcome a, enum outcome b)
{
	/* The greater weight decides. */
	static const int weight[OUTCOME_COUNT] = {
		[OUTCOME_IGNORED] = 0,
		[OUTCOME_DUPLICATE] = 1,
		[OUTCOME_STORED] = 2,
		[OUTCOME_REJECTED] = 3,
	};

	assert((unsigned)a < OUTCOME_COUNT && (unsigned)b < OUTCOME_COUNT);
	return weight[a] >= weight[b] ? a : b;
}

const struct reason reason_table[] = {
#define REASON(code, outcome, stage, sentence) { code, outcome, stage, sentence },
	REASONS (REASON)
#undef REASON
};
const size_t reason_count = sizeof(reason_table) / sizeof(reason_table[0]);

const struct reason *reason_find(struct str code)
{
	for (size_t i = 0; i < reason_count; i++)
		if (str_eq(code, str_of(reason_table[i].code)))
			return &reason_table[i];
	return NULL;
}

bool outcome_held(struct str code)
{
	const struct reason *reason = reason_find(code);

	return reason && str_eq(str_of(reason->stage), STR("origin"));
}
