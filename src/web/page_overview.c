/* "/": the domains and what became of their mail. */
#include "chart.h"
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
	{ "Next step", NULL, false },
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
	checks = tree_get(d, "checks");
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *check = json_array_get(checks, i);

		if (str_eq(tree_str(check, "id"), STR("C4")))
			tree_set_i64(row, "undecided",
				(int64_t)json_array_size(tree_get(check, "items")));
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
		part_time(v, row, "last_report");
		if (i < SPARKS_MOST)
			r = spark_add(v, row, view_value(v, domain), err);
		if (i < STEPS_MOST && r == 0)
			r = step_add(v, row, view_value(v, domain), err);
	}
	return r;
}

static int domains_add(struct view *v, const json_t *summary, struct err *err)
{
	json_t *d = NULL;
	struct str sort = v->q->sort;
	int r = view_document(v, "domains",
		(const char *const[]){
			"sort", str_absent(sort) ? NULL : arena_cstr(v->arena, sort), NULL },
		&d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "domains", d);
	view_heads(v, d, "heads", heads, sizeof(heads) / sizeof(heads[0]));
	view_exports(v, d, "exports", "domains", NULL);
	tree_set_str(d, "caption",
		arena_printf(v->arena, "%.*s, %.*s",
			STR_ARGS(format_count(
				v->arena, tree_i64(summary, "domains"), "domain", "domains")),
			STR_ARGS(format_count(v->arena, tree_i64(summary, "totals.messages"),
				"message", "messages"))));
	tree_set_bool(d, "more", !str_absent(tree_str(d, "page.next")));
	return rows_fill(v, tree_get(d, "data"), err);
}

static int fill(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_document(v, "summary", NULL, &summary, err);

	if (r == 0)
		r = view_frame(v, STR("Overview"), FRAME_RANGE | FRAME_FILTERS, err);
	if (r == 0)
		r = part_empty(v, summary, err);
	if (r != 0)
		return r < 0 ? r : 0;
	part_sentence(v, v->root, tree_get(summary, "totals"));
	part_causes(v, summary);
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
