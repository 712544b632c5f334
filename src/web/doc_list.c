#include "doc_list.h"

#include "day.h"
#include "report_json.h"
#include "xalloc.h"

#include <assert.h>

void id_key(struct json *j, const char *key, int64_t id)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)id);

	json_kstr(j, key, id ? str_make(text, (size_t)n) : STR_ABSENT);
}

static void i64_or_null(struct json *j, const char *key, int64_t v)
{
	if (v)
		json_ki64(j, key, v);
	else
		json_knull(j, key);
}

void place_keys(struct json *j, int64_t line, int64_t column)
{
	i64_or_null(j, "line", line);
	i64_or_null(j, "column", column);
}

void totals_keys(struct json *j, const struct totals *t)
{
	json_ku64(j, "messages", t->messages);
	json_ku64(j, "pass", t->pass);
	json_ku64(j, "fail", t->fail);
	json_ku64(j, "explained", t->explained);
	json_ku64(j, "both", t->shade[SHADE_BOTH]);
	json_ku64(j, "one", t->shade[SHADE_ONE]);
	json_ku64(j, "failed", t->shade[SHADE_FAILED]);
}

void cause_counts(struct json *j, const uint64_t *by_cause)
{
	json_kopen_object(j, "by_cause");
	for (int i = 0; i < CAUSE_COUNT; i++)
		if (by_cause[i])
			json_ku64(j, cause_name((enum cause)i), by_cause[i]);
	json_close_object(j);
}

static void sender_object(struct json *j, const struct services *services, struct str naming,
	enum named_by by, const struct ip *ip, bool judged, const struct sender_kind *kind)
{
	char text[IP_TEXT];
	struct sender_name name;

	services_name(services, naming, by, ip, text, &name);
	json_key(j, "sender");
	if (str_empty(name.key)) {
		json_nil(j);
		return;
	}
	json_open_object(j);
	json_kstr(j, "key", name.key);
	json_kstr(j, "name", name.name);
	json_kcstr(j, "named_by", naming_name(name.by));
	if (judged) {
		json_kcstr(j, "class", kind ? sender_class_name(kind->class) : NULL);
		json_kcstr(j, "mark", kind ? sender_word_name(kind->word) : NULL);
	}
	json_close_object(j);
}

void sender_key(struct json *j, const struct services *services, struct str naming,
	enum named_by by, const struct ip *ip)
{
	sender_object(j, services, naming, by, ip, false, NULL);
}

void sender_of_record_key(
	struct json *j, const struct services *services, const struct record_row *row)
{
	sender_object(j, services, row->verdict.sender, row->verdict.named_by,
		&row->record.source_ip, true, row->kind);
}

void policy_key(struct json *j, const struct policy *p)
{
	json_key(j, "policy");
	policy_json(j, p);
}

void basis_key(struct json *j, const struct query *q)
{
	json_kcstr(j, "basis", q->by_receiver ? "reported" : "computed");
}

/* The filter of that name, or FILTER_COUNT. */
static enum filter filter_by_name(struct str name)
{
	int f = 0;

	while (f < FILTER_COUNT && !str_eq(name, str_of(filter_name((enum filter)f))))
		f++;
	return (enum filter)f;
}

/* "!" stands before what is excluded. */
static void filter_values(struct json *j, const struct query *q, enum filter f)
{
	json_open_array(j);
	for (size_t i = 0; i < q->filters[f].count; i++) {
		const struct filter_value *v = &q->filters[f].values[i];

		json_str(j, v->excluded ? arena_printf(q->arena, "!%.*s", STR_ARGS(v->text))
					: v->text);
	}
	json_close_array(j);
}

static void words_value(struct json *j, struct str list)
{
	struct str word;

	json_open_array(j);
	while (str_cut(&list, ',', &word))
		json_str(j, word);
	json_close_array(j);
}

static bool parameter_is_told_elsewhere(struct str name)
{
	return str_eq(name, STR("from")) || str_eq(name, STR("to")) ||
	       str_eq(name, STR("basis")) || str_eq(name, STR("limit")) ||
	       str_eq(name, STR("cursor"));
}

static void key_of(struct json *j, struct str name)
{
	char key[48];

	assert(name.n < sizeof(key));
	memcpy(key, name.p, name.n);
	key[name.n] = '\0';
	json_key(j, key);
}

