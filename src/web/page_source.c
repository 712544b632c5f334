/* "/sources/{}": an address or a network, whatever domain its mail names. */
#include "chart.h"
#include "day.h"
#include "doc_source.h"
#include "format.h"
#include "page_set.h"
#include "part.h"
#include "place.h"
#include "xalloc.h"

#include <assert.h>

#define DOCUMENT_MOST (16U << 20)
#define RECORDS_SHOWN "20"
#define STRIP_COLUMNS 60

static const struct view_head address_heads[] = {
	{ "Source IP", "ip", false },
	{ "Messages", "messages", true },
	{ "DMARC pass", "pass", true },
	{ "Failed", "fail", true },
	{ "What we see", NULL, false },
	{ "First seen", "first_seen", true },
	{ "Last seen", "last_seen", true },
};

static int read_it(struct view *v, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	struct json j;
	json_t *it = NULL;
	int r;

	buf_init(&text, DOCUMENT_MOST);
	json_init(&j, &text);
	r = doc_source(v->c, v->segment, v->q, &j, err);
	if (r >= 0)
		r = tree_of(&j, &it, err);
	if (r == 0)
		json_object_set_new(v->root, "it", it);
	return r;
}

/* This page's query, with the source as a filter, for what leads to other pages. */
static int narrow(struct view *v, struct view *ret, struct err *err)
{
	const char *changes[] = { "source_ip", arena_cstr(v->arena, v->segment), NULL };
	struct query *q = NULL;
	int r = view_query(v, "records", changes, &q, err);

	*ret = *v;
	ret->q = q;
	return r;
}

/* --- By the domain that mail names --- */

struct span {
	int64_t from_day, days;
};

/* All of time begins where the data begin. */
static struct span span_of(const struct view *v)
{
	int64_t from = v->q->from_day;

	if (v->q->all_time)
		day_parse(tree_str(v->status, "days.first"), &from);
	return (struct span){ from, v->q->to_day > from ? v->q->to_day - from : 1 };
}

static void point_add(json_t *point, const json_t *day)
{
	static const char *const keys[] = { "messages", "both", "one", "explained", "failed" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		tree_set_i64(point, keys[i], tree_i64(point, keys[i]) + tree_i64(day, keys[i]));
}

/* A column for each day, or for several where the range is long. */
static void strip_add(struct view *v, json_t *row)
{
	CLEANUP(tree)
	json_t *points = json_array();
	const json_t *days = tree_get(row, "days");
	struct span span = span_of(v);
	int64_t columns = span.days < STRIP_COLUMNS ? span.days : STRIP_COLUMNS;

	for (int64_t i = 0; i < columns; i++)
		tree_append(points);
	for (size_t i = 0; i < json_array_size(days); i++) {
		const json_t *d = json_array_get(days, i);
		int64_t day, at;

		if (!day_parse(tree_str(d, "day"), &day))
			continue;
		at = (day - span.from_day) * columns / span.days;
		if (at >= 0 && at < columns)
			point_add(json_array_get(points, (size_t)at), d);
	}
	json_object_set_new(row, "spark", chart_spark(v->arena, points));
	json_object_del(row, "days");
}

/* "unaligned 12", and the other causes. */
static void causes_add(struct view *of, json_t *row, const char *policy, const char *from)
{
	json_t *list = tree_set_array(row, "causes"), *last = NULL;

	for (int i = 0; i < CAUSE_COUNT; i++) {
		const char *code = cause_name((enum cause)i);
		int64_t n = tree_i64(tree_get(row, "by_cause"), code);

		if (n == 0)
			continue;
		tree_set_cstr(last, "comma", ",");
		last = tree_append(list);
		tree_set_cstr(last, "code", code);
		tree_set_i64(last, "messages", n);
		tree_set_str(last, "comma", STR(""));
		tree_set_str(last, "link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){ "domain", policy, "cause", code,
					"header_from", from, NULL }));
	}
}

/* "3 more are not shown"; absent: all are. */
static void more_words(struct view *v, json_t *it, const char *list, const char *count)
{
	int64_t more = tree_i64(it, count) - (int64_t)json_array_size(tree_get(it, list));

	if (more > 0)
		tree_set_str(it, arena_printf(v->arena, "more_%s", list).p,
			format_number(v->arena, more));
}

static void domains_fill(struct view *of, json_t *it)
{
	json_t *rows = tree_get(it, "domains");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		struct str from = tree_str(row, "header_from"),
			   domain = tree_str(row, "domain");
		const char *name = str_empty(from) ? NULL : view_value(of, from);
		const char *policy = view_value(of, domain);

		tree_set_str(row, "link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){
					"domain", policy, "header_from", name, NULL }));
		tree_set_str(row, "fail_link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){ "domain", policy, "header_from", name,
					"result", "fail", NULL }));
		tree_set_str(row, "domain_link",
			view_link(of, "/domains/{}", domain,
				(const char *const[]){ "source_ip", NULL, NULL }));
		part_cause_chip(row);
		causes_add(of, row, policy, name);
		strip_add(of, row);
	}
	tree_set_bool(it, "has_domains", json_array_size(rows) > 0);
	more_words(of, it, "domains", "domain_count");
}

/* --- Whose it is --- */

static void senders_fill(struct view *of, json_t *it)
{
	json_t *rows = tree_get(it, "senders");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		struct str domain = tree_str(row, "domain"), key = tree_str(row, "key");

		tree_set_str(row, "sender_link", view_sender_link(of, domain, key, NULL));
		tree_set_str(row, "link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){ "domain", view_value(of, domain),
					"sender", view_value(of, key), NULL }));
		part_cause_chip(row);
	}
	tree_set_bool(it, "has_senders", json_array_size(rows) > 0);
	more_words(of, it, "senders", "sender_count");
}

