/* "/search": one hit is gone to, several are listed by kind. */
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

#include <string.h>

/* How a kind is called, and which page knows more of it. */
static const struct kind {
	const char *kind, *title, *path;
	bool in_path; /* its text or id is a part of the path */
} kinds[] = {
	{ "source", "Sources", "/sources/{}", true },
	{ "domain", "Domains", "/domains/{}", true },
	{ "report", "Reports", "/reports/{}", true },
	{ "reporter", "Reporters", "/reports", false },
	{ "sender", "Senders", "/senders", false },
	{ "header_from", "Domains in Header-From", "/records", false },
	{ "dkim_key", "DKIM keys", "/records", false },
	{ "dkim_domain", "Domains of DKIM signatures", "/records", false },
	{ "dkim_selector", "DKIM selectors", "/records", false },
	{ "spf_domain", "Domains that SPF was checked for", "/records", false },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(const json_t *hit)
{
	size_t i = 0;

	while (i < KINDS - 1 && !str_eq(tree_str(hit, "kind"), str_of(kinds[i].kind)))
		i++;
	return &kinds[i];
}

/* The page of a hit, with what its resource is asked. */
static struct str hit_link(struct view *v, const json_t *hit)
{
	const struct kind *k = kind_of(hit);
	struct str id = tree_str(hit, "id"),
		   segment = str_absent(id) ? tree_str(hit, "text") : id;
	json_t *parameters = tree_get(hit, "parameters"), *value;
	const char *changes[2 * 4 + 1] = { NULL };
	const char *name;
	size_t n = 0;

	json_object_foreach(parameters, name, value)
	{
		if (n == 8 || (k->in_path && str_eq(str_of(name), str_of(k->kind))))
			continue;
		changes[n++] = name;
		changes[n++] = json_string_value(value);
	}
	return view_link(v, k->path, k->in_path ? segment : STR_ABSENT, changes);
}

/* The hit that is meant: the only one of that name, or the only one at all. */
static const json_t *find_only(const json_t *data)
{
	const json_t *only = NULL;
	size_t exact = 0, n = json_array_size(data);

	for (size_t i = 0; i < n; i++) {
		const json_t *hit = json_array_get(data, i);

		if (!tree_true(hit, "exact"))
			continue;
		only = hit;
		exact++;
	}
	if (exact == 0 && n == 1)
		return json_array_get(data, 0);
	return exact == 1 ? only : NULL;
}

/* --- The list --- */

static void report_words(struct view *v, json_t *hit)
{
	const json_t *r = tree_get(hit, "report");
	struct str first = str_first(tree_str(r, "begin"), strlen("2026-11-19"));
	struct str last = str_first(tree_str(r, "end"), first.n);

	tree_printf(hit, "words", "%.*s about %.*s, %.*s%s%.*s, %.*s",
		STR_ARGS(tree_str(r, "reporter")), STR_ARGS(tree_str(r, "domain")),
		STR_ARGS(first), str_eq(first, last) ? "" : " – ",
		str_eq(first, last) ? 0 : (int)last.n, last.p,
		STR_ARGS(format_count(
			v->arena, tree_i64(r, "messages"), "message", "messages")));
}

static void hit_fill(struct view *v, json_t *hit)
{
	struct str text = tree_str(hit, "text"), name = tree_str(hit, "name");

	tree_set_str(hit, "link", hit_link(v, hit));
	if (json_is_object(tree_get(hit, "report")))
		report_words(v, hit);
	else if (json_is_integer(tree_get(hit, "reports")))
		tree_set_str(hit, "words",
			format_count(v->arena, tree_i64(hit, "reports"), "report", "reports"));
	else if (!str_absent(name) && !str_eq(name, text))
		tree_set_str(hit, "words", name);
}

static void groups_add(struct view *v, const json_t *found)
{
	const json_t *data = tree_get(found, "data"), *counts = tree_get(found, "kinds");
	json_t *groups = tree_set_array(v->root, "groups");

	for (size_t k = 0; k < KINDS; k++) {
		const json_t *count = json_array_get(counts, k);
		json_t *group, *hits;

		if (tree_i64(count, "hits") == 0)
			continue;
		group = tree_append(groups);
		tree_set_cstr(group, "kind", kinds[k].kind);
		tree_set_cstr(group, "title", kinds[k].title);
		tree_printf(group, "count_words", "%.*s%s",
			STR_ARGS(format_number(v->arena, tree_i64(count, "hits"))),
			tree_true(count, "more") ? " and more" : "");
		hits = tree_set_array(group, "hits");
		for (size_t i = 0; i < json_array_size(data); i++) {
			json_t *hit = json_array_get(data, i);

			if (kind_of(hit) != &kinds[k])
				continue;
			hit_fill(v, hit);
			json_array_append(hits, hit);
		}
	}
}

static int fill(struct view *v, struct str text, const json_t *found, struct err *err)
{
	size_t n = json_array_size(tree_get(found, "data"));
	int r = view_frame(v, STR("Search"), 0, err);
	json_t *frame;

	if (r < 0)
		return r;
	frame = tree_get(v->root, "frame");
	tree_set_str(frame, "search_text", text);
	if (found)
		tree_set_str(frame, "here",
			view_link(v, v->path, v->segment,
				(const char *const[]){
					"q", arena_cstr(v->arena, text), NULL }));
	tree_set_str(v->root, "q", text);
	tree_set_bool(v->root, "asked", found != NULL);
	tree_set_bool(v->root, "none", found && n == 0);
	tree_set_bool(v->root, "store", tree_i64(v->status, "reports") == 0);
	if (n > 0)
		tree_set_str(v->root, "count_words",
			format_count(v->arena, (int64_t)n, "hit", "hits"));
	if (found)
		groups_add(v, found);
	return 0;
}

int page_search(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	CLEANUP(tree)
	json_t *found = NULL;
	const json_t *only = NULL;
	struct query bare; /* what is looked for is no filter of the pages that links lead to */
	int r;

	(void)segment;
	(void)ret_status;
	query_init(&bare, c->arena);
	r = query_end(&bare, c->now_at, err);
	if (r == 0)
		r = view_init(&v, c, "/search", STR_ABSENT, &bare, STR_ABSENT, err);
	if (r == 0 && !str_empty(q->text))
		r = view_document_of(&v, "search", q, &found, err);
	if (r < 0)
		return r;
	if (found)
		only = find_only(tree_get(found, "data"));
	if (only) {
		c->see = hit_link(&v, only);
		return 0;
	}
	r = fill(&v, q->text, found, err);
	return r < 0 ? r : view_render(&v, "search", out, err);
}
