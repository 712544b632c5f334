/* "/domains/{}/senders/{}": one sender of one domain, why it passes or fails, and whose it is.
 */
#include "day.h"
#include "doc_sender.h"
#include "explain.h"
#include "format.h"
#include "page_set.h"
#include "part_sender.h"
#include "xalloc.h"

#include <string.h>

#define DOCUMENT_MOST (4U << 20)
#define ADDRESSES_SHOWN "20"

/* 1 there is one, 0 not, negative. */
static int read_it(struct view *v, json_t **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	struct json j;
	int r;

	buf_init(&text, DOCUMENT_MOST);
	json_init(&j, &text);
	r = doc_sender(v->c, v->segment, v->key, v->q, &j, err);
	if (r <= 0)
		return r;
	r = tree_of(&j, ret, err);
	return r < 0 ? r : 1;
}

/* --- The mark --- */

static void mark_fill(struct view *v, json_t *it)
{
	json_t *m = tree_get(it, "mark"), *form;
	struct str word = tree_str(m, "mark");
	bool proven = tree_true(it, "sender.proven");

	tree_set_cstr(m, "words",
		str_eq(word, STR("ours"))	? "Ours"
		: str_eq(word, STR("not_ours")) ? "Not ours"
		: proven ? "Nobody has said; mail that passed shows that it is yours"
			 : "Nobody has said, and no mail that passed shows it");
	part_time(v, m, "at");
	if (str_absent(v->c->form_token))
		return;
	form = tree_set_object(m, "form");
	tree_set_str(form, "form_link", view_link(v, v->path, v->segment, NULL));
	tree_set_str(form, "token", v->c->form_token);
	tree_set_str(form, "note", tree_str(m, "note"));
	tree_set_bool(form, "ours", str_eq(word, STR("ours")));
	tree_set_bool(form, "not_ours", str_eq(word, STR("not_ours")));
	tree_set_bool(form, "undecided",
		str_eq(word, STR("undecided")) && !str_absent(tree_str(m, "at")));
}

/* --- What its records say --- */

static void shapes_fill(struct view *v, json_t *it)
{
	json_t *shapes = tree_get(it, "shapes");
	struct str day = tree_str(it, "shapes_day");
	size_t n = json_array_size(shapes);
	int64_t shown = 0;

	tree_set_bool(it, "has_shapes", n > 0);
	for (size_t i = 0; i < n; i++) {
		json_t *s = json_array_get(shapes, i);
		struct str record = tree_str(s, "record"), sentence = tree_str(s, "sentence");
		bool pass = str_eq(tree_str(s, "result"), STR("pass"));

		shown += tree_i64(s, "messages");
		part_auth(s);
		tree_set_i64(s, "fail", pass ? 0 : tree_i64(s, "messages"));
		if (tree_true(s, "explained"))
			tree_set_i64(s, "explained", tree_i64(s, "messages"));
		sentence = arena_str(v->arena, sentence);
		part_cause_chip(s);
		tree_set_str(s, "sentence", sentence);
		if (!str_absent(record))
			tree_set_str(
				s, "record_link", view_link(v, "/records/{}", record, NULL));
	}
	tree_printf(it, "shapes_words", "The most frequent, with %.*s of %.*s%s%.*s",
		STR_ARGS(format_number(v->arena, shown)),
		STR_ARGS(format_count(
			v->arena, tree_i64(it, "shapes_messages"), "message", "messages")),
		str_absent(day) ? "" : " on ", STR_ARGS(day));
}

static void explanation_fill(struct view *v, json_t *it)
{
	json_t *e = tree_get(it, "explanation");

	if (!json_is_object(e))
		return;
	part_answers(e);
	tree_set_str(e, "record_link",
		view_link(v, "/records/{}", tree_str(it, "explained_record"), NULL));
}

/* --- Who sent and who saw --- */

static int addresses_add(struct view *v, struct err *err)
{
	const char *changes[] = { "limit", ADDRESSES_SHOWN, NULL };
	json_t *d = NULL, *data;
	int r = view_document(v, "sources", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "sources", d);
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		tree_set_str(row, "source_link",
			view_link(v, "/sources/{}", tree_str(row, "source_ip"), NULL));
		tree_set_str(row, "link",
			view_link(v, "/records", STR_ABSENT,
				(const char *const[]){ "source_ip",
					view_value(v, tree_str(row, "source_ip")), NULL }));
	}
	part_caption(v, d, "address", "addresses");
	view_exports(v, d, "exports", "sources", NULL);
	return 0;
}

