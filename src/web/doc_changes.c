/*
 * doc_changes.c - what changed, by the rules of change.h.
 */
#include "doc_list.h"

const struct rules *doc_rules(const struct doc_context *c)
{
	return c->rules ? c->rules : &rules_default;
}

static void counts_json(struct json *j, const char *key, const struct sender_day *d)
{
	json_key(j, key);
	if (d->messages == 0) {
		json_nil(j);
		return;
	}
	json_open_object(j);
	json_ku64(j, "messages", d->messages);
	json_ku64(j, "pass", d->pass);
	json_ku64(j, "explained", d->explained);
	json_close_object(j);
}

static void policy_json_of(struct json *j, const struct change *c)
{
	json_key(j, "policy");
	if (c->kind != CHANGE_POLICY_CHANGED) {
		json_nil(j);
		return;
	}
	json_open_object(j);
	json_kstr(j, "from", c->from);
	json_kstr(j, "to", c->to);
	json_kopen_array(j, "seen_by");
	for (size_t i = 0; i < c->witness_count; i++) {
		json_open_object(j);
		json_kstr(j, "reporter", c->witnesses[i].reporter);
		json_kday(j, "day", c->witnesses[i].day);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void change_json(struct doc_context *c, const struct change *change, struct json *j)
{
	json_open_object(j);
	json_kcstr(j, "kind", change_name(change->kind));
	json_kcstr(j, "severity", severity_name(change->severity));
	json_kstr(j, "domain", change->domain);
	json_kstr(j, "subject", change->subject);
	json_kstr(j, "name", change->name);
	json_kday(j, "day", change->day);
	json_kstr(j, "text", change_text(c->arena, change));
	counts_json(j, "now", &change->now);
	counts_json(j, "before", &change->before);
	json_key(j, "count");
	if (change->count > 0)
		json_u64(j, change->count);
	else
		json_nil(j);
	policy_json_of(j, change);
	json_close_object(j);
}

static void rules_json(struct json *j, const struct change_rules *k)
{
	json_kopen_object(j, "rules");
#define RULE(name, def, least, most, text) json_ku64(j, #name, k->name);
	CHANGE_RULES(RULE)
#undef RULE
	json_close_object(j);
}

static void counted(struct json *j, const struct change_list *l)
{
	uint64_t by[SEVERITY_COUNT] = { 0 };

	for (size_t i = 0; i < l->count; i++)
		by[l->items[i].severity]++;
	json_kopen_object(j, "totals");
	json_ku64(j, "changes", l->count);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		json_ku64(j, severity_name((enum severity)i), by[i]);
	json_close_object(j);
}

int doc_changes(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct changes found = { 0 };
	size_t shown;
	int r = store_changes(c->store, q, doc_rules(c), c->now_at, c->arena, &found, err);

	if (r < 0)
		return r;
	shown = q->limit > 0 && found.list.count > q->limit ? q->limit : found.list.count;
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < shown; i++)
		change_json(c, &found.list.items[i], j);
	json_close_array(j);
	counted(j, &found.list);
	json_kday(j, "since", found.since_day);
	json_ku64(j, "domains", found.domains);
	json_ku64(j, "domains_left_off", found.domains_left_off);
	rules_json(j, &doc_rules(c)->changes);
	return page_tail(c, q, found.list.count, j, err);
}
