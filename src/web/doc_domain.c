/*
 * doc_domain.c - what a domain uses and publishes: its keys and MAIL FROM domains, its
 * policies; and why receivers did not follow them.
 */
#include "doc_list.h"

#include "report_json.h"

/* --- Keys --- */

static void key_json(struct json *j, const struct key_row *k, int64_t unused_before)
{
	json_open_object(j);
	json_kcstr(j, "kind", key_kind_name(k->kind));
	json_kstr(j, "domain", k->domain);
	json_kstr(j, "selector", k->selector);
	json_kbool(j, "aligned", k->aligned);
	json_ku64(j, "messages", k->messages);
	json_ku64(j, "pass", k->pass);
	json_ku64(j, "fail", k->fail);
	json_ku64(j, "senders", k->senders);
	json_kstr(j, "sender", k->sender);
	json_kbool(j, "by_address", k->by_address);
	json_kday(j, "first_day", k->first_day);
	json_kday(j, "last_day", k->last_day);
	json_kbool(j, "unused", k->last_day < unused_before);
	json_close_object(j);
}

int doc_keys(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	const struct change_rules *rules = &doc_rules(c)->changes;
	struct key_row *keys = NULL;
	size_t n = 0;
	uint64_t total = 0;
	int64_t complete, unused_before;
	int r = store_complete(c->store, q, c->now_at, &complete, err);

	if (r < 0)
		return r;
	unused_before = complete - (int64_t)rules->key_days + 1;
	r = store_domain_keys(c->store, q, unused_before - (int64_t)rules->history_days,
		c->arena, &keys, &n, &total, err);
	if (r <= 0)
		return r < 0 ? r : doc_no_domain(q, err);
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < n; i++)
		key_json(j, &keys[i], unused_before);
	json_close_array(j);
	json_ku64(j, "unused_after_days", rules->key_days);
	return page_tail(c, q, total, j, err);
}

/* --- Policies --- */

static bool same_policy(const struct policy *a, const struct policy *b)
{
	return str_eq(a->p, b->p) && str_eq(a->sp, b->sp) && str_eq(a->np, b->np) &&
	       str_eq(a->adkim, b->adkim) && str_eq(a->aspf, b->aspf) &&
	       str_eq(a->testing, b->testing);
}

static void tags_json(struct json *j, const struct policy *p)
{
	json_kopen_object(j, "policy");
	json_kstr(j, "p", p->p);
	json_kstr(j, "sp", p->sp);
	json_kstr(j, "np", p->np);
	json_kstr(j, "adkim", p->adkim);
	json_kstr(j, "aspf", p->aspf);
	json_kstr(j, "testing", p->testing);
	json_close_object(j);
}

/* seen[first] and all others of the same policy, which are marked as told. */
static void policy_row(
	struct json *j, const struct policy_seen *seen, size_t count, size_t first, bool *told)
{
	int64_t last = seen[first].last_day;
	uint64_t reports = 0;

	json_open_object(j);
	tags_json(j, &seen[first].policy);
	json_kopen_array(j, "reporters");
	for (size_t i = first; i < count; i++) {
		if (told[i] || !same_policy(&seen[i].policy, &seen[first].policy))
			continue;
		told[i] = true;
		reports += seen[i].reports;
		last = seen[i].last_day > last ? seen[i].last_day : last;
		json_open_object(j);
		json_kstr(j, "reporter", seen[i].reporter);
		json_kday(j, "first_day", seen[i].first_day);
		json_kday(j, "last_day", seen[i].last_day);
		json_ku64(j, "reports", seen[i].reports);
		json_close_object(j);
	}
	json_close_array(j);
	json_kday(j, "first_day", seen[first].first_day);
	json_kday(j, "last_day", last);
	json_ku64(j, "reports", reports);
	json_close_object(j);
}

int doc_policies(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct policy_seen *seen = NULL;
	size_t n = 0, total = 0;
	bool *told;
	int r = store_domain_policies(c->store, q, c->arena, &seen, &n, err);

	if (r <= 0)
		return r < 0 ? r : doc_no_domain(q, err);
	told = ARENA_ARRAY(c->arena, bool, n + 1);
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < n; i++) {
		if (told[i])
			continue;
		policy_row(j, seen, n, i, told);
		total++;
	}
	json_close_array(j);
	return page_tail(c, q, total, j, err);
}

/* --- Overrides --- */

int doc_overrides(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct override_row *rows = NULL;
	size_t n = 0;
	int r = store_overrides(c->store, q, c->arena, &rows, &n, err);

	if (r < 0)
		return r;
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < n; i++) {
		json_open_object(j);
		json_kstr(j, "type", rows[i].type);
		json_ku64(j, "messages", rows[i].messages);
		json_ku64(j, "pass", rows[i].pass);
		json_ku64(j, "fail", rows[i].messages - rows[i].pass);
		json_close_object(j);
	}
	json_close_array(j);
	return page_tail(c, q, n, j, err);
}
