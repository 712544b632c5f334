#include "report_json.h"

static void metadata_json(struct json *j, const struct report *r)
{
	json_open_object(j);
	json_kstr(j, "org_name", r->org_name);
	json_kstr(j, "email", r->email);
	json_kstr(j, "extra_contact_info", r->extra_contact_info);
	json_kstr(j, "report_id", r->report_id);
	json_ki64(j, "begin", r->begin_at);
	json_ki64(j, "end", r->end_at);
	json_kopen_array(j, "errors");
	for (size_t i = 0; i < r->error_count; i++)
		json_str(j, r->errors[i]);
	json_close_array(j);
	json_kstr(j, "generator", r->generator);
	json_close_object(j);
}

static void text_or_null(struct json *j, const char *key, struct str s)
{
	json_kstr(j, key, str_empty(s) ? STR_ABSENT : s);
}

void policy_json(struct json *j, const struct policy *p)
{
	json_open_object(j);
	json_kstr(j, "domain", p->domain);
	text_or_null(j, "adkim", p->adkim);
	text_or_null(j, "aspf", p->aspf);
	text_or_null(j, "p", p->p);
	text_or_null(j, "sp", p->sp);
	text_or_null(j, "np", p->np);
	if (p->pct < 0)
		json_knull(j, "pct");
	else
		json_ki64(j, "pct", p->pct);
	text_or_null(j, "fo", p->fo);
	text_or_null(j, "testing", p->testing);
	text_or_null(j, "discovery_method", p->discovery_method);
	json_close_object(j);
}

void report_json_begin(struct json *j, const struct report *r)
{
	json_ki64(j, "schema", REPORT_SCHEMA);
	json_kcstr(j, "kind", "aggregate");
	json_key(j, "report_metadata");
	metadata_json(j, r);
	json_kstr(j, "version", r->version);
	json_kstr(j, "namespace", r->xml_namespace);
	json_key(j, "policy_published");
	policy_json(j, &r->policy);
	json_kopen_array(j, "records");
}

static void evaluated_json(struct json *j, const struct record *rec)
{
	json_kopen_object(j, "policy_evaluated");
	json_kstr(j, "disposition", rec->disposition);
	json_kstr(j, "dkim", rec->dkim);
	json_kstr(j, "spf", rec->spf);
	json_kopen_array(j, "reasons");
	for (size_t i = 0; i < rec->reason_count; i++) {
		json_open_object(j);
		json_kstr(j, "type", rec->reasons[i].type);
		json_kstr(j, "comment", rec->reasons[i].comment);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void identifiers_json(struct json *j, const struct record *rec)
{
	json_kopen_object(j, "identifiers");
	json_kstr(j, "header_from", rec->header_from);
	json_kstr(j, "envelope_from", rec->envelope_from);
	json_kstr(j, "envelope_to", rec->envelope_to);
	json_close_object(j);
}

static void aligned_json(struct json *j, const struct auth *a, enum dmarc matches)
{
	if (matches == DMARC_NULL)
		json_knull(j, "aligned");
	else
		json_kbool(
			j, "aligned", matches == DMARC_PASS && str_eq(a->result, STR("pass")));
}

void auth_json(
	struct json *j, const struct auth *a, size_t n, bool dkim, const enum dmarc *matches)
{
	json_open_array(j);
	for (size_t i = 0; i < n; i++) {
		json_open_object(j);
		json_kstr(j, "domain", a[i].domain);
		if (dkim)
			json_kstr(j, "selector", a[i].selector);
		else
			json_kstr(j, "scope", a[i].scope);
		json_kstr(j, "result", a[i].result);
		if (dkim)
			json_kstr(j, "human_result", a[i].human_result);
		aligned_json(j, &a[i], matches ? matches[i] : DMARC_NULL);
		json_close_object(j);
	}
	json_close_array(j);
}

void verdict_parts_json(struct json *j, const struct verdict_parts *p)
{
	json_open_object(j);
	json_kcstr(j, "spf", dmarc_name(p->spf));
	json_kcstr(j, "dkim", dmarc_name(p->dkim));
	json_kcstr(j, "dmarc", dmarc_name(p->dmarc));
	json_close_object(j);
}

static void bool_or_null(struct json *j, const char *key, enum dmarc d)
{
	if (d == DMARC_NULL)
		json_knull(j, key);
	else
		json_kbool(j, key, d == DMARC_PASS);
}

static void verdict_json(struct json *j, const struct verdict *v)
{
	json_kopen_object(j, "verdict");
	json_kopen_object(j, "computed");
	bool_or_null(j, "spf_aligned", v->computed.spf);
	bool_or_null(j, "dkim_aligned", v->computed.dkim);
	json_kcstr(j, "dmarc", dmarc_name(v->computed.dmarc));
	json_close_object(j);
	json_key(j, "reported");
	verdict_parts_json(j, &v->reported);
	json_kcstr(j, "result", dmarc_name(v->result));
	json_kcstr(j, "basis", v->basis_reported ? "reported" : "computed");
	json_kbool(j, "disagrees", v->disagrees);
	json_kcstr(j, "cause", cause_name(v->cause));
	json_close_object(j);
}

void report_json_record(struct json *j, const struct record *rec, const struct verdict *v)
{
	json_open_object(j);
	json_kip(j, "source_ip", &rec->source_ip);
	json_ku64(j, "count", rec->messages);
	evaluated_json(j, rec);
	identifiers_json(j, rec);
	json_kopen_object(j, "auth_results");
	json_key(j, "dkim");
	auth_json(j, rec->dkim_auth, rec->dkim_count, true, v->dkim_matches);
	json_key(j, "spf");
	auth_json(j, rec->spf_auth, rec->spf_count, false, v->spf_matches);
	json_close_object(j);
	verdict_json(j, v);
	json_close_object(j);
}

void report_json_end(struct json *j, const struct report *r, const struct report_totals *t)
{
	json_close_array(j);
	json_kopen_object(j, "totals");
	json_ku64(j, "messages", t->messages);
	json_ku64(j, "pass", t->pass);
	json_ku64(j, "fail", t->fail);
	json_ku64(j, "records", t->records);
	json_close_object(j);
	json_kopen_array(j, "notes");
	for (size_t i = 0; i < r->note_count; i++) {
		json_open_object(j);
		json_kstr(j, "code", r->notes[i].code);
		json_kstr(j, "where", r->notes[i].where);
		json_kstr(j, "detail", r->notes[i].detail);
		json_close_object(j);
	}
	json_close_array(j);
}
