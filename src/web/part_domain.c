#include "part_domain.h"

#include "chart.h"
#include "format.h"
#include "part.h"
#include "strip.h"
#include "xalloc.h"

#include <string.h>

#define KEYS_SHOWN "15"
#define REPORTERS_SHOWN 6

static bool of_range(struct str name)
{
	return str_eq(name, STR("from")) || str_eq(name, STR("to")) ||
	       str_eq(name, STR("range")) || str_eq(name, STR("domain"));
}

struct str part_plain_link(
	struct view *v, const char *path, struct str segment, const char *const *changes)
{
	const struct query *q = v->q;
	size_t given = 0, n = 0;
	const char **all;

	while (changes && changes[given])
		given += 2;
	all = ARENA_ARRAY(v->arena, const char *, 2 * q->param_count + given + 1);
	for (size_t i = 0; i < q->param_count; i++) {
		if (of_range(q->params[i].name))
			continue;
		all[n] = arena_cstr(v->arena, q->params[i].name);
		n += 2;
	}
	for (size_t i = 0; i < given; i++)
		all[n++] = changes[i];
	return view_link(v, path, segment, all);
}

/* --- Keys --- */

/* What a report names no selector for cannot be asked about. */
static void key_links(struct view *v, json_t *row, bool is_dkim)
{
	const char *domain = view_value(v, tree_str(row, "domain"));
	struct str selector = tree_str(row, "selector");
	const char *s = str_empty(selector) ? NULL : view_value(v, selector);

	if (is_dkim && !s) {
		tree_set_str(row, "pass_link", STR(""));
		tree_set_str(row, "link", STR(""));
		return;
	}
	for (int pass = 0; pass < 2; pass++) {
		const char *result = pass ? "pass" : "!pass";
		const char *dkim[] = { "dkim_domain", domain, "dkim_result", result,
			"dkim_selector", s, NULL };
		const char *spf[] = { "spf_domain", domain, "spf_result", result, "spf_scope",
			"!helo", NULL };

		tree_set_str(row, pass ? "pass_link" : "link",
			part_plain_link(v, "/records", STR_ABSENT, is_dkim ? dkim : spf));
	}
}

static void key_words(struct view *v, json_t *row)
{
	int64_t senders = tree_i64(row, "senders");
	struct str sender = tree_str(row, "sender"), text;

	text = senders == 0 ? STR("")
	       : senders == 1
		       ? sender
		       : format_count(v->arena, senders, "named sender", "named senders");
	if (tree_true(row, "by_address"))
		text = text.n > 0 ? arena_printf(v->arena, "%.*s, addresses", STR_ARGS(text))
				  : STR("addresses");
	tree_set_str(row, "used_by", text);
}

/* The document of a list becomes root.<name>, unless it has no rows: 1, 0 none, negative. */
static int add_list(struct view *v, const char *name, const char *const *changes, json_t **ret,
	json_t **ret_data, struct err *err)
{
	json_t *d = NULL, *data;
	int r = view_document(v, name, changes, &d, err);

	if (r < 0)
		return r;
	data = tree_get(d, "data");
	if (json_array_size(data) == 0) {
		json_decref(d);
		return 0;
	}
	json_object_set_new(v->root, name, d);
	*ret = d;
	*ret_data = data;
	return 1;
}

/* "20 of 34 keys shown" */
static void keys_caption(struct view *v, json_t *d, int64_t shown)
{
	int64_t total = tree_i64(d, "page.total");
	struct str count = format_count(v->arena, total > shown ? total : shown, "key", "keys");

	if (total > shown)
		count = arena_printf(v->arena, "%.*s of %.*s shown",
			STR_ARGS(format_number(v->arena, shown)), STR_ARGS(count));
	tree_set_str(d, "caption", count);
}

int part_keys(struct view *v, struct err *err)
{
	json_t *d, *data;
	int r = add_list(
		v, "keys", (const char *const[]){ "limit", KEYS_SHOWN, NULL }, &d, &data, err);

	if (r <= 0)
		return r;
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);
		bool is_dkim = str_eq(tree_str(row, "kind"), STR("dkim"));

		tree_set_bool(row, "is_dkim", is_dkim);
		key_links(v, row, is_dkim);
		key_words(v, row);
	}
	keys_caption(v, d, (int64_t)json_array_size(data));
	view_exports(v, d, "exports", "keys", NULL);
	return 0;
}

/* --- Policies --- */

