/* brief_html.c - the digest as a page that stands for itself. */
#include "brief.h"

#include "format.h"
#include "page_set.h"
#include "xalloc.h"

static void add_findings(const struct brief *b, struct arena *a, json_t *root)
{
	json_t *list;

	if (b->finding_count == 0)
		return;
	list = tree_set_array(tree_set_object(root, "findings"), "rows");
	for (size_t i = 0; i < b->finding_count; i++) {
		const struct brief_row *row = &b->findings[i];
		json_t *o = tree_append(list);

		tree_set_str(o, "fail", format_number(a, (int64_t)row->counts.fail));
		tree_set_str(o, "name", row->name);
		tree_set_str(o, "sentence", row->sentence);
	}
}

static void add_cells(const struct brief_view *v, size_t row, json_t *o)
{
	static const char *const classes[] = {
		[BRIEF_NAME] = "name", [BRIEF_NUMBER] = "n", [BRIEF_TEXT] = ""
	};
	json_t *cells = tree_set_array(o, "cells");

	for (size_t i = 0; i < v->columns; i++) {
		json_t *c = tree_append(cells);

		tree_set_str(c, "text", v->cells[row * v->columns + i]);
		tree_set_cstr(c, "class", classes[v->heads[i].kind]);
	}
}

static void add_table(const struct brief_view *v, json_t *tables)
{
	json_t *o = tree_append(tables), *heads = tree_set_array(o, "heads"),
	       *rows = tree_set_array(o, "rows");

	tree_set_cstr(o, "title", v->title);
	tree_set_bool(o, "more", v->more);
	for (size_t i = 0; i < v->columns; i++) {
		json_t *h = tree_append(heads);

		tree_set_cstr(h, "text", v->heads[i].text);
		tree_set_bool(h, "number", v->heads[i].kind == BRIEF_NUMBER);
	}
	for (size_t i = 0; i < v->rows; i++)
		add_cells(v, i, tree_append(rows));
}

int brief_html(const struct brief *b, struct arena *a, struct buf *out, struct err *err)
{
	CLEANUP(tree)
	json_t *root = json_object();
	struct brief_view views[BRIEF_VIEWS];
	struct str lines[BRIEF_LINES];
	size_t line_count = brief_lines(b, a, lines), n = brief_views(b, a, views);
	json_t *list;

	tree_set_str(root, "title", brief_title(b, a));
	tree_set_str(root, "about", b->about);
	tree_set_str(root, "policy", b->policy);
	tree_set_str(root, "sentence", brief_sentence(b, a));
	add_findings(b, a, root);
	list = tree_set_array(root, "lines");
	for (size_t i = 0; i < line_count; i++)
		tree_set_str(tree_append(list), "text", lines[i]);
	list = tree_set_array(root, "tables");
	for (size_t i = 0; i < n; i++)
		add_table(&views[i], list);
	return template_render(page_templates(), STR("digest"), root, out, err);
}
