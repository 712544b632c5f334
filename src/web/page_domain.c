/* "/domains/{}": who sends as this domain, what passes, and what receivers did. */
#include "chart.h"
#include "explain.h"
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

#include <string.h>

#define ROWS_SHOWN "50"
#define SOURCES_SHOWN "10" /* most stand among the senders already */

static const struct view_head sender_heads[] = {
	{ "Sender", "name", false },
	{ "Messages", "messages", true },
	{ "Share", NULL, false },
	{ "DMARC pass", "pass_rate", true },
	{ "Failed", "fail", true },
	{ "What we see", NULL, false },
	{ "Last seen", "last_seen", true },
};

/* --- Senders and sources --- */

static void row_links(struct view *v, json_t *row, const char *name, struct str value)
{
	const char *text = view_value(v, value);

	tree_set_str(row, "link",
		view_link(
			v, "/records", STR_ABSENT, (const char *const[]){ name, text, NULL }));
	tree_set_str(row, "fail_link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){ name, text, "result", "fail", NULL }));
	tree_set_str(row, "cause_link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){ name, text, "cause",
				arena_cstr(v->arena, tree_str(row, "cause")), NULL }));
}

/* Other causes than the main one, with their counts.  With one cause only, its records are
 * those of the row. */
static void other_causes(json_t *row)
{
	json_t *others = tree_set_array(row, "others");

	for (int i = 0; i < CAUSE_COUNT; i++) {
		const char *code = cause_name((enum cause)i);
		int64_t n = tree_i64(tree_get(row, "by_cause"), code);
		json_t *o;

		if (n == 0 || str_eq(str_of(code), tree_str(row, "cause")))
			continue;
		o = tree_append(others);
		tree_set_cstr(o, "code", code);
		tree_set_i64(o, "messages", n);
		tree_set_cstr(o, "sentence", cause_sentence((enum cause)i));
	}
	tree_set_bool(row, "mixed", json_array_size(others) > 0);
}

static int64_t most_messages(const json_t *data)
{
	int64_t most = 0;

	for (size_t i = 0; i < json_array_size(data); i++) {
		int64_t n = tree_i64(json_array_get(data, i), "messages");

		most = n > most ? n : most;
	}
	return most;
}

static void sender_words(struct view *v, json_t *row)
{
	struct str ip = tree_str(row, "source_ip"), by = tree_str(row, "named_by");
	int64_t addresses = tree_i64(row, "addresses");

	if (str_eq(by, STR("dkim")))
		tree_set_cstr(row, "named_text", "named by DKIM");
	else if (str_eq(by, STR("spf")))
		tree_set_cstr(row, "named_text", "named by MAIL FROM");
	if (addresses != 1)
		tree_set_str(row, "address_words",
			format_count(v->arena, addresses, "address", "addresses"));
	else if (!str_eq(ip, tree_str(row, "key")))
		tree_set_str(row, "address_words", ip);
	tree_set_bool(row, "is_address", str_eq(by, STR("address")));
}

static void rows_fill(struct view *v, json_t *data, const char *filter, const char *key)
{
	int64_t most = most_messages(data);

	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		row_links(v, row, filter, tree_str(row, key));
		part_cause_chip(row);
		other_causes(row);
		chart_bar(row, most);
	}
}

static int senders_add(struct view *v, struct err *err)
{
	struct str sort = v->q->sort;
	const char *changes[] = { "limit", ROWS_SHOWN, "sort",
		str_absent(sort) ? NULL : arena_cstr(v->arena, sort), NULL };
	json_t *d = NULL, *data;
	int r = view_document(v, "senders", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "senders", d);
	data = tree_get(d, "data");
	rows_fill(v, data, "sender", "key");
	for (size_t i = 0; i < json_array_size(data); i++)
		sender_words(v, json_array_get(data, i));
	part_caption(v, d, "sender", "senders");
	view_heads(v, d, "heads", sender_heads, sizeof(sender_heads) / sizeof(sender_heads[0]));
	view_exports(v, d, "exports", "senders", NULL);
	return 0;
}

