#include "part_sender.h"

#include "chart.h"
#include "day.h"
#include "format.h"
#include "sender.h"
#include "service.h"
#include "xalloc.h"

#include <string.h>

#define MEMBERS_SHOWN "20"
#define OPENED_MOST 200 /* a larger group opens on a page of its own: to ask for it costs */

static const struct view_head heads[] = {
	{ "Sender", "name", false },
	{ "Messages", "messages", true },
	{ "Share", NULL, false },
	{ "DMARC pass", "pass_rate", true },
	{ "Failed", "failed", true },
	{ "What we see", "attention", false },
};

/* --- A row --- */

static enum sender_class class_of(const json_t *row)
{
	struct str name = tree_str(row, "class");

	for (int i = 0; i < CLASS_COUNT; i++)
		if (str_eq(name, str_of(sender_class_name((enum sender_class)i))))
			return (enum sender_class)i;
	return CLASS_UNCLEAR;
}

static enum chip tone_of(enum sender_class class)
{
	switch (class) {
	case CLASS_ALIGNED:
		return CHIP_OK;
	case CLASS_FRAGILE:
	case CLASS_REPLAY:
		return CHIP_WARN;
	case CLASS_FORWARDED:
		return CHIP_FORWARD;
	case CLASS_NOT_ALIGNED:
	case CLASS_UNAUTHENTICATED:
		return CHIP_BAD;
	default:
		return CHIP_INFO;
	}
}

void part_class_chip(json_t *object, enum sender_class class)
{
	part_chip(object, "chip", tone_of(class), sender_class_text(class));
}

/* Where no rule says what a failing sender is, it is shown what its mail lacks; and so where
 * its MAIL FROM or signature does match, and only did not pass. */
static void row_chip(json_t *row)
{
	enum sender_class class = class_of(row);
	bool fails = tree_i64(row, "fail") > tree_i64(row, "pass");
	bool unaligned = str_eq(tree_str(row, "cause"), STR("unaligned"));

	part_cause_chip(row);
	if ((class != CLASS_UNCLEAR || !fails) && (class != CLASS_NOT_ALIGNED || unaligned))
		part_chip(row, "chip", tone_of(class), sender_class_text(class));
}

/* "Passes for crm.example.net, not for example.com." */
static void row_sentence(json_t *row)
{
	struct str by = tree_str(row, "named_by");
	bool named = !str_eq(by, STR("address")) && !str_eq(by, STR("own"));

	if (named && str_eq(tree_str(row, "cause"), STR("unaligned")))
		tree_printf(row, "sentence", "Passes for %.*s, not for %.*s.",
			STR_ARGS(tree_str(row, "name")), STR_ARGS(tree_str(row, "domain")));
}

/* "medium: selector s1 also used by your own server"; the chip has said the class, mostly. */
static void row_class_words(struct view *v, json_t *row)
{
	const json_t *conditions = tree_get(row, "conditions");
	struct str text = arena_printf(v->arena, "%s%.*s",
		class_of(row) == CLASS_UNCLEAR ? "unclear, " : "",
		STR_ARGS(tree_str(row, "confidence")));

	for (size_t i = 0; i < json_array_size(conditions); i++) {
		const json_t *c = json_array_get(conditions, i);

		text = arena_printf(v->arena, "%.*s%s%.*s", STR_ARGS(text),
			i == 0 ? ": " : ", ", (int)json_string_length(c), json_string_value(c));
	}
	tree_set_str(row, "class_words", text);
}

static void row_mark_words(struct view *v, json_t *row)
{
	struct str mark = tree_str(row, "mark");
	int64_t day;

	tree_set_cstr(row, "mark_words",
		str_eq(mark, STR("ours"))	? "ours"
		: str_eq(mark, STR("not_ours")) ? "not ours"
		: tree_true(row, "proven")	? "ours (proven)"
		: tree_true(row, "undecided")	? "undecided"
						: "not marked");
	if (tree_true(row, "new") && day_parse(tree_str(row, "first_day"), &day))
		tree_printf(row, "new_words", "new %.*s",
			STR_ARGS(format_day_short(v->arena, day)));
}

