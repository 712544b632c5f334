/*
 * metrics_gauges.c - how it stands with the data, from daily sums.
 *
 * Reports tell of days that are over, so messages are gauges over a window, not counters.
 */
#include "metrics_set.h"

#include "day.h"
#include "doc_list.h"

#include <stdlib.h>

#define REPORTERS_MOST 200
#define REPORTER_DAYS 28
#define SENDER_DAYS 30

/* METRIC_GAUGE is 0: what does not say its type is one. */
static const struct metric success = {
	.name = "ruad_import_last_success_timestamp_seconds",
	.unit = "seconds",
	.help = "End of the last import run without an error.",
};
static const struct metric failures = {
	.name = "ruad_import_failures",
	.help = "Import runs in a row that failed, up to now.",
};
static const struct metric messages = {
	.name = "ruad_domain_messages",
	.help = "Messages of the newest 7 complete days, by what is aligned.",
};
static const struct metric passed = {
	.name = "ruad_domain_passed_messages",
	.help = "Messages of the newest 7 complete days that passed DMARC.",
};
static const struct metric explained = {
	.name = "ruad_domain_explained_failures",
	.help = "Failed messages of the newest 7 complete days that forwarding explains.",
};
static const struct metric last_report = {
	.name = "ruad_domain_last_report_timestamp_seconds",
	.unit = "seconds",
	.help = "End of the period of the newest report.",
};
static const struct metric policy = {
	.name = "ruad_domain_policy",
	.type = METRIC_INFO,
	.help = "Published policy as the newest report says; empty: it does not say.",
};
static const struct metric undecided = {
	.name = "ruad_domain_undecided_senders",
	.help = "Senders of the newest 30 complete days that somebody has to decide about.",
};
static const struct metric fresh = {
	.name = "ruad_domain_new_senders",
	.help = "Senders that were not seen before the newest 14 complete days.",
};
static const struct metric domains_known = {
	.name = "ruad_domains",
	.help = "Domains with reports; the first 1000 have gauges of their own.",
};
static const struct metric reporter_last_report = {
	.name = "ruad_reporter_last_report_timestamp_seconds",
	.unit = "seconds",
	.help = "End of the period of the newest report of those that report on most days.",
};
static const struct metric problems = {
	.name = "ruad_problems_open",
	.help = "What waits for somebody: rejected inputs, those held back, sources that "
		"fail or are overdue.",
};
static const struct metric stored_reports = {
	.name = "ruad_store_reports",
	.help = "Reports by what is known of the mail that brought them.",
};
static const struct metric size_bytes = {
	.name = "ruad_store_size_bytes",
	.unit = "bytes",
	.help = "Size of the database.",
};
static const struct metric generation = {
	.name = "ruad_store_generation",
	.help = "Grows with each change of the data.",
};

/* --- Domains --- */

struct domain_gauges {
	const struct newest_row *newest;
	size_t count;
	const struct domain_row **window; /* of each, or NULL: no report in the window */
	uint64_t known;
};

static int by_domain(const void *a, const void *b)
{
	return str_cmp(
		((const struct domain_row *)a)->domain, ((const struct domain_row *)b)->domain);
}

/* Rows of the window, by name. */
static int read_window(struct doc_context *c, const struct query *q, struct domain_row **ret,
	size_t *ret_count, struct err *err)
{
	struct domain_row row = { 0 }, *all = NULL;
	struct rows *rows = NULL;
	size_t n = 0;
	int r = store_domains(c->store, q, &rows, err);

	if (r < 0)
		return r;
	while ((r = rows_domain(rows, &row, err)) > 0) {
		all = ARENA_MORE(c->arena, all, n);
		all[n] = row;
		all[n++].domain = arena_str(c->arena, row.domain);
	}
	rows_close(rows);
	if (n > 0)
		qsort(all, n, sizeof(*all), by_domain);
	*ret = all;
	*ret_count = n;
	return r;
}

