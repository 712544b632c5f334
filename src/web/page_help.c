/* "/help", "/help/keys" and "/help/api": the words, causes, notes and reasons, from the tables
 * that the program itself uses. */
#include "note.h"
#include "openapi.h"
#include "outcome.h"
#include "page_set.h"
#include "part_sender.h"
#include "problem.h"
#include "routes.h"
#include "verdict.h"
#include "view.h"
#include "xalloc.h"

#define ROUTES_MOST (256 * KIB)

static void code_add(json_t *list, const char *code, const char *sentence)
{
	json_t *o = tree_append(list);

	tree_set_cstr(o, "code", code);
	tree_set_cstr(o, "sentence", sentence);
}

static void causes_add(json_t *root)
{
	json_t *list = tree_set_array(root, "cause_codes");

	for (int i = 0; i < CAUSE_COUNT; i++) {
		code_add(list, cause_name((enum cause)i), cause_sentence((enum cause)i));
		tree_set_cstr(
			json_array_get(list, (size_t)i), "advice", cause_advice((enum cause)i));
	}
}

static void notes_add(json_t *root)
{
	json_t *list = tree_set_array(root, "note_codes");

	for (int i = 0; i < NOTE_COUNT; i++) {
		const char *code = note_name((enum note_code)i);

		code_add(list, code, note_sentence(str_of(code)));
	}
}

static void reasons_add(json_t *root)
{
	json_t *list = tree_set_array(root, "reason_codes");

	for (size_t i = 0; i < reason_count; i++) {
		code_add(list, reason_table[i].code, reason_table[i].sentence);
		tree_set_cstr(json_array_get(list, i), "outcome",
			outcome_name(reason_table[i].outcome));
	}
}

int page_help(struct doc_context *c, struct str segment, const struct query *q, struct buf *out,
	int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/help", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = view_frame(&v, STR("Help"), 0, err);
	if (r < 0)
		return r;
	notes_add(v.root);
	reasons_add(v.root);
	tree_set_str(v.root, "keys_link", view_link(&v, "/help/{}", STR("keys"), NULL));
	tree_set_str(v.root, "verdicts_link", view_link(&v, "/help/{}", STR("verdicts"), NULL));
	tree_set_str(v.root, "api_link", view_link(&v, "/help/{}", STR("api"), NULL));
	return view_render(&v, "help", out, err);
}

/* --- "/help/keys" --- */

/* What static/keys.js and static/explain.js do. */
static const struct {
	const char *keys[7], *does;
} key_table[] = {
	{ { "/" }, "go to the search field" },
	{ { "j", "k" }, "next, previous row" },
	{ { "Enter" }, "open the row" },
	{ { "e" }, "explain the row under it; Esc closes" },
	{ { "[", "]" }, "earlier, later" },
	{ { "1", "2", "3", "4" }, "7 days, 30 days, 90 days, 1 year" },
	{ { "g", "o" }, "Overview" },
	{ { "g", "s" }, "Senders" },
	{ { "g", "r" }, "Records" },
	{ { "g", "p" }, "Reports" },
	{ { "g", "c" }, "Coverage" },
	{ { "g", "x" }, "Problems" },
	{ { "x" }, "clear the filters" },
	{ { "?" }, "this list" },
	{ { "←", "→" }, "in a chart: previous, next column" },
};

static void keys_add(json_t *root)
{
	json_t *list = tree_set_array(root, "keys");

	for (size_t i = 0; i < sizeof(key_table) / sizeof(key_table[0]); i++) {
		json_t *o = tree_append(list), *presses;

		tree_set_cstr(o, "does", key_table[i].does);
		presses = tree_set_array(o, "presses");
		for (size_t k = 0; key_table[i].keys[k]; k++)
			json_array_append_new(presses, json_string(key_table[i].keys[k]));
	}
}

/* --- "/help/api" --- */

/* The words with commas between; without, and its words: what is left out. */
static struct str joined(struct arena *a, const json_t *list, const json_t *without)
{
	struct str out = STR("");
	const json_t *word, *other;
	size_t i, k;

