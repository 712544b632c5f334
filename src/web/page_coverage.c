/* "/coverage": who reported on which day; "/changes": what changed. */
#include "coverage.h"

#include "day.h"
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "part_domain.h"
#include "xalloc.h"

#include <string.h>

#define DAYS_SHOWN 92
#define ROWS_SHOWN "100"
#define CHANGES_SHOWN "100"

/* --- Coverage --- */

/* 1,234 fits no column of a month. */
static struct str short_number(struct arena *a, int64_t n)
{
	static const struct {
		int64_t unit;
		const char *letter;
	} units[] = { { 1000000000, "g" }, { 1000000, "m" }, { 1000, "k" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t tenths = n / (units[i].unit / 10);

		if (n < units[i].unit)
			continue;
		if (tenths >= 100)
			return arena_printf(
				a, "%lld%s", (long long)(tenths / 10), units[i].letter);
		return arena_printf(a, "%lld.%lld%s", (long long)(tenths / 10),
			(long long)(tenths % 10), units[i].letter);
	}
	return arena_printf(a, "%lld", (long long)n);
}

/* Four steps of one hue, each four times the one below, up to the largest cell. */
static const char *heat_of(int64_t messages, int64_t most)
{
	return messages == 0	       ? "heat h0"
	       : messages * 64 <= most ? "heat h1"
	       : messages * 16 <= most ? "heat h2"
	       : messages * 4 <= most  ? "heat h3"
				       : "heat h4";
}

static int64_t most_of(const json_t *data)
{
	int64_t most = 0;

	for (size_t i = 0; i < json_array_size(data); i++) {
		int64_t n = tree_i64(json_array_get(data, i), "messages");

		most = n > most ? n : most;
	}
	return most;
}

static void cell_link(struct view *v, json_t *cell, struct str reporter, int64_t day)
{
	if (str_empty(reporter))
		return; /* one without a name cannot be asked for */
	tree_set_str(cell, "link",
		part_days_link(v, "/reports", day, day + 1,
			(const char *const[]){ "reporter",
				view_value(v, arena_str_lower(v->arena, reporter)), NULL }));
}

/* source: the cell of the document, or NULL: nothing was reported nor expected. */
static void cell_fill(struct view *v, json_t *cell, const json_t *source, struct str reporter,
	int64_t day, int64_t most)
{
	struct str state = tree_str(source, "state"), words;
	int64_t n = tree_i64(source, "messages");

	if (str_eq(state, STR("reported"))) {
		tree_set_cstr(cell, "tone", heat_of(n, most));
		tree_set_str(cell, "text", short_number(v->arena, n));
		words = format_count(v->arena, n, "message", "messages");
		cell_link(v, cell, reporter, day);
	} else if (str_eq(state, STR("missing"))) {
		tree_set_cstr(cell, "tone", "heat miss");
		tree_set_cstr(cell, "text", "✕");
		words = STR("expected, missing");
	} else if (str_eq(state, STR("pending"))) {
		tree_set_cstr(cell, "tone", "heat wait");
		tree_set_cstr(cell, "text", "…");
		words = STR("may still come");
	} else {
		tree_set_cstr(cell, "tone", "heat");
		tree_set_cstr(cell, "text", "·");
		words = STR("not expected");
	}
	tree_printf(cell, "title", "%.*s: %.*s", STR_ARGS(format_day(v->arena, day)),
		STR_ARGS(words));
}

/* The cells of a document stand in the order of its reporters, and of each by day. */
static void rows_fill(struct view *v, json_t *d)
{
	json_t *data = tree_get(d, "data"), *days = tree_get(d, "days");
	json_t *reporters = tree_get(d, "reporters");
	int64_t most = most_of(data);
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(reporters); i++) {
		json_t *row = json_array_get(reporters, i);
		json_t *cells = tree_set_array(row, "cells");
		struct str name = tree_str(row, "reporter");
		int64_t delay = tree_i64(row, "delay_seconds"), last;

		for (size_t k = 0; k < json_array_size(days); k++) {
			struct str text = tree_str(json_array_get(days, k), "day");
			const json_t *source = json_array_get(data, at);
			bool here = source && str_eq(tree_str(source, "day"), text) &&
				    str_eq(tree_str(source, "reporter"), name);
			int64_t day = 0;

			day_parse(text, &day);
			cell_fill(v, tree_append(cells), here ? source : NULL, name, day, most);
			at += here;
		}
		/* Not "link": cells without one would take it. */
		if (!str_empty(name))
			tree_set_str(row, "all_link",
				view_link(v, "/records", STR_ABSENT,
					(const char *const[]){
						"reporter", view_value(v, name), NULL }));
		part_time(v, row, "last_report");
		if (time_parse(tree_str(row, "last_report"), &last))
			tree_set_str(row, "last_day_text",
				format_day_short(v->arena, day_of(last - 1)));
		tree_set_str(row, "delay_text",
			json_is_null(tree_get(row, "delay_seconds"))
				? STR("–")
				: format_duration(v->arena, delay));
	}
}