/* The seven days that end with the newest complete one. */
static int window_query(struct doc_context *c, struct query *ret, struct err *err)
{
	int64_t to_day = store_complete_day(c->now_at) + 1;
	int r;

	query_init(ret, c->arena);
	r = query_end(ret, c->now_at, err);
	ret->from_day = to_day - METRICS_DAYS;
	ret->to_day = to_day;
	ret->limit = 0;
	return r;
}

static int read_domains(struct doc_context *c, struct domain_gauges *ret, struct err *err)
{
	struct domain_row *window = NULL;
	struct newest_row *newest;
	struct query q;
	size_t n = 0;
	int r = window_query(c, &q, err);

	if (r == 0)
		r = read_window(c, &q, &window, &n, err);
	if (r == 0)
		r = store_newest(c->store, c->now_at, METRICS_DOMAINS, c->arena, &newest,
			&ret->count, &ret->known, err);
	if (r < 0)
		return r;
	ret->newest = newest;
	ret->window = ARENA_ARRAY(c->arena, const struct domain_row *, ret->count + 1);
	for (size_t i = 0; i < ret->count && n > 0; i++) {
		const struct domain_row wanted = { .domain = newest[i].domain };

		ret->window[i] = bsearch(&wanted, window, n, sizeof(*window), by_domain);
	}
	return 0;
}

static const struct domain_row *window_of(const struct domain_gauges *d, size_t i)
{
	static const struct domain_row nothing;

	return d->window[i] ? d->window[i] : &nothing;
}

static void write_messages(const struct domain_gauges *d, struct exposition *e)
{
	static const char *const words[] = { "unaligned", "aligned" };

	exposition_family(e, &messages);
	for (size_t i = 0; i < d->count; i++)
		for (int cell = 0; cell < 4; cell++)
			exposition_number(e,
				LABELS({ "domain", d->newest[i].domain },
					{ "spf", str_of(words[cell >> 1]) },
					{ "dkim", str_of(words[cell & 1]) }),
				window_of(d, i)->aligned[cell >> 1][cell & 1]);
}

static void write_counts(const struct domain_gauges *d, struct exposition *e)
{
	exposition_family(e, &passed);
	for (size_t i = 0; i < d->count; i++)
		exposition_number(e, LABELS({ "domain", d->newest[i].domain }),
			window_of(d, i)->totals.pass);
	exposition_family(e, &explained);
	for (size_t i = 0; i < d->count; i++)
		exposition_number(e, LABELS({ "domain", d->newest[i].domain }),
			window_of(d, i)->totals.explained);
}

static void write_newest(const struct domain_gauges *d, struct exposition *e)
{
	exposition_family(e, &last_report);
	for (size_t i = 0; i < d->count; i++)
		exposition_signed(
			e, LABELS({ "domain", d->newest[i].domain }), d->newest[i].end_at);
	exposition_family(e, &policy);
	for (size_t i = 0; i < d->count; i++) {
		const struct policy *p = &d->newest[i].policy;

		exposition_number(e,
			LABELS({ "domain", d->newest[i].domain }, { "p", p->p },
				{ "sp", p->sp }, { "np", p->np }, { "adkim", p->adkim },
				{ "aspf", p->aspf }, { "testing", p->testing }),
			1);
	}
	exposition_family(e, &domains_known);
	exposition_number(e, NO_LABELS, d->known);
}

/* --- Senders --- */

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct sender_count *)a)->domain,
		((const struct sender_count *)b)->domain);
}

static int write_senders(struct doc_context *c, const struct domain_gauges *d,
	struct exposition *e, struct err *err)
{
	static const struct sender_count none;
	struct sender_count *rows = NULL;
	const struct sender_count **of =
		ARENA_ARRAY(c->arena, const struct sender_count *, d->count + 1);
	struct query q;
	size_t n = 0;
	int r = window_query(c, &q, err);

