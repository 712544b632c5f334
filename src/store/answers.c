#include "answers.h"

#include "xalloc.h"

#include <stdlib.h>

static bool same(const struct answer_key *a, const struct answer_key *b)
{
	return a->question == b->question && a->generation == b->generation &&
	       a->today == b->today;
}

const void *answers_find(const struct answers *c, const struct answer_key *key)
{
	for (size_t i = 0; c->kept && i < ANSWERS_KEPT; i++)
		if (c->kept[i].value && same(&c->kept[i].key, key))
			return c->kept[i].value;
	return NULL;
}

struct kept_answer *answers_make(struct answers *c, const struct answer_key *key)
{
	struct kept_answer *k;

	if (!c->kept)
		c->kept = xcalloc(ANSWERS_KEPT, sizeof(*c->kept));
	k = &c->kept[c->next];
	c->next = (c->next + 1) % ANSWERS_KEPT;
	arena_release(&k->arena);
	arena_init(&k->arena);
	k->key = *key;
	k->value = NULL;
	return k;
}

void answers_release(struct answers *c)
{
	for (size_t i = 0; c->kept && i < ANSWERS_KEPT; i++)
		arena_release(&c->kept[i].arena);
	free(c->kept);
	*c = (struct answers){ 0 };
}
