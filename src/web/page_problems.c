/* "/problems": what was not stored and why, where receivers disagree, and the import runs. */
#include "format.h"
#include "imports.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

#include <string.h>

#define INPUT_BYTES_MOST (64 * KIB) /* of the document of one */

/* --- Tabs --- */

struct tab {
	const char *text, *outcome, *segment;
	bool dismissed;
};
static const struct tab tab_table[] = {
	{ "Rejected", "rejected", NULL, false },
	{ "Dismissed", "rejected", NULL, true },
	{ "Ignored", "ignored", NULL, false },
	{ "Duplicates", "duplicate", NULL, false },
	{ "Disagreements", NULL, "disagreements", false },
	{ "Import runs", NULL, "runs", false },
};

static struct str tab_link(struct view *v, const struct tab *t)
{
	const char *outcome =
		t->outcome && strcmp(t->outcome, "rejected") != 0 ? t->outcome : NULL;

	if (t->segment)
		return view_link(v, "/problems/{}", str_of(t->segment), NULL);
	return view_link(v, "/problems", STR_ABSENT,
		(const char *const[]){ "outcome", outcome, "reason", NULL, "dismissed",
			t->dismissed ? "true" : NULL, NULL });
}

/* Of the rejected: those that are to be looked at, and those that were. */
static int64_t tab_count(struct view *v, const struct tab *t)
{
	int64_t all = tree_i64(tree_get(v->status, "by_outcome"), t->outcome),
		problems = tree_i64(v->status, "problems");

	if (strcmp(t->outcome, "rejected") != 0)
		return all;
	return t->dismissed ? all - problems : problems;
}

static void tabs_add(struct view *v, struct str current, bool dismissed)
{
	json_t *tabs = tree_set_array(v->root, "tabs");
	int64_t failing = tree_i64(v->status, "imports_failing");

	for (size_t i = 0; i < sizeof(tab_table) / sizeof(tab_table[0]); i++) {
		const struct tab *t = &tab_table[i];
		bool current_one =
			str_eq(current, str_of(t->outcome ? t->outcome : t->segment)) &&
			t->dismissed == dismissed;
		json_t *o;

		/* Of no use as long as nobody dismisses anything. */
		if (t->dismissed && !current_one && tab_count(v, t) == 0)
			continue;
		o = tree_append(tabs);
		tree_set_cstr(o, "text", t->text);
		if (t->outcome)
			tree_printf(o, "count_text", " (%.*s)",
				STR_ARGS(format_number(v->arena, tab_count(v, t))));
		if (failing > 0 && t->segment && strcmp(t->segment, "runs") == 0)
			tree_printf(o, "count_text", " (%.*s failing)",
				STR_ARGS(format_number(v->arena, failing)));
		tree_set_str(o, "link", tab_link(v, t));
		tree_set_bool(o, "current", current_one);
	}
}

/* --- Inputs --- */

static void place_add(struct view *v, json_t *row)
{
	int64_t line = tree_i64(row, "line"), column = tree_i64(row, "column");

	/* Of a container the position says nothing to a reader. */
	if (str_eq(tree_str(row, "stage"), STR("archive")))
		return;
	if (line > 0 && column > 0)
		tree_printf(row, "place_text", "line %.*s, column %.*s",
			STR_ARGS(format_number(v->arena, line)),
			STR_ARGS(format_number(v->arena, column)));
	else if (line > 0)
		tree_printf(row, "place_text", "line %.*s",
			STR_ARGS(format_number(v->arena, line)));
}

/* The owner decides whether a report is let in that was held back. */
static bool is_held(json_t *row)
{
	return outcome_held(tree_str(row, "reason"));
}

static void action_add(
	struct view *v, json_t *row, const char *name, const char *what, struct str token)
{
	json_t *o = tree_set_object(row, name);

	tree_set_str(o, "link",
		arena_printf(
			v->arena, "/problems/%.*s/%s", STR_ARGS(tree_str(row, "id")), what));
	tree_set_str(o, "token", token);
}

/* What the visitor may do about it. */
static void actions_add(struct view *v, json_t *row)
{
	struct str outcome = tree_str(row, "outcome");
	bool dismissed = !str_absent(tree_str(row, "dismissed_at"));
	bool done = str_eq(outcome, STR("stored")) || str_eq(outcome, STR("duplicate"));

	if (done)
		return;
	if (tree_true(row, "has_bytes") && !str_absent(v->c->import_token))
		action_add(v, row, is_held(row) ? "release" : "retry", "retry",
			v->c->import_token);
	if (!str_absent(v->c->form_token) &&
		(dismissed || is_held(row) || str_eq(outcome, STR("rejected"))))
		action_add(
			v, row, dismissed ? "reopen" : "dismiss", "dismiss", v->c->form_token);
}

