/* "/help" and "/help/api": the words, causes, notes and reasons, from the tables that the
 * program itself uses. */
#include "note.h"
#include "outcome.h"
#include "page_set.h"
#include "problem.h"
#include "verdict.h"
#include "view.h"
#include "xalloc.h"

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

static void resources_add(struct view *v)
{
	json_t *list = tree_set_array(v->root, "resources");

	for (const struct resource *r = resource_table; r->name; r++) {
		json_t *o = tree_append(list);
		struct str names = STR("");

		for (const char *const *p = r->parameters; *p; p++)
			names = arena_printf(
				v->arena, "%.*s%s%s", STR_ARGS(names), names.n ? ", " : "", *p);
		tree_printf(o, "path", "/api/v1/%s%s", r->of_domain ? "domains/{domain}/" : "",
			r->name);
		tree_set_str(o, "parameters", names);
		if (r->of_domain)
			continue; /* there is no address without a domain */
		tree_printf(o, "link", "/api/v1/%s", r->name);
		if (r->columns)
			tree_printf(o, "csv_link", "/api/v1/%s.csv", r->name);
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
	causes_add(v.root);
	notes_add(v.root);
	reasons_add(v.root);
	tree_set_str(v.root, "api_link", view_link(&v, "/help/{}", STR("api"), NULL));
	return view_render(&v, "help", out, err);
}

/* --- "/help/api" --- */

static void problems_add(json_t *root)
{
	json_t *list = tree_set_array(root, "problem_types");

	for (int i = 0; i < PROBLEM_COUNT; i++) {
		json_t *o = tree_append(list);

		tree_set_cstr(o, "name", problem_name((enum problem_type)i));
		tree_set_cstr(o, "title", problem_title((enum problem_type)i));
		tree_set_i64(o, "status", problem_status((enum problem_type)i));
	}
}

int page_help_topic(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r;

	if (!str_eq(segment, STR("api")))
		return page_missing(c, STR("There is no help about that."), out, ret_status);
	r = view_init(&v, c, "/help/{}", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = view_frame(&v, STR("API"), 0, err);
	if (r < 0)
		return r;
	resources_add(&v);
	problems_add(v.root);
	tree_set_str(v.root, "help_link", view_link(&v, "/help", STR_ABSENT, NULL));
	return view_render(&v, "help_api", out, err);
}
