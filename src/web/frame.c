/* The frame of every page: navigation, range, filters, chips. */
#include "view.h"

#include "day.h"
#include "format.h"
#include "imports.h"
#include "sender.h"
#include "xalloc.h"

#include <inttypes.h>
#include <string.h>

#define REPORTERS_SHOWN "100"

static bool page_takes(const char *path, const char *parameter)
{
	for (const struct page *p = page_table; p->path; p++) {
		if (strcmp(p->path, path) != 0)
			continue;
		for (const char *const *name = p->parameters; *name; name++)
			if (strcmp(*name, parameter) == 0)
				return true;
	}
	return false;
}

static struct str given(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->param_count; i++)
		if (str_eq(q->params[i].name, str_of(name)))
			return q->params[i].value;
	return STR_ABSENT;
}

/* --- Navigation --- */

static const struct {
	const char *name, *path, *key; /* key: for keys.js */
} nav_table[] = {
	{ "Overview", "/", "g o" },
	{ "Senders", "/senders", "g s" },
	{ "Records", "/records", "g r" },
	{ "Reports", "/reports", "g p" },
	{ "Coverage", "/coverage", "g c" },
	{ "Problems", "/problems", "g x" },
	{ "Status", "/status", NULL },
	{ "Help", "/help", NULL },
};

static bool nav_current(const char *nav, const char *page)
{
	bool of_sender = str_contains(str_of(page), STR("/senders"));

	if (strcmp(nav, "/senders") == 0)
		return of_sender;
	if (strcmp(nav, "/") == 0)
		return strcmp(page, "/") == 0 ||
		       (str_starts(str_of(page), STR("/domains/")) && !of_sender);
	return str_starts(str_of(page), str_of(nav));
}

static void nav_add(struct view *v, json_t *frame)
{
	json_t *nav = tree_set_array(frame, "nav");

	for (size_t i = 0; i < sizeof(nav_table) / sizeof(nav_table[0]); i++) {
		const char *path = nav_table[i].path;
		/* The overview lists all domains; elsewhere a domain is kept. */
		const char *changes[] = { strcmp(path, "/") == 0 ? "domain" : NULL, NULL,
			NULL };
		json_t *n = tree_append(nav);

		tree_set_cstr(n, "name", nav_table[i].name);
		if (nav_table[i].key)
			tree_set_cstr(n, "key", nav_table[i].key);
		tree_set_str(n, "link", view_link(v, path, STR_ABSENT, changes));
		tree_set_bool(n, "current", v->path && nav_current(path, v->path));
		if (strcmp(path, "/problems") == 0)
			tree_set_i64(n, "badge",
				tree_i64(v->status, "problems") +
					tree_i64(v->status, "imports_failing"));
	}
	tree_set_str(frame, "home_link", view_link(v, "/", STR_ABSENT, NULL));
	tree_set_str(frame, "keys_link", view_path(v, "/help/{}", STR("keys")));
}

/* --- Range --- */

static void range_links(struct view *v, json_t *range)
{
	static const struct {
		const char *text, *value;
		int count;
		char unit;
		const char *key; /* for keys.js */
	} ranges[] = { { "7 d", "7d", 7, 'd', "1" }, { "30 d", "30d", 30, 'd', "2" },
		{ "90 d", "90d", 90, 'd', "3" }, { "1 y", "1y", 1, 'y', "4" } };
	const struct query *q = v->q;
	bool is_default = !q->from_set && !q->to_set && !q->all_time && q->range_count == 0;
	json_t *links = tree_set_array(range, "links");

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const char *changes[] = { "range", ranges[i].value, "from", NULL, "to", NULL,
			NULL };
		bool same =
			ranges[i].count == q->range_count && ranges[i].unit == q->range_unit;
		json_t *l = tree_append(links);

		tree_set_cstr(l, "text", ranges[i].text);
		tree_set_cstr(l, "key", ranges[i].key);
		tree_set_str(l, "link", view_link(v, v->path, v->segment, changes));
		tree_set_bool(l, "current", same || (is_default && i == 1));
	}
}

static void range_move(struct view *v, json_t *range, const char *key, int64_t days)
{
	struct str from = format_day(v->arena, v->q->from_day + days);
	struct str to = format_day(v->arena, v->q->to_day + days);
	const char *changes[] = { "from", from.p, "to", to.p, "range", NULL, NULL };

	tree_set_str(range, key, view_link(v, v->path, v->segment, changes));
}

/* A range that reaches back to what was deleted says so: else it would look as if nothing had
 * been there. */
