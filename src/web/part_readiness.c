#include "part_domain.h"

#include "day.h"
#include "format.h"
#include "part.h"
#include "xalloc.h"

#include <string.h>

#define ITEMS_SHOWN 5

static enum chip chip_of(const char *state, const char **ret_word)
{
	static const struct {
		const char *state, *word;
		enum chip chip;
	} table[] = { { "met", "met", CHIP_OK }, { "not_met", "not met", CHIP_BAD },
		{ "warn", "warning", CHIP_WARN }, { "cant_tell", "can't tell", CHIP_INFO },
		{ "info", "to know", CHIP_INFO }, { "ready", "Ready", CHIP_OK },
		{ "not_yet", "Not yet", CHIP_BAD }, { "already", "Published", CHIP_OK } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].state, state) != 0)
			continue;
		*ret_word = table[i].word;
		return table[i].chip;
	}
	*ret_word = "can't tell";
	return CHIP_INFO;
}

/* The things a check names, with the records behind them. */
static void items_fill(struct view *v, json_t *check, const char *from, const char *to)
{
	json_t *items = tree_get(check, "items"), *shown = tree_set_array(check, "shown");
	struct str id = tree_str(check, "id");
	bool domains = str_eq(id, STR("C9"));
	size_t n = json_array_size(items);

	for (size_t i = 0; i < n && i < ITEMS_SHOWN; i++) {
		json_t *item = json_deep_copy(json_array_get(items, i));
		struct str name = tree_str(item, "key");

		const char *const range[] = { "from", from, "to", to, "range", NULL,
			domains ? "header_from" : NULL, view_value(v, name), NULL };

		tree_set_str(item, "link",
			domains ? part_plain_link(v, "/records", STR_ABSENT, range)
				: view_sender_link(v, v->segment, name, range));
		tree_set_cstr(item, "comma", i + 1 < n ? ";" : "");
		json_array_append_new(shown, item);
	}
	tree_set_bool(check, "some", n > 0);
	tree_set_i64(check, "more", n > ITEMS_SHOWN ? (int64_t)(n - ITEMS_SHOWN) : 0);
}

/* What a check counted; "": it is no list. */
static struct str counted_link(struct view *v, struct str id, const char *from, const char *to)
{
	static const struct {
		const char *id, *path, *names[2], *values[2];
	} table[] = {
		{ "C1", "/coverage", { NULL, NULL }, { NULL, NULL } },
		{ "C2", "/coverage", { NULL, NULL }, { NULL, NULL } },
		{ "C5", "/records", { "result", "dkim" }, { "pass", "aligned" } },
		{ "C6", "/records", { "explained", NULL }, { "true", NULL } },
		{ "C8", "/records", { "disagrees", NULL }, { "true", NULL } },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_eq(id, str_of(table[i].id)))
			return part_plain_link(v, table[i].path, STR_ABSENT,
				(const char *const[]){ "from", from, "to", to, "range", NULL,
					table[i].names[0], table[i].values[0],
					table[i].names[1], table[i].values[1], NULL });
	return STR("");
}

static void checks_fill(struct view *v, json_t *d, const char *from, const char *to)
{
	json_t *checks = tree_get(d, "checks");
	const char *word;

	for (size_t i = 0; i < json_array_size(checks); i++) {
		json_t *check = json_array_get(checks, i);
		enum chip chip = chip_of(arena_cstr(v->arena, tree_str(check, "state")), &word);

		part_chip(check, "chip", chip, word);
		/* Where nothing was counted, nothing is to be seen. */
		tree_set_str(check, "link",
			str_starts(tree_str(check, "text"), STR("0 "))
				? STR("")
				: counted_link(v, tree_str(check, "id"), from, to));
		items_fill(v, check, from, to);
	}
}

static void impact_links(struct view *v, json_t *impact, const char *from, const char *to)
{
	static const struct {
		const char *key, *explained, *own;
	} links[] = { { "affected_link", NULL, NULL }, { "forwarded_link", "true", NULL },
		{ "own_link", "false", "true" }, { "others_link", "false", "false" } };

	tree_set_str(impact, "messages_link",
		part_plain_link(v, "/records", STR_ABSENT,
			(const char *const[]){ "from", from, "to", to, "range", NULL, NULL }));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		tree_set_str(impact, links[i].key,
			part_plain_link(v, "/records", STR_ABSENT,
				(const char *const[]){ "from", from, "to", to, "range", NULL,
					"result", "fail", "explained", links[i].explained,
					"own", links[i].own, NULL }));
}

static int load(struct view *v, const char *target, json_t **ret, struct err *err)
{
	struct str first, last;
	const char *from, *to, *word;
	int64_t begin = 0, end = 0;
	json_t *d = NULL;
	enum chip chip;
	int r = view_document(
		v, "readiness", (const char *const[]){ "target", target, NULL }, &d, err);

	if (r < 0)
		return r;
	first = tree_str(d, "days.first");
	last = tree_str(d, "days.last");
	day_parse(first, &begin);
	day_parse(last, &end);
	from = arena_cstr(v->arena, first);
	to = arena_cstr(v->arena, format_day(v->arena, end + 1));
	chip = chip_of(arena_cstr(v->arena, tree_str(d, "verdict")), &word);
	part_chip(d, "chip", chip, word);
	tree_set_i64(d, "day_count", end - begin + 1);
	tree_set_str(d, "json_link",
		view_api(v, "readiness", "", (const char *const[]){ "target", target, NULL }));
	checks_fill(v, d, from, to);
	impact_links(v, tree_get(d, "impact"), from, to);
	*ret = d;
	return 0;
}

int part_readiness(struct view *v, struct err *err)
{
	json_t *d = NULL, *other = NULL;
	int r = load(v, NULL, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "readiness", d);
	if (!str_eq(tree_str(d, "target"), STR("quarantine")))
		return 0;
	r = load(v, "reject", &other, err);
	if (r == 0)
		json_object_set_new(d, "other", other);
	return r;
}
