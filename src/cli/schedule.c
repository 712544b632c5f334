#include "schedule.h"

#include "day.h"
#include "log.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define RETRY_S 30 /* after the first failure that may pass */
#define CONFIG_RETRY_MOST_S (6 * 3600)
#define LOCK_WAIT_MS (3600 * 1000) /* another program imports */
#define APART_MS 2000		   /* runs of one source, whatever its server says */
#define LASTING_MS 60000 /* a connection that ends later than that is as good as any */
#define LOST_MOST 7	 /* then runs are four minutes apart */
#define CONNECTION_S \
	(6 * 3600) /* then it is made anew: mails that could not be had are asked \
		    * for again */

struct schedule_entry {
	struct schedule *all;
	const struct source_config *config;
	pthread_t thread;
	bool started;
	struct source *source; /* between runs only when it is waited on */
	uint64_t opened_ms;
	uint64_t failures;
	unsigned lost;	 /* connections in a row that ended soon */
	struct err last; /* the failure that was logged last */
};

struct schedule {
	struct importer *importer;
	const struct limits *limits;
	atomic_int stop;
	int wake[2]; /* the first can be read when it is time to stop */
	size_t n;
	struct schedule_entry entries[];
};

uint64_t schedule_pause_s(unsigned every_s, uint64_t failures, bool mends_itself)
{
	uint64_t pause = mends_itself ? RETRY_S : every_s;
	uint64_t most = mends_itself ? every_s : CONFIG_RETRY_MOST_S;

	if (failures == 0)
		return every_s;
	if (most < every_s)
		most = every_s;
	for (uint64_t i = 1; i < failures && pause < most; i++)
		pause *= 2;
	return pause < most ? pause : most;
}

/* Up to a tenth more or less, so that many do not come at the same second. */
static uint64_t with_chance_ms(uint64_t seconds)
{
	uint64_t ms = seconds * 1000, fifth = ms / 5, chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance) || fifth == 0)
		return ms;
	return ms - fifth / 2 + chance % fifth;
}

/* Until the time is over or it is time to stop. */
static void pause_ms(struct schedule *s, uint64_t ms)
{
	uint64_t until = time_monotonic_ms() + ms, now;
	struct pollfd p = { .fd = s->wake[0], .events = POLLIN };

	while (!s->stop && (now = time_monotonic_ms()) < until) {
		uint64_t left = until - now;

		poll(&p, 1, left < 60000 ? (int)left : 60000);
	}
}

static void close_source(struct schedule_entry *e)
{
	source_close(e->source);
	e->source = NULL;
}

static void failed(struct schedule_entry *e, const struct err *err)
{
	enum log_level level = LOG_LEVEL_WARN;

	if (e->failures > 0 && strcmp(e->last.text, err->text) == 0)
		level = LOG_LEVEL_DEBUG;
	e->failures++;
	e->last = *err;
	log_line(level, "import.failed", LOG_STR("source", str_of(e->config->name)),
		LOG_STR("reason", str_of(err->reason)), LOG_INT("failures", e->failures),
		LOG_STR("error", str_of(err->text)));
}

static void run_once(struct schedule_entry *e)
{
	struct schedule *s = e->all;
	struct import_options opt = { .stop = &s->stop, .quiet = true };
	struct import_totals totals = { 0 };
	struct err err = { 0 };
	bool fresh = !e->source;
	int r = importer_enter(s->importer, LOCK_WAIT_MS, &s->stop, &err);

	if (r == 0) {
		r = feed_import(
			s->importer, e->config, s->limits, &opt, &e->source, &totals, &err);
		importer_leave(s->importer);
	}
	if (fresh)
		e->opened_ms = time_monotonic_ms();
	if (r < 0 && s->stop)
		return;
	if (r < 0)
		failed(e, &err);
	else
		e->failures = 0;
}

static bool stays_connected(const struct schedule_entry *e)
{
	return e->source && e->failures == 0 && feed_is_mailbox(e->config) && e->config->idle &&
	       time_monotonic_ms() - e->opened_ms < CONNECTION_S * UINT64_C(1000);
}

/* Until the next run is due. */
static void await_turn(struct schedule_entry *e, uint64_t begun_ms)
{
	struct schedule *s = e->all;
	bool mends_itself = e->last.code == ERR_TEMP || e->last.code == ERR_IO;
	uint64_t pause =
		with_chance_ms(schedule_pause_s(e->config->every_s, e->failures, mends_itself));
	uint64_t spent, apart;
	struct err err = { 0 };

	if (!stays_connected(e)) {
		close_source(e);
		pause_ms(s, pause);
		return;
	}
	if (mailbox_wait(e->source, (unsigned)(pause / 1000), s->wake[0], &err) < 0) {
		/* A connection that ends is no failure; if no other can be made, that is.  But
		 * a server that ends each one soon is not logged into without end. */
		log_line(LOG_LEVEL_DEBUG, "mailbox.lost",
			LOG_STR("source", str_of(e->config->name)),
			LOG_STR("error", str_of(err.text)));
		close_source(e);
		e->lost += e->lost < LOST_MOST;
	}
	spent = time_monotonic_ms() - begun_ms;
	if (spent >= LASTING_MS)
		e->lost = 0;
	apart = (uint64_t)APART_MS << e->lost;
	if (spent < apart)
		pause_ms(s, apart - spent);
}

static void *entry_run(void *arg)
{
	struct schedule_entry *e = arg;

	while (!e->all->stop) {
		uint64_t begun_ms = time_monotonic_ms();

		run_once(e);
		if (!e->all->stop)
			await_turn(e, begun_ms);
	}
	close_source(e);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_thread(struct schedule_entry *e, struct err *err)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	r = pthread_create(&e->thread, NULL, entry_run, e);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0)
		return FAIL(err, ERR_TEMP, NULL, "no thread can be made for source %s: %s",
			e->config->name, strerror(r));
	e->started = true;
	return 0;
}

int schedule_start(const struct config *config, struct importer *imp, struct schedule **ret,
	struct err *err)
{
	struct schedule *s = xcalloc(
		1, sizeof(*s) + (config->source_count + 1) * sizeof(struct schedule_entry));
	int r = 0;

	s->importer = imp;
	s->limits = &config->limits;
	if (pipe2(s->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		free(s);
		return FAIL(err, ERR_TEMP, NULL, "no pipe can be made: %m");
	}
	for (size_t i = 0; r == 0 && i < config->source_count; i++) {
		struct schedule_entry *e = &s->entries[s->n];

		if (config->sources[i].every_s == 0)
			continue;
		*e = (struct schedule_entry){ .all = s, .config = &config->sources[i] };
		s->n++;
		r = start_thread(e, err);
	}
	if (r < 0) {
		schedule_stop(s);
		return r;
	}
	*ret = s;
	return 0;
}

void schedule_stop(struct schedule *s)
{
	if (!s)
		return;
	s->stop = 1;
	while (write(s->wake[1], "", 1) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].started)
			pthread_join(s->entries[i].thread, NULL);
	close(s->wake[0]);
	close(s->wake[1]);
	free(s);
}
