/*
 * doc_record.c - records: the finest rows, alone (with the explanation) and as a list.
 */
#include "day.h"
#include "doc_list.h"
#include "explain.h"
#include "report_json.h"

static void report_ref_key(struct json *j, const struct record_row *row)
{
	json_kopen_object(j, "report");
	id_key(j, "id", row->ref.id);
	json_kstr(j, "reporter", row->ref.reporter);
	json_kstr(j, "report_id", row->ref.report_id);
	json_kstr(j, "domain", row->ref.domain);
	json_ktime(j, "begin", row->ref.begin_at);
	json_ktime(j, "end", row->ref.end_at);
	json_close_object(j);
}

static void identity_keys(struct json *j, const struct record_row *row)
{
	char id[48];
	int n = snprintf(id, sizeof(id), "%lld.%llu", (long long)row->report,
		(unsigned long long)row->n);

	json_kstr(j, "id", str_make(id, (size_t)n));
	json_kday(j, "day", row->period.middle_day);
	json_kopen_object(j, "days");
	json_kday(j, "first", row->period.first_day);
	json_kday(j, "last", row->period.last_day);
	json_close_object(j);
	json_kbool(j, "spread", row->period.spread);
	json_ku64(j, "messages", row->messages);
	json_ku64(j, "record_messages", row->record.messages);
	json_kip(j, "source_ip", &row->record.source_ip);
	if (!str_absent(row->record.source_ip_text))
		json_kstr(j, "source_ip_text", row->record.source_ip_text);
	json_ku64(j, "line", row->record.line);
}

static void override_key(struct json *j, const struct record *rec)
{
	json_kopen_array(j, "overrides");
	for (size_t i = 0; i < rec->reason_count; i++) {
		json_open_object(j);
		json_kstr(j, "type", rec->reasons[i].type);
		json_kstr(j, "comment", rec->reasons[i].comment);
		json_close_object(j);
	}
	json_close_array(j);
}

static void verdict_keys(struct json *j, const struct verdict *v)
{
	json_key(j, "computed");
	verdict_parts_json(j, &v->computed);
	json_key(j, "reported");
	verdict_parts_json(j, &v->reported);
	json_kcstr(j, "result", dmarc_name(v->result));
	json_kcstr(j, "basis", v->basis_reported ? "reported" : "computed");
	json_kbool(j, "disagrees", v->disagrees);
	json_kbool(j, "explained", v->explained);
	json_kcstr(j, "cause", cause_name(v->cause));
	json_kopen_array(j, "causes");
	for (int i = 0; i < CAUSE_COUNT; i++)
		if (v->causes & (1u << i))
			json_cstr(j, cause_name((enum cause)i));
	json_close_array(j);
}

/* in_list: what a sender is follows from the range that was asked about, and one record has
 * none. */
static void record_keys(struct json *j, const struct record_row *row,
	const struct services *services, bool in_list, struct arena *scratch)
{
	const struct record *rec = &row->record;
	const struct verdict *v = &row->verdict;

	identity_keys(j, row);
	report_ref_key(j, row);
	if (in_list)
		sender_of_record_key(j, services, row);
	else
		sender_key(j, services, v->sender, v->named_by, &rec->source_ip);
	json_kstr(j, "header_from", rec->header_from);
	json_kstr(j, "envelope_from", rec->envelope_from);
	json_kstr(j, "envelope_to", rec->envelope_to);
	json_kstr(j, "org_domain", v->org_domain);
	json_key(j, "spf");
	auth_json(j, rec->spf_auth, rec->spf_count, false, v->spf_matches);
	json_key(j, "dkim");
	auth_json(j, rec->dkim_auth, rec->dkim_count, true, v->dkim_matches);
	verdict_keys(j, v);
	json_kstr(j, "sentence", explain_cause(scratch, rec, v));
	json_kstr(j, "disposition", rec->disposition);
	override_key(j, rec);
	policy_key(j, &row->policy);
}

static int record_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct record_row row = { 0 };
	int r = rows_record(rows, &row, err);

	if (r <= 0)
		return r;
	json_open_object(j);
	record_keys(j, &row, rows_services(rows), true, scratch);
	json_close_object(j);
	return 1;
}

const struct list list_records = {
	.open = store_records,
	.row = record_json,
	.totals = true,
	.ranged = true,
};

int doc_record(
	struct doc_context *c, int64_t report, uint64_t n, struct json *j, struct err *err)
{
	struct record_row row = { 0 };
	struct explanation e = { 0 };
	int r = store_record(c->store, report, n, c->arena, &row, err);

	if (r <= 0)
		return r;
	explain_record(c->arena, &row.policy, &row.record, &row.verdict, &e);
	json_open_object(j);
	record_keys(j, &row, store_services_of(c->store), false, c->arena);
	json_key(j, "explanation");
	explanation_json(j, &e);
	json_close_object(j);
	return 1;
}
