/*
 * doc_report.c - reports: the list, and one as the report document with what the store knows of
 * it.
 */
#include "day.h"
#include "doc_list.h"
#include "report_json.h"

static const struct {
	unsigned flag;
	const char *name;
} flag_names[] = {
	{ REPORT_LONG, "long-period" },
	{ REPORT_NOTES, "notes" },
	{ REPORT_DISAGREES, "disagrees" },
	{ REPORT_CONFLICT, "key-conflict" },
	{ REPORT_REPLACED, "replaced" },
	{ REPORT_SUSPECT, "suspect" },
};

/* What the store adds to a report. */
static void stored_keys(struct json *j, const struct report_row *row)
{
	json_kday(j, "day", row->period.middle_day);
	json_kopen_object(j, "days");
	json_kday(j, "first", row->period.first_day);
	json_kday(j, "last", row->period.last_day);
	json_close_object(j);
	json_kbool(j, "spread", row->period.spread);
	json_ktime(j, "arrived_at", row->arrived_at);
	json_ktime(j, "stored_at", row->stored_at);
	json_ku64(j, "disagree_records", row->disagree_records);
	json_kopen_array(j, "flags");
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (row->flags & flag_names[i].flag)
			json_cstr(j, flag_names[i].name);
	json_close_array(j);
	json_ku64(j, "again", row->again);
	json_kbool(j, "has_raw", row->has_raw);
	json_ku64(j, "raw_bytes", row->raw_bytes);
	json_kcstr(j, "origin", carrier_name(row->carrier.state));
}

/* What the receiver's server said of the mail; null when nothing is known. */
static void carrier_key(struct json *j, const struct carrier *c)
{
	if (c->state == CARRIER_UNKNOWN) {
		json_knull(j, "carrier");
		return;
	}
	json_kopen_object(j, "carrier");
	json_kstr(j, "from", c->from);
	json_kstr(j, "dmarc", c->dmarc);
	json_kstr(j, "dkim", c->dkim);
	json_kstr(j, "dkim_domain", c->dkim_domain);
	json_kstr(j, "spf", c->spf);
	json_kstr(j, "spf_domain", c->spf_domain);
	json_close_object(j);
}

static int report_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct report_row row = { 0 };
	int r = rows_report(rows, &row, err);

	(void)scratch;
	if (r <= 0)
		return r;
	json_open_object(j);
	id_key(j, "id", row.id);
	json_kstr(j, "reporter", row.report.org_name);
	json_kstr(j, "domain", row.report.policy.domain);
	json_kstr(j, "report_id", row.report.report_id);
	json_kstr(j, "email", row.report.email);
	json_ktime(j, "begin", row.report.begin_at);
	json_ktime(j, "end", row.report.end_at);
	totals_keys(j, &row.totals);
	json_ku64(j, "records", row.totals.records);
	stored_keys(j, &row);
	policy_key(j, &row.report.policy);
	json_close_object(j);
	return 1;
}

const struct list list_reports = {
	.open = store_reports,
	.row = report_json,
	.totals = true,
	.ranged = true,
};

static void rows_free(struct rows **rows)
{
	rows_close(*rows);
}

static int write_records(struct doc_context *c, int64_t id, struct json *j, struct err *err)
{
	__attribute__((cleanup(rows_free))) struct rows *rows = NULL;
	struct record_row row = { 0 };
	int r = store_report_records(c->store, id, &rows, err);

	if (r < 0)
		return r;
	while ((r = rows_record(rows, &row, err)) > 0) {
		report_json_record(j, &row.record, &row.verdict);
		if (j->failed)
			return FAIL(err, ERR_IO, NULL, "The answer could not be written.");
	}
	return r;
}

int doc_report(struct doc_context *c, int64_t id, struct json *j, struct err *err)
{
	struct report_row row = { 0 };
	int r = store_report(c->store, id, c->arena, &row, err);

	if (r <= 0)
		return r;
	json_open_object(j);
	id_key(j, "id", id);
	stored_keys(j, &row);
	carrier_key(j, &row.carrier);
	json_ku64(j, "explained", row.totals.explained);
	report_json_begin(j, &row.report);
	r = write_records(c, id, j, err);
	if (r < 0)
		return r;
	report_json_end(j, &row.report,
		&(struct report_totals){ .messages = row.totals.messages,
			.pass = row.totals.pass,
			.fail = row.totals.fail,
			.records = row.totals.records });
	json_close_object(j);
	return 1;
}
