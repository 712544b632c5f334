#include "again.h"

#include "day.h"
#include "entry.h"
#include "log.h"

#define READY_MS 500 /* how soon *stop is seen */

/* Of the kinds of mail only those with a header are known as mails: else the content decides.
 */
static bool was_mail(const struct kept_input *of)
{
	return !str_absent(of->from) || !str_absent(of->subject) || !str_absent(of->message_id);
}

static int stopped(struct err *err)
{
	return FAIL(err, ERR_TEMP, NULL, "It was stopped before the input was read.");
}

static int take(struct import *imp, struct err *err)
{
	int r;

	crew_heed(imp->crew, imp->opt->stop);
	imp->admission = admission_of(
		imp->opt->admissions, imp->opt->admission_count, imp->in->mail.source);
	if (imp->admission)
		crew_believe(imp->crew, imp->admission->receivers);
	crew_submit(imp->crew, &imp->in->mail);
	while (!crew_ready(imp->crew, READY_MS))
		if (imp->opt->stop && *imp->opt->stop)
			break;
	r = crew_take(imp->crew, &imp->sink, err);
	if (r != 0 && imp->document)
		store_abort(imp->store);
	return r > 0 ? stopped(err) : r;
}

/* Through the pipeline, as by an import; what becomes of it is gathered. */
static int read_kept(struct flow *f, struct store *store, const struct kept_input *of,
	const struct import_options *opt, struct gathered *g, struct err *err)
{
	struct input in = { .mail = { .source = of->source,
				    .locator = of->locator,
				    .content = blob_mem(of->bytes),
				    .is_mail = was_mail(of),
				    .arrived_at = of->arrived_at },
		.sha256 = of->sha256 };
	struct import imp = { .gathered = g,
		.flow = f,
		.store = store,
		.opt = opt,
		.in = &in,
		.crew = crew_new(f, opt->workers) };
	int r;

	input_set_id(&in, &in.sha256);
	entry_sink(&imp.sink);
	r = take(&imp, err);
	crew_free(imp.crew);
	return r;
}

static void sum_up(struct gathered *g, struct retry_result *ret)
{
	*ret = (struct retry_result){ .entries = g->entries, .count = g->count };
	for (size_t i = 0; i < g->count; i++) {
		enum outcome outcome = g->entries[i].in.outcome;

		ret->outcome = i ? outcome_worse(ret->outcome, outcome) : outcome;
		ret->changed = ret->changed || g->entries[i].changed;
	}
}

int again_read(struct flow *f, struct store *store, int64_t id,
	const struct import_options *opt, struct arena *a, struct retry_result *ret,
	struct err *err)
{
	struct gathered g = { .arena = a };
	struct kept_input of;
	int r = store_kept(store, id, a, &of, err);

	if (r <= 0)
		return r;
	if (str_absent(of.bytes))
		return FAIL(err, ERR_USAGE, "not-kept",
			"The bytes of input %lld are not kept: it cannot be read again.",
			(long long)id);
	r = read_kept(f, store, &of, opt, &g, err);
	if (r == 0)
		r = store_kept_read(store, &of, g.entries, g.count, time_now(), err);
	if (r < 0)
		return r;
	sum_up(&g, ret);
	log_line(LOG_LEVEL_INFO, "input.retried", LOG_INT("input", (uint64_t)id),
		LOG_STR("locator", of.locator),
		LOG_STR("outcome", str_of(outcome_name(ret->outcome))),
		LOG_STR("changed", ret->changed ? STR("yes") : STR("no")));
	return 1;
}

static int in_batch(struct flow *f, struct store *store, int64_t id,
	const struct import_options *opt, struct arena *a, struct retry_result *ret,
	struct err *err)
{
	int r = store_batch_begin(store, err), found;

	if (r < 0)
		return r;
	found = again_read(f, store, id, opt, a, ret, err);
	if (found <= 0) {
		store_batch_rollback(store);
		return found;
	}
	r = store_batch_commit(store, err);
	return r < 0 ? r : found;
}

int flow_retry(struct flow *f, struct store *store, int64_t id,
	const struct import_options *opt, struct arena *a, struct retry_result *ret,
	struct err *err)
{
	int r;

	if (opt->turn)
		pthread_mutex_lock(opt->turn);
	r = in_batch(f, store, id, opt, a, ret, err);
	if (opt->turn)
		pthread_mutex_unlock(opt->turn);
	return r;
}
