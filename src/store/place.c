/*
 * place.c - one address or network: what it sends, by the domain that its mail names, and whose
 * it is.
 *
 * Senders and totals come from the sums by source.  What domain the mail names is known to
 * records alone.
 */
#include "place.h"

#include "lists.h"
#include "senderfunc.h"

static int prepare(struct store *s, const struct query *q, unsigned needs,
	void (*write)(struct sql *, const struct question *), sqlite3_stmt **ret,
	struct question *ret_question, struct err *err)
{
	CLEANUP(sql)
	struct sql sql;
	int r = question_init(ret_question, &s->db, q, needs, err);

	if (r < 0)
		return r;
	sql_init(&sql);
	question_with(&sql, ret_question);
	write(&sql, ret_question);
	return sql_prepare(&s->db, &sql, ret, err);
}

/* Bytes that are no tally count nothing. */
static struct tally tally_at(sqlite3_stmt *st, int column)
{
	struct tally t;

	return tally_unpack(column_blob(st, column), &t) ? t : (struct tally){ 0 };
}

/* --- Senders --- */

static void write_senders(struct sql *sql, const struct question *qn)
{
	sql_add(sql, "a AS (SELECT domain, source, sender, named_by, min(day) AS first,"
		     " max(day) AS last, ");
	list_sums(sql, qn->q);
	question_from(sql, qn);
	sql_addf(sql,
		" GROUP BY domain, source, sender, named_by), n AS (SELECT a.*, d.ip AS ip,"
		" (SELECT text FROM name WHERE id = a.sender) AS text FROM a JOIN source d ON"
		" d.id = a.source), b AS MATERIALIZED (SELECT domain, sender_key(text,"
		" named_by, ip) AS key, min(sender_by(text, named_by, ip)) AS by,"
		" tally_join(t) AS t, sum(m) AS m, min(first) AS first, max(last) AS last FROM"
		" n GROUP BY 1, 2) SELECT (SELECT name FROM domain WHERE id = b.domain), key,"
		" by, t, first, last, (SELECT count(*) FROM b WHERE key <> '') FROM b WHERE key"
		" <> '' ORDER BY m DESC, 1, 2 LIMIT %d",
		PLACE_ROWS_MOST);
}

static void take_sender(
	const struct store *s, sqlite3_stmt *st, struct arena *a, struct place_sender *ret)
{
	struct tally t = tally_at(st, 3);
	const struct service *service;

	*ret = (struct place_sender){ .domain = arena_str(a, column_text(st, 0)),
		.key = arena_str(a, column_text(st, 1)),
		.named_by = (enum naming)column_int(st, 2),
		.totals = t.totals,
		.cause = tally_cause(&t),
		.first_day = column_int(st, 4),
		.last_day = column_int(st, 5) };
	memcpy(ret->by_cause, t.by_cause, sizeof(ret->by_cause));
	service = services_find(s->db.services, ret->key);
	ret->name = service ? service->name : ret->key;
}

static int read_senders(struct store *s, const struct query *q, struct arena *a,
	struct place *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	struct question qn;
	int r = prepare(s, q, NEED_SOURCE, write_senders, &st, &qn, err);

	if (r < 0)
		return r;
	ret->senders = ARENA_ARRAY(a, struct place_sender, PLACE_ROWS_MOST);
	while ((r = db_step(&s->db, st, err)) > 0) {
		take_sender(s, st, a, &ret->senders[ret->sender_count++]);
		ret->senders_all = (uint64_t)column_int(st, 6);
	}
	return r;
}

/* --- Domains --- */

static void write_domains(struct sql *sql, const struct question *qn)
{
	sql_add(sql, "h AS MATERIALIZED (SELECT (SELECT coalesce(x.author, x.header_from) FROM"
		     " evidence x WHERE x.id = evidence) AS hf, domain, day, ");
	list_sums(sql, qn->q);
	question_from(sql, qn);
	sql_addf(sql,
		" GROUP BY 1, domain, day), p AS MATERIALIZED (SELECT hf, domain, sum(m) AS m"
		" FROM h GROUP BY hf, domain), top AS MATERIALIZED (SELECT * FROM p ORDER BY m"
		" DESC, hf, domain LIMIT %d) SELECT top.hf, top.domain, n.text, d.name, h.day,"
		" h.t, (SELECT count(*) FROM p) FROM top JOIN h ON h.hf IS top.hf AND h.domain"
		" = top.domain LEFT JOIN name n ON n.id = top.hf JOIN domain d ON d.id ="
		" top.domain ORDER BY top.m DESC, top.hf, top.domain, h.day DESC",
		PLACE_ROWS_MOST);
}

