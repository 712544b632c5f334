#include "part_domain.h"

#include "day.h"
#include "format.h"
#include "part.h"
#include "xalloc.h"

#include <string.h>

#define SENDER_PAGE "/domains/{}/senders/{}"

/* Where to look at a change. */
static const struct place {
	const char *kind, *path, *text;
} places[] = {
	{ "new_sender", SENDER_PAGE, "Explain" },
	{ "sender_broke", SENDER_PAGE, "Explain" },
	{ "sender_silent", SENDER_PAGE, "Explain" },
	{ "fails_up", "/records", "Records" },
	{ "reporter_silent", "/coverage", "Coverage" },
	{ "policy_changed", "/domains/{}", "Policies" },
	{ "key_unused", "/domains/{}", "Keys" },
	{ "import_failing", "/problems", "Problems" },
	{ "inputs_rejected", "/problems", "Problems" },
};

static const struct place *place_of(struct str kind)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (str_eq(kind, str_of(places[i].kind)))
			return &places[i];
	return NULL;
}

static const char *day_after(struct view *v, int64_t day)
{
	return arena_cstr(v->arena, format_day(v->arena, day));
}

/* The failures of that day. */
static struct str records_link(struct view *v, const json_t *row)
{
	int64_t day = 0;

	day_parse(tree_str(row, "day"), &day);
	return part_plain_link(v, "/records", STR_ABSENT,
		(const char *const[]){ "domain", view_value(v, tree_str(row, "domain")),
			"result", "fail", "from", day_after(v, day), "to",
			day_after(v, day + 1), "range", NULL, NULL });
}

/* The sender since that day; one that is silent, before it. */
static struct str sender_link(struct view *v, const json_t *row, const struct place *place)
{
	int64_t day = 0, today = v->c->now_at / DAY_SECONDS;

	day_parse(tree_str(row, "day"), &day);
	if (strcmp(place->kind, "sender_silent") == 0)
		day -= 28;
	return view_sender_link(v, tree_str(row, "domain"), tree_str(row, "subject"),
		(const char *const[]){ "from", day_after(v, day), "to", day_after(v, today + 1),
			"range", NULL, NULL });
}

static struct str link_of(struct view *v, const json_t *row, const struct place *place)
{
	struct str domain = tree_str(row, "domain"), page;
	const char *const same[] = { "domain", str_empty(domain) ? NULL : view_value(v, domain),
		NULL };
	const char *const none[] = { "domain", NULL, NULL };

	if (strcmp(place->path, "/records") == 0)
		return records_link(v, row);
	if (strcmp(place->path, SENDER_PAGE) == 0)
		return sender_link(v, row, place);
	if (strcmp(place->path, "/problems") == 0)
		return view_link(v, place->path, STR_ABSENT, none);
	if (strcmp(place->path, "/coverage") == 0)
		return view_link(v, place->path, STR_ABSENT, same);
	page = view_link(v, place->path, domain, none);
	return arena_printf(v->arena, "%.*s#%s", STR_ARGS(page),
		strcmp(place->kind, "key_unused") == 0 ? "keys" : "policies");
}

static void row_fill(struct view *v, json_t *row)
{
	struct str severity = tree_str(row, "severity"), domain = tree_str(row, "domain");
	const struct place *place = place_of(tree_str(row, "kind"));
	bool bad = str_eq(severity, STR("bad")), warn = str_eq(severity, STR("warn"));

	if (!str_absent(tree_str(row, "name")))
		tree_set_str(row, "shown", tree_str(row, "name"));
	else
		tree_set_str(row, "shown", tree_str(row, "subject"));
	part_chip(row, "chip",
		bad    ? CHIP_BAD
		: warn ? CHIP_WARN
		       : CHIP_INFO,
		bad    ? "problem"
		: warn ? "warning"
		       : "news");
	if (!str_empty(domain) && v->path && strcmp(v->path, "/domains/{}") != 0)
		tree_set_str(row, "domain_link",
			view_link(v, "/domains/{}", domain,
				(const char *const[]){ "domain", NULL, NULL }));
	if (!place)
		return;
	tree_set_str(row, "link", link_of(v, row, place));
	tree_set_cstr(row, "link_text", place->text);
}

/* News that asks for nothing: it is on the page of all changes. */
static void drop_news(json_t *data)
{
	for (size_t i = json_array_size(data); i > 0; i--)
		if (str_eq(tree_str(json_array_get(data, i - 1), "severity"), STR("info")))
			json_array_remove(data, i - 1);
}

/* d.wanting: how many changes of each domain ask for attention. */
static void count_wanting(json_t *d, const json_t *data)
{
	json_t *wanting = tree_set_object(d, "wanting");

	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *row = json_array_get(data, i);
		struct str domain = tree_str(row, "domain");
		const char *key = json_string_value(tree_get(row, "domain"));

		if (!str_empty(domain) && !str_eq(tree_str(row, "severity"), STR("info")))
			tree_set_i64(wanting, key,
				json_integer_value(json_object_get(wanting, key)) + 1);
	}
}

static struct str news_text(struct view *v, const json_t *d)
{
	return format_count(v->arena, tree_i64(d, "totals.info"), "thing", "things");
}

static void cut(json_t *data, int64_t most)
{
	while ((int64_t)json_array_size(data) > most)
		json_array_remove(data, json_array_size(data) - 1);
}

int part_changes(struct view *v, const char *limit, bool all, struct err *err)
{
	json_t *d = NULL, *data;
	uint64_t most = 0;
	int r = view_document(
		v, "changes", (const char *const[]){ "limit", "1000", NULL }, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "changes", d);
	data = tree_get(d, "data");
	count_wanting(d, data);
	if (!all)
		drop_news(data);
	str_to_u64(str_of(limit), &most);
	cut(data, (int64_t)most);
	for (size_t i = 0; i < json_array_size(data); i++)
		row_fill(v, json_array_get(data, i));
	part_chip(d, "chip", CHIP_OK, "same");
	if (!all)
		tree_set_str(d, "news_text", news_text(v, d));
	tree_set_bool(d, "news", !all && tree_i64(d, "totals.info") > 0);
	tree_set_i64(d, "shown", (int64_t)json_array_size(data));
	tree_set_bool(
		d, "more", tree_i64(d, "totals.changes") > (int64_t)json_array_size(data));
	tree_set_str(d, "caption",
		format_count(v->arena, tree_i64(d, "totals.changes"), "change", "changes"));
	tree_set_str(d, "all_link", view_link(v, "/changes", STR_ABSENT, NULL));
	view_exports(v, d, "exports", "changes", NULL);
	return 0;
}
