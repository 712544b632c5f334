/* "/reports" and "/reports/{}": what arrived, and one report in full. */
#include "day.h"
#include "format.h"
#include "note.h"
#include "page_set.h"
#include "part.h"
#include "part_domain.h"
#include "report_json.h"
#include "xalloc.h"

#define RECORDS_SHOWN "200"

static const struct view_head heads[] = {
	{ "Period", "period", false },
	{ "Reporter", NULL, false },
	{ "Domain", NULL, false },
	{ "Messages", "messages", true },
	{ "Passed", NULL, true },
	{ "Failed", "fail", true },
	{ "Records", NULL, true },
	{ "Policy seen", NULL, false },
	{ "Arrived", "arrived", true },
	{ "Report ID", NULL, false },
	{ "Flags", NULL, false },
};

/* --- Flags --- */

static const struct {
	const char *name, *text;
	enum chip tone;
} flag_table[] = {
	{ "long-period", "▴ long period", CHIP_INFO },
	{ "notes", "deviates from the RFC", CHIP_WARN },
	{ "disagrees", "≠ receiver disagrees", CHIP_WARN },
	{ "key-conflict", "same ID, other content", CHIP_WARN },
	{ "replaced", "came again with more", CHIP_INFO },
	{ "suspect", "mail not authenticated", CHIP_WARN },
};

/* It is known better what is suspect. */
static const char *flag_text(const json_t *row, size_t flag)
{
	bool misfit = str_eq(tree_str(row, "origin"), STR("misfit"));

	return misfit && str_eq(str_of(flag_table[flag].name), STR("suspect"))
		       ? "mail of somebody else"
		       : flag_table[flag].text;
}

static void flags_add(struct view *v, json_t *row)
{
	const json_t *flags = tree_get(row, "flags");
	json_t *chips = tree_set_array(row, "flag_chips");
	int64_t again = tree_i64(row, "again");

	for (size_t i = 0; i < json_array_size(flags); i++)
		for (size_t k = 0; k < sizeof(flag_table) / sizeof(flag_table[0]); k++)
			if (str_eq(str_of(json_string_value(json_array_get(flags, i))),
				    str_of(flag_table[k].name)))
				part_chip(tree_append(chips), "chip", flag_table[k].tone,
					flag_text(row, k));
	if (again > 0)
		part_chip(tree_append(chips), "chip", CHIP_INFO,
			arena_printf(v->arena, "⟳ sent again %.*s",
				STR_ARGS(format_count(v->arena, again, "time", "times")))
				.p);
}

/* The day where the period is one, else both ends. */
static struct str period_text(struct view *v, struct str first, struct str last)
{
	return str_eq(first, last)
		       ? first
		       : arena_printf(v->arena, "%.*s – %.*s", STR_ARGS(first), STR_ARGS(last));
}

/* The same records of this report in the list of all. */
static struct str of_report(struct view *v, struct str id, const char *name, const char *value)
{
	return part_plain_link(v, "/records", STR_ABSENT,
		(const char *const[]){ "report", arena_cstr(v->arena, id), "range", "all",
			"from", NULL, "to", NULL, "domain", NULL, "basis",
			v->q->by_receiver ? "reported" : NULL, name, value, NULL });
}

static void number_links(struct view *v, json_t *object, struct str id)
{
	tree_set_str(object, "records_link", of_report(v, id, NULL, NULL));
	tree_set_str(object, "pass_link", of_report(v, id, "result", "pass"));
	tree_set_str(object, "fail_link", of_report(v, id, "result", "fail"));
	tree_set_str(object, "explained_link", of_report(v, id, "explained", "true"));
	tree_set_str(object, "disagrees_link", of_report(v, id, "disagrees", "true"));
}

static void reports_fill(struct view *v, json_t *data)
{
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);
		struct str id = tree_str(row, "id");

		tree_set_str(row, "link", view_link(v, "/reports/{}", id, NULL));
		tree_set_str(row, "period_text",
			period_text(
				v, tree_str(row, "days.first"), tree_str(row, "days.last")));
		tree_set_str(row, "domain_link",
			view_link(v, "/domains/{}", tree_str(row, "domain"), NULL));
		number_links(v, row, id);
		tree_set_str(row, "policy_text", part_policy(v, tree_get(row, "policy")));
		part_time(v, row, "arrived_at");
		flags_add(v, row);
	}
}

