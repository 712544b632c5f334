/*
 * doc_sender.c - senders: a list of them, of all domains; and one of them.
 */
#include "doc_sender.h"

#include "day.h"
#include "explain.h"
#include "marks.h"
#include "report_json.h"

#define SHAPES_SHOWN 5

static void mark_keys(struct json *j, const struct sender_row *row)
{
	json_kcstr(j, "mark", sender_word_name(row->word));
	json_kbool(j, "mark_configured", row->word_configured);
	json_kbool(j, "proven", sender_proven(&row->traits));
	json_kbool(j, "undecided", sender_undecided(&row->traits, &row->view, row->word));
	json_kbool(j, "new", row->traits.fresh);
}

static void class_keys(struct json *j, const struct sender_row *row, struct arena *scratch)
{
	struct str conditions[SENDER_CONDITIONS];
	size_t n =
		sender_conditions(&row->traits, &row->view, row->selector, scratch, conditions);

	json_kcstr(j, "class", sender_class_name(row->view.class));
	json_kstr(j, "rule", arena_printf(scratch, "H%u", row->view.rule));
	json_kcstr(j, "confidence", confidence_name(row->view.confidence));
	json_kopen_array(j, "conditions");
	for (size_t i = 0; i < n; i++)
		json_str(j, conditions[i]);
	json_close_array(j);
	json_kstr(j, "class_text", sender_text(&row->view, conditions, n, scratch));
}

void sender_row_json(struct json *j, const struct sender_row *row, struct arena *scratch)
{
	json_open_object(j);
	json_kstr(j, "domain", row->domain);
	json_kstr(j, "key", row->key);
	json_kstr(j, "name", row->name);
	json_kcstr(j, "named_by", naming_name(row->named_by));
	totals_keys(j, &row->totals);
	json_kcstr(j, "cause", cause_name(row->cause));
	cause_counts(j, row->by_cause);
	class_keys(j, row, scratch);
	mark_keys(j, row);
	json_ku64(j, "addresses", row->addresses);
	if (row->addresses == 1)
		json_kip(j, "source_ip", &row->ip);
	else
		json_knull(j, "source_ip");
	day_or_null(j, "first_day", row->first_day);
	day_or_null(j, "last_day", row->last_day);
	json_close_object(j);
}

static int sender_json(
	struct rows *rows, struct arena *scratch, struct json *j, struct err *err)
{
	struct sender_row row = { 0 };
	int r = rows_sender(rows, &row, err);

	if (r > 0)
		sender_row_json(j, &row, scratch);
	return r;
}

static void take_sums(struct rows *rows, struct totals *ret)
{
	struct sender_group ignored[CLASS_COUNT];

	rows_sender_sums(rows, ret, ignored);
}

/* "classes": senders by class; with group=true, "collapsed" of them are not in data. */
static void classes_key(struct rows *rows, struct json *j)
{
	struct sender_group groups[CLASS_COUNT];
	struct totals totals;

	rows_sender_sums(rows, &totals, groups);
	json_kopen_array(j, "classes");
	for (int i = 0; i < CLASS_COUNT; i++) {
		const struct sender_group *g = &groups[i];

		if (g->senders == 0)
			continue;
		json_open_object(j);
		json_kcstr(j, "class", sender_class_name((enum sender_class)i));
		json_ku64(j, "senders", g->senders);
		json_ku64(j, "addresses", g->addresses);
		json_ku64(j, "messages", g->messages);
		json_ku64(j, "pass", g->pass);
		json_ku64(j, "fail", g->fail);
		json_ku64(j, "explained", g->explained);
		json_kopen_object(j, "unnamed");
		json_ku64(j, "senders", g->unnamed);
		json_ku64(j, "networks", g->networks);
		json_ku64(j, "messages", g->unnamed_messages);
		json_ku64(j, "pass", g->unnamed_pass);
		json_ku64(j, "fail", g->unnamed_fail);
		json_close_object(j);
		json_ku64(j, "collapsed", g->collapsed);
		json_close_object(j);
	}
	json_close_array(j);
}

