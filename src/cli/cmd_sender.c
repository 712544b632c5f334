/* `ruad sender`: what there is to say of one sender of one domain. */
#include "document.h"

#include "doc_sender.h"
#include "explain.h"
#include "table.h"
#include "tree.h"
#include "xalloc.h"

#include <string.h>

const char *const sender_filters[] = { "from", "to", "range", "basis", NULL };

static struct str shown(struct cli *c, const json_t *t, const char *path)
{
	struct str s = tree_str(t, path);
	return str_empty(s) ? STR("-") : printable(c->arena, s);
}

static void line(struct cli *c, const char *head, const char *path, const json_t *t)
{
	struct str value = shown(c, t, path);
	printf("%-9s %.*s\n", head, STR_ARGS(value));
}

static void print_head(struct cli *c, const json_t *d)
{
	const json_t *row = tree_get(d, "sender");
	struct str name = shown(c, d, "name"), domain = shown(c, d, "domain"),
		   first = shown(c, row, "first_day"), last = shown(c, row, "last_day");
	struct str messages = number_text(c->arena, (uint64_t)tree_i64(row, "messages"));
	struct str share = percent_text(
		c->arena, (uint64_t)tree_i64(row, "pass"), (uint64_t)tree_i64(row, "messages"));
	struct str fail = number_text(c->arena, (uint64_t)tree_i64(row, "fail"));
	struct str addresses = number_text(c->arena, (uint64_t)tree_i64(row, "addresses"));
	printf("%s%.*s%s for %.*s\n", tone_on(&c->terminal, TONE_BOLD), STR_ARGS(name),
		tone_off(&c->terminal, TONE_BOLD), STR_ARGS(domain));
	line(c, "Key", "key", d);
	line(c, "Named by", "named_by", d);
	if (!row || json_is_null(row)) {
		puts("no mail of this sender in this range (--range all shows everything)");
		return;
	}
	line(c, "Class", "class_text", row);
	line(c, "Rule", "rule", row);
	printf("Mail      %.*s messages from %.*s %s, %.*s passed DMARC, %.*s failed\n",
		STR_ARGS(messages), STR_ARGS(addresses),
		tree_i64(row, "addresses") == 1 ? "address" : "addresses", STR_ARGS(share),
		STR_ARGS(fail));
	printf("Seen      %.*s - %.*s%s\n", STR_ARGS(first), STR_ARGS(last),
		tree_true(row, "new") ? ", new" : "");
}

static void print_mark(struct cli *c, const json_t *d)
{
	const json_t *m = tree_get(d, "mark");
	struct str word = shown(c, m, "mark"), at = shown(c, m, "at"), who = shown(c, m, "who");
	printf("Mark      %.*s%s", STR_ARGS(word),
		tree_true(d, "sender.proven") ? " (mail that passed shows that it is yours)"
					      : "");
	if (!str_empty(tree_str(m, "at")))
		printf(", since %.*s by %.*s", STR_ARGS(at), STR_ARGS(who));
	puts(tree_true(m, "configured") ? ", by the configuration" : "");
	if (!str_empty(tree_str(m, "note")))
		line(c, "Note", "note", m);
}

/* "lists.example pass, not aligned; …" */
static struct str auth_cell(struct cli *c, const json_t *list)
{
	struct str text = STR("");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *e = json_array_get(list, i), *aligned = tree_get(e, "aligned");
		struct str domain = shown(c, e, "domain"), result = shown(c, e, "result");
		bool pass = str_eq(result, STR("pass"));
		text = arena_printf(c->arena, "%.*s%s%.*s %.*s%s", STR_ARGS(text),
			i ? "; " : "", STR_ARGS(domain), STR_ARGS(result),
			!pass			 ? ""
			: json_is_true(aligned)	 ? ", aligned"
			: json_is_false(aligned) ? ", not aligned"
						 : "");
	}
	return text.n ? text : STR("-");
}

