/*
 * metrics_ledger.c - what imports did, by the runs that the database lists.
 *
 * Imports of this process and of others (`ruad import` under cron) are counted alike, from zero
 * when the process begins, so that a restart looks like a restart and rows that are pruned take
 * nothing away.
 */
#include "metrics_set.h"

#include "bounds.h"
#include "note.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REASONS_MOST 64
#define OTHERS "other"
#define SECOND_US UINT64_C(1000000)

enum run_outcome { RUN_OK, RUN_PARTIAL, RUN_NOTHING, RUN_OUTCOMES };
static const char *const outcome_names[] = { "ok", "partial", "failed" };

struct source_meter {
	struct str name;
	bool configured;
	uint64_t runs[RUN_OUTCOMES];
	uint64_t inputs[OUTCOME_COUNT];
	uint64_t reasons[REASONS_MOST]; /* by place in reason_table */
	struct histogram seconds;
};

static const struct histogram_scale scale = {
	.count = 10,
	.bounds_us = { 1 * SECOND_US, 2 * SECOND_US, 5 * SECOND_US, 15 * SECOND_US,
		30 * SECOND_US, 60 * SECOND_US, 300 * SECOND_US, 900 * SECOND_US,
		3600 * SECOND_US, 14400 * SECOND_US },
};

static const struct metric runs = {
	.name = "ruad_import_runs",
	.type = METRIC_COUNTER,
	.help = "Import runs that ended and are listed; a look for mail that found none is "
		"not.",
};
static const struct metric durations = {
	.name = "ruad_import_duration_seconds",
	.type = METRIC_HISTOGRAM,
	.unit = "seconds",
	.help = "How long the listed import runs took, in whole seconds.",
};
static const struct metric inputs = {
	.name = "ruad_inputs",
	.type = METRIC_COUNTER,
	.help = "Mails, files and documents that were read, by what became of them.",
};
static const struct metric rejected = {
	.name = "ruad_inputs_rejected",
	.type = METRIC_COUNTER,
	.help = "Rejected inputs by reason.",
};

void ledger_meter_release(struct ledger_meter *l)
{
	for (size_t i = 0; i < l->source_count; i++) {
		free((char *)l->sources[i]->name.p);
		free(l->sources[i]);
	}
}

/* --- Counting --- */

static struct source_meter *source_find(struct ledger_meter *l, struct str name)
{
	struct source_meter *s;

	for (size_t i = 0; i < l->source_count; i++)
		if (str_eq(l->sources[i]->name, name))
			return l->sources[i];
	if (l->source_count >= METRICS_SOURCES && !str_eq(name, STR(OTHERS)))
		return source_find(l, STR(OTHERS));
	s = xcalloc(1, sizeof(*s));
	s->name = str_make(xmemdup0(name.p, name.n), name.n);
	histogram_init(&s->seconds, &scale);
	l->sources[l->source_count++] = s;
	return s;
}

void ledger_meter_know(struct ledger_meter *l, const struct web_import *imports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		source_find(l, imports[i].source)->configured = true;
}

static enum run_outcome outcome_of(const struct run_row *run)
{
	if (str_absent(run->error))
		return RUN_OK;
	return run->inputs > 0 ? RUN_PARTIAL : RUN_NOTHING;
}

static int count_reasons(struct source_meter *m, struct store *s, const struct run_row *run,
	struct arena *a, struct err *err)
{
	struct reason_row *rows;
	size_t n;
	int r;

	if (run->by_outcome[OUTCOME_REJECTED] == 0)
		return 0;
	r = store_run_reasons(s, run->id, run->started_at, a, &rows, &n, err);
	if (r < 0)
		return r;
	assert(reason_count <= REASONS_MOST);
	for (size_t i = 0; i < n; i++) {
		const struct reason *reason = reason_find(rows[i].reason);

		if (reason)
			m->reasons[reason - reason_table] += rows[i].inputs;
	}
	return 0;
}

static void count_limit(struct ledger_meter *l, const struct limit *limit, uint64_t times)
{
	assert(limit_count <= METRICS_LIMITS);
	if (limit)
		l->limits[limit - limit_table] += times;
}

static int count_limits(struct ledger_meter *l, struct store *s, const struct run_row *run,
	struct arena *a, struct err *err)
{
	struct reason_row *rows;
	size_t n;
	int r = 0;

	if (run->by_outcome[OUTCOME_REJECTED] > 0) {
		r = store_run_limits(s, run->id, run->started_at, a, &rows, &n, err);
		for (size_t i = 0; r == 0 && i < n; i++)
			count_limit(l, limit_named(rows[i].reason), rows[i].inputs);
	}
	if (r == 0 && run->by_outcome[OUTCOME_STORED] > 0) {
		r = store_run_notes(s, run->id, run->started_at, a, &rows, &n, err);
		for (size_t i = 0; r == 0 && i < n; i++)
			count_limit(l, limit_named(str_of(note_sentence(rows[i].reason))),
				rows[i].inputs);
	}
	return r;
}