static void deleted_add(struct view *v, json_t *range)
{
	struct str records = tree_str(v->status, "keep.records_from"),
		   sums = tree_str(v->status, "keep.sums_from");
	int64_t day;

	if (!day_parse(records, &day) || (!v->q->all_time && v->q->from_day >= day))
		return;
	if (str_eq(records, sums))
		tree_printf(range, "deleted",
			"Reports and records before %.*s were deleted (keep).",
			STR_ARGS(records));
	else
		tree_printf(range, "deleted",
			"Reports and records before %.*s were deleted (keep); charts and totals"
			" of the days %s%.*sbefore it are those of the daily sums.",
			STR_ARGS(records), sums.n ? "from " : "", STR_ARGS(sums));
}

static void range_add(struct view *v, json_t *frame)
{
	const struct query *q = v->q;
	json_t *range = tree_set_object(frame, "range");
	int64_t days = q->to_day - q->from_day, last = q->to_day - 1;
	struct str from = format_day(v->arena, q->from_day), to = format_day(v->arena, last);

	range_links(v, range);
	deleted_add(v, range);
	if (q->all_time) {
		tree_printf(range, "text", "all days to %.*s", STR_ARGS(to));
		return;
	}
	if (days <= 1)
		tree_set_str(range, "text", from);
	else
		tree_printf(range, "text", "%.*s – %.*s", STR_ARGS(from), STR_ARGS(to));
	if (days > 0)
		range_move(v, range, "earlier_link", -days);
	if (days > 0 && q->to_day <= day_of(v->c->now_at))
		range_move(v, range, "later_link", days);
}

/* Without a store there is nothing to ask. */
static int complete_day(struct view *v, int64_t *ret, struct err *err)
{
	if (v->c->store)
		return store_complete(v->c->store, v->q, v->c->now_at, ret, err);
	*ret = store_complete_day(v->c->now_at);
	return 0;
}

static int fresh_add(struct view *v, json_t *frame, struct err *err)
{
	struct str run = tree_str(v->status, "last_run");
	struct str newest = tree_str(v->status, "days.last");
	int64_t at, day, last;
	int r = complete_day(v, &day, err);

	if (r < 0)
		return r;
	/* The page of an error may not know how much there is. */
	if (!tree_get(v->status, "reports") || tree_i64(v->status, "reports") > 0)
		tree_set_str(frame, "complete_to", format_day(v->arena, day));
	if (day_parse(newest, &last) && last < day)
		tree_set_str(frame, "newest", newest);
	if (!time_parse(run, &at))
		return 0;
	tree_set_str(frame, "last_import", run);
	tree_set_str(frame, "last_import_text", format_ago(v->arena, at, v->c->now_at));
	return 0;
}

/* For fresh.js: of which data this page is, as its ETag says. */
static int generation_add(struct view *v, json_t *frame, struct err *err)
{
	int64_t generation;
	int r;

	if (!v->c->store)
		return 0;
	r = store_generation(v->c->store, &generation, err);
	if (r == 0)
		tree_printf(frame, "generation", "%" PRId64, generation);
	return r;
}

/* --- Filters --- */

struct choice {
	const char *value, *text;
};
#define CHOICES(...) ((const struct choice[]){ __VA_ARGS__, { NULL, NULL } })

