#include "again.h"
#include "crew.h"
#include "day.h"
#include "log.h"
#include "note.h"
#include "xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MS 1000
#define BATCH_ITEMS 500
#define READY_MS 500	      /* how soon *stop is seen */
#define IN_MEMORY (512 * KIB) /* a larger original goes through a file */
#define COPY_BYTES (64 * KIB)

const char *reparsed_name(enum reparsed kind)
{
	static const char *const names[] = {
#define KIND(symbol, name) name,
		REPARSED_KINDS(KIND)
#undef KIND
	};

	return names[kind];
}

/* A report on its way. */
struct item {
	int64_t id;
	bool original; /* it is with the workers; else it is judged from its rows */
	char *bytes;   /* of the original, or: */
	FILE *file;
};

struct reparse {
	struct sink sink; /* first */
	struct flow *flow;
	struct store *store;
	const struct reparse_options *opt;
	struct crew *crew;
	struct item items[CREW_AHEAD];
	uint64_t first, end; /* numbers of items */
	struct report_range range;
	bool range_ended;
	struct arena arena; /* of one report or input */

	bool open; /* a batch is */
	uint64_t begun_ms, in_batch;
	struct reparse_totals batch, sum;
	uint64_t done, total;

	/* The report whose result is taken. */
	int64_t id;
	bool begun;	    /* it is open in the store */
	bool ended;	    /* its document was read to the end */
	struct err refused; /* code 0: not */
	struct revised revised;
};

/* --- Batches --- */

static void totals_add(struct reparse_totals *sum, const struct reparse_totals *t)
{
	sum->reports += t->reports;
	sum->same += t->same;
	sum->by_rows += t->by_rows;
	sum->inputs += t->inputs;
	sum->inputs_same += t->inputs_same;
	for (int i = 0; i < REPARSED_COUNT; i++)
		sum->kinds[i] += t->kinds[i];
	for (int i = 0; i < REVISION_COUNT; i++)
		sum->changes[i] += t->changes[i];
}

static int open_batch(struct reparse *p, struct err *err)
{
	int r = p->open ? 0 : store_batch_begin(p->store, err);

	if (r < 0 || p->open)
		return r;
	p->open = true;
	p->begun_ms = time_monotonic_ms();
	p->in_batch = 0;
	return 0;
}

/* Is there anything to be written? */
static bool changed(const struct reparse *p)
{
	/* That an input was tried again is written too. */
	uint64_t n = p->batch.inputs;

	for (int i = 0; i < REPARSED_COUNT; i++)
		n += p->batch.kinds[i];
	return n > 0;
}

static int close_batch(struct reparse *p, struct err *err)
{
	int r = 0;

	if (!p->open)
		return 0;
	if (p->opt->dry_run || !changed(p))
		store_batch_rollback(p->store);
	else
		r = store_batch_commit(p->store, err);
	p->open = false;
	if (r == 0)
		totals_add(&p->sum, &p->batch);
	p->batch = (struct reparse_totals){ 0 };
	return r;
}

/* One thing more is in the batch. */
static int count_one(struct reparse *p, struct err *err)
{
	uint64_t most_ms = p->opt->batch_ms ? p->opt->batch_ms : BATCH_MS;

	p->done++;
	if (p->opt->progress)
		p->opt->progress(p->opt->arg, p->done, p->total);
	if (++p->in_batch < BATCH_ITEMS && time_monotonic_ms() - p->begun_ms < most_ms)
		return 0;
	return close_batch(p, err);
}

static void tell(struct reparse *p, const struct reparsed_one *one)
{
	p->batch.kinds[one->kind]++;
	if (p->opt->told)
		p->opt->told(p->opt->arg, one);
}

static bool stopping(const struct reparse *p)
{
	return p->opt->stop && *p->opt->stop;
}

/* --- The sink: into the store, beside the stored report --- */

static int reparse_begin(struct sink *s, const struct report *r, struct err *err)
{
	struct reparse *p = (struct reparse *)s;

	p->begun = true;
	return store_begin_again(p->store, r, p->id, err);
}

static int reparse_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	(void)r;
	return store_add(((struct reparse *)s)->store, rec, v, err);
}

static bool of_container(const struct note *n)
{
	return str_eq(n->code, str_of(note_name(NOTE_CONTAINER_NESTED))) ||
	       str_eq(n->code, str_of(note_name(NOTE_CONTAINER_TRAILING)));
}