static void inputs_fill(struct view *v, json_t *data)
{
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);
		struct str report = tree_str(row, "report"), reason = tree_str(row, "reason");

		actions_add(v, row);
		tree_set_str(
			row, "link", view_link(v, "/problems/{}", tree_str(row, "id"), NULL));
		part_time(v, row, "again_at");
		part_time(v, row, "dismissed_at");
		part_time(v, row, "first_at");
		part_time(v, row, "arrived_at");
		part_time(v, row, "last_at");
		place_add(v, row);
		tree_set_str(row, "size_text",
			format_bytes(v->arena, (uint64_t)tree_i64(row, "size_bytes")));
		tree_set_bool(row, "repeated", tree_i64(row, "times") > 1);
		if (tree_true(row, "has_bytes"))
			tree_printf(row, "original_link", "/api/v1/inputs/%.*s/bytes",
				STR_ARGS(tree_str(row, "id")));
		if (!str_absent(report))
			tree_set_str(
				row, "report_link", view_link(v, "/reports/{}", report, NULL));
		if (!str_absent(reason))
			tree_set_str(row, "reason_link",
				view_link(v, "/problems", STR_ABSENT,
					(const char *const[]){ "outcome",
						arena_cstr(v->arena, tree_str(row, "outcome")),
						"reason", arena_cstr(v->arena, reason),
						NULL }));
	}
}

/* One value and no "!": the tab that the outcome filter names. */
static struct str outcome_of(const struct query *q)
{
	const struct filter_list *list = &q->filters[FILTER_OUTCOME];

	return list->count == 1 && !list->values[0].excluded ? list->values[0].text
	       : list->count == 0			     ? STR("rejected")
							     : STR_ABSENT;
}

