#include "bounds.h"

#include <string.h>

const struct limit limit_table[] = {
#define LIMIT(name, def, least, most, unit, text) \
	{ #name, offsetof(struct limits, name), def, least, most, unit, text },
	LIMITS (LIMIT)
#undef LIMIT
};
const size_t limit_count = sizeof(limit_table) / sizeof(limit_table[0]);

static void put(struct limits *l, const struct limit *limit, uint64_t v)
{
	memcpy((char *)l + limit->offset, &v, sizeof(v));
}

void limits_default(struct limits *ret)
{
	for (size_t i = 0; i < limit_count; i++)
		put(ret, &limit_table[i], limit_table[i].def);
}

const struct limit *limit_named(struct str sentence)
{
	static const char before[] = "(limit ";
	const char *at = sentence.n > 0
				 ? memmem(sentence.p, sentence.n, before, sizeof(before) - 1)
				 : NULL;
	struct str name;
	size_t n = 0;

	if (!at)
		return NULL;
	name = str_from(sentence, (size_t)(at - sentence.p) + sizeof(before) - 1);
	while (n < name.n && ((name.p[n] >= 'a' && name.p[n] <= 'z') || name.p[n] == '_'))
		n++;
	name = str_first(name, n);
	for (size_t i = 0; i < limit_count; i++)
		if (str_eq(name, str_of(limit_table[i].name)))
			return &limit_table[i];
	return NULL;
}

bool limit_parse(struct str s, uint64_t *ret)
{
	static const struct {
		char letter;
		uint64_t factor;
	} units[] = { { 'k', KIB }, { 'm', MIB }, { 'g', GIB } };
	uint64_t factor = 1, v;

	for (size_t i = 0; s.n > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		if (char_lower(s.p[s.n - 1]) != units[i].letter)
			continue;
		factor = units[i].factor;
		s.n--;
		break;
	}
	return str_to_u64(s, &v) && !__builtin_mul_overflow(v, factor, ret);
}
