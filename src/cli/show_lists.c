/* show_lists.c - lists of the store as text tables. */
#include "cells.h"
#include "explain.h"
#include "period.h"
#include "show.h"

/* The next page, when there is one. */
static void print_more(struct cli *c, struct rows *rows)
{
	struct str next = rows_next_cursor(rows, c->arena);
	if (!str_absent(next))
		printf("more: --cursor %.*s (or a higher --limit, up to 1000)\n",
			STR_ARGS(next));
}

int rows_finish(struct cli *c, const struct table *t, struct rows *rows, int r)
{
	if (r == 0) {
		table_finish(c, t);
		print_more(c, rows);
	}
	rows_close(rows);
	return r;
}

/* The day, or "first - last" of a report that is spread over several. */
static struct str period_cell(struct arena *a, const struct report *r)
{
	struct period p;
	period_of(r->begin_at, r->end_at, &p);
	struct str first = day_cell(a, p.first_day), last = day_cell(a, p.last_day);
	return p.spread ? arena_printf(a, "%.*s - %.*s", STR_ARGS(first), STR_ARGS(last))
			: first;
}

/* "541 messages, 95.9% passed DMARC (519), 22 failed, of those 4 explained by forwarding" */
static void print_totals(struct cli *c, const struct totals *t)
{
	struct arena *a = c->arena;
	struct str messages = number_text(a, t->messages), pass = number_text(a, t->pass);
	struct str share = percent_text(a, t->pass, t->messages),
		   fail = number_text(a, t->fail);
	struct str explained = number_text(a, t->explained);
	printf("%.*s messages, %.*s passed DMARC (%.*s), %.*s failed, of those %.*s explained "
	       "by forwarding\n",
		STR_ARGS(messages), STR_ARGS(share), STR_ARGS(pass), STR_ARGS(fail),
		STR_ARGS(explained));
}

static int query_totals(struct cli *c, struct store *store, struct err *err)
{
	struct totals t = { 0 };
	if (store_totals(store, &c->query, &t, err) < 0)
		return err->code;
	print_totals(c, &t);
	return 0;
}

static void print_range(struct cli *c)
{
	struct str from = day_cell(c->arena, c->query.from_day);
	struct str to = day_cell(c->arena, c->query.to_day - 1);
	if (c->query.all_time)
		puts("all days");
	else
		printf("%.*s - %.*s UTC\n", STR_ARGS(from), STR_ARGS(to));
}

static void print_split(
	struct cli *c, const char *head, const char *name, uint64_t messages, uint64_t of)
{
	if (messages == 0)
		return;
	struct str n = number_text(c->arena, messages),
		   p = percent_text(c->arena, messages, of);
	printf("  %-12s %-18s %12.*s %7.*s\n", head, name, STR_ARGS(n), STR_ARGS(p));
}

int show_summary(struct cli *c, struct store *store, struct err *err)
{
	struct summary s = { 0 };
	if (store_summary(store, &c->query, &s, err) < 0)
		return err->code;
	print_range(c);
	print_totals(c, &s.totals);
	printf("%llu reports of %llu reporters about %llu domains, %llu records\n",
		(unsigned long long)s.reports, (unsigned long long)s.reporters,
		(unsigned long long)s.domains, (unsigned long long)s.totals.records);
	uint64_t all = s.totals.messages;
	print_split(c, "aligned", "SPF and DKIM", s.aligned[1][1], all);
	print_split(c, "aligned", "DKIM only", s.aligned[0][1], all);
	print_split(c, "aligned", "SPF only", s.aligned[1][0], all);
	print_split(c, "aligned", "neither", s.aligned[0][0], all);
	for (int i = 0; i < CAUSE_COUNT; i++)
		print_split(c, "cause", cause_name((enum cause)i), s.by_cause[i], all);
	for (int i = 0; i < DISP_COUNT; i++) {
		const char *name = disposition_name((enum disposition)i);
		print_split(c, "disposition", name ? name : "not reported", s.by_disposition[i],
			all);
	}
	print_split(c, "disagrees", "receiver and we", s.disagree_messages, all);
	return 0;
}

