/* `ruad search`: what a text may mean, and the command that tells more. */
#include "cells.h"
#include "document.h"
#include "tree.h"
#include "xalloc.h"

#include <string.h>

static struct str shown(struct cli *c, const json_t *t, const char *path)
{
	return or_dash(c->arena, tree_str(t, path));
}

/* As a word of the shell. */
static struct str quoted(struct cli *c, struct str s)
{
	struct str rest = printable(c->arena, s), head, text = STR("");
	bool plain = rest.n > 0;
	for (size_t i = 0; i < rest.n; i++)
		plain &= (rest.p[i] >= '0' && rest.p[i] <= '9') ||
			 (char_lower(rest.p[i]) >= 'a' && char_lower(rest.p[i]) <= 'z') ||
			 strchr(".-_:/@", rest.p[i]);
	if (plain)
		return rest;
	for (bool first = true; str_cut(&rest, '\'', &head); first = false)
		text = arena_printf(c->arena, "%.*s%s%.*s", STR_ARGS(text),
			first ? "" : "'\\''", STR_ARGS(head));
	return arena_printf(c->arena, "'%.*s'", STR_ARGS(text));
}

/* "--dkim-domain example.net --range all" */
static struct str flags(struct cli *c, json_t *parameters)
{
	struct str text = STR("");
	const char *name;
	json_t *value;
	json_object_foreach(parameters, name, value)
	{
		struct str word = quoted(c, str_of(json_string_value(value)));
		struct str flag = arena_str(c->arena, str_of(name));
		for (size_t i = 0; i < flag.n; i++)
			if (flag.p[i] == '_')
				((char *)flag.p)[i] = '-';
		text = arena_printf(c->arena, "%.*s --%.*s %.*s", STR_ARGS(text),
			STR_ARGS(flag), STR_ARGS(word));
	}
	return text;
}

static struct str command_of(struct cli *c, const json_t *hit)
{
	struct str options = flags(c, tree_get(hit, "parameters")),
		   kind = tree_str(hit, "kind"), text = quoted(c, tree_str(hit, "text")),
		   id = tree_str(hit, "id"), resource = tree_str(hit, "resource");
	if (str_eq(kind, STR("source")))
		return arena_printf(
			c->arena, "ruad ip %.*s%.*s", STR_ARGS(text), STR_ARGS(options));
	if (str_eq(kind, STR("report")))
		return arena_printf(c->arena, "ruad report %.*s", STR_ARGS(id));
	return arena_printf(
		c->arena, "ruad show %.*s%.*s", STR_ARGS(resource), STR_ARGS(options));
}

static void print_hits(struct cli *c, const json_t *d)
{
	static const struct table_column columns[] = { { "Kind", false, FIT_WHOLE },
		{ "Name", false, FIT_CUT }, { "More with", false, FIT_WHOLE } };
	const json_t *data = tree_get(d, "data"), *kinds = tree_get(d, "kinds");
	struct table t;
	table_init(&t, c->arena, columns, 3);
	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *hit = json_array_get(data, i);
		struct str cells[] = { shown(c, hit, "kind"), shown(c, hit, "text"),
			command_of(c, hit) };
		table_row(&t, cells);
	}
	table_print(&t, &c->terminal, stdout);
	for (size_t i = 0; i < json_array_size(kinds); i++) {
		struct str kind = shown(c, json_array_get(kinds, i), "kind");
		if (tree_true(json_array_get(kinds, i), "more"))
			printf("there are more of kind %.*s\n", STR_ARGS(kind));
	}
}

/* Hits, or negative. */
static int answer(struct cli *c, struct store *store, struct err *err)
{
	CLEANUP(document)
	struct document d;
	CLEANUP(tree)
	json_t *t = NULL;
	struct doc_context doc = document_context(c, store);
	document_begin(&d);
	int r = resource_find(STR("search"))->write(&doc, &c->query, &d.json, err);
	if (r < 0)
		return r;
	r = tree_of(&d.json, &t, err);
	if (r < 0)
		return r;
	int hits = (int)json_array_size(tree_get(t, "data"));
	if (c->output == OUTPUT_JSON)
		r = document_print(&d, err);
	else if (hits > 0)
		print_hits(c, t);
	return r < 0 ? r : hits;
}

int cmd_search(struct cli *c)
{
	struct err err = { 0 };
	struct store *store = NULL;
	if (c->options.arg_count != 1)
		return cli_usage(
			c, "search takes one text: an address, a domain, a report id …");
	if (query_set(&c->query, STR("q"), str_of(c->options.args[0]), NULL, NULL, &err) < 0)
		return cli_fail(&err);
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int hits = answer(c, store, &err);
	store_close(store);
	if (hits < 0)
		return cli_fail(&err);
	if (hits == 0 && c->output == OUTPUT_TEXT)
		puts("nothing was found");
	return EX_OK;
}