static void witnesses_fill(json_t *row)
{
	json_t *reporters = tree_get(row, "reporters"), *shown = tree_set_array(row, "shown");
	size_t n = json_array_size(reporters);

	for (size_t i = 0; i < n && i < REPORTERS_SHOWN; i++) {
		json_t *one = json_deep_copy(json_array_get(reporters, i));

		tree_set_cstr(one, "comma", i + 1 < n ? "," : "");
		json_array_append_new(shown, one);
	}
	tree_set_i64(row, "more", n > REPORTERS_SHOWN ? (int64_t)(n - REPORTERS_SHOWN) : 0);
}

static void reverse(json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i + 1 < n; i++) {
		json_t *last = json_incref(json_array_get(list, n - 1));

		json_array_remove(list, n - 1);
		json_array_insert_new(list, i, last);
	}
}

/* Under the chart, where there is one. */
static void strip_add(struct view *v, const json_t *policies)
{
	json_t *chart = tree_get(v->root, "series.chart"), *strip;

	if (!chart)
		return;
	strip = strip_policies(v->arena, tree_get(v->root, "series.points"), policies);
	if (!strip)
		return;
	json_object_set_new(chart, "strip", strip);
	tree_set_i64(chart, "height", CHART_HEIGHT + STRIP_HEIGHT);
}

int part_policies(struct view *v, struct err *err)
{
	json_t *d, *data;
	int r = add_list(v, "policies", NULL, &d, &data, err);

	if (r <= 0)
		return r;
	strip_merge(data);
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		tree_set_str(row, "policy_text", part_policy(v, tree_get(row, "policy")));
		witnesses_fill(row);
	}
	strip_add(v, data);
	reverse(data);
	view_exports(v, d, "exports", "policies", NULL);
	return 0;
}

/* --- What receivers did --- */

/* Messages by disposition, of those with this result; what the filters exclude is nothing. */
static int by_disposition(struct view *v, const char *result, json_t **ret, struct err *err)
{
	bool pass = strcmp(result, "pass") == 0;
	json_t *d = NULL;
	int r;

	if (v->q->flags.pass == (pass ? 0 : 1)) {
		*ret = json_object();
		return 0;
	}
	r = view_document(
		v, "summary", (const char *const[]){ "result", result, NULL }, &d, err);
	if (r < 0)
		return r;
	*ret = json_incref(tree_get(d, "by_disposition"));
	json_decref(d);
	return 0;
}

static void received_cell(struct view *v, json_t *row, const json_t *counts,
	const char *disposition, const char *result)
{
	json_t *cell = tree_append(tree_get(row, "cells"));
	int64_t n = tree_i64(counts, disposition);

	tree_set_i64(cell, "messages", n);
	if (n > 0)
		tree_set_str(cell, "link",
			view_link(v, "/records", STR_ABSENT,
				(const char *const[]){
					"result", result, "disposition", disposition, NULL }));
}

static int overrides_add(struct view *v, json_t *received, struct err *err)
{
	json_t *d = NULL, *data;
	int r = view_document(v, "overrides", NULL, &d, err);

	if (r < 0)
		return r;
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);
		struct str type = tree_str(row, "type");

		tree_set_cstr(row, "comma", i + 1 < json_array_size(data) ? "," : "");
		if (!str_empty(type))
			tree_set_str(row, "link",
				view_link(v, "/records", STR_ABSENT,
					(const char *const[]){
						"override", view_value(v, type), NULL }));
	}
	json_object_set(received, "overrides", data);
	tree_set_bool(received, "overridden", json_array_size(data) > 0);
	json_decref(d);
	return 0;
}

int part_received(struct view *v, struct err *err)
{
	static const struct {
		const char *name, *text;
		bool always;
	} rows[] = { { "none", "delivered (none)", true },
		{ "quarantine", "quarantined", true }, { "reject", "rejected", true },
		{ "pass", "delivered (pass)", false }, { "other", "another word", false },
		{ "not_reported", "not reported", false } };
	CLEANUP(tree)
	json_t *pass = NULL, *fail = NULL;
	json_t *object, *received;
	int r = by_disposition(v, "pass", &pass, err);

	if (r == 0)
		r = by_disposition(v, "fail", &fail, err);
	if (r < 0)
		return r;
	object = tree_set_object(v->root, "received");
	received = tree_set_array(object, "rows");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *row;

		if (!rows[i].always &&
			tree_i64(pass, rows[i].name) + tree_i64(fail, rows[i].name) == 0)
			continue;
		row = tree_append(received);
		tree_set_cstr(row, "text", rows[i].text);
		tree_set_array(row, "cells");
		received_cell(v, row, pass, rows[i].name, "pass");
		received_cell(v, row, fail, rows[i].name, "fail");
	}
	return overrides_add(v, object, err);
}