/* One of those that are listed, while its days are read, newest first. */
struct domain_read {
	int64_t header_from, domain;
	struct place_domain *row;
	struct tally all;
};

static void end_domain(struct domain_read *d)
{
	struct place_domain *row = d->row;

	if (!row)
		return;
	row->totals = d->all.totals;
	row->cause = tally_cause(&d->all);
	memcpy(row->by_cause, d->all.by_cause, sizeof(row->by_cause));
	for (size_t i = 0; i < row->day_count / 2; i++) {
		struct place_day swap = row->days[i];

		row->days[i] = row->days[row->day_count - 1 - i];
		row->days[row->day_count - 1 - i] = swap;
	}
}

static void take_day(struct domain_read *d, sqlite3_stmt *st, size_t days_most)
{
	struct tally t = tally_at(st, 5);
	int64_t day = column_int(st, 4);
	struct place_domain *row = d->row;

	tally_join(&d->all, &t);
	row->first_day = day;
	if (row->last_day == 0)
		row->last_day = day;
	/* A report over several days has records on a day without a message of them. */
	if (row->day_count < days_most && t.totals.messages > 0)
		row->days[row->day_count++] = (struct place_day){ day, t.totals };
}

static void begin_domain(struct domain_read *d, sqlite3_stmt *st, size_t days_most,
	struct arena *a, struct place *ret)
{
	struct place_domain *row = &ret->domains[ret->domain_count++];

	end_domain(d);
	*d = (struct domain_read){
		.header_from = column_int(st, 0), .domain = column_int(st, 1), .row = row
	};
	row->header_from = arena_str(a, column_text(st, 2));
	row->domain = arena_str(a, column_text(st, 3));
	row->days = ARENA_ARRAY(a, struct place_day, days_most);
	ret->domains_all = (uint64_t)column_int(st, 6);
}

static int read_domains(struct store *s, const struct query *q, struct arena *a,
	struct place *ret, struct err *err)
{
	CLEANUP(stmt)
	sqlite3_stmt *st = NULL;
	struct domain_read d = { 0 };
	struct question qn;
	size_t days_most = PLACE_DAYS_MOST;
	int r = prepare(s, q, NEED_RECORDS, write_domains, &st, &qn, err);

	if (r < 0)
		return r;
	if (qn.to_day - qn.from_day < PLACE_DAYS_MOST)
		days_most = (size_t)(qn.to_day - qn.from_day);
	ret->domains = ARENA_ARRAY(a, struct place_domain, PLACE_ROWS_MOST);
	while ((r = db_step(&s->db, st, err)) > 0) {
		if (!d.row || d.header_from != column_int(st, 0) ||
			d.domain != column_int(st, 1))
			begin_domain(&d, st, days_most, a, ret);
		take_day(&d, st, days_most);
	}
	end_domain(&d);
	return r;
}

/* --- */

static int read_place(struct store *s, const struct query *q, struct arena *a,
	struct place *ret, struct err *err)
{
	int r = store_summary(s, q, &ret->summary, err);

	/* What the sums do not have, the records have not either. */
	if (r < 0 || ret->summary.sources == 0)
		return r;
	db_query_time(&s->db);
	r = read_senders(s, q, a, ret, err);
	if (r < 0)
		return r;
	db_query_time(&s->db);
	return read_domains(s, q, a, ret, err);
}

int store_place(struct store *s, const struct query *q, struct arena *a, struct place *ret,
	struct err *err)
{
	struct place place = { 0 };
	bool own;
	int r = db_view_begin(&s->db, &own, err);

	if (r < 0)
		return r;
	r = read_place(s, q, a, &place, err);
	db_view_end(&s->db, own);
	if (r < 0)
		return r;
	*ret = place;
	return 0;
}

int store_place_known(struct store *s, const struct ip_net *net, struct err *err)
{
	sqlite3_stmt *st;
	int64_t n = 0;
	int r;

	db_query_time(&s->db);
	r = db_use(&s->db, STMT_source_between, &st, err);
	if (r < 0)
		return r;
	bind_blob(st, 1, net->first.b, net->first.n);
	bind_blob(st, 2, net->last.b, net->last.n);
	bind_int(st, 3, net->first.n);
	r = db_number(&s->db, st, 0, &n, err);
	return r < 0 ? r : n > 0;
}