static int count_run(struct ledger_meter *l, struct store *s, const struct run_row *run,
	struct arena *a, struct err *err)
{
	struct str name = str_absent(run->source) ? STR("") : run->source;
	struct source_meter *m = source_find(l, name);
	int64_t took = run->ended_at - run->started_at;
	int r = count_reasons(m, s, run, a, err);

	if (r == 0)
		r = count_limits(l, s, run, a, err);
	if (r < 0)
		return r;
	m->runs[outcome_of(run)]++;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		m->inputs[i] += run->by_outcome[i];
	histogram_add(&m->seconds, took > 0 ? (uint64_t)took * SECOND_US : 0);
	return 0;
}

/* --- Following --- */

/* The oldest goes when there are too many: it was killed. */
static void pend(struct ledger_meter *l, int64_t id)
{
	if (l->pending_count == LEDGER_PENDING)
		memmove(l->pending, l->pending + 1, --l->pending_count * sizeof(*l->pending));
	l->pending[l->pending_count++] = id;
}

static int look_again(struct ledger_meter *l, struct store *s, struct arena *a, struct err *err)
{
	size_t n = l->pending_count;

	l->pending_count = 0;
	for (size_t i = 0; i < n; i++) {
		struct run_row run;
		int64_t id = l->pending[i];
		int r = store_run_get(s, id, a, &run, err);

		if (r > 0 && run.ended_at)
			r = count_run(l, s, &run, a, err);
		else if (r > 0)
			l->pending[l->pending_count++] = id;
		if (r < 0) {
			memmove(l->pending + l->pending_count, l->pending + i,
				(n - i) * sizeof(*l->pending));
			l->pending_count += n - i;
			return r;
		}
	}
	return 0;
}

static int look_on(struct ledger_meter *l, struct store *s, struct arena *a, struct err *err)
{
	struct run_row *rows;
	size_t n = 0;
	int r = store_runs_after(s, l->newest, a, &rows, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		if (rows[i].ended_at == 0)
			pend(l, rows[i].id);
		else if (l->begun)
			r = count_run(l, s, &rows[i], a, err);
		if (r == 0)
			l->newest = rows[i].id;
	}
	return r;
}

/* What is there already does not count, but for runs that go on. */
static int begin(struct ledger_meter *l, struct store *s, struct arena *a, struct err *err)
{
	int64_t newest = 0;
	int r = store_run_newest(s, &newest, err);

	l->newest = newest > LEDGER_PENDING ? newest - LEDGER_PENDING : 0;
	l->pending_count = 0;
	if (r == 0)
		r = look_on(l, s, a, err);
	l->begun = r == 0;
	return r;
}

/* Another database stands there now: a backup, or a new one. */
static int check_same(struct ledger_meter *l, struct store *s, struct err *err)
{
	int64_t newest = 0;
	int r = store_run_newest(s, &newest, err);

	if (r == 0 && newest < l->newest)
		l->begun = false;
	return r;
}

int ledger_meter_follow(struct ledger_meter *l, struct store *s, struct err *err)
{
	CLEANUP(arena)
	struct arena a;
	int r;

	arena_init(&a);
	r = check_same(l, s, err);
	if (r == 0 && !l->begun)
		return begin(l, s, &a, err);
	if (r == 0)
		r = look_again(l, s, &a, err);
	return r < 0 ? r : look_on(l, s, &a, err);
}

/* --- Printing --- */

static void write_runs(const struct source_meter *s, struct exposition *e)
{
	for (int i = 0; i < RUN_OUTCOMES; i++)
		exposition_number(e,
			LABELS({ "source", s->name }, { "outcome", str_of(outcome_names[i]) }),
			s->runs[i]);
}

static void write_durations(const struct source_meter *s, struct exposition *e)
{
	exposition_histogram(e, LABELS({ "source", s->name }), &s->seconds);
}

static void write_inputs(const struct source_meter *s, struct exposition *e)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		exposition_number(e,
			LABELS({ "source", s->name },
				{ "outcome", str_of(outcome_name((enum outcome)i)) }),
			s->inputs[i]);
}

/* With zeros for configured sources, so that the first of a kind is an increase. */
static void write_rejected(const struct source_meter *s, struct exposition *e)
{
	for (size_t i = 0; i < reason_count; i++)
		if (s->reasons[i] > 0 ||
			(s->configured && reason_table[i].outcome == OUTCOME_REJECTED))
			exposition_number(e,
				LABELS({ "source", s->name },
					{ "reason", str_of(reason_table[i].code) }),
				s->reasons[i]);
}

void ledger_meter_limits(const struct ledger_meter *l, const uint64_t *more, uint64_t *ret)
{
	for (size_t i = 0; i < limit_count; i++)
		ret[i] = l->limits[i] + more[i];
}

void ledger_meter_write(const struct ledger_meter *l, struct exposition *e)
{
	static const struct {
		const struct metric *family;
		void (*write)(const struct source_meter *s, struct exposition *e);
	} parts[] = { { &runs, write_runs }, { &durations, write_durations },
		{ &inputs, write_inputs }, { &rejected, write_rejected } };

	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		exposition_family(e, parts[p].family);
		for (size_t i = 0; i < l->source_count; i++)
			parts[p].write(l->sources[i], e);
	}
}
