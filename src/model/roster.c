#include "roster.h"

#include "arena.h"

#include <assert.h>

struct sender_day roster_sum(
	const struct sender_day *days, size_t count, int64_t from_day, int64_t to_day)
{
	struct sender_day sum = { .day = from_day };

	for (size_t i = 0; i < count; i++) {
		if (days[i].day < from_day || days[i].day >= to_day)
			continue;
		sum.messages += days[i].messages;
		sum.pass += days[i].pass;
		sum.explained += days[i].explained;
	}
	return sum;
}

uint64_t roster_fail(const struct sender_day *d)
{
	return d->messages - d->pass - d->explained;
}

const char *key_kind_name(enum key_kind k)
{
	return k == DOMAIN_KEY_DKIM ? "dkim" : "mail_from";
}

/* --- Policies --- */

struct tag {
	const char *name;
	struct str from, to;
};
#define TAGS 6

static void tags_of(const struct policy *a, const struct policy *b, struct tag ret[TAGS])
{
	struct tag tags[TAGS] = { { "p", a->p, b->p }, { "sp", a->sp, b->sp },
		{ "np", a->np, b->np }, { "adkim", a->adkim, b->adkim },
		{ "aspf", a->aspf, b->aspf }, { "t", a->testing, b->testing } };

	for (int i = 0; i < TAGS; i++)
		ret[i] = tags[i];
}

static bool tag_differs(const struct tag *t)
{
	return !str_empty(t->from) && !str_empty(t->to) && !str_eq(t->from, t->to);
}

bool policy_differs(const struct policy *a, const struct policy *b)
{
	struct tag tags[TAGS];
	bool differs = false;

	tags_of(a, b, tags);
	for (int i = 0; i < TAGS; i++)
		differs |= tag_differs(&tags[i]);
	return differs;
}

void policy_difference(struct arena *a, const struct policy *from, const struct policy *to,
	struct str *ret_from, struct str *ret_to)
{
	struct tag tags[TAGS];
	struct str f = STR(""), t = STR("");

	tags_of(from, to, tags);
	for (int i = 0; i < TAGS; i++) {
		const char *blank = f.n > 0 ? " " : "";

		if (!tag_differs(&tags[i]))
			continue;
		f = arena_printf(a, "%.*s%s%s=%.*s", STR_ARGS(f), blank, tags[i].name,
			STR_ARGS(tags[i].from));
		t = arena_printf(a, "%.*s%s%s=%.*s", STR_ARGS(t), blank, tags[i].name,
			STR_ARGS(tags[i].to));
	}
	*ret_from = f;
	*ret_to = t;
}
