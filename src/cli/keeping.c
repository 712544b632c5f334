#include "keeping.h"

#include "day.h"
#include "log.h"
#include "xalloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OPEN_WAIT_MS 5000

struct keeping keeping_of(const struct config *c)
{
	return (struct keeping){ .records = config_number(c, KEY_KEEP),
		.sums = config_number(c, KEY_KEEP_SUMS),
		.raw = config_number(c, KEY_KEEP_RAW),
		.sums_set = c->settings[KEY_KEEP_SUMS].key != NULL };
}

static int64_t first_kept(uint64_t seconds, int64_t now_at)
{
	return seconds == 0 ? STORE_NOTHING_OLD
			    : day_of(now_at) - (int64_t)(seconds / DAY_SECONDS);
}

struct store_ages keeping_ages(const struct keeping *k, int64_t now_at)
{
	return (struct store_ages){ .records_from = first_kept(k->records, now_at),
		.sums_from = first_kept(k->sums_set ? k->sums : k->records, now_at),
		.raw_from = first_kept(k->raw, now_at) };
}

struct web_keep keeping_told(const struct config *c)
{
	struct keeping k = keeping_of(c);

	return (struct web_keep){ .records_days = (unsigned)(k.records / DAY_SECONDS),
		.sums_days = (unsigned)((k.sums_set ? k.sums : k.records) / DAY_SECONDS),
		.raw_days = (unsigned)(k.raw / DAY_SECONDS) };
}

const char *keeping_wrong(const struct keeping *k)
{
	if (!k->sums_set || k->sums == 0)
		return NULL;
	if (k->records == 0)
		return "daily sums cannot go before the records that they are made of: how "
		       "long are records kept?";
	return k->sums < k->records ? "daily sums are kept at least as long as records" : NULL;
}

void keeping_settle(const struct config *c, struct faults *f)
{
	struct keeping k = keeping_of(c);
	const char *wrong = keeping_wrong(&k);

	if (wrong)
		faults_add(f, c->settings[KEY_KEEP_SUMS].origin, "keep_sums: %s", wrong);
}

static int prune_open(struct store *s, const struct store_ages *ages, const struct care *care,
	struct pruned *ret, struct err *err)
{
	int r = store_prune_due(s, ages, err);

	return r <= 0 ? r : store_prune(s, ages, false, care, ret, err);
}

int keeping_prune(const char *database, const struct keeping *k, const struct care *care,
	struct pruned *ret, struct err *err)
{
	struct store_ages ages = keeping_ages(k, time_now());
	struct store *s = NULL;
	int r;

	*ret = (struct pruned){ 0 };
	if (k->records == 0 && k->raw == 0)
		return 0;
	r = store_open(database, STORE_SHARED, OPEN_WAIT_MS, &s, err);
	if (r == 0)
		r = prune_open(s, &ages, care, ret, err);
	store_close(s);
	return r;
}

/* --- Once a day --- */

struct caretaker {
	const char *database;
	struct keeping keeping;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_int stop;
};

static void prune_once(struct caretaker *c)
{
	struct care care = { .stop = &c->stop };
	struct pruned pruned;
	struct err err = { 0 };

	if (keeping_prune(c->database, &c->keeping, &care, &pruned, &err) < 0 && !c->stop)
		log_line(LOG_LEVEL_WARN, "store.prune-failed",
			LOG_STR("error", str_of(err.text)));
	if (pruned.steps > 0)
		log_line(LOG_LEVEL_INFO, "store.pruned", LOG_INT("reports", pruned.reports),
			LOG_INT("records", pruned.records),
			LOG_INT("originals", pruned.originals),
			LOG_INT("inputs", pruned.inputs), LOG_INT("sums", pruned.sums),
			LOG_INT("unused", pruned.unused), LOG_INT("steps", pruned.steps));
}

static void sleep_a_day(struct caretaker *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DAY_SECONDS;
	pthread_mutex_lock(&c->lock);
	while (!c->stop && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
		;
	pthread_mutex_unlock(&c->lock);
}

static void *take_care(void *arg)
{
	struct caretaker *c = arg;

	while (!c->stop) {
		prune_once(c);
		sleep_a_day(c);
	}
	return NULL;
}

static void init_locks(struct caretaker *c)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
}

static void caretaker_free(struct caretaker *c)
{
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int caretaker_start(const char *database, const struct config *config, struct caretaker **ret,
	struct err *err)
{
	struct keeping k = keeping_of(config);
	struct caretaker *c;
	sigset_t all, old;
	int r;

	*ret = NULL;
	if (k.records == 0 && k.raw == 0)
		return 0;
	c = xcalloc(1, sizeof(*c));
	c->database = database;
	c->keeping = k;
	init_locks(c);
	sigfillset(&all); /* signals are for the thread that waits for them */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	r = pthread_create(&c->thread, NULL, take_care, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0) {
		caretaker_free(c);
		return FAIL(err, ERR_TEMP, NULL, "no thread can be made: %s", strerror(r));
	}
	*ret = c;
	return 0;
}

void caretaker_stop(struct caretaker *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = 1;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	caretaker_free(c);
}
