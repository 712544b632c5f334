/*
 * doc_readiness.c - may a domain go to a stricter policy: the checklist, and the impact.
 */
#include "doc_list.h"

#include "report_json.h"

static void check_json(struct json *j, const struct readiness_check *check)
{
	json_open_object(j);
	json_kcstr(j, "id", check_id_name(check->id));
	json_kcstr(j, "title", check_title(check->id));
	json_kcstr(j, "state", check_state_name(check->state));
	json_kstr(j, "text", check->text);
	json_kstr(j, "need", check->need);
	json_kopen_array(j, "items");
	for (size_t i = 0; i < check->item_count; i++) {
		json_open_object(j);
		json_kstr(j, "key", check->items[i].key);
		json_kstr(j, "name", check->items[i].name);
		json_kstr(j, "text", check->items[i].text);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void impact_json(struct doc_context *c, struct json *j, const struct readiness *r)
{
	json_kopen_object(j, "impact");
	json_ku64(j, "messages", r->messages);
	json_ku64(j, "affected", r->affected);
	json_ku64(j, "own", r->own);
	json_ku64(j, "forwarded", r->forwarded);
	json_ku64(j, "others", r->others);
	json_kstr(j, "text", readiness_impact_text(c->arena, r));
	json_close_object(j);
}

static void rules_json(struct json *j, const struct readiness_rules *k)
{
	static const char *const lists[] = { "unknown", "yes", "no" };

	json_kopen_object(j, "rules");
#define RULE(name, def, least, most, text) json_ku64(j, #name, k->name);
	READINESS_RULES(RULE)
#undef RULE
	json_kcstr(j, "users_post_to_lists", lists[k->users_post_to_lists]);
	json_close_object(j);
}

static void write_readiness(struct doc_context *c, struct json *j, const struct readiness *r)
{
	json_kstr(j, "domain", r->domain);
	json_kcstr(j, "target", r->target == TARGET_REJECT ? "reject" : "quarantine");
	json_kcstr(j, "verdict", verdict_word_name(r->verdict));
	json_kstr(j, "verdict_text", readiness_verdict_text(c->arena, r));
	json_kstr(j, "next_step", readiness_step_text(c->arena, r));
	json_ku64(j, "decide", r->decide);
	json_ku64(j, "fix", r->fix);
	json_ku64(j, "warnings", r->warnings);
	if (r->undecided_unknown)
		json_knull(j, "undecided");
	else
		json_ku64(j, "undecided", r->undecided);
	json_kopen_object(j, "days");
	json_kday(j, "first", r->from_day);
	json_kday(j, "last", r->to_day - 1);
	json_close_object(j);
	policy_key(j, &r->policy);
	json_kopen_array(j, "checks");
	for (size_t i = 0; i < r->check_count; i++)
		check_json(j, &r->checks[i]);
	json_close_array(j);
	impact_json(c, j, r);
	json_kstr(j, "advice", readiness_advice_text(c->arena, r));
	json_kcstr(j, "footnote", readiness_footnote);
}

/* The one domain that q asks about. */
static int domain_of(const struct query *q, struct str *ret, struct err *err)
{
	const struct filter_list *list = &q->filters[FILTER_DOMAIN];

	if (list->count != 1 || list->values[0].excluded)
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"This is about one domain: name it (domain=example.com).");
	*ret = list->values[0].text;
	return 0;
}

int doc_no_domain(const struct query *q, struct err *err)
{
	struct str name = str_first(q->filters[FILTER_DOMAIN].values[0].text, 80);

	return FAIL(
		err, ERR_USAGE, "not-found", "There is no report about %.*s.", STR_ARGS(name));
}

int doc_readiness(struct doc_context *c, const struct query *q, struct json *j, struct err *err)
{
	struct readiness found;
	struct str domain;
	int64_t generation;
	int r = domain_of(q, &domain, err);

	if (r == 0)
		r = store_readiness(c->store, domain, q->target, doc_rules(c), c->now_at,
			c->arena, &found, err);
	if (r == 0)
		return doc_no_domain(q, err);
	if (r > 0)
		r = store_generation(c->store, &generation, err);
	if (r < 0)
		return r;
	json_open_object(j);
	write_readiness(c, j, &found);
	rules_json(j, &doc_rules(c)->readiness);
	json_ki64(j, "generation", generation);
	json_close_object(j);
	return 0;
}