	json_array_foreach(list, i, word)
	{
		bool left_out = false;

		json_array_foreach(without, k, other) left_out |= json_equal(word, other);
		if (!left_out)
			out = arena_printf(a, "%.*s%s%s", STR_ARGS(out), out.n ? ", " : "",
				json_string_value(word));
	}
	return out;
}

/* Does it begin with the filters, which are all that the summary takes? */
static bool takes_filters(const json_t *parameters, const json_t *filters)
{
	const json_t *filter;
	size_t i;

	json_array_foreach(filters, i, filter)
	{
		if (!json_equal(json_array_get(parameters, i), filter))
			return false;
	}
	return true;
}

static void route_add(struct view *v, json_t *list, const json_t *route, const json_t *filters)
{
	const json_t *parameters = tree_get(route, "parameters");
	bool all = takes_filters(parameters, filters);
	json_t *o = tree_append(list);
	struct str path = tree_str(route, "path"), formats, methods;

	formats = joined(v->arena, tree_get(route, "formats"), NULL);
	tree_set_str(o, "path", path);
	methods = joined(v->arena, tree_get(route, "methods"), NULL);
	tree_set_str(o, "methods", methods);
	tree_set_bool(o, "filters", all);
	tree_set_str(o, "parameters", joined(v->arena, parameters, all ? filters : NULL));
	tree_set_str(o, "formats", formats);
	if (str_index(path, '{') >= 0 || !str_starts(methods, STR("GET")))
		return; /* no address before it is filled in, or none to be read */
	tree_set_str(o, "link", path);
	if (str_contains(formats, STR("text/csv")))
		tree_printf(o, "csv_link", "%.*s.csv", STR_ARGS(path));
}

/* What GET /api/v1 says. */
static int routes_add(struct view *v, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	CLEANUP(tree)
	json_t *document = NULL;
	const json_t *route, *filters = NULL;
	json_t *list, *routes;
	struct json j;
	size_t i;
	int r;

	buf_init(&text, ROUTES_MOST);
	json_init(&j, &text);
	json_open_object(&j);
	routes_keys(&j, STR(""), v->arena);
	json_close_object(&j);
	r = tree_of(&j, &document, err);
	if (r < 0)
		return r;
	routes = tree_get(document, "routes");
	json_array_foreach(routes, i, route)
	{
		if (str_eq(tree_str(route, "path"), STR("/api/v1/summary")))
			filters = tree_get(route, "parameters");
	}
	tree_set_str(v->root, "filter_names", joined(v->arena, filters, NULL));
	list = tree_set_array(v->root, "routes");
	json_array_foreach(routes, i, route)
	{
		route_add(v, list, route, filters);
	}
	return 0;
}

/* "^!?(aligned|fragile)$" names words as well as an enum does. */
static struct str words_of(struct arena *a, const json_t *parameter)
{
	struct str rest = tree_str(parameter, "schema.items.pattern"), words, word;
	struct str out = joined(a, tree_get(parameter, "schema.enum"), NULL);

	if (out.n > 0 || !str_starts(rest, STR("^!?(")) || !str_cut(&rest, '(', &word) ||
		!str_cut(&rest, ')', &words))
		return out;
	while (str_cut(&words, '|', &word))
		out = arena_printf(
			a, "%.*s%s%.*s", STR_ARGS(out), out.n ? ", " : "", STR_ARGS(word));
	return out;
}

/* What the description of the API says of each parameter of a query. */
static int parameters_add(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *description = NULL;
	json_t *list = tree_set_array(v->root, "query_parameters"), *parameter;
	const char *key;
	int r = tree_parse(openapi_find(STR_ABSENT)->body, &description, err);

	if (r < 0)
		return r;
	json_object_foreach(tree_get(description, "components.parameters"), key, parameter)
	{
		json_t *o;

		if (!str_eq(tree_str(parameter, "in"), STR("query")))
			continue;
		o = tree_append(list);
		tree_set_str(o, "name", tree_str(parameter, "name"));
		tree_set_str(o, "meaning", tree_str(parameter, "description"));
		tree_set_str(o, "words", words_of(v->arena, parameter));
	}
	return 0;
}