static void row_name_words(struct view *v, json_t *row)
{
	struct str ip = tree_str(row, "source_ip"), by = tree_str(row, "named_by");
	int64_t addresses = tree_i64(row, "addresses");

	tree_set_cstr(row, "named_text",
		str_eq(by, STR("dkim"))	     ? "named by DKIM"
		: str_eq(by, STR("spf"))     ? "named by MAIL FROM"
		: str_eq(by, STR("own"))     ? "named by you"
		: str_eq(by, STR("service")) ? "a known service"
					     : NULL);
	if (addresses != 1)
		tree_set_str(row, "address_words",
			format_count(v->arena, addresses, "address", "addresses"));
	else if (!str_eq(ip, tree_str(row, "key")))
		tree_set_str(row, "address_words", ip);
	tree_set_bool(row, "is_address", str_eq(by, STR("address")));
}

/* What stands below the name in a table. */
static void row_who_words(struct view *v, json_t *row, bool with_domain)
{
	struct str parts[] = { tree_str(row, "address_words"), tree_str(row, "named_text"),
		with_domain
			? arena_printf(v->arena, "for %.*s", STR_ARGS(tree_str(row, "domain")))
			: STR_ABSENT };
	struct str text = STR("");

	for (size_t i = 0; i < 3; i++)
		if (!str_empty(parts[i]))
			text = arena_printf(v->arena, "%.*s%s%.*s", STR_ARGS(text),
				text.n ? " · " : "", STR_ARGS(parts[i]));
	tree_set_str(row, "who_words", text);
}

/* What kind of sender it is was asked: it is named now, and there are many such links. */
#define KINDS_LEFT_OUT "class", NULL, "mark", NULL, "new", NULL

static void row_links(struct view *v, json_t *row)
{
	const char *key = view_value(v, tree_str(row, "key"));
	const char *domain = view_value(v, tree_str(row, "domain"));

	tree_set_str(row, "link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){
				"domain", domain, "sender", key, KINDS_LEFT_OUT, NULL }));
	tree_set_str(row, "fail_link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){ "domain", domain, "sender", key, "result",
				"fail", KINDS_LEFT_OUT, NULL }));
	tree_set_str(row, "sender_link",
		view_sender_link(v, tree_str(row, "domain"), tree_str(row, "key"),
			(const char *const[]){ KINDS_LEFT_OUT, NULL }));
}

/* Other causes than the main one, with their counts. */
static void row_others(json_t *row)
{
	json_t *others = tree_set_array(row, "others");

	for (int i = 0; i < CAUSE_COUNT; i++) {
		const char *code = cause_name((enum cause)i);
		int64_t n = tree_i64(tree_get(row, "by_cause"), code);
		json_t *o;

		if (n == 0 || str_eq(str_of(code), tree_str(row, "cause")))
			continue;
		o = tree_append(others);
		tree_set_cstr(o, "code", code);
		tree_set_i64(o, "messages", n);
		tree_set_cstr(o, "sentence", cause_sentence((enum cause)i));
	}
}

/* Between none and all, how many passed is worth words. */
static void row_mixed(json_t *row)
{
	int64_t pass = tree_i64(row, "pass");

	tree_set_bool(row, "mixed", pass > 0 && pass < tree_i64(row, "messages"));
}

void part_sender_row(struct view *v, json_t *row)
{
	row_chip(row);
	row_sentence(row);
	row_class_words(v, row);
	row_mark_words(v, row);
	row_name_words(v, row);
	row_links(v, row);
	row_others(row);
	row_mixed(row);
}

/* --- Groups --- */