const struct list list_senders = {
	.open = store_senders,
	.row = sender_json,
	.sums = take_sums,
	.more = classes_key,
	.totals = true,
	.ranged = true,
};

/* --- One sender --- */

/* Its one row in the list.  1, 0 it has no mail in the range. */
static int find_row(struct doc_context *c, const struct query *q, struct str key,
	struct sender_row *ret, struct rows **ret_rows, struct err *err)
{
	struct query *asked = ARENA_NEW(c->arena, struct query);
	int r;

	*asked = *q;
	asked->sender_key = key;
	asked->limit = 0;
	asked->sort = asked->cursor = STR_ABSENT;
	r = store_senders(c->store, asked, ret_rows, err);
	return r < 0 ? r : rows_sender(*ret_rows, ret, err);
}

static void mark_key(struct json *j, const struct mark_row *m, const struct service *service)
{
	bool configured = m->at == 0 && service && service->word != WORD_NONE;

	json_kopen_object(j, "mark");
	json_kcstr(j, "mark", sender_word_name(configured ? service->word : m->word));
	json_kstr(j, "note", m->note);
	json_kstr(j, "who", m->who);
	json_ktime(j, "at", m->at);
	json_kbool(j, "configured", configured);
	json_close_object(j);
}

static void shape_json(struct json *j, const struct sender_shape *s, struct arena *a)
{
	const struct record *rec = &s->record;
	const struct verdict *v = &s->verdict;

	json_open_object(j);
	json_ku64(j, "messages", s->messages);
	json_kday(j, "last_day", s->last_day);
	json_kstr(j, "record",
		s->report ? arena_printf(a, "%lld.%llu", (long long)s->report,
				    (unsigned long long)s->n)
			  : STR_ABSENT);
	json_kstr(j, "header_from", rec->header_from);
	json_kstr(j, "envelope_from", rec->envelope_from);
	json_key(j, "spf");
	auth_json(j, rec->spf_auth, rec->spf_count, false, v->spf_matches);
	json_key(j, "dkim");
	auth_json(j, rec->dkim_auth, rec->dkim_count, true, v->dkim_matches);
	json_kstr(j, "disposition", rec->disposition);
	json_kcstr(j, "result", dmarc_name(v->result));
	json_kbool(j, "explained", v->explained);
	json_kcstr(j, "cause", cause_name(v->cause));
	json_kstr(j, "sentence", explain_cause(a, rec, v));
	json_close_object(j);
}

/* The four questions for the most frequent shape of which a record is at hand. */
static int explanation_key(struct doc_context *c, const struct sender_shapes *shapes,
	struct json *j, struct err *err)
{
	struct record_row row = { 0 };
	struct explanation e = { 0 };
	size_t i = 0;
	int r;

	json_key(j, "explanation");
	while (i < shapes->count && shapes->shapes[i].report == 0)
		i++;
	r = i == shapes->count ? 0
			       : store_record(c->store, shapes->shapes[i].report,
					 shapes->shapes[i].n, c->arena, &row, err);
	if (r < 0)
		return r;
	if (r == 0) {
		json_nil(j);
		json_knull(j, "explained_record");
		return 0;
	}
	explain_record(c->arena, &row.policy, &row.record, &row.verdict, &e);
	explanation_json(j, &e);
	json_kstr(j, "explained_record",
		arena_printf(c->arena, "%lld.%llu", (long long)shapes->shapes[i].report,
			(unsigned long long)shapes->shapes[i].n));
	return 0;
}

