/* "/domains/{}": who sends as this domain, what passes, and what receivers did. */
#include "chart.h"
#include "page_set.h"
#include "part.h"
#include "part_domain.h"
#include "part_sender.h"
#include "xalloc.h"

#define ROWS_SHOWN "50"
/* With many filters each link is long: then there are fewer of them. */
#define PAGE_BYTES_MOST 78000
#define SENDER_ROW_BYTES 700 /* about */
#define SENDER_ROWS_WANTED 30
#define SENDER_ROWS_LEAST 10
#define CHANGES_SHOWN "10"
#define SOURCES_SHOWN "5" /* most stand among the senders already */

/* --- Senders and sources --- */

static void all_senders_link(struct view *v)
{
	tree_set_str(tree_get(v->root, "senders"), "all_link",
		view_link(v, "/senders", STR_ABSENT, NULL));
}

static int senders_add(struct view *v, struct err *err)
{
	int r = part_senders(v, ROWS_SHOWN, true, err);

	if (r < 0)
		return r;
	if (!str_absent(tree_str(v->root, "senders.page.next")))
		all_senders_link(v);
	return 0;
}

/* Each day leads to its records by their number: that stays. */
static bool days_lighten(struct view *v)
{
	static const char *const others[] = { "pass_link", "fail_link", "explained_link",
		"reports_link" };
	json_t *points = tree_get(v->root, "series.points");
	bool lighter = false;

	for (size_t i = 0; i < json_array_size(points); i++)
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			lighter |= json_object_del(json_array_get(points, i), others[k]) == 0;
	return lighter;
}

static bool lighten(struct view *v, size_t bytes)
{
	size_t rows = bytes / SENDER_ROW_BYTES + 1;

	if (!part_senders_shorten(v, rows, SENDER_ROWS_WANTED) && !days_lighten(v) &&
		!part_senders_shorten(v, rows, SENDER_ROWS_LEAST))
		return false;
	if (tree_get(v->root, "senders"))
		all_senders_link(v);
	return true;
}

/* The links of a row repeat what was asked, so what rows weigh is known when they are made. */
static int render(struct view *v, struct buf *out, struct err *err)
{
	int r = view_render(v, "domain", out, err);

	while (r == 0 && out->n > PAGE_BYTES_MOST && lighten(v, out->n - PAGE_BYTES_MOST)) {
		buf_clear(out);
		r = view_render(v, "domain", out, err);
	}
	return r;
}

static void source_fill(struct view *v, json_t *row)
{
	const char *ip = view_value(v, tree_str(row, "source_ip"));

	tree_set_str(row, "source_link",
		view_link(v, "/sources/{}", tree_str(row, "source_ip"), NULL));
	tree_set_str(row, "link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){ "source_ip", ip, NULL }));
	tree_set_str(row, "fail_link",
		view_link(v, "/records", STR_ABSENT,
			(const char *const[]){ "source_ip", ip, "result", "fail", NULL }));
	part_cause_chip(row);
	tree_set_bool(row, "named", !str_eq(tree_str(row, "sender.named_by"), STR("address")));
}

static int sources_add(struct view *v, struct err *err)
{
	const char *changes[] = { "limit", SOURCES_SHOWN, NULL };
	json_t *d = NULL, *data;
	int64_t most = 0;
	int r = view_document(v, "sources", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "sources", d);
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		/* Most messages come first. */
		most = i == 0 ? tree_i64(row, "messages") : most;
		source_fill(v, row);
		chart_bar(row, most);
	}
	part_caption(v, d, "source address", "source addresses");
	view_exports(v, d, "exports", "sources", NULL);
	return 0;
}

/* --- The page --- */

/* The policy of the newest report.  1 there is one, 0 the range has none. */
static int policy_add(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	json_t *row;
	int r = view_document(v, "domains", NULL, &d, err);

	if (r < 0)
		return r;
	row = json_array_get(tree_get(d, "data"), 0);
	if (!row)
		return 0;
	json_object_set(v->root, "domain", row);
	tree_set_str(row, "policy_text", part_policy(v, tree_get(row, "policy")));
	part_time(v, row, "last_report");
	return 1;
}

/* Is there any report of this domain at all?  1, 0, negative. */
static int known(struct view *v, struct str domain, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct query *q = ARENA_NEW(v->arena, struct query);
	int r;

	query_init(q, v->arena);
	r = query_set(q, STR("domain"), str_of(view_value(v, domain)), NULL, NULL, err);
	if (r == 0)
		r = query_set(q, STR("range"), STR("all"), NULL, NULL, err);
	if (r == 0)
		r = query_end(q, v->c->now_at, err);
	if (r == 0)
		r = view_document_of(v, "summary", q, &d, err);
	return r < 0 ? r : tree_i64(d, "reports") > 0;
}

static int fill(struct view *v, struct str domain, const json_t *summary, struct err *err)
{
	int r = policy_add(v, err);

	if (r < 0)
		return r;
	part_sentence(v, v->root, tree_get(summary, "totals"));
	part_causes(v, summary);
	r = part_series(v, domain, err);
	if (r == 0)
		r = part_readiness(v, err);
	if (r == 0)
		r = part_changes(v, CHANGES_SHOWN, true, err);
	if (r == 0)
		r = senders_add(v, err);
	if (r == 0)
		r = sources_add(v, err);
	if (r == 0)
		r = part_received(v, err);
	if (r == 0)
		r = part_keys(v, err);
	if (r == 0)
		r = part_policies(v, err);
	return r < 0 ? r : part_reporters(v, ROWS_SHOWN, err);
}

int page_domain(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	struct str domain = arena_str_lower(c->arena, segment);
	CLEANUP(view)
	struct view v = { 0 };
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_init(&v, c, "/domains/{}", domain, q, domain, err);

	if (r == 0)
		r = view_document(&v, "summary", NULL, &summary, err);
	/* An empty store knows no domain, and says so in another way. */
	if (r == 0 && tree_i64(summary, "reports") == 0 && tree_i64(v.status, "reports") > 0) {
		r = known(&v, domain, err);
		if (r == 0)
			return page_missing(c,
				arena_printf(c->arena, "There is no report about %.*s.",
					STR_ARGS(domain)),
				out, ret_status);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = view_frame(&v, domain, FRAME_RANGE | FRAME_FILTERS, err);
	tree_set_str(v.root, "name", domain);
	if (r == 0)
		r = part_empty(&v, summary, err);
	if (r == 0)
		r = fill(&v, domain, summary, err);
	return r < 0 ? r : render(&v, out, err);
}