static void problems_add(json_t *root)
{
	json_t *list = tree_set_array(root, "problem_types");

	for (int i = 0; i < PROBLEM_COUNT; i++) {
		json_t *o = tree_append(list);

		tree_set_cstr(o, "name", problem_name((enum problem_type)i));
		tree_set_cstr(o, "title", problem_title((enum problem_type)i));
		tree_set_cstr(o, "meaning", problem_meaning((enum problem_type)i));
		tree_set_i64(o, "status", problem_status((enum problem_type)i));
	}
}

/* --- "/help/verdicts" --- */

static const char *const class_meanings[CLASS_COUNT] = {
	[CLASS_ALIGNED] =
		"Its mail passes for the domain in From:, with a signature of its own "
		"or by SPF and DKIM both.",
	[CLASS_FRAGILE] = "SPF passes and matches, but no signature does: forwarded mail will "
			  "fail.",
	[CLASS_FORWARDED] = "Mail of others that it passed on: signed by your own servers but "
			    "sent from elsewhere, or the receiver says so.",
	[CLASS_REPLAY] = "Much mail at once with a signature of your own servers, from "
			 "elsewhere: a signed mail may have been sent again and again.",
	[CLASS_UNCLEAR] = "No rule fits, or a DNS error hides the result.",
	[CLASS_NOT_ALIGNED] = "It passes for a domain of its own, not for the one in From:; or "
			      "uses the domain in MAIL FROM without being in its SPF record.",
	[CLASS_UNAUTHENTICATED] = "Nothing passes for any domain.",
};

static void classes_add(json_t *root)
{
	static const enum sender_class order[] = { CLASS_ALIGNED, CLASS_FRAGILE,
		CLASS_FORWARDED, CLASS_REPLAY, CLASS_NOT_ALIGNED, CLASS_UNAUTHENTICATED,
		CLASS_UNCLEAR };
	json_t *list = tree_set_array(root, "classes");

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		json_t *o = tree_append(list);

		part_class_chip(o, order[i]);
		tree_set_cstr(o, "meaning", class_meanings[order[i]]);
	}
}

static void chips_add(json_t *root)
{
	json_t *list = tree_get(root, "cause_codes");

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);

		tree_set_str(o, "cause", tree_str(o, "code"));
		part_cause_chip(o);
	}
}

static int verdicts_fill(struct view *v, struct err *err)
{
	(void)err;
	causes_add(v->root);
	chips_add(v->root);
	classes_add(v->root);
	return 0;
}

/* --- Topics --- */

static int keys_fill(struct view *v, struct err *err)
{
	(void)err;
	keys_add(v->root);
	return 0;
}

static int api_fill(struct view *v, struct err *err)
{
	int r = routes_add(v, err);

	problems_add(v->root);
	return r < 0 ? r : parameters_add(v, err);
}

static const struct topic {
	const char *segment, *title, *template;
	int (*fill)(struct view *v, struct err *err);
} topics[] = {
	{ "api", "API", "help_api", api_fill },
	{ "keys", "Keyboard", "help_keys", keys_fill },
	{ "verdicts", "How ruad judges", "help_verdicts", verdicts_fill },
};

static const struct topic *topic_find(struct str segment)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (str_eq(segment, str_of(topics[i].segment)))
			return &topics[i];
	return NULL;
}

int page_help_topic(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	const struct topic *topic = topic_find(segment);
	int r;

	if (!topic)
		return page_missing(c, STR("There is no help about that."), out, ret_status);
	r = view_init(&v, c, "/help/{}", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = view_frame(&v, str_of(topic->title), 0, err);
	if (r < 0)
		return r;
	tree_set_str(v.root, "help_link", view_link(&v, "/help", STR_ABSENT, NULL));
	r = topic->fill(&v, err);
	return r < 0 ? r : view_render(&v, topic->template, out, err);
}
