#include "entry.h"

#include "day.h"
#include "log.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_INPUTS 500
#define BATCH_MS 1000
#define DIGEST_CHUNK (64 * 1024)
#define FILE_IN_MEMORY (4 * MIB)
#define LOOK_MS 500 /* how soon *stop is seen */
#define CHECKPOINT_MOST ((uint64_t)64 * MIB)

void import_totals_add(struct import_totals *sum, const struct import_totals *t)
{
	sum->inputs += t->inputs;
	sum->read += t->read;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		sum->by_outcome[i] += t->by_outcome[i];
	sum->reports += t->reports;
	sum->records += t->records;
	sum->messages += t->messages;
	sum->interrupted = sum->interrupted || t->interrupted;
}

/* --- Turns, when several imports share the store --- */

static void take_turn(struct import *imp)
{
	if (imp->opt->turn && !imp->has_turn)
		pthread_mutex_lock(imp->opt->turn);
	imp->has_turn = true;
}

static void give_turn(struct import *imp)
{
	if (imp->opt->turn && imp->has_turn)
		pthread_mutex_unlock(imp->opt->turn);
	imp->has_turn = false;
}

/* --- Batches --- */

static void acknowledge(struct import *imp, void *token, int outcome)
{
	struct err err = { 0 };
	int r = imp->source->ops->done(imp->source, token, outcome, &err);

	if (r >= 0 || imp->done_failed < 0)
		return;
	imp->done_failed = r;
	imp->done_err = err;
}

/* Nothing of the open batch happened. */
static void abandon(struct import *imp)
{
	if (imp->open)
		store_batch_rollback(imp->store);
	imp->open = imp->document = false;
	give_turn(imp);
	for (size_t i = 0; i < imp->pending_n; i++)
		acknowledge(imp, imp->pending[i].token, -1);
	imp->pending_n = 0;
	imp->batch = (struct import_totals){ 0 };
}

/* What the source remembers by, if that is something else than the store has.  In a turn. */
static int put_checkpoint(struct import *imp, struct err *err)
{
	int r;

	if (!imp->source->ops->checkpoint)
		return 0;
	buf_clear(&imp->checkpoint);
	imp->source->ops->checkpoint(imp->source, &imp->checkpoint);
	if (imp->checkpoint.full)
		return FAIL(err, ERR_LIMIT, NULL,
			"what was read of %.*s takes more than %llu bytes to remember: let it "
			"move or "
			"delete mails (done = …)",
			STR_ARGS(imp->source->name), (unsigned long long)CHECKPOINT_MOST);
	if (str_eq(buf_view(&imp->checkpoint), buf_view(&imp->stored_checkpoint)))
		return 0;
	r = store_checkpoint_put(
		imp->store, imp->source->name, buf_view(&imp->checkpoint), time_now(), err);
	if (r == 0) {
		struct buf old = imp->stored_checkpoint;

		imp->stored_checkpoint = imp->checkpoint;
		imp->checkpoint = old;
	}
	return r;
}

/* What is owed after the commit goes into it. */
static int announce(struct import *imp, struct err *err)
{
	for (size_t i = 0; imp->source->ops->settles && i < imp->pending_n; i++)
		imp->source->ops->settles(
			imp->source, imp->pending[i].token, imp->pending[i].outcome);
	return put_checkpoint(imp, err);
}

/* Commit, and only then tell the source. */
static int commit(struct import *imp, struct err *err)
{
	int r;

	if (!imp->open)
		return 0;
	r = announce(imp, err);
	if (r == 0)
		r = store_batch_commit(imp->store, err);
	if (r < 0) {
		buf_clear(&imp->stored_checkpoint); /* whatever it is now */
		abandon(imp);
		return r;
	}
	imp->open = false;
	give_turn(imp);
	for (size_t i = 0; i < imp->pending_n; i++)
		acknowledge(imp, imp->pending[i].token, imp->pending[i].outcome);
	imp->pending_n = 0;
	import_totals_add(&imp->sum, &imp->batch);
	imp->batch = (struct import_totals){ 0 };
	take_turn(imp);
	r = put_checkpoint(imp, err);
	give_turn(imp);
	return r;
}

