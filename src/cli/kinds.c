#include "kinds.h"

#include "xalloc.h"

#include <string.h>

#define PROBLEMS "problems"
#define HELP_WIDTH 78

static bool is_kind(const struct resource *r, bool rows)
{
	return !rows || r->columns;
}

/* "summary, domains, … or problems" */
static struct str names(struct arena *a, bool rows)
{
	struct str all = STR("");

	for (const struct resource *r = resource_table; r->name; r++)
		if (is_kind(r, rows))
			all = arena_printf(
				a, "%.*s%s%s", STR_ARGS(all), all.n ? ", " : "", r->name);
	return arena_printf(a, "%.*s or " PROBLEMS, STR_ARGS(all));
}

void kinds_print(FILE *f, bool rows)
{
	CLEANUP(arena)
	struct arena a;
	struct str rest, word;
	size_t column = 0;

	arena_init(&a);
	rest = names(&a, rows);
	fputs("\nWHAT is one of", f);
	column = strlen("WHAT is one of");
	while (str_cut(&rest, ' ', &word)) {
		bool wrap = column + word.n + 1 > HELP_WIDTH;

		fprintf(f, "%s%.*s", wrap ? "\n" : " ", STR_ARGS(word));
		column = wrap ? word.n : column + word.n + 1;
	}
	fputs("\n(problems are the inputs that were rejected and not dismissed).\n", f);
}

static const struct resource *find(const char *name, bool rows)
{
	const struct resource *r =
		resource_find(str_of(strcmp(name, PROBLEMS) == 0 ? "inputs" : name));

	return r && is_kind(r, rows) ? r : NULL;
}

/* A filter that a list does not know must not be passed over: the answer would look filtered.
 */
static int check_filters(
	const struct cli *c, const char *name, const struct resource *r, struct err *err)
{
	for (size_t i = 0; i < c->query.param_count; i++) {
		struct str given = c->query.params[i].name;
		const char *const *takes = r->parameters;

		while (*takes && !str_eq(str_of(*takes), given))
			takes++;
		if (!*takes)
			return FAIL(err, ERR_USAGE, NULL, "%s %s takes no --%.*s",
				c->command->name, name, STR_ARGS(given));
	}
	if (r->of_domain && c->query.filters[FILTER_DOMAIN].count == 0)
		return FAIL(err, ERR_USAGE, NULL, "%s %s is about one domain: --domain NAME",
			c->command->name, name);
	return 0;
}

int kind_asked(struct cli *c, bool rows, const struct resource **ret, struct err *err)
{
	const char *name = c->options.arg_count == 1 ? c->options.args[0] : "";
	const struct resource *r = find(name, rows);
	const char *suggestion;

	if (!r)
		return FAIL(err, ERR_USAGE, NULL, "%s what? %.*s", c->command->name,
			STR_ARGS(names(c->arena, rows)));
	if (check_filters(c, name, r, err) < 0)
		return err->code;
	*ret = r;
	if (strcmp(name, PROBLEMS) != 0 || c->query.filters[FILTER_OUTCOME].count > 0)
		return 0;
	if (query_set(&c->query, STR("outcome"), STR("rejected"), NULL, &suggestion, err) < 0)
		return err->code;
	return c->query.flags.dismissed >= 0 ? 0
					     : query_set(&c->query, STR("dismissed"),
						       STR("false"), NULL, &suggestion, err);
}
