#include "brief.h"
#include "cli.h"
#include "markdown.h"
#include "table.h"
#include "xalloc.h"

#include <string.h>

const struct option_spec digest_options_spec[] = {
	{ "domain", 0, "NAME", "this domain, or a list; else all" },
	{ "period", 0, "WHAT", "day, week or month: that of the newest complete day" },
	{ "format", 0, "WHAT", "text, html or markdown" },
	{ NULL, 0, NULL, NULL },
};

/* --- Text --- */

/* A dash that every terminal has. */
static struct str plain_dashes(struct cli *c, struct str s)
{
	const struct str dash = STR("–");
	ptrdiff_t at = str_find(s, dash);

	if (c->terminal.utf8 || at < 0)
		return s;
	return arena_printf(c->arena, "%.*s-%.*s", (int)at, s.p,
		STR_ARGS(str_from(s, (size_t)at + dash.n)));
}

static void print_findings(struct cli *c, const struct brief *b)
{
	struct arena *a = c->arena;
	size_t width = 0;

	for (size_t i = 0; i < b->finding_count; i++) {
		size_t n = columns_of(printable(a, b->findings[i].name));

		width = n > width ? n : width;
	}
	for (size_t i = 0; i < b->finding_count; i++) {
		struct str n = number_text(a, b->findings[i].counts.fail);
		struct str name = printable(a, b->findings[i].name),
			   sentence = printable(a, b->findings[i].sentence);

		printf("%7.*s  %.*s%*s  %.*s\n", STR_ARGS(n), STR_ARGS(name),
			(int)(width - columns_of(name)), "", STR_ARGS(sentence));
	}
}

static void print_view(struct cli *c, const struct brief_view *v)
{
	struct table_column columns[8];
	struct str cells[8];
	struct table t;

	for (size_t i = 0; i < v->columns; i++)
		columns[i] = (struct table_column){ v->heads[i].text,
			v->heads[i].kind == BRIEF_NUMBER,
			v->heads[i].kind == BRIEF_TEXT ? FIT_CUT : FIT_WHOLE };
	table_init(&t, c->arena, columns, v->columns);
	for (size_t row = 0; row < v->rows; row++) {
		for (size_t i = 0; i < v->columns; i++)
			cells[i] = printable(
				c->arena, plain_dashes(c, v->cells[row * v->columns + i]));
		table_row(&t, cells);
	}
	putchar('\n');
	table_print(&t, &c->terminal, stdout);
	if (v->more)
		puts("and more");
}

static void print_text(struct cli *c, const struct brief *b)
{
	struct arena *a = c->arena;
	struct str title = plain_dashes(c, brief_title(b, a)), about = printable(a, b->about),
		   policy = printable(a, b->policy), sentence = brief_sentence(b, a);
	struct str lines[BRIEF_LINES];
	struct brief_view views[BRIEF_VIEWS];
	size_t n = brief_lines(b, a, lines);

	printf("%.*s   %.*s%s%.*s\n%.*s\n", STR_ARGS(title), STR_ARGS(about),
		policy.n ? "   " : "", STR_ARGS(policy), STR_ARGS(sentence));
	print_findings(c, b);
	for (size_t i = 0; i < n; i++)
		printf("%.*s\n", STR_ARGS(printable(a, lines[i])));
	n = brief_views(b, a, views);
	for (size_t i = 0; i < n; i++)
		print_view(c, &views[i]);
}

/* --- Markdown --- */

static struct str markdown_cell(struct arena *a, struct str s, enum brief_kind kind)
{
	return kind == BRIEF_NAME ? markdown_code(a, s, true) : markdown_text(a, s);
}

static void print_markdown_view(struct arena *a, const struct brief_view *v)
{
	printf("\n## %s\n\n|", v->title);
	for (size_t i = 0; i < v->columns; i++)
		printf(" %s |", v->heads[i].text);
	printf("\n|");
	for (size_t i = 0; i < v->columns; i++)
		printf(" %s |", v->heads[i].kind == BRIEF_NUMBER ? "---:" : "---");
	for (size_t row = 0; row < v->rows; row++) {
		printf("\n|");
		for (size_t i = 0; i < v->columns; i++) {
			struct str cell = markdown_cell(
				a, v->cells[row * v->columns + i], v->heads[i].kind);

			printf(" %.*s |", STR_ARGS(cell));
		}
	}
	printf("\n%s", v->more ? "\nThere are more.\n" : "");
}