/* --- Its addresses, its records --- */

static void addresses_fill(struct view *v, struct view *of, json_t *it)
{
	json_t *d = tree_get(it, "addresses"), *rows = tree_get(d, "data");
	const char *ip;

	if (!json_is_object(d))
		return;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);

		ip = view_value(v, tree_str(row, "source_ip"));
		tree_set_str(row, "link",
			view_link(v, "/sources/{}", tree_str(row, "source_ip"), NULL));
		tree_set_str(row, "messages_link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){ "source_ip", ip, NULL }));
		tree_set_str(row, "fail_link",
			view_link(of, "/records", STR_ABSENT,
				(const char *const[]){
					"source_ip", ip, "result", "fail", NULL }));
		part_cause_chip(row);
		tree_set_bool(row, "named",
			!str_eq(tree_str(row, "sender.named_by"), STR("address")));
	}
	part_caption(of, d, "address", "addresses");
	view_heads(
		v, d, "heads", address_heads, sizeof(address_heads) / sizeof(address_heads[0]));
	view_paging(v, d, d);
}

static int records_add(struct view *of, struct err *err)
{
	json_t *d = NULL;
	int r = view_document(
		of, "records", (const char *const[]){ "limit", RECORDS_SHOWN, NULL }, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(of->root, "records", d);
	part_records(of, tree_get(d, "data"));
	view_exports(of, d, "exports", "records", NULL);
	tree_set_i64(d, "shown", (int64_t)json_array_size(tree_get(d, "data")));
	tree_set_str(d, "count_text",
		format_count(of->arena, tree_i64(d, "totals.records"), "record", "records"));
	tree_set_str(d, "all_link", view_link(of, "/records", STR_ABSENT, NULL));
	return 0;
}

/* --- The page --- */

/* What stands in the head of the page, and in the exports beside it. */
static void head_fill(struct view *v, json_t *it)
{
	bool network = tree_true(it, "network");

	tree_set_cstr(it, "what_words", network ? "A network of sources" : "A source of mail");
	if (network)
		tree_set_str(it, "count_words",
			format_count(v->arena, tree_i64(it, "address_count"),
				"address sent mail", "addresses sent mail"));
	tree_printf(it, "json_link", "/api/v1%.*s",
		STR_ARGS(view_link(v, v->path, v->segment, NULL)));
	tree_set_bool(it, "has_mail", tree_i64(it, "totals.messages") > 0);
	tree_set_str(it, "all_days_link",
		view_link(v, v->path, v->segment,
			(const char *const[]){ "range", "all", "cursor", NULL, NULL }));
	tree_set_bool(it, "all_days", v->q->all_time);
}

static int fill(struct view *v, struct err *err)
{
	json_t *it = tree_get(v->root, "it");
	struct view of;
	int r;

	head_fill(v, it);
	if (!tree_true(it, "has_mail"))
		return 0;
	r = narrow(v, &of, err);
	if (r < 0)
		return r;
	part_sentence(&of, it, tree_get(it, "totals"));
	senders_fill(&of, it);
	domains_fill(&of, it);
	addresses_fill(v, &of, it);
	r = part_series(&of, v->segment, err);
	return r < 0 ? r : records_add(&of, err);
}

/* A source that no report names is no mistake of who asks. */
static void unknown_fill(struct view *v)
{
	tree_set_object(v->root, "unknown");
	tree_set_str(tree_get(v->root, "unknown"), "name", v->segment);
	tree_set_bool(
		tree_get(v->root, "unknown"), "store", tree_i64(v->status, "reports") == 0);
}

static int render(struct doc_context *c, struct str name, const struct ip_net *net,
	const struct query *q, struct buf *out, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/sources/{}", name, q, STR_ABSENT, err), known = 0;

	if (r == 0)
		r = view_frame(&v, name, FRAME_RANGE, err);
	if (r == 0)
		known = r = store_place_known(c->store, net, err);
	if (r > 0)
		r = read_it(&v, err);
	if (r < 0)
		return r;
	if (known)
		r = fill(&v, err);
	else
		unknown_fill(&v);
	return r < 0 ? r : view_render(&v, "source", out, err);
}

static int source_named(struct doc_context *c, struct str written, struct ip_net *ret,
	struct str *ret_name, struct err *err)
{
	char text[IP_TEXT];
	int r = source_parse(written, ret, err);

	if (r == 0)
		*ret_name = arena_str(c->arena, ip_net_text(ret, text));
	return r;
}

/* To the address of its canonical text. */
static int go_to(struct doc_context *c, struct str name, const struct query *q)
{
	struct str query = query_link(q, c->arena, STR_ABSENT, STR_ABSENT);

	c->see = arena_printf(c->arena, "/sources/%.*s%s%.*s",
		STR_ARGS(url_encode(c->arena, name)), query.n ? "?" : "", STR_ARGS(query));
	return 0;
}

/* As it was written, or where it stands as it should be written. */
static int show(struct doc_context *c, struct str written, const struct query *q,
	struct buf *out, struct err *err)
{
	struct ip_net net;
	struct str name;
	int r = source_named(c, written, &net, &name, err);

	if (r < 0)
		return r;
	return str_eq(name, written) ? render(c, name, &net, q, out, err) : go_to(c, name, q);
}

int page_source(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	(void)ret_status;
	return show(c, segment, q, out, err);
}

/* "/sources/192.0.2.0/24": as people write it, and as a proxy passes it on that decodes paths:
 * to lead away from there would go round in circles. */
int page_source_network(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	struct str written =
		arena_printf(c->arena, "%.*s/%.*s", STR_ARGS(segment), STR_ARGS(c->key));

	(void)ret_status;
	return show(c, written, q, out, err);
}