static void print_shapes(struct cli *c, const json_t *d)
{
	static const struct table_column columns[] = { { "Messages", true, FIT_WHOLE },
		{ "From", false, FIT_DROP }, { "SPF", false, FIT_CUT },
		{ "DKIM", false, FIT_CUT }, { "Cause", false, FIT_WHOLE },
		{ "Record", false, FIT_WHOLE } };
	const json_t *shapes = tree_get(d, "shapes");
	struct str day = shown(c, d, "shapes_day");
	struct table t;
	table_init(&t, c->arena, columns, 6);
	for (size_t i = 0; i < json_array_size(shapes); i++) {
		const json_t *s = json_array_get(shapes, i);
		struct str cells[] = { number_text(c->arena, (uint64_t)tree_i64(s, "messages")),
			shown(c, s, "header_from"), auth_cell(c, tree_get(s, "spf")),
			auth_cell(c, tree_get(s, "dkim")), shown(c, s, "cause"),
			shown(c, s, "record") };
		table_row(&t, cells);
	}
	if (t.row_count == 0)
		return;
	if (str_empty(tree_str(d, "shapes_day")))
		puts("\nWhat its records say most often:");
	else
		printf("\nWhat its records said on %.*s, the last day with some:\n",
			STR_ARGS(day));
	table_print(&t, &c->terminal, stdout);
}

static void print_explanation(struct cli *c, const json_t *d)
{
	const json_t *e = tree_get(d, "explanation"), *questions = tree_get(e, "questions");
	struct str id = shown(c, d, "explained_record"), sentence = shown(c, e, "sentence"),
		   advice = shown(c, e, "advice");
	if (!e || json_is_null(e))
		return;
	printf("\nRecord %.*s:\n", STR_ARGS(id));
	for (size_t i = 0; i < json_array_size(questions); i++) {
		const json_t *q = json_array_get(questions, i);
		struct str question = shown(c, q, "question"), answer = shown(c, q, "answer"),
			   evidence = shown(c, q, "evidence");
		printf("  %zu %-24.*s %-12.*s %.*s\n", i + 1, STR_ARGS(question),
			STR_ARGS(answer), STR_ARGS(evidence));
	}
	printf("  %.*s %.*s\n", STR_ARGS(sentence), STR_ARGS(advice));
}

/* 1, 0 there is no such sender. */
static int answer(struct cli *c, struct store *store, struct err *err)
{
	CLEANUP(document)
	struct document d;
	CLEANUP(tree)
	json_t *t = NULL;
	struct doc_context doc = document_context(c, store);
	struct str domain = c->query.filters[FILTER_DOMAIN].values[0].text;
	document_begin(&d);
	int r = doc_sender(&doc, domain, str_of(c->options.args[1]), &c->query, &d.json, err);
	if (r <= 0 || c->output == OUTPUT_JSON)
		return r <= 0 ? r : document_print(&d, err);
	r = tree_of(&d.json, &t, err);
	if (r < 0)
		return r;
	print_head(c, t);
	print_mark(c, t);
	print_shapes(c, t);
	print_explanation(c, t);
	return 1;
}

int cmd_sender(struct cli *c)
{
	struct err err = { 0 };
	struct store *store = NULL;
	if (c->options.arg_count != 2)
		return cli_usage(c, "sender takes a domain and the key of a sender (ruad show "
				    "senders --json has the keys)");
	if (query_set(&c->query, STR("domain"),
		    query_value(c->arena, str_of(c->options.args[0])), NULL, NULL, &err) < 0)
		return cli_fail(&err);
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int r = answer(c, store, &err);
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	if (r == 0) {
		struct str domain = printable(c->arena, str_of(c->options.args[0])),
			   key = printable(c->arena, str_of(c->options.args[1]));
		fprintf(stderr,
			"ruad: there is no sender %.*s of %.*s (ruad show senders --range all "
			"--json lists them with their keys)\n",
			STR_ARGS(key), STR_ARGS(domain));
		return EX_NOINPUT;
	}
	return EX_OK;
}