/* In a fixed order; main ones are always seen, the others open with "More filters". */
static const struct field {
	const char *name, *label;
	const struct choice *choices; /* NULL: text */
	bool main;
	const char *hint;
} field_table[] = {
	{ "reporter", "Reporter", NULL, true, NULL }, /* a list made of the data */
	{ "result", "Result", CHOICES({ "pass", "passed" }, { "fail", "failed" }), true, NULL },
	{ "domain", "Domain", NULL, false, "example.com" },
	{ "header_from", "Header-From", NULL, false, "news.example.com" },
	{ "subdomains", "Subdomains",
		CHOICES({ "true", "only them" }, { "false", "without them" }), false, NULL },
	{ "source_ip", "Source IP", NULL, false, "192.0.2.0/24" },
	{ "sender", "Sender", NULL, false, "esp.example" },
	{ "cause", "Cause", NULL, false, NULL }, /* the codes of verdict.h */
	{ "explained", "Explained",
		CHOICES({ "true", "by forwarding" }, { "false", "not explained" }), false,
		NULL },
	{ "spf", "SPF", CHOICES({ "aligned", "aligned" }, { "unaligned", "not aligned" }),
		false, NULL },
	{ "dkim", "DKIM", CHOICES({ "aligned", "aligned" }, { "unaligned", "not aligned" }),
		false, NULL },
	{ "spf_domain", "SPF domain", NULL, false, "bounce.example.com" },
	{ "spf_scope", "SPF scope", NULL, false, "mfrom" },
	{ "spf_result", "SPF result", NULL, false, "softfail" },
	{ "dkim_domain", "DKIM domain", NULL, false, "example.com" },
	{ "dkim_selector", "DKIM selector", NULL, false, "s1" },
	{ "dkim_result", "DKIM result", NULL, false, "fail" },
	{ "disposition", "Receiver did",
		CHOICES({ "none", "none" }, { "quarantine", "quarantine" },
			{ "reject", "reject" }, { "pass", "pass" }, { "other", "other" },
			{ "not_reported", "not reported" }),
		false, NULL },
	{ "override", "Override", NULL, false, "mailing_list" },
	{ "disagrees", "Receiver", CHOICES({ "true", "disagrees" }, { "false", "agrees" }),
		false, NULL },
	{ "class", "Class", NULL, false, NULL }, /* of sender.h */
	{ "mark", "Marked",
		CHOICES({ "undecided", "undecided" }, { "ours", "ours" },
			{ "not_ours", "not ours" }),
		false, NULL },
	{ "policy", "Policy",
		CHOICES({ "none", "none" }, { "quarantine", "quarantine" },
			{ "reject", "reject" }),
		false, NULL },
	{ "origin", "Origin",
		CHOICES({ "authenticated", "authenticated" },
			{ "misfit", "not the reporter's" },
			{ "unauthenticated", "not authenticated" }, { "unknown", "unknown" }),
		false, NULL },
	{ "q", "Search", NULL, false, NULL },
	{ "new", "New", CHOICES({ "true", "new" }, { "false", "not new" }), false, NULL },
	{ "undecided", "Undecided",
		CHOICES({ "true", "undecided" }, { "false", "not undecided" }), false, NULL },
	{ "own", "Yours", CHOICES({ "true", "yours" }, { "false", "not yours" }), false, NULL },
	{ "basis", "Judged by",
		CHOICES({ "computed", "computed" }, { "reported", "as the receiver says" }),
		false, NULL },
};
#define FIELD_COUNT (sizeof(field_table) / sizeof(field_table[0]))

static void option_add(json_t *options, struct str value, struct str text, struct str current)
{
	json_t *o = tree_append(options);

	tree_set_str(o, "value", value);
	tree_set_str(o, "text", text);
	tree_set_bool(o, "same", str_eq(value, text)); /* then it needs not be said twice */
	tree_set_bool(o, "selected", str_eq(value, current));
}

static bool option_exists(const json_t *options, struct str value)
{
	for (size_t i = 0; i < json_array_size(options); i++)
		if (str_eq(tree_str(json_array_get(options, i), "value"), value))
			return true;
	return false;
}

/* Reporters by volume, whatever the other filters leave. */
static int reporter_options(
	struct view *v, json_t *options, struct str current, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	const char *const changes[] = { "reporter", NULL, "result", NULL, "limit",
		REPORTERS_SHOWN, NULL };
	const json_t *data;
	int r = view_document(v, "reporters", changes, &d, err);

	if (r < 0)
		return r;
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		struct str name = tree_str(json_array_get(data, i), "reporter");
		struct str value = query_value(v->arena, arena_str_lower(v->arena, name));

		if (!str_empty(name) && !option_exists(options, value))
			option_add(options, value, name, current);
	}
	return 0;
}

static int field_options(
	struct view *v, const struct field *f, json_t *o, struct str current, struct err *err)
{
	json_t *options = tree_set_array(o, "options");
	int r = 0;

	if (strcmp(f->name, "reporter") == 0)
		r = reporter_options(v, options, current, err);
	if (strcmp(f->name, "cause") == 0)
		for (int i = 0; i < CAUSE_COUNT; i++)
			option_add(options, str_of(cause_name((enum cause)i)),
				str_of(cause_name((enum cause)i)), current);
	if (strcmp(f->name, "class") == 0)
		for (int i = 0; i < CLASS_COUNT; i++)
			option_add(options, str_of(sender_class_name((enum sender_class)i)),
				str_of(sender_class_text((enum sender_class)i)), current);
	for (const struct choice *c = f->choices; c && c->value; c++)
		option_add(options, str_of(c->value), str_of(c->text), current);
	if (!str_absent(current) && !option_exists(options, current))
		option_add(options, current, current, current);
	return r;
}