void query_key(struct json *j, const struct query *q)
{
	char text[TIME_TEXT];

	json_kopen_object(j, "query");
	json_kstr(j, "from", time_iso(day_start(q->from_day), text));
	json_kstr(j, "to", time_iso(day_start(q->to_day), text));
	basis_key(j, q);
	for (size_t i = 0; i < q->param_count; i++) {
		struct str name = q->params[i].name;
		enum filter f = filter_by_name(name);

		if (parameter_is_told_elsewhere(name))
			continue;
		key_of(j, name);
		if (f < FILTER_COUNT)
			filter_values(j, q, f);
		else if (str_eq(name, STR("source_ip")) || str_eq(name, STR("cause")) ||
			 str_eq(name, STR("disposition")) || str_eq(name, STR("class")) ||
			 str_eq(name, STR("mark")))
			words_value(j, q->params[i].value);
		else
			json_str(j, q->params[i].value);
	}
	json_close_object(j);
}

int tail_keys(struct doc_context *c, const struct query *q, bool ranged, struct json *j,
	struct err *err)
{
	int64_t generation, complete;
	int r = store_generation(c->store, &generation, err);

	if (r < 0)
		return r;
	query_key(j, q);
	if (ranged)
		r = store_complete(c->store, q, c->now_at, &complete, err);
	if (r < 0)
		return r;
	if (ranged)
		json_kday(j, "data_complete_to", complete);
	json_ki64(j, "generation", generation);
	return 0;
}

int page_tail(struct doc_context *c, const struct query *q, uint64_t total, struct json *j,
	struct err *err)
{
	int r;

	json_kopen_object(j, "page");
	json_ku64(j, "limit", q->limit);
	json_knull(j, "next");
	json_ku64(j, "total", total);
	json_close_object(j);
	r = tail_keys(c, q, true, j, err);
	if (r == 0)
		json_close_object(j);
	return r;
}

static int write_rows(
	const struct list *list, struct rows *rows, struct json *j, struct err *err)
{
	CLEANUP(arena)
	struct arena scratch;
	int r;

	arena_init(&scratch);
	json_kopen_array(j, "data");
	while ((r = list->row(rows, &scratch, j, err)) > 0) {
		if (j->failed)
			return FAIL(err, ERR_IO, NULL, "The answer could not be written.");
		arena_reset(&scratch);
	}
	if (r == 0)
		json_close_array(j);
	return r;
}

static void page_key(
	struct doc_context *c, const struct query *q, struct rows *rows, struct json *j)
{
	uint64_t total = rows_total(rows);

	json_kopen_object(j, "page");
	json_ku64(j, "limit", q->limit);
	json_kstr(j, "next", rows_next_cursor(rows, c->arena));
	if (total)
		json_ku64(j, "total", total);
	json_close_object(j);
}

static void rows_free(struct rows **rows)
{
	rows_close(*rows);
}

static void list_totals(struct json *j, const struct totals *t)
{
	json_kopen_object(j, "totals");
	totals_keys(j, t);
	json_ku64(j, "records", t->records);
	json_close_object(j);
}

bool list_judges(const struct doc_context *c, const struct query *q)
{
	const struct filter_list *domains = &q->filters[FILTER_DOMAIN];

	return !c->sparing && domains->count == 1 && !domains->values[0].excluded;
}

int list_write(const struct list *list, struct doc_context *c, const struct query *q,
	struct json *j, struct err *err)
{
	__attribute__((cleanup(rows_free))) struct rows *rows = NULL;
	struct query asked = *q;
	struct totals totals = { 0 };
	int r;

	asked.judge_senders = list_judges(c, q);
	if (list->whole)
		asked.limit = 0;
	r = list->open(c->store, &asked, &rows, err);
	if (r == 0 && list->sums)
		list->sums(rows, &totals);
	else if (r == 0 && list->totals)
		r = store_totals(c->store, &asked, &totals, err);
	if (r < 0)
		return r;
	json_open_object(j);
	r = write_rows(list, rows, j, err);
	if (r < 0)
		return r;
	if (list->totals)
		list_totals(j, &totals);
	if (list->more)
		list->more(rows, j);
	page_key(c, &asked, rows, j);
	r = tail_keys(c, &asked, list->ranged, j, err);
	if (r == 0)
		json_close_object(j);
	return r;
}