static void group_fill(
	struct view *v, json_t *g, const json_t *counts, const char *class, const char *name)
{
	tree_set_bool(g, "group", true);
	tree_set_cstr(g, "name", name);
	tree_set_i64(g, "messages", tree_i64(counts, "messages"));
	tree_set_i64(g, "pass", tree_i64(counts, "pass"));
	tree_set_i64(g, "fail", tree_i64(counts, "fail"));
	tree_set_i64(g, "explained", tree_i64(counts, "explained"));
	tree_set_i64(g, "failed", tree_i64(counts, "fail") - tree_i64(counts, "explained"));
	tree_set_i64(g, "one", tree_i64(counts, "pass"));
	row_mixed(g);
	tree_set_str(g, "group_link",
		view_link(v, "/senders", STR_ABSENT,
			(const char *const[]){ "class", class, "sort", NULL, NULL }));
}

/* Who stands in a group, most messages first; strangers: only those without a name. */
static int members_add(
	struct view *v, json_t *g, const char *class, bool strangers_only, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	json_t *members = tree_set_array(g, "members");
	const char *changes[] = { "class", class, "sort", "-messages", "limit", MEMBERS_SHOWN,
		NULL };
	const json_t *data;
	int r = view_document(v, "senders", changes, &d, err);

	if (r < 0)
		return r;
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *row = json_array_get(data, i);
		json_t *m;

		if (strangers_only && !str_eq(tree_str(row, "named_by"), STR("address")))
			continue;
		m = tree_append(members);
		tree_set_str(m, "name", tree_str(row, "name"));
		tree_set_i64(m, "messages", tree_i64(row, "messages"));
		tree_set_str(m, "sender_link",
			view_sender_link(
				v, tree_str(row, "domain"), tree_str(row, "key"), NULL));
	}
	return 0;
}

static json_t *forwarders(struct view *v, const json_t *class)
{
	json_t *g = json_object();

	group_fill(v, g, class, "forwarded", "Forwarders");
	tree_printf(g, "address_words", "%.*s, %.*s",
		STR_ARGS(format_count(
			v->arena, tree_i64(class, "senders"), "sender", "senders")),
		STR_ARGS(format_count(
			v->arena, tree_i64(class, "addresses"), "address", "addresses")));
	part_chip(g, "chip", CHIP_FORWARD, sender_class_text(CLASS_FORWARDED));
	tree_set_cstr(g, "sentence", "Mail that others passed on.");
	return g;
}

static json_t *strangers(struct view *v, const json_t *class)
{
	const json_t *counts = tree_get(class, "unnamed");
	json_t *g = json_object();

	group_fill(v, g, counts, "unauthenticated", "Unauthenticated");
	tree_printf(g, "address_words", "%.*s, %.*s",
		STR_ARGS(format_count(
			v->arena, tree_i64(counts, "senders"), "address", "addresses")),
		STR_ARGS(format_count(
			v->arena, tree_i64(counts, "networks"), "network", "networks")));
	part_chip(g, "chip", CHIP_BAD, sender_class_text(CLASS_UNAUTHENTICATED));
	tree_set_cstr(g, "sentence", "Nothing passed for any domain.");
	return g;
}

/* How far down the order of attention a class stands. */
static int rank_of(enum sender_class class)
{
	return class == CLASS_ALIGNED	  ? 3
	       : class == CLASS_FORWARDED ? 2
					  : class == CLASS_FRAGILE;
}

/* Before the first row that wants less attention, when that is the order; else at the end. */
static void group_insert(struct view *v, json_t *data, json_t *group, enum sender_class class)
{
	size_t i = 0, n = json_array_size(data);
	bool by_attention = str_absent(v->q->sort);

	while (i < n &&
		(!by_attention || rank_of(class_of(json_array_get(data, i))) <= rank_of(class)))
		i++;
	json_array_insert_new(data, i, group);
}

static int groups_add(struct view *v, json_t *d, struct err *err)
{
	const json_t *classes = tree_get(d, "classes");
	json_t *data = tree_get(d, "data");
	json_t *g;
	int r = 0;

	for (size_t i = 0; i < json_array_size(classes) && r == 0; i++) {
		const json_t *c = json_array_get(classes, i);
		enum sender_class class = class_of(c);

		if (tree_i64(c, "collapsed") == 0)
			continue;
		g = class == CLASS_FORWARDED ? forwarders(v, c) : strangers(v, c);
		group_insert(v, data, g, class);
		if (tree_i64(c, "collapsed") > OPENED_MOST)
			continue;
		tree_set_bool(g, "opens", true);
		r = members_add(v, g, sender_class_name(class), class != CLASS_FORWARDED, err);
	}
	return r;
}

