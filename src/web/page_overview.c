/* "/": the domains and what became of their mail. */
#include "carrier.h"
#include "chart.h"
#include "day.h"
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "part_domain.h"
#include "xalloc.h"

#define SPARKS_MOST 50 /* each is a query of its own */
#define SPARK_DAYS 30
#define STEPS_MOST 50
#define CHANGES_SHOWN "10"
#define REPORTERS_SHOWN "8"

#define QUIET_SHOWN 5

static const struct view_head heads[] = {
	{ "Domain", "domain", false },
	{ "Policy seen", NULL, false },
	{ "Messages", "messages", true },
	{ "30 days", NULL, false },
	{ "Passed", "pass", true },
	{ "Failed", "fail", true },
	{ "Explained", NULL, true },
	{ "Undecided senders", NULL, true },
	{ "Last report", "last_report", true },
	{ "Next step", "attention", false },
};

/* The columns of one domain, over the 30 days to the end of the range. */
static int spark_add(struct view *v, json_t *row, const char *domain, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct str from = format_day(v->arena, v->q->to_day - SPARK_DAYS);
	struct str to = format_day(v->arena, v->q->to_day);
	const char *changes[] = { "domain", domain, "from", from.p, "to", to.p, NULL };
	int r = view_document(v, "timeseries", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(row, "spark", chart_spark(v->arena, tree_get(d, "data")));
	return 0;
}

/* Names below the domain in From: lines, rolled up in its row. */
static void subdomains_add(struct view *v, json_t *row, const char *domain, const json_t *items)
{
	json_t *below, *list;

	if (json_array_size(items) == 0)
		return;
	below = tree_set_object(row, "subdomains");
	tree_set_str(below, "words",
		format_count(
			v->arena, (int64_t)json_array_size(items), "subdomain", "subdomains"));
	list = tree_set_array(below, "items");
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *item = json_deep_copy(json_array_get(items, i));

		tree_set_str(item, "link",
			view_link(v, "/records", STR_ABSENT,
				(const char *const[]){ "domain", domain, "header_from",
					view_value(v, tree_str(item, "key")), NULL }));
		json_array_append_new(list, item);
	}
}

/* They are those of the days that readiness looks at. */
static void undecided_add(
	struct view *v, json_t *row, const char *domain, const json_t *readiness)
{
	int64_t last = 0;

	if (!json_is_integer(tree_get(readiness, "undecided")))
		return;
	tree_set_i64(row, "undecided", tree_i64(readiness, "undecided"));
	tree_set_bool(row, "undecided_known", true);
	day_parse(tree_str(readiness, "days.last"), &last);
	tree_set_str(row, "undecided_link",
		part_plain_link(v, "/senders", STR_ABSENT,
			(const char *const[]){ "from",
				arena_cstr(v->arena, tree_str(readiness, "days.first")), "to",
				format_day(v->arena, last + 1).p, "range", NULL, "domain",
				domain, "undecided", "true", NULL }));
}

/* What to do next for a domain, and how many of its senders nobody decided on. */
static int step_add(struct view *v, json_t *row, const char *domain, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	const json_t *checks;
	int r = view_document(
		v, "readiness", (const char *const[]){ "domain", domain, NULL }, &d, err);

	if (r < 0)
		return r;
	tree_set_str(row, "next_step", tree_str(d, "next_step"));
	tree_set_str(row, "step_title", tree_str(d, "verdict_text"));
	undecided_add(v, row, domain, d);
	checks = tree_get(d, "checks");
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *check = json_array_get(checks, i),
			     *items = tree_get(check, "items");

		if (str_eq(tree_str(check, "id"), STR("C9")))
			subdomains_add(v, row, domain, items);
	}
	return 0;
}

static void row_links(struct view *v, json_t *row, struct str domain)
{
	static const struct {
		const char *key, *name, *value;
	} links[] = { { "messages_link", NULL, NULL }, { "pass_link", "result", "pass" },
		{ "fail_link", "result", "fail" }, { "explained_link", "explained", "true" } };
	const char *value = view_value(v, domain);

	tree_set_str(row, "link", view_link(v, "/domains/{}", domain, NULL));
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		tree_set_str(row, links[i].key,
			view_link(v, "/records", STR_ABSENT,
				(const char *const[]){ "domain", value, links[i].name,
					links[i].value, NULL }));
}

/* The day that the newest period ends in: one until midnight is of the day before. */
static void last_report_add(struct view *v, json_t *row)
{
	int64_t at;

	if (!time_parse(tree_str(row, "last_report"), &at))
		return;
	tree_set_str(row, "last_report_text", format_day(v->arena, day_of(at - 1)));
}

static int rows_fill(struct view *v, json_t *data, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(data) && r == 0; i++) {
		json_t *row = json_array_get(data, i);
		struct str domain = tree_str(row, "domain");

		row_links(v, row, domain);
		tree_set_bool(
			row, "testing", str_eq(tree_str(row, "policy.testing"), STR("y")));
		tree_set_str(row, "policy_text", part_policy(v, tree_get(row, "policy")));
		last_report_add(v, row);
		if (i < SPARKS_MOST)
			r = spark_add(v, row, view_value(v, domain), err);
		if (i < STEPS_MOST && r == 0)
			r = step_add(v, row, view_value(v, domain), err);
	}
	return r;
}

/* --- The order of attention --- */

#define MERITS 4

/* What makes a domain stand first: changes that want attention, senders to decide about,
 * failures that nothing explains, and then its size. */
static void merits_of(const json_t *row, const json_t *wanting, int64_t *ret)
{
	const char *domain = json_string_value(tree_get(row, "domain"));

	ret[0] = json_integer_value(json_object_get(wanting, domain));
	ret[1] = tree_i64(row, "undecided");
	ret[2] = tree_i64(row, "failed");
	ret[3] = tree_i64(row, "messages");
}

