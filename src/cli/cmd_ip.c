/* `ruad ip`: what an address or a network sends, and whose it is. */
#include "cells.h"
#include "doc_source.h"
#include "document.h"
#include "tree.h"
#include "xalloc.h"

const char *const ip_filters[] = { "from", "to", "range", "basis", "limit", NULL };

static struct str shown(struct cli *c, const json_t *t, const char *path)
{
	return or_dash(c->arena, tree_str(t, path));
}

static struct str number(struct cli *c, const json_t *t, const char *path)
{
	return number_text(c->arena, (uint64_t)tree_i64(t, path));
}

static struct str share(struct cli *c, const json_t *t)
{
	return percent_text(
		c->arena, (uint64_t)tree_i64(t, "pass"), (uint64_t)tree_i64(t, "messages"));
}

static void print_head(struct cli *c, const json_t *d)
{
	const json_t *totals = tree_get(d, "totals");
	struct str name = shown(c, d, "source_ip"), messages = number(c, totals, "messages"),
		   pass = share(c, totals), fail = number(c, totals, "fail"),
		   first = shown(c, d, "first_day"), last = shown(c, d, "last_day"),
		   addresses = number(c, d, "address_count");
	printf("%s%.*s%s\n", tone_on(&c->terminal, TONE_BOLD), STR_ARGS(name),
		tone_off(&c->terminal, TONE_BOLD));
	if (tree_i64(totals, "messages") == 0) {
		puts("no mail of it in this range (--range all shows everything)");
		return;
	}
	printf("Mail  %.*s messages, %.*s passed DMARC, %.*s failed\n", STR_ARGS(messages),
		STR_ARGS(pass), STR_ARGS(fail));
	if (tree_true(d, "network"))
		printf("From  %.*s %s\n", STR_ARGS(addresses),
			tree_i64(d, "address_count") == 1 ? "address" : "addresses");
	printf("Seen  %.*s - %.*s\n", STR_ARGS(first), STR_ARGS(last));
}

/* A list of the document: the key and the heading of its first two columns. */
static const struct part {
	const char *list, *title, *keys[2], *heads[2];
} parts[] = {
	{ "domains", "What it sends, by the domain in Header-From:",
		{ "header_from", "domain" }, { "From", "Policy of" } },
	{ "senders", "Senders it belongs to:", { "name", "domain" }, { "Sender", "For" } },
	{ "addresses.data", "Addresses:", { "source_ip", "sender.name" },
		{ "Source", "Sender" } },
};

static void print_part(struct cli *c, const json_t *d, const struct part *p)
{
	const struct table_column columns[] = { { p->heads[0], false, FIT_WHOLE },
		{ p->heads[1], false, FIT_CUT }, { "Messages", true, FIT_WHOLE },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Cause", false, FIT_WHOLE }, { "First", false, FIT_DROP },
		{ "Last", false, FIT_DROP } };
	const json_t *rows = tree_get(d, p->list);
	struct table t;
	table_init(&t, c->arena, columns, 8);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		struct str cells[] = { shown(c, row, p->keys[0]), shown(c, row, p->keys[1]),
			number(c, row, "messages"), share(c, row), number(c, row, "fail"),
			shown(c, row, "cause"), shown(c, row, "first_day"),
			shown(c, row, "last_day") };
		table_row(&t, cells);
	}
	if (t.row_count == 0)
		return;
	printf("\n%s\n", p->title);
	table_print(&t, &c->terminal, stdout);
}

static int answer(struct cli *c, struct store *store, struct err *err)
{
	CLEANUP(document)
	struct document d;
	CLEANUP(tree)
	json_t *t = NULL;
	struct doc_context doc = document_context(c, store);
	document_begin(&d);
	int r = doc_source(&doc, str_of(c->options.args[0]), &c->query, &d.json, err);
	if (r < 0 || c->output == OUTPUT_JSON)
		return r < 0 ? r : document_print(&d, err);
	r = tree_of(&d.json, &t, err);
	if (r < 0)
		return r;
	print_head(c, t);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		print_part(c, t, &parts[i]);
	return 0;
}

int cmd_ip(struct cli *c)
{
	struct err err = { 0 };
	struct store *store = NULL;
	if (c->options.arg_count != 1)
		return cli_usage(c, "ip takes an address or a network (192.0.2.0/24)");
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int r = answer(c, store, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