static int list_fill(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *summary = NULL;
	json_t *d = NULL;
	int r = view_frame(v, STR("Reports"), FRAME_RANGE | FRAME_FILTERS, err);

	if (r == 0)
		r = view_document(v, "summary", NULL, &summary, err);
	if (r == 0)
		r = view_document_of(v, "reports", v->q, &d, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "reports", d);
	reports_fill(v, tree_get(d, "data"));
	view_heads(v, d, "heads", heads, sizeof(heads) / sizeof(heads[0]));
	view_exports(v, d, "exports", "reports", NULL);
	view_paging(v, d, d);
	tree_printf(d, "count_text", "%.*s, %.*s",
		STR_ARGS(format_count(
			v->arena, tree_i64(summary, "reports"), "report", "reports")),
		STR_ARGS(format_count(
			v->arena, tree_i64(d, "totals.messages"), "message", "messages")));
	if (json_array_size(tree_get(d, "data")) > 0)
		return 0;
	r = part_empty(v, summary, err);
	return r < 0 ? r : 0;
}

int page_reports(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/reports", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = list_fill(&v, err);
	return r < 0 ? r : view_render(&v, "reports", out, err);
}

/* --- One report --- */

/* The report document without its records: those are listed by pages. */
static int header_parse(const struct report_row *row, json_t **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	struct report_totals totals = { row->totals.messages, row->totals.pass,
		row->totals.fail, row->totals.records };
	struct json j;

	buf_init(&text, 4U << 20);
	json_init(&j, &text);
	json_open_object(&j);
	report_json_begin(&j, &row->report);
	report_json_end(&j, &row->report, &totals);
	json_close_object(&j);
	return tree_of(&j, ret, err);
}

static void notes_fill(json_t *report)
{
	json_t *notes = tree_get(report, "notes");

	for (size_t i = 0; i < json_array_size(notes); i++) {
		json_t *n = json_array_get(notes, i);

		tree_set_cstr(n, "sentence", note_sentence(tree_str(n, "code")));
		tree_set_bool(n, "repeated", tree_i64(n, "times") > 1);
	}
}

static void arrival_add(struct view *v, json_t *report, const struct report_row *row)
{
	int64_t late = row->arrived_at - row->period.end_at;

	if (row->arrived_at == 0)
		return;
	tree_set_str(report, "arrived_text", format_time(v->arena, row->arrived_at));
	if (late >= 0)
		tree_printf(report, "late_text", "%.*s after the end",
			STR_ARGS(format_duration(v->arena, late)));
}

/* By the setting, where it is known; else somebody did it by hand. */
static void raw_deleted_add(struct view *v, json_t *report)
{
	unsigned days = v->c->keep.raw_days;

	if (days > 0)
		tree_printf(report, "raw_deleted",
			"The original was deleted after %.*s (keep_raw); the rows above are"
			" complete.",
			STR_ARGS(format_count(v->arena, days, "day", "days")));
	else
		tree_set_str(report, "raw_deleted",
			STR("The original was deleted; the rows above are complete."));
}

static void counts_add(struct view *v, json_t *report, const struct report_row *row)
{
	struct str messages =
		format_count(v->arena, (int64_t)row->totals.messages, "message", "messages");
	struct str records =
		format_count(v->arena, (int64_t)row->totals.records, "record", "records");

	tree_printf(
		report, "count_text", "%.*s in %.*s", STR_ARGS(messages), STR_ARGS(records));
	tree_set_str(report, "again_words",
		format_count(v->arena, (int64_t)row->again, "time", "times"));
	tree_set_str(report, "disagree_words",
		format_count(v->arena, (int64_t)row->disagree_records, "record", "records"));
}

/* " · dkim=pass (example.com)" */
static struct str add_result(struct view *v, struct str text, const char *method,
	struct str result, struct str domain)
{
	if (str_absent(result))
		return text;
	return arena_printf(v->arena, "%.*s · %s=%.*s%s%.*s%s", STR_ARGS(text), method,
		STR_ARGS(result), str_absent(domain) ? "" : " (", STR_ARGS(domain),
		str_absent(domain) ? "" : ")");
}

/* What is known of the mail that brought it; nothing of most. */
static void carrier_add(struct view *v, json_t *report, const struct report_row *row)
{
	const struct carrier *c = &row->carrier;
	struct str facts = str_absent(c->from) ? STR("no author") : c->from;
	json_t *o;

	if (c->state == CARRIER_UNKNOWN)
		return;
	o = tree_set_object(report, "carrier");
	facts = arena_printf(v->arena, "From %.*s", STR_ARGS(facts));
	facts = add_result(v, facts, "dmarc", c->dmarc, STR_ABSENT);
	facts = add_result(v, facts, "dkim", c->dkim, c->dkim_domain);
	facts = add_result(v, facts, "spf", c->spf, c->spf_domain);
	tree_set_str(o, "facts", facts);
	tree_set_cstr(o, "sentence", carrier_sentence(c->state));
	tree_set_bool(o, "suspect", (row->flags & REPORT_SUSPECT) != 0);
}

static void header_fill(
	struct view *v, json_t *report, const struct report_row *row, struct str id)
{
	const struct report *r = &row->report;