/* What is kept of a report is its XML: what was noted of its container stands in the store. */
static int with_container(struct reparse *p, struct report *r, struct err *err)
{
	struct report_row row = { 0 };
	struct note *notes;
	int rc = store_report(p->store, p->id, &p->arena, &row, err);

	if (rc <= 0)
		return rc;
	notes = ARENA_ARRAY(&p->arena, struct note, r->note_count + row.report.note_count + 1);
	for (size_t i = 0; i < r->note_count; i++)
		notes[i] = r->notes[i];
	for (size_t i = 0; i < row.report.note_count; i++)
		if (of_container(&row.report.notes[i]))
			notes[r->note_count++] = row.report.notes[i];
	r->notes = notes;
	return 0;
}

static int reparse_end(struct sink *s, const struct report *report,
	const struct report_totals *t, const struct digest *document, struct err *err)
{
	struct reparse *p = (struct reparse *)s;
	struct report r = *report;
	int rc = with_container(p, &r, err);

	(void)t;
	(void)document;
	if (rc == 0)
		rc = store_revise(p->store, &r, &p->revised, err);
	if (rc < 0)
		return rc;
	p->begun = false;
	p->ended = true;
	return 0;
}

static void drop_document(struct reparse *p)
{
	if (p->begun)
		store_abort(p->store);
	p->begun = false;
}

static int reparse_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct reparse *p = (struct reparse *)s;

	(void)partial;
	(void)err;
	drop_document(p);
	p->refused = *why;
	return 0;
}

static void reparse_undo(struct sink *s)
{
	drop_document((struct reparse *)s);
}

/* --- From its rows --- */

/* 1 all of them, 0 the sink does not take one, negative. */
static int judge_rows(
	struct reparse *p, struct rows *rows, const struct policy *policy, struct err *err)
{
	CLEANUP(arena)
	struct arena one;
	struct record_row row;
	int r;