/* All of time: an input is a problem until somebody looks at it, whatever range a chart has. */
static int inputs_query(struct view *v, struct query **ret, struct err *err)
{
	struct query *q = ARENA_NEW(v->arena, struct query);
	int r;

	query_init(q, v->arena);
	r = query_set(q, STR("range"), STR("all"), NULL, NULL, err);
	for (size_t i = 0; i < v->q->param_count && r == 0; i++) {
		struct str name = v->q->params[i].name;

		if (str_eq(name, STR("outcome")) || str_eq(name, STR("reason")) ||
			str_eq(name, STR("dismissed")) || str_eq(name, STR("limit")) ||
			str_eq(name, STR("cursor")))
			r = query_set(q, name, v->q->params[i].value, NULL, NULL, err);
	}
	if (r == 0 && v->q->filters[FILTER_OUTCOME].count == 0)
		r = query_set(q, STR("outcome"), STR("rejected"), NULL, NULL, err);
	/* What was set aside has its own tab. */
	if (r == 0 && q->flags.dismissed < 0 && str_eq(outcome_of(q), STR("rejected")))
		r = query_set(q, STR("dismissed"), STR("false"), NULL, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	if (r == 0)
		*ret = q;
	return r;
}

static int inputs_add(struct view *v, struct err *err)
{
	struct str outcome = outcome_of(v->q);
	struct query *q;
	json_t *d = NULL;
	int r = inputs_query(v, &q, err);

	if (r == 0)
		r = view_document_of(v, "inputs", q, &d, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "inputs", d);
	inputs_fill(v, tree_get(d, "data"));
	view_paging(v, d, d);
	if (v->q->filters[FILTER_REASON].count > 0)
		tree_set_str(d, "clear_link",
			view_link(v, "/problems", STR_ABSENT,
				(const char *const[]){ "reason", NULL, NULL }));
	tree_set_bool(d, "none", json_array_size(tree_get(d, "data")) == 0);
	tree_set_str(d, "outcome_text",
		v->q->flags.dismissed > 0	    ? STR("dismissed")
		: str_eq(outcome, STR("duplicate")) ? STR("a duplicate")
						    : outcome);
	tree_set_str(d, "json_link", str_of("/api/v1/inputs"));
	tabs_add(v, outcome, v->q->flags.dismissed > 0);
	return 0;
}

int page_problems(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/problems", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = inputs_add(&v, err);
	if (r == 0)
		r = view_frame(&v, STR("Problems"), 0, err);
	return r < 0 ? r : view_render(&v, "problems", out, err);
}

/* --- One input --- */

/* 1, 0 there is no such input, negative. */
static int input_add(struct view *v, int64_t id, struct err *err)
{
	CLEANUP(buf)
	struct buf out;
	struct json j;
	json_t *rows = json_array(), *row = NULL;
	int r;

	buf_init(&out, INPUT_BYTES_MOST);
	json_init(&j, &out);
	r = doc_input(v->c, id, &j, err);
	if (r > 0 && json_end(&j) < 0)
		r = FAIL(err, ERR_LIMIT, "too-large", "The input is too large to be shown.");
	if (r > 0 && tree_parse(buf_view(&out), &row, err) < 0)
		r = err->code;
	if (r > 0) {
		json_array_append_new(rows, row);
		inputs_fill(v, rows);
		json_object_set(v->root, "it", row);
		tree_set_str(row, "json_link",
			arena_printf(v->arena, "/api/v1/inputs/%lld", (long long)id));
		tabs_add(v, STR_ABSENT, false);
	}
	json_decref(rows);
	return r;
}

static int page_input(struct doc_context *c, struct str segment, int64_t id,
	const struct query *q, struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/problems/{}", segment, q, STR_ABSENT, err);

	if (r == 0)
		r = input_add(&v, id, err);
	if (r == 0)
		return page_missing(c,
			arena_printf(c->arena, "There is no input %.*s.", STR_ARGS(segment)),
			out, ret_status);
	if (r > 0)
		r = view_frame(
			&v, arena_printf(v.arena, "Input %.*s", STR_ARGS(segment)), 0, err);
	return r < 0 ? r : view_render(&v, "input", out, err);
}

/* --- Disagreements and runs --- */

static int disagreements_add(struct view *v, struct err *err)
{
	const char *limit = NULL, *cursor = NULL;
	json_t *d = NULL, *totals;
	int r;

	if (!str_absent(v->q->cursor))
		cursor = arena_cstr(v->arena, v->q->cursor);
	r = view_document(v, "records",
		(const char *const[]){
			"disagrees", "true", "limit", limit, "cursor", cursor, NULL },
		&d, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "records", d);
	part_records(v, tree_get(d, "data"));
	view_paging(v, d, d);
	view_exports(
		v, d, "exports", "records", (const char *const[]){ "disagrees", "true", NULL });
	totals = tree_get(d, "totals");
	tree_printf(d, "count_text", "%.*s in %.*s",
		STR_ARGS(format_count(
			v->arena, tree_i64(totals, "messages"), "message", "messages")),
		STR_ARGS(format_count(
			v->arena, tree_i64(totals, "records"), "record", "records")));
	tree_set_bool(d, "none", json_array_size(tree_get(d, "data")) == 0);
	return 0;
}

static int runs_add(struct view *v, struct err *err)
{
	const char *cursor =
		str_absent(v->q->cursor) ? NULL : arena_cstr(v->arena, v->q->cursor);
	json_t *d = NULL, *data;
	int r = view_document(v, "runs",
		(const char *const[]){ "range", "all", "cursor", cursor, NULL }, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "runs", d);
	imports_table(v, false);
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		part_time_ago(v, row, "started_at");
		part_time(v, row, "ended_at");
		tree_set_bool(row, "unfinished", str_absent(tree_str(row, "ended_at")));
	}
	view_paging(v, d, d);
	tree_set_bool(d, "none", json_array_size(data) == 0);
	return 0;
}

int page_problems_tab(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	bool runs = str_eq(segment, STR("runs"));
	int64_t id;
	int r;

	if (doc_id(segment, &id))
		return page_input(c, segment, id, q, out, ret_status, err);
	if (!runs && !str_eq(segment, STR("disagreements")))
		return page_missing(
			c, STR("There is no such list of problems."), out, ret_status);
	r = view_init(&v, c, "/problems/{}", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = runs ? runs_add(&v, err) : disagreements_add(&v, err);
	if (r == 0)
		r = view_frame(&v, runs ? STR("Import runs") : STR("Disagreements"),
			runs ? 0 : FRAME_RANGE, err);
	if (r < 0)
		return r;
	tabs_add(&v, segment, false);
	return view_render(&v, runs ? "runs" : "disagreements", out, err);
}
