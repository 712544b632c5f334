#include "importer.h"

#include "crew.h"
#include "day.h"
#include "keeping.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 200 /* how often the lock is tried, and *stop seen */

struct importer {
	const char *database;
	struct flow *flow;
	const struct admission *admissions;
	size_t admission_count;
	pthread_mutex_t gate; /* of the two below */
	struct store *store;  /* while somebody is in */
	unsigned inside;
	uint64_t keep_s;      /* 0: for ever */
	pthread_mutex_t turn; /* of batches: who uses flow and store */
};

int importer_new(const char *database, const struct limits *limits, const char *psl_file,
	struct importer **ret, struct err *err)
{
	struct importer *imp;
	struct flow *flow;
	int r = flow_new(limits, psl_file, &flow, err);

	if (r < 0)
		return r;
	imp = xcalloc(1, sizeof(*imp));
	imp->database = database;
	imp->flow = flow;
	pthread_mutex_init(&imp->gate, NULL);
	pthread_mutex_init(&imp->turn, NULL);
	*ret = imp;
	return 0;
}

void importer_free(struct importer *imp)
{
	if (!imp)
		return;
	assert(imp->inside == 0);
	flow_free(imp->flow);
	pthread_mutex_destroy(&imp->gate);
	pthread_mutex_destroy(&imp->turn);
	free(imp);
}

void importer_admit(struct importer *imp, const struct admission *all, size_t count)
{
	imp->admissions = all;
	imp->admission_count = count;
}

/* What all imports of this program have in common. */
static void share(struct importer *imp, struct import_options *opt)
{
	opt->turn = &imp->turn;
	opt->admissions = imp->admissions;
	opt->admission_count = imp->admission_count;
}

struct str importer_psl_version(const struct importer *imp)
{
	return flow_psl_version(imp->flow);
}

void importer_keep(struct importer *imp, uint64_t keep_s)
{
	imp->keep_s = keep_s;
}

static int open_store(struct importer *imp, struct err *err)
{
	struct keeping k = { .records = imp->keep_s };
	int r = store_open(imp->database, STORE_WRITE, 0, &imp->store, err);

	if (r == 0)
		store_keep(imp->store, keeping_ages(&k, time_now()).records_from);
	return r;
}

/* Go in now, or not at all. */
static int try_to_enter(struct importer *imp, struct err *err)
{
	int r = 0;

	pthread_mutex_lock(&imp->gate);
	if (!imp->store)
		r = open_store(imp, err);
	if (r == 0)
		imp->inside++;
	pthread_mutex_unlock(&imp->gate);
	return r;
}

int importer_enter(
	struct importer *imp, unsigned wait_ms, const atomic_int *stop, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	uint64_t until = time_monotonic_ms() + wait_ms;
	int r;

	while ((r = try_to_enter(imp, err)) < 0) {
		if (!err->reason || strcmp(err->reason, "locked") != 0)
			return r;
		if (time_monotonic_ms() >= until || (stop && *stop))
			return r;
		nanosleep(&pause, NULL);
	}
	return 0;
}

void importer_leave(struct importer *imp)
{
	pthread_mutex_lock(&imp->gate);
	assert(imp->inside > 0);
	if (--imp->inside == 0) {
		store_close(imp->store);
		imp->store = NULL;
	}
	pthread_mutex_unlock(&imp->gate);
}

/* Of somebody who is in: it stays open as long. */
static struct store *store_of(struct importer *imp)
{
	struct store *store;

	pthread_mutex_lock(&imp->gate);
	store = imp->store;
	pthread_mutex_unlock(&imp->gate);
	assert(store);
	return store;
}

int importer_checkpoint(struct importer *imp, struct str source, struct arena *a,
	struct str *ret, struct err *err)
{
	struct store *store = store_of(imp);
	int r;

	*ret = STR_ABSENT;
	pthread_mutex_lock(&imp->turn);
	r = store_checkpoint_get(store, source, a, ret, err);
	pthread_mutex_unlock(&imp->turn);
	return r < 0 ? r : 0;
}

int importer_run(struct importer *imp, struct source *source, struct import_options opt,
	struct import_totals *totals, struct err *err)
{
	share(imp, &opt);
	pthread_mutex_lock(&imp->gate);
	/* Imports that come later find that each has one. */
	opt.workers = imp->inside > 1 ? 1 : crew_workers();
	pthread_mutex_unlock(&imp->gate);
	return flow_import(imp->flow, store_of(imp), source, &opt, totals, err);
}

int importer_reparse(struct importer *imp, struct reparse_options opt,
	struct reparse_totals *ret, struct err *err)
{
	opt.workers = crew_workers();
	opt.admissions = imp->admissions;
	opt.admission_count = imp->admission_count;
	return flow_reparse(imp->flow, store_of(imp), &opt, ret, err);
}

int importer_retry(struct importer *imp, int64_t input, struct import_options opt,
	struct arena *a, struct retry_result *ret, struct err *err)
{
	share(imp, &opt);
	opt.workers = 1;
	return flow_retry(imp->flow, store_of(imp), input, &opt, a, ret, err);
}

int importer_failed(struct importer *imp, struct str source, struct import_options opt,
	const struct err *why, struct err *err)
{
	share(imp, &opt);
	return flow_import_failed(store_of(imp), source, &opt, why, err);
}