/* "19", and below it the month where it begins. */
static void day_words(struct view *v, json_t *head, int64_t day, bool first)
{
	struct str text = format_day_short(v->arena, day); /* 19 Nov */
	struct civil c;

	day_civil(day, &c);
	tree_set_str(head, "text", str_first(text, 2));
	tree_set_str(head, "month", first || c.day == 1 ? str_from(text, 3) : STR(""));
}

static void heads_fill(struct view *v, json_t *d)
{
	json_t *days = tree_get(d, "days"), *heads = tree_set_array(d, "heads");
	int64_t today = day_of(v->c->now_at);

	for (size_t i = 0; i < json_array_size(days); i++) {
		json_t *head = json_deep_copy(json_array_get(days, i));
		int64_t day = 0, expected = tree_i64(head, "expected");

		day_parse(tree_str(head, "day"), &day);
		day_words(v, head, day, i == 0);
		tree_set_str(head, "messages_text",
			short_number(v->arena, tree_i64(head, "messages")));
		/* Nothing of the last days may still mean nothing. */
		if (expected == 0 || (tree_i64(head, "arrived") == 0 && day >= today - 1))
			tree_set_cstr(head, "share_text", "–");
		else
			tree_printf(head, "share_text", "%lld",
				(long long)(tree_i64(head, "arrived") * 100 / expected));
		tree_printf(head, "title", "%lld of %lld expected reporters",
			(long long)tree_i64(head, "arrived"), (long long)expected);
		if (tree_i64(head, "messages") > 0)
			tree_set_str(head, "link",
				part_days_link(v, "/records", day, day + 1, NULL));
		json_object_del(head, "messages");
		json_array_append_new(heads, head);
	}
}

static int coverage_add(struct view *v, struct err *err)
{
	int64_t first = v->q->from_day;
	const char *changes[] = { "limit", ROWS_SHOWN, NULL, NULL, NULL, NULL, NULL, NULL,
		NULL };
	json_t *d = NULL;
	int64_t total, shown;
	int r;

	if (!v->q->all_time && v->q->to_day - first > DAYS_SHOWN) {
		changes[2] = "from";
		changes[3] = format_day(v->arena, v->q->to_day - DAYS_SHOWN).p;
		changes[4] = "to";
		changes[5] = format_day(v->arena, v->q->to_day).p;
	}
	r = view_document(v, "coverage", changes, &d, err);
	if (r < 0)
		return r;
	json_object_set_new(v->root, "coverage", d);
	rows_fill(v, d);
	heads_fill(v, d);
	total = tree_i64(d, "page.total");
	shown = (int64_t)json_array_size(tree_get(d, "reporters"));
	tree_set_bool(d, "more", total > shown);
	tree_set_i64(d, "shown", shown);
	tree_set_i64(d, "day_count", (int64_t)json_array_size(tree_get(d, "days")));
	if (changes[2])
		tree_set_bool(d, "days_left_off", true);
	part_caption_of(v, d, format_count(v->arena, total, "reporter", "reporters"),
		tree_i64(d, "totals.messages"));
	view_exports(v, d, "exports", "coverage", NULL);
	return 0;
}

int page_coverage(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_init(&v, c, "/coverage", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = view_document(&v, "summary", NULL, &summary, err);
	if (r == 0)
		r = view_frame(&v, STR("Coverage"), FRAME_RANGE | FRAME_FILTERS, err);
	if (r == 0)
		r = part_empty(&v, summary, err);
	if (r == 0)
		r = coverage_add(&v, err);
	return r < 0 ? r : view_render(&v, "coverage", out, err);
}

/* --- Changes --- */

/* There is no form here, so what is left out is said in words. */
static void domain_words(struct view *v)
{
	const struct filter_list *list = &v->q->filters[FILTER_DOMAIN];
	struct str names = STR("");

	for (size_t i = 0; i < list->count; i++)
		names = arena_printf(v->arena, "%.*s%s%s%.*s", STR_ARGS(names), i ? ", " : "",
			list->values[i].excluded ? "not " : "", STR_ARGS(list->values[i].text));
	tree_set_str(v->root, "of", names);
	tree_set_str(v->root, "everything_link",
		view_link(v, "/changes", STR_ABSENT,
			(const char *const[]){ "domain", NULL, NULL }));
}

int page_changes(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/changes", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = view_frame(&v, STR("Changes"), 0, err);
	if (v.q && v.q->filters[FILTER_DOMAIN].count > 0)
		domain_words(&v);
	if (r == 0)
		r = part_changes(&v, CHANGES_SHOWN, true, err);
	return r < 0 ? r : view_render(&v, "changes", out, err);
}