static int shapes_keys(struct doc_context *c, const struct sender_shapes *shapes, int64_t day,
	struct json *j, struct err *err)
{
	json_kopen_array(j, "shapes");
	for (size_t i = 0; i < shapes->count; i++)
		shape_json(j, &shapes->shapes[i], c->arena);
	json_close_array(j);
	json_ku64(j, "shapes_messages", shapes->messages);
	if (shapes->of_day)
		json_kday(j, "shapes_day", day);
	else
		json_knull(j, "shapes_day");
	json_kopen_object(j, "seen_by");
	if (day)
		json_kday(j, "day", day);
	else
		json_knull(j, "day");
	json_kopen_array(j, "reporters");
	for (size_t i = 0; i < shapes->reporter_count; i++) {
		json_open_object(j);
		json_kstr(j, "reporter", shapes->reporters[i].reporter);
		json_ku64(j, "messages", shapes->reporters[i].messages);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
	return explanation_key(c, shapes, j, err);
}

static void name_keys(struct json *j, struct str domain, struct str key,
	const struct service *service, const struct sender_row *row)
{
	struct ip_net net;

	json_kstr(j, "domain", domain);
	json_kstr(j, "key", key);
	json_kstr(j, "name", service ? service->name : key);
	if (row)
		json_kcstr(j, "named_by", naming_name(row->named_by));
	else if (service)
		json_kcstr(
			j, "named_by", naming_name(service->own ? NAMING_OWN : NAMING_SERVICE));
	else if (ip_net_parse(key, &net))
		json_kcstr(j, "named_by", naming_name(NAMING_ADDRESS));
	else
		json_knull(j, "named_by");
}

static int write_sender(struct doc_context *c, struct str domain, struct str key,
	const struct query *q, const struct sender_row *row, struct json *j, struct err *err)
{
	const struct service *service = services_find(store_services_of(c->store), key);
	struct sender_shapes shapes = { 0 };
	struct mark_row mark = { 0 };
	int r = store_mark_get(c->store, domain, key, c->arena, &mark, err);

	if (r >= 0 && row)
		r = store_sender_shapes(
			c->store, q, key, row->last_day, SHAPES_SHOWN, c->arena, &shapes, err);
	if (r < 0)
		return r;
	json_open_object(j);
	name_keys(j, domain, key, service, row);
	json_key(j, "sender");
	if (row)
		sender_row_json(j, row, c->arena);
	else
		json_nil(j);
	mark_key(j, &mark, service);
	r = shapes_keys(c, &shapes, row ? row->last_day : 0, j, err);
	if (r == 0)
		r = tail_keys(c, q, true, j, err);
	if (r < 0)
		return r;
	json_close_object(j);
	return 1;
}

static void rows_free(struct rows **rows)
{
	rows_close(*rows);
}

int doc_sender(struct doc_context *c, struct str domain, struct str key, const struct query *q,
	struct json *j, struct err *err)
{
	__attribute__((cleanup(rows_free))) struct rows *rows = NULL;
	struct sender_row row = { 0 };
	int r;

	if (!sender_key_norm(c->arena, key, &key))
		return 0;
	domain = arena_str_lower(c->arena, domain);
	r = find_row(c, q, key, &row, &rows, err);
	if (r > 0)
		return write_sender(c, domain, key, q, &row, j, err);
	if (r == 0)
		r = store_sender_known(c->store, domain, key, err);
	return r <= 0 ? r : write_sender(c, domain, key, q, NULL, j, err);
}

int doc_mark(struct doc_context *c, struct str domain, struct str key, struct json *j,
	struct err *err)
{
	const struct service *service;
	struct mark_row mark = { 0 };
	int r;

	if (!sender_key_norm(c->arena, key, &key))
		return 0;
	domain = arena_str_lower(c->arena, domain);
	r = store_sender_known(c->store, domain, key, err);
	if (r > 0)
		r = store_mark_get(c->store, domain, key, c->arena, &mark, err);
	else if (r == 0)
		return 0;
	if (r < 0)
		return r;
	service = services_find(store_services_of(c->store), key);
	json_open_object(j);
	json_kstr(j, "domain", domain);
	json_kstr(j, "key", key);
	json_kstr(j, "name", service ? service->name : key);
	mark_key(j, &mark, service);
	json_close_object(j);
	return 1;
}