/* --- The table --- */

/* Senders that stand in a group count as shown. */
static void caption_add(struct view *v, json_t *d)
{
	const json_t *classes = tree_get(d, "classes"), *data = tree_get(d, "data");
	int64_t all = 0, shown = 0;
	struct str count;

	for (size_t i = 0; i < json_array_size(data); i++)
		shown += !tree_true(json_array_get(data, i), "group");
	for (size_t i = 0; i < json_array_size(classes); i++) {
		all += tree_i64(json_array_get(classes, i), "senders");
		shown += tree_i64(json_array_get(classes, i), "collapsed");
	}
	count = format_count(v->arena, all, "sender", "senders");
	part_caption_of(v, d,
		arena_printf(v->arena, "%.*s of %.*s shown",
			STR_ARGS(format_number(v->arena, shown)), STR_ARGS(count)),
		tree_i64(d, "totals.messages"));
	tree_set_cstr(d, "title", "Senders");
	tree_set_bool(d, "by_attention", str_absent(v->q->sort));
}

static int64_t most_messages(const json_t *data)
{
	int64_t most = 0;

	for (size_t i = 0; i < json_array_size(data); i++) {
		int64_t n = tree_i64(json_array_get(data, i), "messages");

		most = n > most ? n : most;
	}
	return most;
}

/* Of one domain, the rows need not say which. */
static bool of_one_domain(const struct view *v)
{
	const struct filter_list *list = &v->q->filters[FILTER_DOMAIN];

	return list->count == 1 && !list->values[0].excluded;
}

static int read_senders(
	struct view *v, const char *limit, bool grouped, json_t **ret, struct err *err)
{
	struct str sort = v->q->sort, cursor = v->q->cursor;
	const char *changes[] = { "limit", limit, "group", grouped ? "true" : NULL, "sort",
		str_absent(sort) ? NULL : arena_cstr(v->arena, sort), "cursor",
		str_absent(cursor) ? NULL : arena_cstr(v->arena, cursor), NULL };

	return view_document(v, "senders", changes, ret, err);
}

int part_senders(struct view *v, const char *limit, bool grouped, struct err *err)
{
	json_t *d = NULL, *data;
	int64_t most;
	int r = read_senders(v, limit, grouped, &d, err);

	if (r == ERR_TEMP) { /* too many for a page: it says so, and has all the rest */
		tree_set_str(
			v->root, "senders_refused", arena_str(v->arena, str_of(err->text)));
		return 0;
	}
	if (r < 0)
		return r;
	json_object_set_new(v->root, "senders", d);
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		part_sender_row(v, row);
		row_who_words(v, row, !of_one_domain(v));
	}
	caption_add(v, d);
	r = groups_add(v, d, err);
	if (r < 0)
		return r;
	most = most_messages(data);
	for (size_t i = 0; i < json_array_size(data); i++)
		chart_bar(json_array_get(data, i), most);
	view_heads(v, d, "heads", heads, sizeof(heads) / sizeof(heads[0]));
	view_exports(v, d, "exports", "senders", NULL);
	return (int)json_array_size(data);
}

bool part_senders_shorten(struct view *v, size_t count, size_t least)
{
	json_t *d = tree_get(v->root, "senders"), *data = tree_get(d, "data");
	size_t left = json_array_size(data);
	bool shorter = false;

	for (size_t i = left; i > 0 && count > 0 && left > least; i--) {
		if (tree_true(json_array_get(data, i - 1), "group"))
			continue;
		json_array_remove(data, i - 1);
		shorter = true;
		count--;
		left--;
	}
	if (shorter)
		caption_add(v, d);
	return shorter;
}
