/*
 * doc_sums.c - documents made from daily sums: summary, timeseries, domains and one of them,
 * sources, senders, reporters.
 */
#include "day.h"
#include "doc_list.h"

void day_or_null(struct json *j, const char *key, int64_t day)
{
	if (day)
		json_kday(j, key, day);
	else
		json_knull(j, key);
}

static void disposition_counts(struct json *j, const uint64_t *by_disposition)
{
	json_kopen_object(j, "by_disposition");
	for (int i = 0; i < DISP_COUNT; i++) {
		const char *name = disposition_name((enum disposition)i);

		if (by_disposition[i])
			json_ku64(j, name ? name : "not_reported", by_disposition[i]);
	}
	json_close_object(j);
}

/* Keys of the open object. */
static void summary_keys(struct json *j, const struct summary *s)
{
	json_kopen_object(j, "totals");
	totals_keys(j, &s->totals);
	json_ku64(j, "records", s->totals.records);
	json_close_object(j);
	json_kopen_object(j, "aligned");
	json_ku64(j, "both", s->aligned[1][1]);
	json_ku64(j, "spf_only", s->aligned[1][0]);
	json_ku64(j, "dkim_only", s->aligned[0][1]);
	json_ku64(j, "none", s->aligned[0][0]);
	json_close_object(j);
	disposition_counts(j, s->by_disposition);
	cause_counts(j, s->by_cause);
	json_ku64(j, "disagree_messages", s->disagree_messages);
	json_ku64(j, "suspect_reports", s->suspect_reports);
	json_ku64(j, "reports", s->reports);
	json_ku64(j, "reporters", s->reporters);
	json_ku64(j, "domains", s->domains);
	json_ku64(j, "sources", s->sources);
	json_kopen_object(j, "days");
	day_or_null(j, "first", s->first_day);
	day_or_null(j, "last", s->last_day);
	json_close_object(j);
	json_ku64(j, "spread_messages", s->spread_messages);
}

int doc_summary(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct summary s = { 0 };
	int r = store_summary(c->store, q, &s, err);

	if (r < 0)
		return r;
	json_open_object(j);
	summary_keys(j, &s);
	r = tail_keys(c, q, true, j, err);
	if (r == 0)
		json_close_object(j);
	return r;
}

/* --- One domain --- */

/* "last_report" and "policy" of the newest report in the range; null without one. */
static int newest_keys(
	struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct domain_row row = { 0 };
	struct rows *rows = NULL;
	int r = store_domains(c->store, q, &rows, err);

	if (r == 0)
		r = rows_domain(rows, &row, err);
	if (r > 0) {
		json_ktime(j, "last_report", row.last_report_at);
		policy_key(j, &row.policy);
	} else if (r == 0) {
		json_knull(j, "last_report");
		json_knull(j, "policy");
	}
	rows_close(rows);
	return r < 0 ? r : 0;
}

/* "senders"; null when they are too many to count in time. */
static int sender_counts_key(
	struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct sender_count *rows = NULL, none = { 0 };
	size_t n = 0;
	int r = store_sender_counts(c->store, q, c->arena, &rows, &n, err);

	if (r == ERR_TEMP) {
		json_knull(j, "senders");
		return 0;
	}
	if (r < 0)
		return r;
	if (n == 0)
		rows = &none;
	json_kopen_object(j, "senders");
	json_ku64(j, "senders", rows->senders);
	json_ku64(j, "undecided", rows->undecided);
	json_ku64(j, "new", rows->fresh);
	json_close_object(j);
	return 0;
}

int doc_domain(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct policy_seen *seen = NULL;
	struct summary s = { 0 };
	size_t n = 0;
	int r = store_domain_policies(c->store, q, c->arena, &seen, &n, err);

	if (r <= 0)
		return r;
	r = store_summary(c->store, q, &s, err);
	if (r < 0)
		return r;
	json_open_object(j);
	json_kstr(j, "domain", q->filters[FILTER_DOMAIN].values[0].text);
	summary_keys(j, &s);
	r = newest_keys(c, q, j, err);
	if (r == 0)
		r = sender_counts_key(c, q, j, err);
	if (r == 0)
		r = tail_keys(c, q, true, j, err);
	json_close_object(j);
	return r < 0 ? r : 1;
}

static int time_json(struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct time_row row = { 0 };
	int r = rows_time(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	json_kday(j, "day", row.day);
	if (!str_absent(row.key))
		json_kstr(j, "key", row.key);
	totals_keys(j, &row.totals);
	json_ku64(j, "reports", row.reports);
	json_kbool(j, "has_data", row.reports > 0 || row.totals.messages > 0);
	json_kbool(j, "complete", row.complete);
	json_ku64(j, "spread_messages", row.spread_messages);
	json_close_object(j);
	return 1;
}

static int domain_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct domain_row row = { 0 };
	int r = rows_domain(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	json_kstr(j, "domain", row.domain);
	totals_keys(j, &row.totals);
	json_ku64(j, "reports", row.reports);
	json_ku64(j, "reporters", row.reporters);
	json_ktime(j, "last_report", row.last_report_at);
	policy_key(j, &row.policy);
	json_close_object(j);
	return 1;
}

static int source_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct source_row row = { 0 };
	int r = rows_source(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	json_kip(j, "source_ip", &row.ip);
	sender_key(j, rows_services(rows), row.sender, row.named_by, &row.ip);
	totals_keys(j, &row.totals);
	json_kcstr(j, "cause", cause_name(row.cause));
	cause_counts(j, row.by_cause);
	json_ku64(j, "senders", row.senders);
	day_or_null(j, "first_day", row.first_day);
	day_or_null(j, "last_day", row.last_day);
	json_close_object(j);
	return 1;
}

static int reporter_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct reporter_row row = { 0 };
	int r = rows_reporter(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	json_kstr(j, "reporter", row.reporter);
	totals_keys(j, &row.totals);
	json_ku64(j, "reports", row.reports);
	json_ktime(j, "last_report", row.last_report_at);
	json_close_object(j);
	return 1;
}

const struct list list_timeseries = {
	.open = store_timeseries,
	.row = time_json,
	.totals = true,
	.ranged = true,
	.whole = true,
};
const struct list list_domains = {
	.open = store_domains,
	.row = domain_json,
	.totals = true,
	.ranged = true,
};
const struct list list_sources = {
	.open = store_sources,
	.row = source_json,
	.totals = true,
	.ranged = true,
};
const struct list list_reporters = {
	.open = store_reporters,
	.row = reporter_json,
	.totals = true,
	.ranged = true,
};