	q.from_day = q.to_day - SENDER_DAYS;
	if (r == 0)
		r = store_sender_counts(c->store, &q, c->arena, &rows, &n, err);
	if (r == ERR_TEMP)
		return 0; /* too many to say in time: no number rather than a wrong one */
	if (r < 0)
		return r;
	if (n > 0)
		qsort(rows, n, sizeof(*rows), by_name);
	for (size_t i = 0; i < d->count; i++) {
		const struct sender_count wanted = { .domain = d->newest[i].domain };

		if (n > 0)
			of[i] = bsearch(&wanted, rows, n, sizeof(*rows), by_name);
		if (!of[i])
			of[i] = &none;
	}
	exposition_family(e, &undecided);
	for (size_t i = 0; i < d->count; i++)
		exposition_number(
			e, LABELS({ "domain", d->newest[i].domain }), of[i]->undecided);
	exposition_family(e, &fresh);
	for (size_t i = 0; i < d->count; i++)
		exposition_number(e, LABELS({ "domain", d->newest[i].domain }), of[i]->fresh);
	return 0;
}

/* --- Reporters --- */

/* Those that are expected to report: a number that strangers cannot drive up in a day. */
static int write_reporters(struct doc_context *c, struct exposition *e, struct err *err)
{
	struct coverage coverage;
	struct query q;
	size_t n = 0;
	int r = window_query(c, &q, err);

	q.from_day = q.to_day - REPORTER_DAYS;
	if (r == 0)
		r = store_coverage(c->store, &q, c->now_at, c->arena, &coverage, err);
	if (r < 0)
		return r;
	exposition_family(e, &reporter_last_report);
	for (size_t i = 0; i < coverage.row_count && n < REPORTERS_MOST; i++) {
		const struct coverage_row *row = &coverage.rows[i];

		if (!row->expected || row->last_report_at == 0)
			continue;
		n++;
		exposition_signed(
			e, LABELS({ "reporter", row->reporter }), row->last_report_at);
	}
	return 0;
}

/* --- Sources of mail, the store --- */

static int write_imports(struct doc_context *c, struct exposition *e, struct err *err)
{
	struct import_row *rows;
	size_t n, most;
	int r = store_import_states(c->store, c->arena, &rows, &n, err);

	if (r < 0)
		return r;
	most = n < METRICS_SOURCES ? n : METRICS_SOURCES;
	exposition_family(e, &success);
	for (size_t i = 0; i < most; i++)
		if (rows[i].success_at)
			exposition_signed(
				e, LABELS({ "source", rows[i].source }), rows[i].success_at);
	exposition_family(e, &failures);
	for (size_t i = 0; i < most; i++)
		exposition_number(e, LABELS({ "source", rows[i].source }), rows[i].failures);
	return 0;
}

static int write_store(struct doc_context *c, struct exposition *e, struct err *err)
{
	struct store_status status = { 0 };
	uint64_t failing = 0;
	int r = store_status(c->store, &status, err);

	if (r == 0)
		r = imports_failing(c, &failing, err);
	if (r < 0)
		return r;
	exposition_family(e, &problems);
	exposition_number(e, LABELS({ "kind", STR("input") }), status.problems);
	exposition_number(e, LABELS({ "kind", STR("held") }), status.held);
	exposition_number(e, LABELS({ "kind", STR("source") }), failing);
	exposition_family(e, &stored_reports);
	for (int i = 0; i < CARRIER_COUNT; i++)
		exposition_number(e,
			LABELS({ "origin", str_of(carrier_name((enum carrier_state)i)) }),
			status.by_origin[i]);
	exposition_family(e, &size_bytes);
	exposition_number(e, NO_LABELS, status.size_bytes);
	exposition_family(e, &generation);
	exposition_signed(e, NO_LABELS, status.generation);
	return 0;
}

int gauges_write(struct doc_context *c, struct exposition *e, struct err *err)
{
	struct domain_gauges d = { 0 };
	int r = read_domains(c, &d, err);

	if (r == 0)
		r = write_imports(c, e, err);
	if (r < 0)
		return r;
	write_messages(&d, e);
	write_counts(&d, e);
	write_newest(&d, e);
	r = write_senders(c, &d, e, err);
	if (r == 0)
		r = write_reporters(c, e, err);
	return r < 0 ? r : write_store(c, e, err);
}
