/* check_changes.c - what changed: senders that broke, are new or silent, reporters that stopped
 * … */
#include "check_set.h"

#define CHANGES_TOLD 3

/* "example.com crm.example.net: new since 2026-11-09: 264 messages, none aligned" */
static struct str told(struct arena *a, const struct change *c)
{
	struct str text = change_text(a, c), subject = change_subject(c);

	return arena_printf(a, "%.*s%s%.*s%s%.*s", STR_ARGS(c->domain),
		c->domain.n && subject.n ? " " : "", STR_ARGS(subject),
		c->domain.n || subject.n ? ": " : "", STR_ARGS(text));
}

static struct str all_told(struct arena *a, const struct change_list *l, size_t wanting)
{
	struct str text = STR("");
	size_t n = 0;

	for (size_t i = 0; i < l->count && n < CHANGES_TOLD; i++) {
		if (l->items[i].severity == SEVERITY_INFO)
			continue;
		text = arena_printf(a, "%.*s%s%.*s", STR_ARGS(text), n ? "; " : "",
			STR_ARGS(told(a, &l->items[i])));
		n++;
	}
	if (wanting > n)
		text = arena_printf(a, "%.*s; and %zu more", STR_ARGS(text), wanting - n);
	return text;
}

int check_changes(struct check *k, enum plugin_state *ret, struct err *err)
{
	struct changes found = { 0 };
	size_t wanting = 0;
	int r = store_changes(k->store, &k->query, &k->cli->config.rules, k->cli->now_at,
		k->arena, &found, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < found.list.count; i++)
		wanting += found.list.items[i].severity != SEVERITY_INFO;
	if (wanting == 0)
		k->text = arena_printf(k->arena, "%.*s: nothing changed that needs a look",
			STR_ARGS(k->about));
	else
		k->text = arena_printf(k->arena, "%zu %s a look: %.*s", wanting,
			wanting == 1 ? "change needs" : "changes need",
			STR_ARGS(all_told(k->arena, &found.list, wanting)));
	*ret = check_value(k, "changes", (double)wanting, 0, "");
	return 0;
}