int show_domains(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Domain", false, FIT_WHOLE },
		{ "Policy", false, FIT_WHOLE }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Explained", true, FIT_DROP }, { "Reports", true, FIT_DROP },
		{ "Last report", false, FIT_DROP } };
	struct rows *rows = NULL;
	if (store_domains(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct domain_row row;
	table_init(&t, a, columns, 8);
	int r;
	while ((r = rows_domain(rows, &row, err)) > 0) {
		struct str cells[] = { printable(a, row.domain), or_dash(a, row.policy.p),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.totals.explained),
			number_text(a, row.reports), time_cell(a, row.last_report_at) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}

/* "Amazon SES (amazon-ses)": what a filter asks for is the key. */
static struct str sender_cell(struct arena *a, const struct sender_row *row)
{
	struct str name = printable(a, row->name), key = printable(a, row->key);
	return str_eq(name, key)
		       ? name
		       : arena_printf(a, "%.*s (%.*s)", STR_ARGS(name), STR_ARGS(key));
}

static const char *mark_cell(const struct sender_row *row)
{
	if (row->word == WORD_OURS)
		return "ours";
	if (row->word == WORD_NOT_OURS)
		return "not ours";
	if (sender_proven(&row->traits))
		return "proven";
	return sender_undecided(&row->traits, &row->view, row->word) ? "undecided" : "-";
}

int show_senders(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Sender", false, FIT_WHOLE },
		{ "Domain", false, FIT_DROP }, { "Named by", false, FIT_DROP },
		{ "Addresses", true, FIT_DROP }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Explained", true, FIT_DROP }, { "Whose", false, FIT_WHOLE },
		{ "Rule", false, FIT_DROP }, { "What we see", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_senders(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct sender_row row;
	table_init(&t, a, columns, 11);
	int r;
	while ((r = rows_sender(rows, &row, err)) > 0) {
		struct str words[SENDER_CONDITIONS];
		size_t n = sender_conditions(&row.traits, &row.view, row.selector, a, words);
		struct str text = sender_text(&row.view, words, n, a);
		struct str cells[] = { sender_cell(a, &row), printable(a, row.domain),
			str_of(naming_name(row.named_by)), number_text(a, row.addresses),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.totals.explained),
			str_of(mark_cell(&row)), arena_printf(a, "H%u", row.view.rule),
			printable(a, text) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}

int show_sources(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Source", false, FIT_WHOLE },
		{ "Sender", false, FIT_CUT }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "First", false, FIT_DROP }, { "Last", false, FIT_DROP },
		{ "Cause", false, FIT_WHOLE } };
	struct rows *rows = NULL;
	if (store_sources(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct source_row row;
	table_init(&t, a, columns, 8);
	int r;
	while ((r = rows_source(rows, &row, err)) > 0) {
		struct str cells[] = { ip_cell(a, &row.ip), or_dash(a, row.sender),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), day_cell(a, row.first_day),
			day_cell(a, row.last_day), str_of(cause_name(row.cause)) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}

int show_reporters(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Reporter", false, FIT_CUT },
		{ "Messages", true, FIT_WHOLE }, { "Passed", true, FIT_WHOLE },
		{ "Failed", true, FIT_WHOLE }, { "Reports", true, FIT_DROP },
		{ "Last report", false, FIT_WHOLE } };
	struct rows *rows = NULL;
	if (store_reporters(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct reporter_row row;
	table_init(&t, a, columns, 6);
	int r;
	while ((r = rows_reporter(rows, &row, err)) > 0) {
		struct str cells[] = { or_dash(a, row.reporter),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.reports),
			time_cell(a, row.last_report_at) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}

int show_records(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Record", false, FIT_WHOLE },
		{ "Day", false, FIT_WHOLE }, { "Reporter", false, FIT_DROP },
		{ "Source IP", false, FIT_WHOLE }, { "From", false, FIT_WHOLE },
		{ "Messages", true, FIT_WHOLE }, { "DMARC", false, FIT_WHOLE },
		{ "Receiver did", false, FIT_DROP }, { "Why", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_records(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct record_row row;
	table_init(&t, a, columns, 9);
	int r;
	while ((r = rows_record(rows, &row, err)) > 0) {
		struct str cells[] = { arena_printf(a, "%lld.%llu", (long long)row.report,
					       (unsigned long long)row.n),
			day_cell(a, row.period.middle_day), or_dash(a, row.ref.reporter),
			ip_cell(a, &row.record.source_ip), or_dash(a, row.record.header_from),
			number_text(a, row.messages), result_cell(c, row.verdict.result),
			printable(a, explain_disposition(a, row.record.disposition)),
			printable(a, explain_cause(a, &row.record, &row.verdict)) };
		table_row(&t, cells);
		table_tone(&t, 6, result_tone(row.verdict.result));
	}
	r = rows_finish(c, &t, rows, r);
	return r < 0 ? r : query_totals(c, store, err);
}

int show_reports(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Id", true, FIT_WHOLE },
		{ "Day (UTC)", false, FIT_WHOLE }, { "Reporter", false, FIT_CUT },
		{ "Domain", false, FIT_WHOLE }, { "Messages", true, FIT_WHOLE },
		{ "Failed", true, FIT_WHOLE }, { "Records", true, FIT_DROP },
		{ "Policy", false, FIT_DROP }, { "Report ID", false, FIT_CUT } };
	struct rows *rows = NULL;
	if (store_reports(store, &c->query, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct report_row row;
	table_init(&t, a, columns, 9);
	int r;
	while ((r = rows_report(rows, &row, err)) > 0) {
		struct str cells[] = { arena_printf(a, "%lld", (long long)row.id),
			period_cell(a, &row.report), or_dash(a, row.report.org_name),
			or_dash(a, row.report.policy.domain),
			number_text(a, row.totals.messages), number_text(a, row.totals.fail),
			number_text(a, row.totals.records), or_dash(a, row.report.policy.p),
			or_dash(a, row.report.report_id) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}

/* --- Time series --- */

static const char *day_remark(const struct time_row *row)
{
	if (row->reports == 0)
		return "no reports";
	if (!row->complete)
		return "not complete";
	return row->spread_messages > 0 ? "partly of longer reports" : "";
}

int show_timeseries(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "From", false, FIT_WHOLE },
		{ "What", false, FIT_CUT }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Explained", true, FIT_DROP }, { "Reports", true, FIT_DROP },
		{ "Remark", false, FIT_CUT } };
	struct rows *rows = NULL;
	struct query q = c->query;
	q.limit = 0; /* a series has no pages */
	if (store_timeseries(store, &q, &rows, err) < 0)
		return err->code;
	struct arena *a = c->arena;
	struct table t;
	struct time_row row;
	table_init(&t, a, columns, 8);
	int r;
	while ((r = rows_time(rows, &row, err)) > 0) {
		struct str cells[] = { day_cell(a, row.day), or_dash(a, row.key),
			number_text(a, row.totals.messages),
			percent_text(a, row.totals.pass, row.totals.messages),
			number_text(a, row.totals.fail), number_text(a, row.totals.explained),
			number_text(a, row.reports), str_of(day_remark(&row)) };
		table_row(&t, cells);
	}
	return rows_finish(c, &t, rows, r);
}
