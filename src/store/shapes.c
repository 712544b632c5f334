/*
 * shapes.c - what the records of one sender say.
 */
#include "evidence.h"
#include "filter.h"
#include "question.h"
#include "reporting.h"
#include "service.h"
#include "write.h"

#define REPORTERS_MOST 50
#define FOUND_MOST 10000 /* different evidence and reporters of one day */

/* What one reporter said in the same words on that day. */
struct found {
	int64_t evidence, reporter, report;
	uint64_t n, messages;
	struct ip ip;
};

struct asking {
	struct store *s;
	const struct query *q; /* domain, range, and the sender as a filter */
	struct str key;
	int64_t domain, day;
	size_t most;
	struct arena *a;
	struct found *found;
	size_t found_count;
	struct sender_shapes *ret;
};

/* --- The day --- */

static void add_day(struct sql *sql, const struct asking *k)
{
	sql_add(sql,
		"SELECT r.evidence, rp.reporter, max(rp.id), r.n, sum(r.messages), (SELECT ip"
		" FROM source WHERE id = r.source) FROM report rp INDEXED BY"
		" report_domain_day CROSS JOIN record r ON r.report = rp.id CROSS JOIN"
		" evidence e ON e.id = r.evidence WHERE rp.domain = ");
	sql_int(sql, k->domain);
	sql_add(sql, " AND rp.middle_day = ");
	sql_int(sql, k->day);
	filter_source(sql, k->q, k->s->db.services,
		&(struct columns_of_sender){ "r.source", "e.sender", "e.named_by" });
	sql_addf(sql, " GROUP BY 1, 2 ORDER BY 5 DESC, 1, 2 LIMIT %d", FOUND_MOST);
}

static struct ip ip_at(sqlite3_stmt *st, int column)
{
	struct str b = column_blob(st, column);
	struct ip none = { 0 };

	return b.n == 4 || b.n == 16 ? ip_of_bytes(b.p, (uint8_t)b.n) : none;
}

static int read_day(struct asking *k, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	add_day(&sql, k);
	r = sql_prepare(&k->s->db, &sql, &st, err);
	if (r < 0)
		return r;
	k->found = ARENA_ARRAY(k->a, struct found, FOUND_MOST);
	while ((r = db_step(&k->s->db, st, err)) > 0)
		k->found[k->found_count++] = (struct found){ .evidence = column_int(st, 0),
			.reporter = column_int(st, 1),
			.report = column_int(st, 2),
			.n = (uint64_t)column_int(st, 3),
			.messages = (uint64_t)column_int(st, 4),
			.ip = ip_at(st, 5) };
	return r;
}

/* --- Reporters --- */

static int reporter_order(const void *pa, const void *pb)
{
	const struct sender_saw *a = pa, *b = pb;

	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return str_cmp(a->reporter, b->reporter);
}

static int by_reporter(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	return (a->reporter > b->reporter) - (a->reporter < b->reporter);
}

static int count_reporters(struct asking *k, struct err *err)
{
	struct sender_saw *list = ARENA_ARRAY(k->a, struct sender_saw, k->found_count + 1);
	struct found *sorted = ARENA_ARRAY(k->a, struct found, k->found_count + 1);
	size_t n = 0;

	if (k->found_count == 0)
		return 0;
	memcpy(sorted, k->found, k->found_count * sizeof(*sorted));
	qsort(sorted, k->found_count, sizeof(*sorted), by_reporter);
	for (size_t i = 0; i < k->found_count; i++) {
		if (i > 0 && sorted[i].reporter == sorted[i - 1].reporter) {
			list[n - 1].messages += sorted[i].messages;
			continue;
		}
		list[n] = (struct sender_saw){ .messages = sorted[i].messages };
		if (reporter_name(&k->s->db, sorted[i].reporter, k->a, &list[n].reporter, err) <
			0)
			return err->code;
		n++;
	}
	qsort(list, n, sizeof(*list), reporter_order);
	k->ret->reporters = list;
	k->ret->reporter_count = n < REPORTERS_MOST ? n : REPORTERS_MOST;
	return 0;
}

/* --- Shapes --- */

static const struct found *example_of(const struct asking *k, int64_t evidence)
{
	for (size_t i = 0; i < k->found_count; i++)
		if (k->found[i].evidence == evidence)
			return &k->found[i];
	return NULL;
}

static int shape_add(struct asking *k, int64_t evidence, uint64_t messages, int64_t last_day,
	struct err *err)
{
	struct sender_shape *shape;
	const struct found *example;
	int r;

	k->ret->messages += messages;
	if (k->ret->count == k->most)
		return 0;
	shape = &k->ret->shapes[k->ret->count];
	*shape = (struct sender_shape){ .messages = messages, .last_day = last_day };
	r = evidence_load(&k->s->db, evidence, k->a, &shape->record, &shape->verdict, err);
	if (r <= 0)
		return r;
	example = example_of(k, evidence);
	if (example) {
		shape->report = example->report;
		shape->n = example->n;
		shape->ip = example->ip;
	}
	k->ret->count++;
	return 0;
}