static bool wants_more(const json_t *a, const json_t *b, const json_t *wanting)
{
	int64_t x[MERITS], y[MERITS];
	size_t i = 0;

	merits_of(a, wanting, x);
	merits_of(b, wanting, y);
	while (i + 1 < MERITS && x[i] == y[i])
		i++;
	return x[i] > y[i];
}

/* Most attention first; a page of domains is not long. */
static void order(json_t *data, const json_t *wanting)
{
	for (size_t i = 1; i < json_array_size(data); i++) {
		json_t *row = json_incref(json_array_get(data, i));
		size_t k = i;

		while (k > 0 && wants_more(row, json_array_get(data, k - 1), wanting))
			k--;
		json_array_remove(data, i);
		json_array_insert_new(data, k, row);
	}
}

static bool by_attention(const struct query *q)
{
	return str_absent(q->sort) || str_eq(q->sort, STR("attention")) ||
	       str_eq(q->sort, STR("-attention"));
}

/* changes.quiet: the domains that ask for nothing, as long as they are few. */
static void quiet_add(struct view *v, const json_t *data)
{
	json_t *changes = tree_get(v->root, "changes"), *wanting = tree_get(changes, "wanting");
	json_t *quiet = tree_set_array(changes, "quiet");
	int64_t n = 0;

	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *row = json_array_get(data, i);
		json_t *line;

		if (json_object_get(wanting, json_string_value(tree_get(row, "domain"))))
			continue;
		if (++n > QUIET_SHOWN)
			continue;
		line = tree_append(quiet);
		tree_set_str(line, "domain", tree_str(row, "domain"));
		tree_set_str(line, "domain_link", tree_str(row, "link"));
		part_chip(line, "chip", CHIP_OK, "same");
	}
	if (n > QUIET_SHOWN)
		tree_set_str(changes, "more_quiet",
			format_count(
				v->arena, n - QUIET_SHOWN, "other domain", "other domains"));
	tree_set_bool(changes, "some_quiet", n > 0);
}

/* --- The tables --- */

/* Domains that the configuration does not name go into a table of their own. */
static void strangers_split(struct view *v, json_t *d)
{
	json_t *data = tree_get(d, "data"), *others = json_array();
	size_t n = 0;

	while (n < json_array_size(data)) {
		json_t *row = json_array_get(data, n);

		if (carrier_ours(v->c->domains, v->c->domain_count, tree_str(row, "domain"))) {
			n++;
			continue;
		}
		json_array_append(others, row);
		json_array_remove(data, n);
	}
	if (json_array_size(others) > 0)
		json_object_set(tree_set_object(v->root, "strangers"), "data", others);
	json_decref(others);
}

static int domains_add(struct view *v, const json_t *summary, struct err *err)
{
	json_t *d = NULL;
	bool attention = by_attention(v->q);
	const char *sort = attention ? NULL : arena_cstr(v->arena, v->q->sort);
	int r = view_document(
		v, "domains", (const char *const[]){ "sort", sort, NULL }, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "domains", d);
	view_heads(v, d, "heads", heads, sizeof(heads) / sizeof(heads[0]));
	view_exports(v, d, "exports", "domains", NULL);
	part_caption_of(v, d,
		format_count(v->arena, tree_i64(summary, "domains"), "domain", "domains"),
		tree_i64(summary, "totals.messages"));
	tree_set_bool(d, "by_attention", attention);
	tree_set_bool(d, "more", !str_absent(tree_str(d, "page.next")));
	r = rows_fill(v, tree_get(d, "data"), err);
	if (r < 0)
		return r;
	if (attention)
		order(tree_get(d, "data"), tree_get(v->root, "changes.wanting"));
	quiet_add(v, tree_get(d, "data"));
	strangers_split(v, d);
	return 0;
}

/* "3 reports", and where they are. */
static void reports_told(struct view *v, const char *name, int64_t n, struct str link)
{
	json_t *o;

	if (n == 0)
		return;
	o = tree_set_object(v->root, name);
	tree_set_str(o, "words", format_count(v->arena, n, "report", "reports"));
	tree_set_bool(o, "one", n == 1);
	tree_set_str(o, "link", link);
}

/* Reports that somebody else may have written. */
static void suspect_add(struct view *v, const json_t *summary)
{
	reports_told(v, "suspect", tree_i64(summary, "suspect_reports"),
		view_link(v, "/reports", STR_ABSENT,
			(const char *const[]){ "origin", "misfit,unauthenticated", NULL }));
}

/* Reports that wait for somebody to let them in. */
static void held_add(struct view *v)
{
	reports_told(v, "held", tree_i64(v->status, "held"),
		view_link(v, "/problems", STR_ABSENT,
			(const char *const[]){ "outcome", "ignored", "reason",
				"unauthenticated,reporter-misfit", NULL }));
}

static int fill(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_document(v, "summary", NULL, &summary, err);

	if (r == 0)
		r = view_frame(v, STR("Overview"), FRAME_RANGE | FRAME_FILTERS, err);
	held_add(v);
	if (r == 0)
		r = part_empty(v, summary, err);
	if (r != 0)
		return r < 0 ? r : 0;
	part_sentence(v, v->root, tree_get(summary, "totals"));
	part_causes(v, summary);
	suspect_add(v, summary);
	r = part_changes(v, CHANGES_SHOWN, false, err);
	if (r == 0)
		r = domains_add(v, summary, err);
	if (r == 0)
		r = part_reporters(v, REPORTERS_SHOWN, err);
	return r < 0 ? r : part_series(v, STR("all domains"), err);
}

int page_overview(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = fill(&v, err);
	return r < 0 ? r : view_render(&v, "overview", out, err);
}
