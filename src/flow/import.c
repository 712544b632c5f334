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

static void totals_add(struct import_totals *sum, const struct import_totals *t)
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
	for (size_t i = 0; i < imp->pending_n; i++)
		acknowledge(imp, imp->pending[i].token, -1);
	imp->pending_n = 0;
	imp->batch = (struct import_totals){ 0 };
}

/* Commit, and only then tell the source. */
static int commit(struct import *imp, struct err *err)
{
	int r;

	if (!imp->open)
		return 0;
	r = store_batch_commit(imp->store, err);
	if (r < 0) {
		abandon(imp);
		return r;
	}
	imp->open = false;
	for (size_t i = 0; i < imp->pending_n; i++)
		acknowledge(imp, imp->pending[i].token, imp->pending[i].outcome);
	imp->pending_n = 0;
	totals_add(&imp->sum, &imp->batch);
	imp->batch = (struct import_totals){ 0 };
	return 0;
}

static bool batch_full(const struct import *imp)
{
	if (imp->opt->dry_run)
		return false;
	return imp->pending_n >= imp->batch_inputs ||
	       time_monotonic_ms() - imp->begun_ms >= imp->batch_ms;
}

static int open_batch(struct import *imp, struct err *err)
{
	int r;

	if (imp->open)
		return 0;
	r = store_batch_begin(imp->store, err);
	if (r < 0)
		return r;
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
 * A mail, and a small file, comes into memory at once: what names it, what is found in it and
 * what is kept of it are then the same bytes, even when somebody writes to the file meanwhile.
 * Unpack would bring a mail there anyway; a large file is left to be streamed.
 */
static bool comes_into_memory(const struct import *imp)
{
	const struct blob *b = &imp->mail.content;
	uint64_t most = flow_limits(imp->flow)->mail_size;

	if (!imp->mail.is_mail && most > FILE_IN_MEMORY)
		most = FILE_IN_MEMORY;
	return b->fd >= 0 && b->size_bytes <= most;
}

/* The name of an input: the SHA-256 of its bytes.  Negative, reason read-failed. */
static int name_input(struct import *imp, struct err *why)
{
	struct digest_ctx ctx;
	uint64_t at = 0;
	ssize_t got;

	digest_init(&ctx);
	while ((got = blob_read(&imp->mail.content, at, imp->chunk, DIGEST_CHUNK, why)) > 0) {
		digest_add(&ctx, imp->chunk, (size_t)got);
		at += (uint64_t)got;
	}
	digest_end(&ctx, &imp->sha256);
	if (got < 0)
		why->reason = "read-failed";
	return (int)got;
}

static void set_id(struct import *imp, const struct digest *d)
{
	char hex[2 * DIGEST_BYTES + 1];

	digest_hex(d, hex);
	memcpy(imp->id, hex, MAIL_ID - 1);
}

/* No bytes, no digest: the ledger knows it by its place. */
static int read_nothing(struct import *imp, const struct err *why, struct err *err)
{
	struct digest place = digest_of(imp->mail.locator);

	imp->sha256 = (struct digest){ 0 };
	set_id(imp, &place);
	return entry_refused(imp, NULL, why, err);
}

/* unread: why the source could not read it, or NULL. */
static int read_input(
	struct import *imp, const struct mail *mail, const struct err *unread, struct err *err)
{
	struct err why = { 0 };
	int r;

	imp->mail = *mail;
	imp->any = imp->unread = imp->document = false;
	imp->sink.part = imp->sink.from = imp->sink.subject = imp->sink.message_id = STR_ABSENT;
	imp->batch.read++;
	if (unread)
		return read_nothing(imp, unread, err);
	if ((comes_into_memory(imp) && entry_load(imp, &why) < 0) || name_input(imp, &why) < 0)
		return read_nothing(imp, &why, err);
	set_id(imp, &imp->sha256);
	r = flow_read(imp->flow, &imp->mail, &imp->sink, err);
	assert(r < 0 || imp->any); /* unpack gives at least one document */
	return r;
}

static int one_input(
	struct import *imp, struct mail *mail, const struct err *unread, struct err *err)
{
	int r = open_batch(imp, err);

	if (r == 0)
		r = read_input(imp, mail, unread, err);
	imp->source->ops->drop(imp->source, mail);
	buf_release(&imp->bytes);
	if (r < 0) {
		acknowledge(imp, mail->token, -1);
		abandon(imp);
		return r;
	}
	remember(imp, mail->token);
	return batch_full(imp) ? commit(imp, err) : 0;
}

static void show_progress(const struct import *imp, const struct import_totals *before)
{
	struct import_totals t = *before;

	if (!imp->opt->progress)
		return;
	totals_add(&t, &imp->sum);
	totals_add(&t, &imp->batch);
	imp->opt->progress(imp->opt->progress_arg, &t, imp->source->ops->total(imp->source));
}

static int read_source(struct import *imp, const struct import_totals *before, struct err *err)
{
	for (;;) {
		struct mail mail;
		struct err why = { 0 }, later = { 0 };
		int r;

		if (imp->opt->stop && *imp->opt->stop) {
			imp->batch.interrupted = true;
			break;
		}
		r = imp->source->ops->next(imp->source, &mail, &why);
		if (r < 0) {
			/* What came before it is whole: keep it. */
			if (!imp->opt->dry_run)
				commit(imp, &later);
			*err = why;
			return r;
		}
		if (r == 0)
			break;
		r = one_input(imp, &mail, r == 2 ? &why : NULL, err);
		if (r < 0)
			return r;
		show_progress(imp, before);
	}
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
		.batch_inputs = opt->batch_inputs ? opt->batch_inputs : BATCH_INPUTS,
		.batch_ms = opt->batch_ms ? opt->batch_ms : BATCH_MS,
	};
	entry_sink(&imp->sink);
	imp->chunk = xcalloc(DIGEST_CHUNK, 1);
	buf_init(&imp->bytes, flow_limits(f)->mail_size);
}

