#include "uploads.h"

#include "xalloc.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

struct uploads {
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct upload_job *first, **end;
	bool finish, ended;
	atomic_uint inside;
};

/* The next job; NULL: there will be none. */
static struct upload_job *next_job(struct uploads *u)
{
	struct upload_job *job;

	pthread_mutex_lock(&u->lock);
	while (!u->first && !u->finish)
		pthread_cond_wait(&u->changed, &u->lock);
	job = u->first;
	if (job) {
		u->first = job->next;
		if (!u->first)
			u->end = &u->first;
	}
	pthread_mutex_unlock(&u->lock);
	return job;
}

static void *work(void *arg)
{
	struct upload_job *job;

	while ((job = next_job(arg)))
		job->run(job);
	return NULL;
}

struct uploads *uploads_start(void)
{
	struct uploads *u = xcalloc(1, sizeof(*u));

	u->end = &u->first;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->changed, NULL);
	if (pthread_create(&u->thread, NULL, work, u) == 0)
		return u;
	u->ended = true;
	uploads_free(u);
	return NULL;
}

void uploads_finish(struct uploads *u)
{
	if (!u || u->ended)
		return;
	pthread_mutex_lock(&u->lock);
	u->finish = true;
	pthread_cond_signal(&u->changed);
	pthread_mutex_unlock(&u->lock);
	pthread_join(u->thread, NULL);
	u->ended = true;
}

void uploads_free(struct uploads *u)
{
	if (!u)
		return;
	assert(u->ended && !u->first);
	pthread_cond_destroy(&u->changed);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

bool uploads_enter(struct uploads *u)
{
	if (atomic_fetch_add(&u->inside, 1) < UPLOADS_MOST)
		return true;
	uploads_leave(u);
	return false;
}

void uploads_leave(struct uploads *u)
{
	atomic_fetch_sub(&u->inside, 1);
}

bool uploads_give(struct uploads *u, struct upload_job *job)
{
	bool taken;

	job->next = NULL;
	pthread_mutex_lock(&u->lock);
	taken = !u->finish;
	if (taken) {
		*u->end = job;
		u->end = &job->next;
		pthread_cond_signal(&u->changed);
	}
	pthread_mutex_unlock(&u->lock);
	return taken;
}
