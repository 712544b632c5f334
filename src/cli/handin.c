#include "handin.h"

#include "ingest.h"

#define WAIT_MS 2000 /* for an import of another program; then the client may come again */

struct told {
	struct arena *arena;
	struct intake_result result;
};

static void take_entry(void *arg, int64_t id, const struct input_entry *in)
{
	struct told *t = arg;
	struct intake_result *result = &t->result;

	result->entries = ARENA_MORE(t->arena, result->entries, result->count);
	result->outcome =
		result->count ? outcome_worse(result->outcome, in->outcome) : in->outcome;
	result->entries[result->count++] = (struct intake_entry){ .id = id,
		.report = in->report,
		.part = str_absent(in->part) ? STR_ABSENT : arena_str(t->arena, in->part),
		.outcome = in->outcome,
		.reason = in->reason,
		.detail = str_absent(in->detail) ? STR_ABSENT : arena_str(t->arena, in->detail),
		.line = in->line,
		.column = in->column };
}

static int import(
	struct handin *h, const struct intake_file *file, struct told *told, struct err *err)
{
	const struct import_options opt = {
		.stop = h->stop, .told = take_entry, .told_arg = told
	};
	struct import_totals totals = { 0 };
	struct source *source;
	int r;

	source_open_blob(&file->bytes, file->name, &source);
	r = importer_run(h->importer, source, opt, &totals, err);
	source_close(source);
	if (r == 0 && told->result.count == 0)
		return FAIL(err, ERR_TEMP, NULL, "The server is about to stop.");
	return r;
}

static int enter(struct handin *h, struct err *err)
{
	int r = importer_enter(h->importer, WAIT_MS, h->stop, err);

	if (r == ERR_TEMP)
		return FAIL(err, ERR_TEMP, NULL,
			"Another import is running: try again in a moment.");
	return r;
}

static int take(struct intake *in, const struct intake_file *file, struct arena *a,
	struct intake_result *ret, struct err *err)
{
	struct handin *h = (struct handin *)in;
	struct told told = { .arena = a };
	int r = enter(h, err);

	if (r < 0)
		return r;
	r = import(h, file, &told, err);
	importer_leave(h->importer);
	if (r == 0)
		*ret = told.result;
	return r;
}

/* --- Again --- */

static void take_result(
	struct arena *a, const struct retry_result *from, struct intake_result *ret)
{
	*ret = (struct intake_result){ .outcome = from->outcome,
		.entries = ARENA_ARRAY(a, struct intake_entry, from->count),
		.count = from->count };
	for (size_t i = 0; i < from->count; i++) {
		const struct input_entry *in = &from->entries[i].in;

		ret->entries[i] = (struct intake_entry){ .id = from->entries[i].id,
			.report = in->report,
			.part = in->part,
			.outcome = in->outcome,
			.reason = in->reason,
			.detail = in->detail,
			.line = in->line,
			.column = in->column };
	}
}

static int retry(struct intake *in, int64_t input, bool released, struct arena *a,
	struct intake_result *ret, struct err *err)
{
	struct handin *h = (struct handin *)in;
	const struct import_options opt = { .stop = h->stop, .release = released };
	struct retry_result result;
	int r = enter(h, err);

	if (r < 0)
		return r;
	r = importer_retry(h->importer, input, opt, a, &result, err);
	importer_leave(h->importer);
	if (r > 0)
		take_result(a, &result, ret);
	return r;
}

void handin_init(struct handin *ret, struct importer *importer, uint64_t size_most,
	const atomic_int *stop)
{
	*ret = (struct handin){
		.intake = { .take = take, .size_most = size_most, .retry = retry },
		.importer = importer,
		.stop = stop
	};
}