	tree_set_str(report, "begin_text", format_time_exact(v->arena, r->begin_at));
	tree_set_str(report, "end_text", format_time_exact(v->arena, r->end_at));
	tree_set_str(report, "length_text",
		format_duration(v->arena, row->period.end_at - row->period.begin_at));
	tree_set_bool(report, "spread", row->period.spread);
	tree_set_bool(report, "has_errors", r->error_count > 0);
	arrival_add(v, report, row);
	tree_set_cstr(
		report, "format_text", r->format == FORMAT_RFC9990 ? "RFC 9990" : "RFC 7489");
	tree_set_i64(report, "explained", (int64_t)row->totals.explained);
	tree_set_bool(report, "has_raw", row->has_raw);
	if (row->raw_deleted)
		raw_deleted_add(v, report);
	tree_set_str(report, "raw_bytes_text", format_bytes(v->arena, row->raw_bytes));
	tree_set_i64(report, "again", (int64_t)row->again);
	tree_set_i64(report, "disagree_records", (int64_t)row->disagree_records);
	counts_add(v, report, row);
	carrier_add(v, report, row);
	tree_set_str(report, "xml_link", view_link(v, "/reports/{}/xml", id, NULL));
	tree_printf(report, "original_link", "/api/v1/reports/%.*s/xml", STR_ARGS(id));
	tree_printf(report, "json_link", "/api/v1/reports/%.*s", STR_ARGS(id));
	tree_set_str(
		report, "domain_link", view_link(v, "/domains/{}", r->policy.domain, NULL));
	notes_fill(report);
}

/* Records of the report with this result, all days. */
static int records_of(
	struct view *v, struct str id, const char *result, json_t **ret, struct err *err)
{
	struct query *q = ARENA_NEW(v->arena, struct query);
	const struct {
		const char *name, *value;
	} params[] = { { "report", arena_cstr(v->arena, id) }, { "range", "all" },
		{ "result", result }, { "sort", "-messages" }, { "limit", RECORDS_SHOWN } };
	int r = 0;

	query_init(q, v->arena);
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]) && r == 0; i++)
		r = query_set(
			q, str_of(params[i].name), str_of(params[i].value), NULL, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	return r < 0 ? r : view_document_of(v, "records", q, ret, err);
}

/* Failing records first, then by messages. */
static int records_fill(struct view *v, json_t *report, struct str id, struct err *err)
{
	CLEANUP(tree)
	json_t *fail = NULL, *pass = NULL;
	json_t *records = tree_set_array(report, "rows");
	int r = records_of(v, id, "fail", &fail, err);

	if (r == 0)
		r = records_of(v, id, "pass", &pass, err);
	if (r < 0)
		return r;
	json_array_extend(records, tree_get(fail, "data"));
	json_array_extend(records, tree_get(pass, "data"));
	part_records(v, records);
	tree_set_i64(report, "shown", (int64_t)json_array_size(records));
	tree_set_bool(report, "more",
		(int64_t)json_array_size(records) < tree_i64(report, "totals.records"));
	number_links(v, report, id);
	tree_printf(
		report, "csv_link", "/api/v1/records.csv?range=all&report=%.*s", STR_ARGS(id));
	return 0;
}

/* The mail or file that it came in. */
static int input_fill(struct view *v, json_t *report, struct str id, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	const char *const changes[] = { "report", arena_cstr(v->arena, id), "range", "all",
		"outcome", "stored", "limit", "1", NULL };
	json_t *row;
	int r = view_document(v, "inputs", changes, &d, err);

	if (r < 0)
		return r;
	row = json_array_get(tree_get(d, "data"), 0);
	if (!row)
		return 0;
	tree_printf(row, "input_link", "/api/v1/inputs/%.*s", STR_ARGS(tree_str(row, "id")));
	json_object_set(report, "input", row);
	return 0;
}

static int report_fill(struct view *v, const struct report_row *row, struct err *err)
{
	struct str id = arena_printf(v->arena, "%lld", (long long)row->id);
	json_t *report = NULL;
	int r = header_parse(row, &report, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "report", report);
	header_fill(v, report, row, id);
	tree_set_bool(v->root, "one_report", true);
	r = input_fill(v, report, id, err);
	return r < 0 ? r : records_fill(v, report, id, err);
}

int page_report(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	struct report_row row = { 0 };
	int r = page_report_find(c, segment, &row, err);

	if (r == 0)
		return page_report_missing(c, segment, out, ret_status);
	if (r > 0)
		r = view_init(&v, c, "/reports/{}", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = report_fill(&v, &row, err);
	if (r == 0)
		r = view_frame(&v,
			arena_printf(c->arena, "Report %.*s", STR_ARGS(row.report.report_id)),
			0, err);
	return r < 0 ? r : view_render(&v, "report", out, err);
}