static int field_add(struct view *v, json_t *fields, const struct field *f, struct err *err)
{
	struct str current = given(v->q, f->name);
	json_t *o = tree_append(fields);
	bool select = f->choices || strcmp(f->name, "reporter") == 0 ||
		      strcmp(f->name, "cause") == 0 || strcmp(f->name, "class") == 0;

	tree_set_cstr(o, "name", f->name);
	tree_set_cstr(o, "label", f->label);
	if (!select) {
		tree_set_bool(o, "input", true);
		tree_set_str(o, "value", current);
		tree_set_cstr(o, "hint", f->hint);
		return 0;
	}
	tree_set_bool(o, "select", true);
	return field_options(v, f, o, current, err);
}

static void hidden_add(struct view *v, json_t *form, const char *name)
{
	struct str value = given(v->q, name);
	json_t *h;

	if (str_absent(value) || !page_takes(v->path, name))
		return;
	h = tree_append(tree_get(form, "hidden"));
	tree_set_cstr(h, "name", name);
	tree_set_str(h, "value", value);
}

static int form_add(struct view *v, json_t *frame, struct err *err)
{
	json_t *form = tree_set_object(frame, "form"), *main_fields, *more;
	bool open = false;
	int r = 0;

	tree_set_str(form, "link", view_path(v, v->path, v->segment));
	if (!v->q->all_time)
		tree_set_str(form, "from", format_day(v->arena, v->q->from_day));
	tree_set_str(form, "to", format_day(v->arena, v->q->to_day));
	tree_set_array(form, "hidden");
	hidden_add(v, form, "sort");
	main_fields = tree_set_array(form, "main");
	more = tree_set_array(form, "more");
	for (size_t i = 0; i < FIELD_COUNT && r == 0; i++) {
		const struct field *f = &field_table[i];

		if (!page_takes(v->path, f->name))
			continue;
		open |= !f->main && !str_absent(given(v->q, f->name));
		r = field_add(v, f->main ? main_fields : more, f, err);
	}
	tree_set_bool(form, "open", open);
	return r;
}

static const char *label_of(struct str name)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (str_eq(str_of(field_table[i].name), name))
			return field_table[i].name;
	return str_eq(name, STR("report")) ? "report" : NULL;
}

static void chips_add(struct view *v, json_t *frame)
{
	const char *none[2 * (FIELD_COUNT + 2) + 1] = { NULL };
	json_t *chips = tree_set_array(frame, "chips");
	size_t n = 0;

	for (size_t i = 0; i < v->q->param_count; i++) {
		const char *name = label_of(v->q->params[i].name);
		const char *changes[] = { name, NULL, NULL };
		json_t *c;

		if (!name || !page_takes(v->path, name))
			continue;
		none[n] = name;
		n += 2;
		c = tree_append(chips);
		tree_set_cstr(c, "name", name);
		tree_set_str(c, "value", v->q->params[i].value);
		tree_set_str(c, "link", view_link(v, v->path, v->segment, changes));
	}
	tree_set_bool(frame, "filtered", n > 0);
	if (n > 2)
		tree_set_str(frame, "clear_link", view_link(v, v->path, v->segment, none));
}

/* The form below the page, which leads back to it. */
static void themes_add(struct view *v, json_t *frame)
{
	static const char *const words[] = { "auto", "light", "dark" };
	struct str theme = str_absent(v->c->theme) ? STR("auto") : v->c->theme;
	json_t *themes = tree_set_array(frame, "themes");

	tree_set_str(frame, "theme", v->c->theme);
	tree_set_cstr(frame, "theme_link", "/theme");
	/* Not a link of this document: no prefix is wanted. */
	tree_set_str(
		frame, "here", v->path ? view_link(v, v->path, v->segment, NULL) : STR("/"));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		json_t *o = tree_append(themes);

		tree_set_cstr(o, "word", words[i]);
		tree_set_bool(o, "current", str_eq(theme, str_of(words[i])));
	}
}

int view_frame(struct view *v, struct str title, unsigned parts, struct err *err)
{
	json_t *frame = tree_set_object(v->root, "frame");
	int r;

	tree_set_str(v->root, "title", title);
	nav_add(v, frame);
	themes_add(v, frame);
	tree_set_str(frame, "search_link", view_path(v, "/search", STR_ABSENT));
	r = fresh_add(v, frame, err);
	if (r == 0)
		r = generation_add(v, frame, err);
	if (r < 0)
		return r;
	imports_add(v, frame);
	if (parts & FRAME_RANGE)
		range_add(v, frame);
	if (parts & FRAME_FILTERS) {
		chips_add(v, frame);
		r = form_add(v, frame, err);
	}
	return r;
}