static int sources_add(struct view *v, struct err *err)
{
	const char *changes[] = { "limit", SOURCES_SHOWN, NULL };
	json_t *d = NULL, *data;
	int r = view_document(v, "sources", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "sources", d);
	data = tree_get(d, "data");
	rows_fill(v, data, "source_ip", "source_ip");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		tree_set_bool(row, "named",
			!str_eq(tree_str(row, "sender.named_by"), STR("address")));
	}
	part_caption(v, d, "source address", "source addresses");
	view_exports(v, d, "exports", "sources", NULL);
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
	tree_set_cstr(cell, "label", strcmp(result, "pass") == 0 ? "Passed" : "Failed");
	/* There is no filter for "the report does not say". */
	if (n > 0 && strcmp(disposition, "not_reported") != 0)
		tree_set_str(cell, "link",
			view_link(v, "/records", STR_ABSENT,
				(const char *const[]){
					"result", result, "disposition", disposition, NULL }));
}

static int received_add(struct view *v, struct err *err)
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
	json_t *received;
	int r = by_disposition(v, "pass", &pass, err);

	if (r == 0)
		r = by_disposition(v, "fail", &fail, err);
	if (r < 0)
		return r;
	received = tree_set_array(tree_set_object(v->root, "received"), "rows");
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
	return 0;
}

/* --- The page --- */

/* The policy of the newest report.  1 there is one, 0 the range has none. */
static int policy_add(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	json_t *row;
	int r = view_document(v, "domains", NULL, &d, err);

	if (r < 0)
		return r;
	row = json_array_get(tree_get(d, "data"), 0);
	if (!row)
		return 0;
	json_object_set(v->root, "domain", row);
	tree_set_str(row, "policy_text", part_policy(v, tree_get(row, "policy")));
	part_time(v, row, "last_report");
	return 1;
}

/* Is there any report of this domain at all?  1, 0, negative. */
static int known(struct view *v, struct str domain, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct query *q = ARENA_NEW(v->arena, struct query);
	int r;

	query_init(q, v->arena);
	r = query_set(q, STR("domain"), str_of(view_value(v, domain)), NULL, NULL, err);
	if (r == 0)
		r = query_set(q, STR("range"), STR("all"), NULL, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	if (r == 0)
		r = view_document_of(v, "summary", q, &d, err);
	return r < 0 ? r : tree_i64(d, "reports") > 0;
}

static int fill(struct view *v, struct str domain, const json_t *summary, struct err *err)
{
	int r = policy_add(v, err);

	if (r < 0)
		return r;
	part_sentence(v, v->root, tree_get(summary, "totals"));
	part_causes(v, summary);
	r = part_series(v, domain, err);
	if (r == 0)
		r = senders_add(v, err);
	if (r == 0)
		r = sources_add(v, err);
	if (r == 0)
		r = part_reporters(v, ROWS_SHOWN, err);
	return r < 0 ? r : received_add(v, err);
}

int page_domain(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	struct str domain = arena_str_lower(c->arena, segment);
	CLEANUP(view)
	struct view v = { 0 };
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_init(&v, c, "/domains/{}", domain, q, domain, err);

	if (r == 0)
		r = view_document(&v, "summary", NULL, &summary, err);
	/* An empty store knows no domain, and says so in another way. */
	if (r == 0 && tree_i64(summary, "reports") == 0 && tree_i64(v.status, "reports") > 0) {
		r = known(&v, domain, err);
		if (r == 0)
			return page_missing(c,
				arena_printf(c->arena, "There is no report about %.*s.",
					STR_ARGS(domain)),
				out, ret_status);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = view_frame(&v, domain, FRAME_RANGE | FRAME_FILTERS, err);
	tree_set_str(v.root, "name", domain);
	if (r == 0)
		r = part_empty(&v, summary, err);
	if (r == 0)
		r = fill(&v, domain, summary, err);
	return r < 0 ? r : view_render(&v, "domain", out, err);
}
