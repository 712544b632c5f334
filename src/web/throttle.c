#include "throttle.h"

#include "xalloc.h"

/*
 * A bucket is one number: the time at which everything will be forgiven.  Each failure moves it
 * on by what one costs; it may lie so many costs ahead of now.
 */
struct bucket {
	struct ip from;
	uint64_t free_ms;
};

struct throttle {
	struct bucket of[LOGIN_ADDRESSES];
	uint64_t all_free_ms;
};

struct throttle *throttle_new(void)
{
	return xcalloc(1, sizeof(struct throttle));
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static struct bucket *find(struct throttle *t, const struct ip *from)
{
	for (size_t i = 0; i < LOGIN_ADDRESSES; i++)
		if (t->of[i].free_ms > 0 && ip_cmp(&t->of[i].from, from) == 0)
			return &t->of[i];
	return NULL;
}

static struct bucket *take(struct throttle *t, const struct ip *from)
{
	struct bucket *b = find(t, from), *least = &t->of[0];

	if (b)
		return b;
	for (size_t i = 1; i < LOGIN_ADDRESSES; i++)
		if (t->of[i].free_ms < least->free_ms)
			least = &t->of[i];
	*least = (struct bucket){ .from = *from };
	return least;
}

static struct ip group_of(const struct ip *from)
{
	struct ip_net net = { 0 };

	if (from->n == 0)
		return *from;
	ip_group(from, &net);
	return net.first;
}

static uint64_t wait_ms(uint64_t free_ms, uint64_t now_ms, unsigned most, unsigned each_ms)
{
	uint64_t full_ms = now_ms + (uint64_t)(most - 1) * each_ms;

	return free_ms > full_ms ? free_ms - full_ms : 0;
}

unsigned throttle_wait(struct throttle *t, const struct ip *from, uint64_t now_ms)
{
	struct ip group = group_of(from);
	const struct bucket *b = find(t, &group);
	uint64_t all =
		wait_ms(t->all_free_ms, now_ms, LOGIN_FAILURES_ALL, LOGIN_FAILURE_ALL_MS);
	uint64_t own = b ? wait_ms(b->free_ms, now_ms, LOGIN_FAILURES, LOGIN_FAILURE_MS) : 0;

	return (unsigned)(((own > all ? own : all) + 999) / 1000);
}

static void spend(uint64_t *free_ms, uint64_t now_ms, unsigned each_ms)
{
	*free_ms = (*free_ms > now_ms ? *free_ms : now_ms) + each_ms;
}

void throttle_failed(struct throttle *t, const struct ip *from, uint64_t now_ms)
{
	struct ip group = group_of(from);

	spend(&take(t, &group)->free_ms, now_ms, LOGIN_FAILURE_MS);
	spend(&t->all_free_ms, now_ms, LOGIN_FAILURE_ALL_MS);
}
