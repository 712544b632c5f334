#include "document.h"
#include "show.h"

const char *const readiness_filters[] = { "target", NULL };

static void print_mark(struct cli *c, enum check_state state)
{
	static const struct {
		enum tone tone;
		const char *utf8, *ascii;
	} marks[] = { [CHECK_MET] = { TONE_OK, "✓", "+" },
		[CHECK_NOT_MET] = { TONE_BAD, "✕", "x" },
		[CHECK_WARN] = { TONE_WARN, "▲", "!" },
		[CHECK_CANT_TELL] = { TONE_WARN, "?", "?" },
		[CHECK_INFO] = { TONE_MUTED, "·", "." } };
	const struct terminal *t = &c->terminal;
	printf("%s%s%s ", tone_on(t, marks[state].tone),
		t->utf8 ? marks[state].utf8 : marks[state].ascii,
		tone_off(t, marks[state].tone));
}

static void print_check(struct cli *c, const struct readiness_check *check)
{
	struct arena *a = c->arena;
	struct str text = printable(a, check->text), need = printable(a, check->need);
	print_mark(c, check->state);
	printf("%-3s %.*s", check_id_name(check->id), STR_ARGS(text));
	if (!str_empty(check->need))
		printf("  (needed: %.*s)", STR_ARGS(need));
	putchar('\n');
	for (size_t i = 0; i < check->item_count; i++) {
		struct str name = printable(a, check->items[i].name),
			   what = printable(a, check->items[i].text);
		printf("        %.*s: %.*s\n", STR_ARGS(name), STR_ARGS(what));
	}
}

static void print_text(struct cli *c, const struct readiness *r)
{
	const char *target = r->target == TARGET_REJECT ? "reject" : "quarantine";
	struct arena *a = c->arena;
	char first[DAY_TEXT], last[DAY_TEXT];
	struct str from = day_text(r->from_day, first), to = day_text(r->to_day - 1, last);
	struct str verdict = printable(a, readiness_verdict_text(a, r)),
		   advice = printable(a, readiness_advice_text(a, r)),
		   domain = printable(a, r->domain);
	printf("%.*s: can I move to p=%s?\n%s%.*s%s\n", STR_ARGS(domain), target,
		tone_on(&c->terminal, TONE_BOLD), STR_ARGS(verdict),
		tone_off(&c->terminal, TONE_BOLD));
	printf("If p=%s had been in force in these %lld days (%.*s - %.*s):\n%.*s.\n\n", target,
		(long long)(r->to_day - r->from_day), STR_ARGS(from), STR_ARGS(to),
		STR_ARGS(readiness_impact_text(a, r)));
	for (size_t i = 0; i < r->check_count; i++)
		print_check(c, &r->checks[i]);
	if (!str_empty(advice))
		printf("\n%.*s\n", STR_ARGS(advice));
	printf("\n%s\n", readiness_footnote);
}

/* There may be several values, or an excluded one: then no single domain is meant. */
static int one_domain(const struct query *q, struct str *ret, struct err *err)
{
	const struct filter_list *list = &q->filters[FILTER_DOMAIN];
	if (list->count != 1 || list->values[0].excluded)
		return FAIL(err, ERR_USAGE, NULL, "readiness is about one domain");
	*ret = list->values[0].text;
	return 0;
}

int show_readiness(struct cli *c, struct store *store, struct err *err)
{
	struct readiness found;
	struct str domain;
	if (one_domain(&c->query, &domain, err) < 0)
		return err->code;
	int r = store_readiness(store, domain, c->query.target, &c->config.rules, c->now_at,
		c->arena, &found, err);
	if (r > 0)
		print_text(c, &found);
	return r == 0 ? show_no_domain(c, err) : r;
}

int cmd_readiness(struct cli *c)
{
	struct err err = { 0 };
	struct store *store = NULL;
	if (c->options.arg_count != 1)
		return cli_usage(
			c, "readiness takes one domain (ruad show domains lists them)");
	if (query_set(&c->query, STR("domain"),
		    query_value(c->arena, str_of(c->options.args[0])), NULL, NULL, &err) < 0)
		return cli_fail(&err);
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int r = c->output == OUTPUT_JSON
			? document_of(c, store, resource_find(STR("readiness")), &err)
			: show_readiness(c, store, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
