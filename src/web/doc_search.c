/*
 * doc_search.c - what a text may mean, and where to read about it.
 *
 * Each hit says which resource knows more, and with which parameters: the range is one that
 * shows something, whatever the range of the page was.
 */
#include "search.h"

#include "day.h"
#include "doc_list.h"

/* The parameters by which a kind is asked for; "": the hit has a document of its own. */
static const struct {
	const char *resource, *parameter;
} ways[HIT_COUNT] = {
	[HIT_SOURCE] = { "sources", "" },
	[HIT_DOMAIN] = { "domains", "domain" },
	[HIT_REPORT] = { "reports", "" },
	[HIT_REPORTER] = { "reports", "reporter" },
	[HIT_SENDER] = { "senders", "sender" },
	[HIT_HEADER_FROM] = { "records", "header_from" },
	[HIT_DKIM_KEY] = { "records", "dkim_domain" },
	[HIT_DKIM_DOMAIN] = { "records", "dkim_domain" },
	[HIT_DKIM_SELECTOR] = { "records", "dkim_selector" },
	[HIT_SPF_DOMAIN] = { "records", "spf_domain" },
};

/* A day is in the range that is shown when nobody asks for another. */
static int day_is_shown(struct doc_context *c, int64_t day, bool *ret, struct err *err)
{
	struct query q;
	int r;

	query_init(&q, c->arena);
	r = query_end(&q, c->now_at, err);
	*ret = r == 0 && day >= q.from_day && day < q.to_day;
	return r;
}

/* Is there mail of this source in that range? */
static int source_is_shown(
	struct doc_context *c, const struct search_hit *hit, bool *ret, struct err *err)
{
	struct totals totals;
	struct query q;
	int r;

	query_init(&q, c->arena);
	r = query_set(&q, STR("source_ip"), hit->text, NULL, NULL, err);
	if (r == 0)
		r = query_end(&q, c->now_at, err);
	if (r == 0)
		r = store_totals(c->store, &q, &totals, err);
	if (r == 0)
		*ret = totals.messages > 0;
	return r;
}

/* Does it need range=all? */
static int wants_all(
	struct doc_context *c, const struct search_hit *hit, bool *ret, struct err *err)
{
	bool shown = false;
	int r = 0;

	if (hit->kind == HIT_SOURCE && hit->known)
		r = source_is_shown(c, hit, &shown, err);
	else if (hit->kind == HIT_DOMAIN)
		r = day_is_shown(c, hit->last_day, &shown, err);
	else if (hit->kind == HIT_REPORTER)
		r = day_is_shown(c, day_of(hit->end_at), &shown, err);
	else
		shown = hit->kind == HIT_REPORT || hit->kind == HIT_SOURCE;
	*ret = !shown;
	return r;
}

static void parameters_key(
	struct doc_context *c, const struct search_hit *hit, bool all, struct json *j)
{
	const char *name = ways[hit->kind].parameter;

	json_kopen_object(j, "parameters");
	if (*name)
		json_kstr(j, name, query_value(c->arena, hit->text));
	if (hit->kind == HIT_DKIM_KEY)
		json_kstr(j, "dkim_selector", query_value(c->arena, hit->name));
	if (all)
		json_kcstr(j, "range", "all");
	json_close_object(j);
}

static void report_keys(const struct search_hit *hit, struct json *j)
{
	json_kopen_object(j, "report");
	json_kstr(j, "reporter", hit->reporter);
	json_kstr(j, "domain", hit->domain);
	json_ktime(j, "begin", hit->begin_at);
	json_ktime(j, "end", hit->end_at);
	json_ku64(j, "messages", hit->messages);
	json_close_object(j);
}

static int hit_json(
	struct doc_context *c, const struct search_hit *hit, struct json *j, struct err *err)
{
	bool all = false;
	int r = wants_all(c, hit, &all, err);

	if (r < 0)
		return r;
	json_open_object(j);
	json_kcstr(j, "kind", hit_kind_name(hit->kind));
	json_kbool(j, "exact", hit->exact);
	json_kstr(j, "text", hit->text);
	json_kstr(j, "name", hit->name);
	json_kbool(j, "known", hit->known);
	json_kcstr(j, "resource", ways[hit->kind].resource);
	id_key(j, "id", hit->report);
	parameters_key(c, hit, all, j);
	if (hit->kind == HIT_REPORT)
		report_keys(hit, j);
	if (hit->kind == HIT_DOMAIN)
		json_ku64(j, "reports", hit->reports);
	json_close_object(j);
	return 0;
}

static void kinds_key(const struct search *found, struct json *j)
{
	uint64_t counts[HIT_COUNT] = { 0 };

	for (size_t i = 0; i < found->count; i++)
		counts[found->hits[i].kind]++;
	json_kopen_array(j, "kinds");
	for (int k = 0; k < HIT_COUNT; k++) {
		json_open_object(j);
		json_kcstr(j, "kind", hit_kind_name((enum hit_kind)k));
		json_ku64(j, "hits", counts[k]);
		json_kbool(j, "more", found->more[k]);
		json_close_object(j);
	}
	json_close_array(j);
}

int doc_search(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct search found = { 0 };
	int64_t generation;
	int r;

	if (str_empty(q->text))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"'q' says what is looked for: an address, a domain, a report id, …");
	r = store_search(c->store, q->text, c->arena, &found, err);
	if (r == 0)
		r = store_generation(c->store, &generation, err);
	if (r < 0)
		return r;
	json_open_object(j);
	json_kstr(j, "q", q->text);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < found.count; i++) {
		r = hit_json(c, &found.hits[i], j, err);
		if (r < 0)
			return r;
	}
	json_close_array(j);
	kinds_key(&found, j);
	json_ki64(j, "generation", generation);
	json_close_object(j);
	return 0;
}
