/*
 * doc_source.c - one source of mail: an address or a network.
 */
#include "doc_source.h"

#include "place.h"

int source_parse(struct str text, struct ip_net *ret, struct err *err)
{
	struct str bare = str_trim(text);

	if (bare.n > 2 && bare.p[0] == '[' && bare.p[bare.n - 1] == ']')
		bare = str_make(bare.p + 1, bare.n - 2);
	if (ip_net_parse(bare, ret))
		return 0;
	return FAIL(err, ERR_USAGE, "invalid-parameter",
		"'%.*s' is no source: it is an address (192.0.2.1, 2001:db8::1) or a network"
		" (192.0.2.0/24, 2001:db8::/32).",
		STR_ARGS(str_first(text, 60)));
}

/* q, about this source alone. */
static int narrow(struct doc_context *c, const struct ip_net *net, const struct query *q,
	struct query **ret, struct err *err)
{
	struct query *asked = ARENA_NEW(c->arena, struct query);
	char text[IP_TEXT];
	int r = 0;

	query_init(asked, c->arena);
	for (size_t i = 0; i < q->param_count && r == 0; i++)
		r = query_set(asked, q->params[i].name, q->params[i].value, NULL, NULL, err);
	if (r == 0)
		r = query_set(asked, STR("source_ip"), ip_net_text(net, text), NULL, NULL, err);
	if (r == 0)
		r = query_end(asked, c->now_at, err);
	*ret = asked;
	return r;
}

/* --- Keys --- */

static void seen_keys(struct json *j, enum cause cause, const uint64_t *by_cause,
	int64_t first_day, int64_t last_day)
{
	json_kcstr(j, "cause", cause_name(cause));
	cause_counts(j, by_cause);
	day_or_null(j, "first_day", first_day);
	day_or_null(j, "last_day", last_day);
}

static void summary_keys(struct json *j, const struct summary *s)
{
	json_kopen_object(j, "totals");
	totals_keys(j, &s->totals);
	json_ku64(j, "records", s->totals.records);
	json_close_object(j);
	cause_counts(j, s->by_cause);
	day_or_null(j, "first_day", s->first_day);
	day_or_null(j, "last_day", s->last_day);
	json_ku64(j, "address_count", s->sources);
}

static void senders_keys(struct json *j, const struct place *p)
{
	json_kopen_array(j, "senders");
	for (size_t i = 0; i < p->sender_count; i++) {
		const struct place_sender *s = &p->senders[i];

		json_open_object(j);
		json_kstr(j, "domain", s->domain);
		json_kstr(j, "key", s->key);
		json_kstr(j, "name", s->name);
		json_kcstr(j, "named_by", naming_name(s->named_by));
		totals_keys(j, &s->totals);
		seen_keys(j, s->cause, s->by_cause, s->first_day, s->last_day);
		json_close_object(j);
	}
	json_close_array(j);
	json_ku64(j, "sender_count", p->senders_all);
}

static void domain_json(struct json *j, const struct place_domain *d)
{
	json_open_object(j);
	json_kstr(j, "header_from", d->header_from);
	json_kstr(j, "domain", d->domain);
	totals_keys(j, &d->totals);
	seen_keys(j, d->cause, d->by_cause, d->first_day, d->last_day);
	json_kopen_array(j, "days");
	for (size_t i = 0; i < d->day_count; i++) {
		json_open_object(j);
		json_kday(j, "day", d->days[i].day);
		totals_keys(j, &d->days[i].totals);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void domains_keys(struct json *j, const struct place *p)
{
	json_kopen_array(j, "domains");
	for (size_t i = 0; i < p->domain_count; i++)
		domain_json(j, &p->domains[i]);
	json_close_array(j);
	json_ku64(j, "domain_count", p->domains_all);
}

/* Of a network: the list of its sources. */
static int addresses_key(struct doc_context *c, const struct ip_net *net, const struct query *q,
	struct json *j, struct err *err)
{
	json_key(j, "addresses");
	if (ip_cmp(&net->first, &net->last) != 0)
		return list_write(&list_sources, c, q, j, err);
	json_nil(j);
	return 0;
}

/* --- */

static int known(struct doc_context *c, const struct ip_net *net, struct err *err)
{
	char text[IP_TEXT];
	int r = store_place_known(c->store, net, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return FAIL(err, ERR_USAGE, "not-found", "No report names %.*s.",
		STR_ARGS(ip_net_text(net, text)));
}

int doc_source(struct doc_context *c, struct str text, const struct query *q, struct json *j,
	struct err *err)
{
	struct place place = { 0 };
	char canonical[IP_TEXT];
	struct query *asked = NULL;
	struct ip_net net;
	int r = source_parse(text, &net, err);

	if (r == 0)
		r = known(c, &net, err);
	if (r == 0)
		r = narrow(c, &net, q, &asked, err);
	if (r == 0)
		r = store_place(c->store, asked, c->arena, &place, err);
	if (r < 0)
		return r;
	json_open_object(j);
	json_kstr(j, "source_ip", ip_net_text(&net, canonical));
	json_kbool(j, "network", ip_cmp(&net.first, &net.last) != 0);
	summary_keys(j, &place.summary);
	senders_keys(j, &place);
	domains_keys(j, &place);
	r = addresses_key(c, &net, asked, j, err);
	if (r == 0)
		r = tail_keys(c, asked, true, j, err);
	if (r < 0)
		return r;
	json_close_object(j);
	return 1;
}
