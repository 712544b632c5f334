#include "watch.h"

#include "day.h"
#include "xalloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct watched {
	int fd;
	enum watch_phase phase;
	uint64_t since_ms;
	bool shut;
	struct watched *next, *previous;
};

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	struct watched *first;
	size_t open; /* that were not shut */
	struct watch_limits limits;
	unsigned limit_ms[3]; /* by phase */
	unsigned step_ms;
	bool stop;
};

/* Its owner sees the end of the connection, and removes it. */
static void shut(struct watch *w, struct watched *c)
{
	shutdown(c->fd, SHUT_RDWR);
	w->open -= !c->shut;
	c->shut = true;
}

/* It has sent something that we have not come to yet: we are late, not it. */
static bool is_waiting_for_us(const struct watched *c)
{
	int unread = 0;

	return c->phase == WATCH_READING && ioctl(c->fd, FIONREAD, &unread) == 0 && unread > 0;
}

static void shut_late(struct watch *w)
{
	uint64_t now = time_monotonic_ms();

	for (struct watched *c = w->first; c; c = c->next)
		if (now - c->since_ms > w->limit_ms[c->phase] && !is_waiting_for_us(c))
			shut(w, c);
}

/* Of those in a phase, the one that has been in it longest. */
static struct watched *longest(struct watch *w, enum watch_phase phase)
{
	struct watched *found = NULL;

	for (struct watched *c = w->first; c; c = c->next)
		if (!c->shut && c->phase == phase && (!found || c->since_ms <= found->since_ms))
			found = c;
	return found;
}

static void make_room(struct watch *w)
{
	struct watched *c = longest(w, WATCH_READING);

	if (!c) {
		c = longest(w, WATCH_SENDING);
		if (c && time_monotonic_ms() - c->since_ms < w->limits.slow_ms)
			c = NULL;
	}
	if (c)
		shut(w, c);
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

struct watch *watch_start(const struct watch_limits *limits)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	unsigned least =
		limits->request_ms < limits->answer_ms ? limits->request_ms : limits->answer_ms;
	pthread_condattr_t monotonic;

	w->limits = *limits;
	w->limit_ms[WATCH_READING] = limits->request_ms;
	w->limit_ms[WATCH_ANSWERING] = limits->answer_ms;
	w->limit_ms[WATCH_SENDING] = limits->answer_ms;
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
	if (w->open >= w->limits.crowd)
		make_room(w);
	w->open++;
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
	w->open -= !c->shut;
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
	if (phase != WATCH_SENDING)
		c->since_ms = time_monotonic_ms();
	c->phase = phase;
	pthread_mutex_unlock(&w->lock);
}

static bool anything_answering(struct watch *w)
{
	bool any = false;

	pthread_mutex_lock(&w->lock);
	for (const struct watched *c = w->first; c && !any; c = c->next)
		any = c->phase != WATCH_READING && !c->shut;
	pthread_mutex_unlock(&w->lock);
	return any;
}

void watch_settle(struct watch *w, unsigned most_ms)
{
	uint64_t begin = time_monotonic_ms();

	while (anything_answering(w) && time_monotonic_ms() - begin < most_ms)
		usleep(20000);
}
