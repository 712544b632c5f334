#include "arrival.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>

struct arrival *arrival_add(struct arrivals *a, int kind)
{
	struct arrival *one = xcalloc(1, sizeof(*one));

	one->kind = kind;
	one->letter.fd = -1;
	if (a->last)
		a->last->next = one;
	else
		a->first = one;
	a->last = one;
	a->n++;
	return one;
}

struct arrival *arrival_coming(const struct arrivals *a)
{
	return a->last && a->last->kind == ARRIVAL_COMING ? a->last : NULL;
}

struct arrival *arrival_begin(struct arrivals *a, const struct boxmail *m)
{
	struct arrival *one = arrival_coming(a);

	if (!one)
		one = arrival_add(a, ARRIVAL_COMING);
	letter_begin(&one->letter, m->size_bytes);
	one->mail = *m;
	return one;
}

struct arrival *arrival_first(const struct arrivals *a)
{
	return a->first && a->first->kind != ARRIVAL_COMING ? a->first : NULL;
}

static void release(struct arrivals *a, struct arrival *one)
{
	letter_drop(&one->letter);
	free(one);
	a->n--;
}

void arrival_shift(struct arrivals *a)
{
	struct arrival *one = a->first;

	a->first = one->next;
	if (!a->first)
		a->last = NULL;
	release(a, one);
}

void arrival_undo(struct arrivals *a)
{
	struct arrival **link = &a->first, *before = NULL;

	assert(arrival_coming(a));
	for (; *link != a->last; link = &(*link)->next)
		before = *link;
	*link = NULL;
	release(a, a->last);
	a->last = before;
}

uint64_t arrival_bytes(const struct arrivals *a)
{
	uint64_t n = 0;

	for (const struct arrival *one = a->first; one; one = one->next)
		n += one->letter.bytes;
	return n;
}

void arrival_drop_all(struct arrivals *a)
{
	while (a->first)
		arrival_shift(a);
}