static bool batch_full(const struct import *imp)
{
	if (imp->opt->dry_run)
		return false;
	return imp->pending_n >= imp->batch_inputs ||
	       time_monotonic_ms() - imp->begun_ms >= imp->batch_ms;
}

/* In a turn. */
static int begin_run(struct import *imp, struct err *err)
{
	return store_run_begin(imp->store, imp->source->name, imp->started_at, &imp->run, err);
}

static int open_batch(struct import *imp, struct err *err)
{
	int r;

	if (imp->open)
		return 0;
	take_turn(imp);
	r = imp->opt->dry_run || imp->run != 0 ? 0 : begin_run(imp, err);
	if (r == 0)
		r = store_batch_begin(imp->store, err);
	if (r < 0) {
		give_turn(imp);
		return r;
	}
	imp->open = true;
	imp->begun_ms = time_monotonic_ms();
	return 0;
}

static void remember(struct import *imp, void *token)
{
	if (imp->opt->dry_run) {
		acknowledge(imp, token, -1);
		return;
	}
	if (imp->pending_n == imp->pending_cap) {
		imp->pending_cap = imp->pending_cap ? 2 * imp->pending_cap : 64;
		imp->pending = xrealloc(imp->pending, imp->pending_cap, sizeof(*imp->pending));
	}
	imp->pending[imp->pending_n++] =
		(struct pending){ token, imp->unread ? -1 : (int)imp->outcome };
}

/* --- Inputs --- */

/*
 * What is small comes into memory at once: what names it, what is found in it and what is kept
 * of it are then the same bytes, even when somebody writes to the file meanwhile.  What is
 * large is left to be streamed, by whoever reads it.
 */
static bool comes_into_memory(const struct mail *mail)
{
	const struct blob *b = &mail->content;

	return b->fd >= 0 && b->size_bytes <= FILE_IN_MEMORY;
}

/* The name of an input: the SHA-256 of its bytes.  Negative, reason read-failed. */
static int name_input(struct import *imp, struct input *in, struct err *why)
{
	struct digest_ctx ctx;
	uint64_t at = 0;
	ssize_t got;

	digest_init(&ctx);
	while ((got = blob_read(&in->mail.content, at, imp->chunk, DIGEST_CHUNK, why)) > 0) {
		digest_add(&ctx, imp->chunk, (size_t)got);
		at += (uint64_t)got;
	}
	digest_end(&ctx, &in->sha256);
	if (got < 0)
		why->reason = "read-failed";
	return (int)got;
}

/* No bytes, no digest: the ledger knows it by its place. */
static void input_unread(struct input *in)
{
	struct digest place = digest_of(in->mail.locator);

	in->unread = true;
	in->sha256 = (struct digest){ 0 };
	input_set_id(in, &place);
}

static struct input *input_of(struct import *imp, uint64_t n)
{
	return &imp->inputs[n % CREW_AHEAD];
}

/* It is on its way.  unread: the source could not read it, and why. */
static void take_in(struct import *imp, const struct mail *mail, const struct err *unread)
{
	struct input *in = input_of(imp, imp->end++);

	*in = (struct input){ .given = *mail, .mail = *mail };
	buf_init(&in->bytes, FILE_IN_MEMORY);
	if (unread)
		in->why = *unread;
	if (unread || (comes_into_memory(mail) && entry_load(in, &in->why) < 0) ||
		name_input(imp, in, &in->why) < 0) {
		input_unread(in);
		return;
	}
	input_set_id(in, &in->sha256);
	in->settled = settled_find(imp->settled, in->mail.locator, &in->sha256, &in->outcome);
	if (!in->settled)
		crew_submit(imp->crew, &in->mail);
}

static void input_out(struct import *imp)
{
	struct input *in = input_of(imp, imp->first++);

	imp->source->ops->drop(imp->source, &in->given);
	buf_release(&in->bytes);
}

/* Those that are on their way: nothing became of them. */
static void forget_inputs(struct import *imp)
{
	crew_forget(imp->crew);
	while (imp->first < imp->end) {
		void *token = input_of(imp, imp->first)->given.token;

		input_out(imp);
		acknowledge(imp, token, -1);
	}
}