/* Of a sender that has a naming domain: all of the range. */
static int shapes_of_range(struct asking *k, const struct question *qn, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	CLEANUP(sql)
	struct sql sql;
	int r;

	sql_init(&sql);
	sql_add(&sql, "WITH v AS MATERIALIZED (SELECT evidence, sum(messages) AS m, max(day) AS"
		      " last_day");
	question_sums(&sql, qn, "sum_evidence");
	sql_add(&sql,
		" GROUP BY evidence) SELECT v.evidence, v.m, v.last_day FROM v CROSS JOIN"
		" evidence e ON e.id = v.evidence WHERE e.sender <> 0 AND sender_key((SELECT"
		" text FROM name WHERE id = e.sender), e.named_by, NULL) = ");
	sql_str(&sql, k->key);
	sql_add(&sql, " ORDER BY v.m DESC, v.last_day DESC, v.evidence");
	r = sql_prepare(&k->s->db, &sql, &st, err);
	if (r < 0)
		return r;
	while ((r = db_step(&k->s->db, st, err)) > 0) {
		int rc = shape_add(k, column_int(st, 0), (uint64_t)column_int(st, 1),
			column_int(st, 2), err);

		if (rc < 0)
			return rc;
	}
	return r;
}

static int by_evidence(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	return (a->evidence > b->evidence) - (a->evidence < b->evidence);
}

static int by_messages(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->messages != b->messages)
		return a->messages < b->messages ? 1 : -1;
	return by_evidence(pa, pb);
}

/* Of one that only has an address: that day. */
static int shapes_of_day(struct asking *k, struct err *err)
{
	struct found *sorted = ARENA_ARRAY(k->a, struct found, k->found_count + 1);
	size_t n = 0;
	int r = 0;

	k->ret->of_day = true;
	if (k->found_count == 0)
		return 0;
	memcpy(sorted, k->found, k->found_count * sizeof(*sorted));
	qsort(sorted, k->found_count, sizeof(*sorted), by_evidence);
	for (size_t i = 0; i < k->found_count; i++) {
		if (n > 0 && sorted[n - 1].evidence == sorted[i].evidence)
			sorted[n - 1].messages += sorted[i].messages;
		else
			sorted[n++] = sorted[i];
	}
	qsort(sorted, n, sizeof(*sorted), by_messages);
	for (size_t i = 0; i < n && r == 0; i++)
		r = shape_add(k, sorted[i].evidence, sorted[i].messages, k->day, err);
	return r;
}

/* Does a pattern name it by its addresses? */
static bool has_addresses(const struct asking *k)
{
	const struct services *services = k->s->db.services;

	for (size_t i = 0; i < services_pattern_count(services); i++) {
		const struct service_pattern *p = services_pattern(services, i);

		if (p->by == NAMED_BY_ADDRESS &&
			str_eq(services_at(services, p->service)->key, k->key))
			return true;
	}
	return false;
}

static int ask(struct asking *k, struct err *err)
{
	struct question qn;
	sqlite3_stmt *st;
	int r = question_init(&qn, &k->s->db, k->q, NEED_SOURCE, err);

	if (r == 0)
		r = db_use(&k->s->db, STMT_domain_find, &st, err);
	if (r < 0)
		return r;
	bind_text(st, 1, k->q->filters[FILTER_DOMAIN].values[0].text);
	r = db_number(&k->s->db, st, 0, &k->domain, err);
	if (r == 0)
		r = read_day(k, err);
	if (r == 0)
		r = count_reporters(k, err);
	if (r == 0 && !has_addresses(k))
		r = shapes_of_range(k, &qn, err);
	if (r == 0 && k->ret->count == 0)
		r = shapes_of_day(k, err);
	return r;
}

int store_sender_shapes(struct store *s, const struct query *q, struct str key, int64_t day,
	size_t most, struct arena *a, struct sender_shapes *ret, struct err *err)
{
	struct query plain;
	struct filter_value sender = { .text = key };
	struct sender_shapes shapes = { .shapes =
						ARENA_ARRAY(a, struct sender_shape, most + 1) };
	struct asking k = { .s = s,
		.q = &plain,
		.key = key,
		.day = day,
		.most = most,
		.a = a,
		.ret = &shapes };
	bool own;
	int r;

	if (q->filters[FILTER_DOMAIN].count != 1 ||
		q->filters[FILTER_DOMAIN].values[0].excluded)
		return FAIL(err, ERR_USAGE, "invalid-parameter", "This is about one domain.");
	query_init(&plain, a);
	plain.from_day = q->from_day;
	plain.to_day = q->to_day;
	plain.all_time = q->all_time;
	plain.filters[FILTER_DOMAIN] = q->filters[FILTER_DOMAIN];
	plain.filters[FILTER_SENDER] = (struct filter_list){ &sender, 1 };
	r = db_view_begin(&s->db, &own, err);
	if (r == 0)
		r = ask(&k, err);
	db_view_end(&s->db, own);
	if (r == 0)
		*ret = shapes;
	return r;
}