static void seen_fill(struct view *v, json_t *it)
{
	json_t *seen = tree_get(it, "seen_by"), *reporters = tree_get(seen, "reporters");
	int64_t day;

	if (json_array_size(reporters) == 0 || !day_parse(tree_str(seen, "day"), &day))
		return;
	for (size_t i = 0; i < json_array_size(reporters); i++) {
		json_t *row = json_array_get(reporters, i);
		struct str name = tree_str(row, "reporter");

		if (str_empty(name))
			continue;
		tree_set_str(row, "link",
			part_days_link(v, "/records", day, day + 1,
				(const char *const[]){
					"reporter", view_value(v, name), NULL }));
	}
	json_object_set(v->root, "seen_by", seen);
}

/* --- The page --- */

/* This page's query, with the sender as a filter. */
static int narrow(const struct view *v, struct view *ret, struct str key, struct err *err)
{
	struct query *q = ARENA_NEW(v->arena, struct query);
	int r = 0;

	*ret = *v;
	query_init(q, v->arena);
	for (size_t i = 0; i < v->q->param_count && r == 0; i++)
		r = query_set(q, v->q->params[i].name, v->q->params[i].value, NULL, NULL, err);
	if (r == 0)
		r = query_set(q, STR("sender"), query_value(v->arena, key), NULL, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	ret->q = q;
	return r;
}

static void it_fill(struct view *v, struct view *of_sender, json_t *it)
{
	json_t *row = tree_get(it, "sender");
	struct str domain = tree_str(it, "domain");

	tree_set_str(it, "domain_link", view_link(v, "/domains/{}", domain, NULL));
	tree_printf(it, "json_link", "/api/v1%.*s",
		STR_ARGS(view_link(v, v->path, v->segment, NULL)));
	if (json_is_object(row)) {
		part_sender_row(v, row);
		part_sentence(of_sender, it, row);
	}
	tree_set_cstr(it, "named_words",
		str_eq(tree_str(it, "named_by"), STR("own"))	   ? "named by you"
		: str_eq(tree_str(it, "named_by"), STR("service")) ? "a known service"
		: str_eq(tree_str(it, "named_by"), STR("dkim"))
			? "named by the domain of its DKIM signature"
		: str_eq(tree_str(it, "named_by"), STR("spf")) ? "named by its MAIL FROM domain"
							       : "has no name but its address");
	mark_fill(v, it);
	shapes_fill(of_sender, it);
	explanation_fill(of_sender, it);
	seen_fill(of_sender, it);
}

static int fill(struct view *v, json_t *it, struct err *err)
{
	struct view of_sender;
	struct str name = tree_str(it, "name");
	int r = narrow(v, &of_sender, tree_str(it, "key"), err);

	if (r == 0)
		r = view_frame(v,
			arena_printf(v->arena, "%.*s for %.*s", STR_ARGS(name),
				STR_ARGS(tree_str(it, "domain"))),
			FRAME_RANGE, err);
	if (r < 0)
		return r;
	it_fill(v, &of_sender, it);
	if (!json_is_object(tree_get(it, "sender")))
		return 0;
	r = part_series(&of_sender, name, err);
	return r < 0 ? r : addresses_add(&of_sender, err);
}

int page_sender(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	struct str domain = arena_str_lower(c->arena, segment);
	CLEANUP(view)
	struct view v = { 0 };
	json_t *it = NULL;
	int r = view_init(&v, c, "/domains/{}/senders/{}", domain, q, domain, err);

	if (r == 0)
		r = read_it(&v, &it, err);
	if (r == 0)
		return page_missing(c,
			arena_printf(c->arena,
				"No mail of a sender %.*s was ever reported for %.*s.",
				STR_ARGS(c->key), STR_ARGS(domain)),
			out, ret_status);
	if (r < 0)
		return r;
	json_object_set_new(v.root, "it", it);
	r = fill(&v, it, err);
	return r < 0 ? r : view_render(&v, "sender", out, err);
}