static int read_input(struct import *imp, struct err *err)
{
	int r;

	imp->in = input_of(imp, imp->first);
	imp->any = imp->unread = imp->document = false;
	imp->sink.part = imp->sink.from = imp->sink.subject = imp->sink.message_id = STR_ABSENT;
	imp->batch.read++;
	if (imp->in->settled) {
		imp->outcome = imp->in->outcome;
		imp->settled_n++;
		return 0;
	}
	if (imp->in->unread)
		return entry_refused(imp, NULL, &imp->in->why, err);
	r = crew_take(imp->crew, &imp->sink, err);
	assert(r != 0 || imp->any); /* there is one document at least */
	return r;
}

/*
 * Stopped in the middle of an input: those before it in the batch stay.  But what was found in
 * it already cannot be taken out alone.
 */
static int leave_input(struct import *imp)
{
	bool untouched = !imp->any;

	if (untouched && imp->document)
		store_abort(imp->store);
	imp->document = false;
	imp->batch.read--;
	forget_inputs(imp);
	if (!untouched)
		abandon(imp);
	imp->batch.interrupted = true;
	return 0;
}

/* The first input into the batch. */
static int one_input(struct import *imp, struct err *err)
{
	void *token = input_of(imp, imp->first)->given.token;
	int r = open_batch(imp, err);

	if (r == 0)
		r = read_input(imp, err);
	if (r > 0)
		return leave_input(imp);
	if (r < 0) {
		forget_inputs(imp);
		abandon(imp);
		return r;
	}
	input_out(imp);
	remember(imp, token);
	return batch_full(imp) ? commit(imp, err) : 0;
}

static void show_progress(const struct import *imp, const struct import_totals *before)
{
	struct import_totals t = *before;

	if (!imp->opt->progress)
		return;
	import_totals_add(&t, &imp->sum);
	import_totals_add(&t, &imp->batch);
	imp->opt->progress(imp->opt->progress_arg, &t, imp->source->ops->total(imp->source));
}

static bool stopping(const struct import *imp)
{
	return imp->opt->stop && *imp->opt->stop;
}

/* How long the source may be waited for at once: a batch is not kept open for it. */
static unsigned patience_ms(const struct import *imp)
{
	uint64_t spent = time_monotonic_ms() - imp->begun_ms;

	if (!imp->open || imp->opt->dry_run)
		return LOOK_MS;
	if (spent >= imp->batch_ms)
		return 0;
	return imp->batch_ms - spent < LOOK_MS ? (unsigned)(imp->batch_ms - spent) : LOOK_MS;
}

/* Until next will not wait: 1; 0: stop, negative: the store failed. */
static int await_input(struct import *imp, struct err *err)
{
	while (!stopping(imp)) {
		int r = 0;

		if (!imp->source->ops->ready ||
			imp->source->ops->ready(imp->source, patience_ms(imp)))
			return 1;
		if (imp->open && batch_full(imp))
			r = commit(imp, err);
		if (r < 0)
			return r;
	}
	imp->batch.interrupted = true;
	return 0;
}

/* The next of the source is on its way; or there is none. */
static void next_input(struct import *imp)
{
	struct mail mail;
	struct err why = { 0 };
	int r = imp->source->ops->next(imp->source, &mail, &why);

	if (r < 0)
		imp->source_err = why;
	if (r <= 0)
		imp->source_ended = true;
	else
		take_in(imp, &mail, r == 2 ? &why : NULL);
}

static bool has_room(const struct import *imp)
{
	uint64_t most = imp->opt->workers > 0 ? CREW_AHEAD : 1;

	return !imp->source_ended && imp->end - imp->first < most && crew_has_room(imp->crew);
}

/* As many inputs on their way as may be and are there; at least one, if there is.  1, 0 there
 * is none, negative. */
static int gather(struct import *imp, struct err *err)
{
	int r = 1;

	if (imp->first == imp->end && !imp->source_ended)
		r = await_input(imp, err);
	if (r <= 0)
		return r;
	while (has_room(imp) && !stopping(imp) &&
		(imp->first == imp->end || !imp->source->ops->ready ||
			imp->source->ops->ready(imp->source, 0)))
		next_input(imp);
	return imp->first < imp->end;
}

