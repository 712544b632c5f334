#include "watch.h"

#include "day.h"
#include "xalloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

struct watched {
	int fd;
	enum watch_phase phase;
	uint64_t since_ms;
	struct watched *next, *previous;
};

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	struct watched *first;
	unsigned limit_ms[2]; /* by phase */
	unsigned step_ms;
	bool stop;
};

static void shut_late(struct watch *w)
{
	uint64_t now = time_monotonic_ms();

	for (struct watched *c = w->first; c; c = c->next)
		if (now - c->since_ms > w->limit_ms[c->phase])
			shutdown(c->fd, SHUT_RDWR);
}

static void wait_step(struct watch *w)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += w->step_ms / 1000;
	until.tv_nsec += (long)(w->step_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void *watch_run(void *arg)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		shut_late(w);
		wait_step(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct watch *watch_start(unsigned request_ms, unsigned answer_ms)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	unsigned least = request_ms < answer_ms ? request_ms : answer_ms;
	pthread_condattr_t monotonic;

	w->limit_ms[WATCH_READING] = request_ms;
	w->limit_ms[WATCH_ANSWERING] = answer_ms;
	w->step_ms = least / 4 < 1000 ? least / 4 + 1 : 1000;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, watch_run, w) == 0)
		return w;
	watch_free(w);
	return NULL;
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct watched *watch_add(struct watch *w, int fd)
{
	struct watched *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->since_ms = time_monotonic_ms();
	pthread_mutex_lock(&w->lock);
	c->next = w->first;
	if (w->first)
		w->first->previous = c;
	w->first = c;
	pthread_mutex_unlock(&w->lock);
	return c;
}

void watch_remove(struct watch *w, struct watched *c)
{
	pthread_mutex_lock(&w->lock);
	if (c->previous)
		c->previous->next = c->next;
	else
		w->first = c->next;
	if (c->next)
		c->next->previous = c->previous;
	pthread_mutex_unlock(&w->lock);
	free(c);
}

void watch_phase(struct watch *w, struct watched *c, enum watch_phase phase)
{
	pthread_mutex_lock(&w->lock);
	c->phase = phase;
	c->since_ms = time_monotonic_ms();
	pthread_mutex_unlock(&w->lock);
}

static bool anything_answering(struct watch *w)
{
	bool any = false;

	pthread_mutex_lock(&w->lock);
	for (const struct watched *c = w->first; c && !any; c = c->next)
		any = c->phase == WATCH_ANSWERING;
	pthread_mutex_unlock(&w->lock);
	return any;
}

void watch_settle(struct watch *w, unsigned most_ms)
{
	uint64_t begin = time_monotonic_ms();

	while (anything_answering(w) && time_monotonic_ms() - begin < most_ms)
		usleep(20000);
}
