/* "/records" and "/records/{}": the rows behind every number, and one of them explained. */
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

static const struct view_head heads[] = {
	{ "Day", "day", false },
	{ "Reporter", NULL, false },
	{ "Source IP", NULL, false },
	{ "Sender", NULL, false },
	{ "Header-From", NULL, false },
	{ "Messages", "messages", true },
	{ "SPF", NULL, false },
	{ "DKIM", NULL, false },
	{ "DMARC", NULL, false },
	{ "Receiver did", NULL, false },
	{ "Why", NULL, false },
};

static int list_add(struct view *v, struct err *err)
{
	json_t *d = NULL;
	int r = view_document_of(v, "records", v->q, &d, err);
	const json_t *totals;

	if (r < 0)
		return r;
	json_object_set_new(v->root, "records", d);
	totals = tree_get(d, "totals");
	part_records(v, tree_get(d, "data"));
	view_heads(v, d, "heads", heads, sizeof(heads) / sizeof(heads[0]));
	view_exports(v, d, "exports", "records", NULL);
	view_paging(v, d, d);
	tree_printf(d, "count_text", "%.*s in %.*s",
		STR_ARGS(format_count(
			v->arena, tree_i64(totals, "messages"), "message", "messages")),
		STR_ARGS(format_count(
			v->arena, tree_i64(totals, "records"), "record", "records")));
	tree_set_bool(
		d, "newest_first", str_absent(v->q->sort) || str_eq(v->q->sort, STR("-day")));
	tree_set_i64(d, "shown", (int64_t)json_array_size(tree_get(d, "data")));
	return (int)(json_array_size(tree_get(d, "data")) > 0);
}

static int list_fill(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_frame(v, STR("Records"), FRAME_RANGE | FRAME_FILTERS, err);

	if (r == 0)
		r = list_add(v, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = view_document(v, "summary", NULL, &summary, err);
	if (r == 0)
		r = part_empty(v, summary, err);
	return r < 0 ? r : 0;
}

int page_records(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/records", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = list_fill(&v, err);
	return r < 0 ? r : view_render(&v, "records", out, err);
}

/* --- One record --- */

static int record_read(struct view *v, int64_t report, uint64_t n, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	json_t *d = NULL;
	struct json j;
	int r;

	buf_init(&text, 4U << 20);
	json_init(&j, &text);
	r = doc_record(v->c, report, n, &j, err);
	if (r <= 0)
		return r;
	r = tree_of(&j, &d, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "record", d);
	return 1;
}

static void where_add(struct view *v, json_t *record, int64_t report, uint64_t n)
{
	int64_t line = tree_i64(record, "line");
	struct str id = arena_printf(v->arena, "%lld", (long long)report);

	tree_set_str(record, "report_link", view_link(v, "/reports/{}", id, NULL));
	tree_printf(record, "xml_link", "%.*s#L%lld",
		STR_ARGS(view_link(v, "/reports/{}/xml", id, NULL)), (long long)line);
	tree_printf(record, "number", "%llu", (unsigned long long)n);
	tree_printf(
		record, "json_link", "/api/v1/records/%.*s", STR_ARGS(tree_str(record, "id")));
}

static void record_fill(struct view *v, int64_t report, uint64_t n)
{
	json_t *record = tree_get(v->root, "record"), *list = json_array();

	json_array_append(list, record);
	part_records(v, list);
	json_decref(list);
	part_answers(tree_get(record, "explanation"));
	where_add(v, record, report, n);
	tree_set_str(record, "count_text",
		format_count(v->arena, tree_i64(record, "messages"), "message", "messages"));
	tree_set_str(record, "policy_text", part_policy(v, tree_get(record, "policy")));
	tree_set_bool(record, "shared",
		tree_i64(record, "messages") != tree_i64(record, "record_messages"));
}

int page_record(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	struct str missing =
		arena_printf(c->arena, "There is no record %.*s.", STR_ARGS(segment));
	uint64_t n;
	int64_t report;
	int r;

	if (!doc_record_id(segment, &report, &n))
		return page_missing(c, missing, out, ret_status);
	r = view_init(&v, c, "/records/{}", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = record_read(&v, report, n, err);
	if (r == 0)
		return page_missing(c, missing, out, ret_status);
	if (r < 0)
		return r;
	record_fill(&v, report, n);
	r = view_frame(&v, arena_printf(c->arena, "Record %.*s", STR_ARGS(segment)), 0, err);
	return r < 0 ? r : view_render(&v, "record", out, err);
}