/* Until the result of the first input begins to come, or somebody wants to stop, without an
 * open batch beyond its time. */
static int await_result(struct import *imp, struct err *err)
{
	const struct input *in = input_of(imp, imp->first);

	while (!stopping(imp) && !in->unread && !in->settled &&
		!crew_ready(imp->crew, patience_ms(imp))) {
		int r = imp->open && batch_full(imp) ? commit(imp, err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* The source failed.  What came before that is whole: keep it. */
static int source_failed(struct import *imp, struct err *err)
{
	struct err later = { 0 };

	if (!imp->opt->dry_run)
		commit(imp, &later);
	*err = imp->source_err;
	return err->code;
}

static int read_source(struct import *imp, const struct import_totals *before, struct err *err)
{
	int r;

	while ((r = gather(imp, err)) > 0) {
		r = await_result(imp, err);
		if (r == 0 && stopping(imp)) {
			imp->batch.interrupted = true;
			break;
		}
		if (r == 0)
			r = one_input(imp, err);
		if (r < 0)
			return r;
		if (imp->batch.interrupted)
			break;
		show_progress(imp, before);
	}
	if (r < 0)
		return r;
	if (imp->source_err.code < 0)
		return source_failed(imp, err);
	return imp->opt->dry_run ? 0 : commit(imp, err);
}

/* --- The run --- */

static void import_init(struct import *imp, struct flow *f, struct store *store,
	struct source *source, const struct import_options *opt)
{
	*imp = (struct import){
		.flow = f,
		.store = store,
		.source = source,
		.opt = opt,
		.started_at = time_now(),
		.batch_inputs = opt->batch_inputs ? opt->batch_inputs : BATCH_INPUTS,
		.batch_ms = opt->batch_ms ? opt->batch_ms : BATCH_MS,
	};
	entry_sink(&imp->sink);
	imp->chunk = xcalloc(DIGEST_CHUNK, 1);
	imp->crew = crew_new(f, opt->workers);
	crew_heed(imp->crew, opt->stop);
	imp->admission = admission_of(opt->admissions, opt->admission_count, source->name);
	if (imp->admission)
		crew_believe(imp->crew, imp->admission->receivers);
	buf_init(&imp->checkpoint, CHECKPOINT_MOST);
	buf_init(&imp->stored_checkpoint, CHECKPOINT_MOST);
}

static void import_release(struct import *imp)
{
	crew_free(imp->crew);
	buf_release(&imp->checkpoint);
	buf_release(&imp->stored_checkpoint);
	settled_free(imp->settled);
	free(imp->chunk);
	free(imp->pending);
}

/* A run without any input: does it tell something new? */
static int tells_news(struct import *imp, const struct run_row *run, bool *ret, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	struct import_row before;
	int r;

	arena_init(&a);
	*ret = !imp->opt->quiet;
	if (*ret)
		return 0;
	r = store_import_state(imp->store, run->source, &a, &before, err);
	if (r == 0)
		*ret = true;
	else if (run->end == RUN_DONE)
		*ret = before.failures > 0;
	else if (run->end == RUN_FAILED)
		*ret = before.failures == 0 || !str_eq(before.error, run->error);
	return r < 0 ? r : 0;
}

/* In a turn. */
static int put_run(struct import *imp, struct run_row *run, struct err *err)
{
	bool news = false;
	int r = imp->run != 0 ? 0 : tells_news(imp, run, &news, err);

	if (r == 0 && news)
		r = begin_run(imp, err);
	run->id = imp->run;
	return r < 0 ? r : store_run_end(imp->store, run, err);
}

static int end_run(struct import *imp, int r, const struct err *failed, struct err *err)
{
	const struct import_totals *t = &imp->sum;
	struct run_row run = {
		.started_at = imp->started_at,
		.ended_at = time_now(),
		.source = imp->source->name,
		.inputs = t->inputs,
		.reports = t->reports,
		.records = t->records,
		.messages = t->messages,
		.end = r < 0		? RUN_FAILED
		       : t->interrupted ? RUN_INTERRUPTED
					: RUN_DONE,
	};
	int ended;

	memcpy(run.by_outcome, t->by_outcome, sizeof(run.by_outcome));
	if (run.end == RUN_FAILED) {
		run.error = str_of(failed->text);
		run.reason = failed->reason;
	} else if (run.end == RUN_INTERRUPTED) {
		run.error = STR("interrupted");
	}
	take_turn(imp);
	ended = put_run(imp, &run, err);
	give_turn(imp);
	return ended;
}

static void log_done(const struct import *imp)
{
	const struct import_totals *t = &imp->sum;

	log_line(LOG_LEVEL_INFO, "import.done", LOG_STR("source", imp->source->name),
		LOG_INT("run", imp->run), LOG_INT("read", t->read),
		LOG_INT("settled", imp->settled_n), LOG_INT("inputs", t->inputs),
		LOG_INT("stored", t->by_outcome[OUTCOME_STORED]),
		LOG_INT("duplicate", t->by_outcome[OUTCOME_DUPLICATE]),
		LOG_INT("ignored", t->by_outcome[OUTCOME_IGNORED]),
		LOG_INT("rejected", t->by_outcome[OUTCOME_REJECTED]),
		LOG_INT("reports", t->reports), LOG_INT("records", t->records),
		LOG_INT("messages", t->messages));
}

/* Read all; a dry run counts, and then takes everything back. */
static int run_import(struct import *imp, const struct import_totals *before, struct err *err)
{
	int r = read_source(imp, before, err);

	if (imp->opt->dry_run && r == 0)
		import_totals_add(&imp->sum, &imp->batch);
	else if (imp->batch.interrupted)
		imp->sum.interrupted = true;
	forget_inputs(imp);
	abandon(imp);
	if (r == 0 && imp->done_failed < 0) {
		*err = imp->done_err;
		r = imp->done_failed;
	}
	return r;
}

/* Something may have been learnt without a single input (mails are gone, a folder was made
 * anew), or been done after the last one. */
static int last_checkpoint(struct import *imp, struct err *err)
{
	int r;

	take_turn(imp);
	r = put_checkpoint(imp, err);
	give_turn(imp);
	return r;
}

/*
 * A run that is to be listed in any case is there from its beginning.  What one before it that
 * did not come to its end had settled is not read again; a source with a checkpoint knows that
 * itself, and who is told of each input (an upload) has an answer to his own.
 */
static int start_run(struct import *imp, struct err *err)
{
	int r = 0;

	take_turn(imp);
	if (!imp->source->ops->checkpoint && !imp->opt->told)
		r = store_settled(imp->store, imp->source->name, &imp->settled, err);
	if (r == 0 && !imp->opt->quiet && !imp->opt->dry_run)
		r = begin_run(imp, err);
	give_turn(imp);
	return r;
}

int flow_import(struct flow *f, struct store *store, struct source *source,
	const struct import_options *opt, struct import_totals *totals, struct err *err)
{
	struct import imp;
	struct err failed = { 0 }, later = { 0 };
	int r, ended = 0;

	import_init(&imp, f, store, source, opt);
	r = start_run(&imp, &failed);
	if (r == 0) {
		r = run_import(&imp, totals, &failed);
		if (!opt->dry_run) {
			ended = last_checkpoint(&imp, &later);
			if (ended == 0)
				ended = end_run(&imp, r, &failed, &later);
		}
	}
	log_done(&imp);
	import_totals_add(totals, &imp.sum);
	import_release(&imp);
	if (r == 0 && ended < 0) {
		failed = later;
		r = ended;
	}
	if (r < 0)
		*err = failed;
	return r;
}

int flow_import_failed(struct store *store, struct str source, const struct import_options *opt,
	const struct err *why, struct err *err)
{
	struct source unopened = { .name = source };
	struct import imp = {
		.store = store, .source = &unopened, .opt = opt, .started_at = time_now()
	};

	assert(why->code < 0);
	return opt->dry_run ? 0 : end_run(&imp, why->code, why, err);
}