static void print_markdown_findings(struct arena *a, const struct brief *b)
{
	if (b->finding_count > 0)
		printf("\nFailed, and not explained by forwarding:\n\n");
	for (size_t i = 0; i < b->finding_count; i++) {
		const struct brief_row *row = &b->findings[i];
		struct str n = number_text(a, row->counts.fail),
			   name = markdown_code(a, row->name, false),
			   sentence = markdown_text(a, row->sentence);

		printf("- %.*s %.*s: %.*s\n", STR_ARGS(n), STR_ARGS(name), STR_ARGS(sentence));
	}
}

static void print_markdown(struct cli *c, const struct brief *b)
{
	struct arena *a = c->arena;
	struct str title = markdown_text(a, brief_title(b, a)),
		   about = markdown_code(a, b->about, false),
		   policy = markdown_code(a, b->policy, false),
		   sentence = markdown_text(a, brief_sentence(b, a));
	struct str lines[BRIEF_LINES];
	struct brief_view views[BRIEF_VIEWS];
	size_t n = brief_lines(b, a, lines);

	printf("# %.*s\n\n%.*s%s%.*s\n\n%.*s\n", STR_ARGS(title), STR_ARGS(about),
		policy.n ? " " : "", STR_ARGS(policy), STR_ARGS(sentence));
	print_markdown_findings(a, b);
	for (size_t i = 0; i < n; i++) {
		struct str line = markdown_text(a, lines[i]);

		printf("\n%.*s\n", STR_ARGS(line));
	}
	n = brief_views(b, a, views);
	for (size_t i = 0; i < n; i++)
		print_markdown_view(a, &views[i]);
}

/* --- The command --- */

static int print_html(struct cli *c, const struct brief *b, struct err *err)
{
	CLEANUP(buf)
	struct buf out;
	int r;

	buf_init(&out, 16 * MIB);
	r = brief_html(b, c->arena, &out, err);
	if (r == 0)
		cli_print(buf_view(&out));
	return r;
}

static int print_brief(
	struct cli *c, const char *format, const struct brief *b, struct err *err)
{
	if (strcmp(format, "html") == 0)
		return print_html(c, b, err);
	if (strcmp(format, "markdown") == 0)
		print_markdown(c, b);
	else
		print_text(c, b);
	return 0;
}

static const char *value_of(const struct cli *c, const char *option, const char *usual)
{
	const char *value = options_get(&c->options, option);

	return value ? value : usual;
}

static int make_and_print(struct cli *c, struct store *store, enum brief_period period,
	const char *format, struct err *err)
{
	struct doc_context doc = { .store = store,
		.now_at = c->now_at,
		.arena = c->arena,
		.rules = &c->config.rules };
	struct brief b;
	int r = brief_make(&doc, period, str_of(options_get(&c->options, "domain")), &b, err);

	return r < 0 ? r : print_brief(c, format, &b, err);
}

static bool format_known(const char *format)
{
	return strcmp(format, "text") == 0 || strcmp(format, "html") == 0 ||
	       strcmp(format, "markdown") == 0;
}

int cmd_digest(struct cli *c)
{
	const char *format = value_of(c, "format", "text");
	enum brief_period period;
	struct store *store = NULL;
	struct err err = { 0 };
	int code, r;

	if (c->options.arg_count > 0)
		return cli_usage(c, "digest takes no argument '%.60s'", c->options.args[0]);
	if (!brief_period_from_name(str_of(value_of(c, "period", "week")), &period))
		return cli_usage(c, "--period is day, week or month");
	if (!format_known(format))
		return cli_usage(c, "--format is text, html or markdown");
	if (c->output != OUTPUT_TEXT)
		return cli_usage(c,
			"digest has no JSON form; `ruad show summary --json` has its "
			"numbers");
	code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	r = make_and_print(c, store, period, format, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