	arena_init(&one);
	while ((r = rows_record(rows, &row, err)) > 0) {
		struct verdict v;

		arena_reset(&one);
		flow_judge(p->flow, &one, policy, &row.record, &v);
		r = store_add(p->store, &row.record, &v, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* The verdicts alone: nothing else can be known again. */
static int read_rows(struct reparse *p, struct err *err)
{
	struct report_row row = { 0 };
	struct rows *rows = NULL;
	int r = store_report(p->store, p->id, &p->arena, &row, err);

	if (r <= 0)
		return r;
	p->batch.by_rows++;
	p->begun = true;
	r = store_begin_again(p->store, &row.report, p->id, err);
	if (r == 0)
		r = store_report_records(p->store, p->id, &rows, err);
	if (r == 0) {
		r = judge_rows(p, rows, &row.report.policy, err);
		rows_close(rows);
	}
	if (r == 0)
		r = store_revise(p->store, &row.report, &p->revised, err);
	if (r < 0)
		return r;
	p->begun = false;
	p->ended = true;
	return 0;
}

/* --- What became of a report --- */

static void tell_failed(struct reparse *p)
{
	const struct reparsed_one one = { .kind = REPARSED_FAILED,
		.report = p->id,
		.reason = p->refused.reason,
		.detail = str_of(p->refused.text) };

	tell(p, &one);
	log_line(LOG_LEVEL_WARN, "report.unreadable", LOG_INT("report", (uint64_t)p->id),
		LOG_STR("reason", str_of(p->refused.reason)), LOG_STR("detail", one.detail));
}

static void tell_revised(struct reparse *p)
{
	const struct revised *v = &p->revised;
	struct reparsed_one one = { .kind = REPARSED_CHANGED,
		.report = p->id,
		.changes = v->changes,
		.detail = STR_ABSENT };

	if (v->as == REVISED_SAME) {
		p->batch.same += p->refused.code == 0;
		return;
	}
	for (int i = 0; i < REVISION_COUNT; i++)
		p->batch.changes[i] += v->as == REVISED_CHANGED && v->changes & 1U << i;
	if (v->as == REVISED_MERGED) {
		one.kind = REPARSED_MERGED;
		one.into = v->report;
	}
	tell(p, &one);
	log_line(LOG_LEVEL_INFO, v->as == REVISED_MERGED ? "report.merged" : "report.changed",
		LOG_INT("report", (uint64_t)p->id), LOG_INT("into", (uint64_t)one.into));
}

/* The first item into the batch. */
static int take_item(struct reparse *p, const struct item *item, struct err *err)
{
	int r = open_batch(p, err);

	arena_reset(&p->arena);
	p->id = item->id;
	p->begun = p->ended = false;
	p->refused = (struct err){ 0 };
	p->revised = (struct revised){ 0 };
	if (r == 0 && item->original)
		r = crew_take(p->crew, &p->sink, err);
	if (r > 0 && p->ended) /* stopped, but not before it was whole */
		r = 0;
	if (r == 0 && !p->ended)
		r = read_rows(p, err);
	if (r != 0) {
		drop_document(p);
		return r;
	}
	if (!p->ended) /* another one has taken its place meanwhile */
		return count_one(p, err);
	p->batch.reports++;
	if (p->refused.code < 0)
		tell_failed(p);
	tell_revised(p);
	return count_one(p, err);
}

/* --- Originals on their way --- */

static void item_release(struct item *item)
{
	free(item->bytes);
	if (item->file)
		fclose(item->file);
	*item = (struct item){ 0 };
}

static int into_memory(
	struct item *item, struct reader *r, uint64_t size, struct blob *ret, struct err *err)
{
	ssize_t n;

	item->bytes = xcalloc(size + 1, 1);
	n = reader_fill(r, item->bytes, size, err);
	if (n < 0)
		return (int)n;
	*ret = blob_mem(str_make(item->bytes, (size_t)n));
	return 0;
}

static int into_file(struct item *item, struct reader *r, struct blob *ret, struct err *err)
{
	CLEANUP(free)
	char *chunk = xcalloc(COPY_BYTES, 1);
	uint64_t size = 0;
	ssize_t n;

	item->file = tmpfile();
	if (!item->file)
		return FAIL(err, ERR_TEMP, NULL,
			"there is no room for a temporary file: set TMPDIR to a folder that "
			"has some");
	while ((n = reader_read(r, chunk, COPY_BYTES, err)) > 0) {
		if (fwrite(chunk, 1, (size_t)n, item->file) != (size_t)n)
			return FAIL(err, ERR_TEMP, NULL, "a temporary file cannot be written");
		size += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	if (fflush(item->file) != 0)
		return FAIL(err, ERR_TEMP, NULL, "a temporary file cannot be written");
	*ret = (struct blob){ .fd = fileno(item->file), .size_bytes = size };
	return 0;
}

/* 1 *ret is its original, 0 it is not kept, negative. */
static int load_original(
	struct reparse *p, struct item *item, struct blob *ret, struct err *err)
{
	struct report_row row = { 0 };
	struct raw *raw;
	int r = store_report(p->store, item->id, &p->arena, &row, err);

	if (r > 0)
		r = store_raw_open(p->store, item->id, &raw, err);
	if (r <= 0)
		return r;
	r = row.raw_bytes <= IN_MEMORY
		    ? into_memory(item, raw_reader(raw), row.raw_bytes, ret, err)
		    : into_file(item, raw_reader(raw), ret, err);
	store_raw_close(raw);
	/* A damaged original is none; `ruad db verify` finds it. */
	if (r == ERR_IO)
		return 0;
	return r < 0 ? r : 1;
}

static int submit(struct reparse *p, int64_t id, struct err *err)
{
	struct item *item = &p->items[p->end++ % CREW_AHEAD];
	struct mail mail = { .source = STR("reparse"), .locator = STR("") };
	int r;

	*item = (struct item){ .id = id };
	r = load_original(p, item, &mail.content, err);
	if (r < 0)
		return r;
	item->original = r > 0;
	if (item->original)
		crew_submit(p->crew, &mail);
	return 0;
}

static bool has_room(const struct reparse *p)
{
	uint64_t most = p->opt->workers > 0 ? CREW_AHEAD : 1;

	return !p->range_ended && p->end - p->first < most && crew_has_room(p->crew);
}

static int fill(struct reparse *p, struct err *err)
{
	int64_t id;
	int r = 0;

	while (r == 0 && has_room(p)) {
		int n = store_report_ids(p->store, &p->range, &id, 1, err);

		arena_reset(&p->arena);
		if (n < 0)
			return n;
		if (n == 0) {
			p->range_ended = true;
			break;
		}
		p->range.after = id;
		r = submit(p, id, err);
	}
	return r;
}

/* Until the first result comes, without a transaction that is open for too long. */
static int await(struct reparse *p, const struct item *item, struct err *err)
{
	int r = 0;

	while (r == 0 && item->original && !stopping(p) && !crew_ready(p->crew, READY_MS))
		r = close_batch(p, err);
	return r;
}

static int read_reports(struct reparse *p, struct err *err)
{
	int r;

	while ((r = fill(p, err)) == 0 && p->first < p->end) {
		struct item *item = &p->items[p->first % CREW_AHEAD];

		r = await(p, item, err);
		if (r == 0 && !stopping(p))
			r = take_item(p, item, err);
		if (r != 0 || stopping(p))
			break;
		item_release(item);
		p->first++;
	}
	if (r > 0 || stopping(p))
		p->sum.interrupted = true;
	crew_forget(p->crew);
	for (; p->first < p->end; p->first++)
		item_release(&p->items[p->first % CREW_AHEAD]);
	return r < 0 ? r : 0;
}

/* --- Rejected inputs --- */

static void tell_input(struct reparse *p, int64_t id, const struct retry_result *result)
{
	struct reparsed_one one = {
		.kind = REPARSED_ANOTHER, .input = id, .detail = STR_ABSENT
	};

	for (size_t i = 0; i < result->count; i++) {
		const struct input_entry *e = &result->entries[i].in;

		if (!result->entries[i].changed)
			continue;
		if (e->report != 0) {
			one.kind = REPARSED_ACCEPTED;
			one.report = e->report;
		}
		one.reason = e->reason;
		one.detail = e->detail;
	}
	tell(p, &one);
}

static int read_input(struct reparse *p, int64_t id, struct err *err)
{
	const struct import_options opt = { .stop = p->opt->stop,
		.workers = p->opt->workers > 0,
		.admissions = p->opt->admissions,
		.admission_count = p->opt->admission_count };
	struct retry_result result = { 0 };
	int r = open_batch(p, err);

	arena_reset(&p->arena);
	if (r == 0)
		r = again_read(p->flow, p->store, id, &opt, &p->arena, &result, err);
	if (r <= 0)
		return r;
	p->batch.inputs++;
	if (result.changed)
		tell_input(p, id, &result);
	else
		p->batch.inputs_same++;
	return count_one(p, err);
}

static int64_t inputs_since(const struct reparse *p)
{
	return p->opt->since_day == INT64_MIN ? INT64_MIN : day_start(p->opt->since_day);
}

/* Stopped in the middle of an input, of which some may be in the batch. */
static int abandon(struct reparse *p)
{
	store_batch_rollback(p->store);
	p->open = false;
	p->batch = (struct reparse_totals){ 0 };
	p->sum.interrupted = true;
	return 0;
}

static int read_inputs(struct reparse *p, struct err *err)
{
	int64_t id = 0;
	int r;

	while ((r = store_kept_next(p->store, id, inputs_since(p), &id, err)) > 0) {
		if (stopping(p)) {
			p->sum.interrupted = true;
			return 0;
		}
		r = read_input(p, id, err);
		if (r < 0)
			return stopping(p) ? abandon(p) : r;
	}
	return r;
}

/* --- In all --- */

static bool wants_inputs(const struct reparse_options *opt)
{
	return str_absent(opt->domain) && opt->report == 0;
}

/* What there is to do. */
static int look(struct reparse *p, struct err *err)
{
	uint64_t inputs = 0;
	int r = 0;

	p->range = (struct report_range){
		.domain = p->opt->domain, .since_day = p->opt->since_day, .last = p->opt->report
	};
	if (p->opt->report != 0)
		p->range.after = p->opt->report - 1;
	else
		r = store_report_last(p->store, &p->range.last, err);
	if (r == 0)
		r = store_report_count(p->store, &p->range, &p->total, err);
	if (r == 0 && wants_inputs(p->opt))
		r = store_kept_count(p->store, inputs_since(p), &inputs, err);
	p->total += inputs;
	return r;
}

static void log_done(const struct reparse *p)
{
	const struct reparse_totals *t = &p->sum;

	log_line(LOG_LEVEL_INFO, "reparse.done", LOG_INT("reports", t->reports),
		LOG_INT("same", t->same), LOG_INT("changed", t->kinds[REPARSED_CHANGED]),
		LOG_INT("merged", t->kinds[REPARSED_MERGED]),
		LOG_INT("failed", t->kinds[REPARSED_FAILED]), LOG_INT("inputs", t->inputs),
		LOG_INT("accepted", t->kinds[REPARSED_ACCEPTED]));
}

int flow_reparse(struct flow *f, struct store *store, const struct reparse_options *opt,
	struct reparse_totals *ret, struct err *err)
{
	struct reparse *p = xcalloc(1, sizeof(*p));
	int r;

	*p = (struct reparse){ .sink = { .begin = reparse_begin,
				       .record = reparse_record,
				       .end = reparse_end,
				       .refused = reparse_refused,
				       .undo = reparse_undo },
		.flow = f,
		.store = store,
		.opt = opt,
		.crew = crew_new(f, opt->workers) };
	arena_init(&p->arena);
	crew_heed(p->crew, opt->stop);
	r = look(p, err);
	if (r == 0)
		r = read_reports(p, err);
	if (r == 0 && !p->sum.interrupted && wants_inputs(opt))
		r = read_inputs(p, err);
	if (r == 0)
		r = close_batch(p, err);
	if (p->open)
		store_batch_rollback(store);
	if (r == 0)
		log_done(p);
	*ret = p->sum;
	crew_free(p->crew);
	arena_release(&p->arena);
	free(p);
	return r;
}