static void import_release(struct import *imp)
{
	buf_release(&imp->bytes);
	free(imp->chunk);
	free(imp->pending);
}

static int end_run(struct import *imp, int64_t started_at, int r, const struct err *failed,
	struct err *err)
{
	const struct import_totals *t = &imp->sum;
	struct run_row run = {
		.id = imp->run,
		.started_at = started_at,
		.ended_at = time_now(),
		.source = imp->source->name,
		.inputs = t->inputs,
		.reports = t->reports,
		.records = t->records,
		.messages = t->messages,
	};

	memcpy(run.by_outcome, t->by_outcome, sizeof(run.by_outcome));
	if (r < 0)
		run.error = str_of(failed->text);
	else if (t->interrupted)
		run.error = STR("interrupted");
	return store_run_end(imp->store, &run, err);
}

static void log_done(const struct import *imp)
{
	const struct import_totals *t = &imp->sum;

	log_line(LOG_LEVEL_INFO, "import.done", LOG_STR("source", imp->source->name),
		LOG_INT("run", imp->run), LOG_INT("read", t->read),
		LOG_INT("inputs", t->inputs), LOG_INT("stored", t->by_outcome[OUTCOME_STORED]),
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
		totals_add(&imp->sum, &imp->batch);
	else if (imp->batch.interrupted)
		imp->sum.interrupted = true;
	abandon(imp);
	if (r == 0 && imp->done_failed < 0) {
		*err = imp->done_err;
		r = imp->done_failed;
	}
	return r;
}

int flow_import(struct flow *f, struct store *store, struct source *source,
	const struct import_options *opt, struct import_totals *totals, struct err *err)
{
	struct import imp;
	int64_t started_at = time_now();
	struct err failed = { 0 }, later = { 0 };
	int r = 0, ended = 0;

	import_init(&imp, f, store, source, opt);
	if (!opt->dry_run)
		r = store_run_begin(store, source->name, started_at, &imp.run, &failed);
	if (r == 0) {
		r = run_import(&imp, totals, &failed);
		if (!opt->dry_run)
			ended = end_run(&imp, started_at, r, &failed, &later);
	}
	log_done(&imp);
	totals_add(totals, &imp.sum);
	import_release(&imp);
	if (r == 0 && ended < 0) {
		failed = later;
		r = ended;
	}
	if (r < 0)
		*err = failed;
	return r;
}
