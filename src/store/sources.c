/*
 * sources.c - addresses that mail came from, as a list.
 */
#include "lists.h"

static const struct list_spec sources = {
	.list = LIST_SOURCES,
	.columns = 9,
	.by_default = "-messages",
	.ties = { "length(ip)", "hex(ip)" },
	.keys =
		(const struct sort_key[]){
			{ "messages", { "m" } },
			{ "fail", { "m - p" } },
			{ "pass", { "p" } },
			{ "ip", { "length(ip)", "hex(ip)" } },
			{ "last_seen", { "last_day" } },
			{ "first_seen", { "first_day" } },
			{ 0 },
		},
};

/* The sender of most of a source's messages names it: its columns are those of the row with
 * max(m). */
static void write_sources(struct sql *sql, struct rows *r)
{
	sql_add(sql, "a AS (SELECT source, sender, named_by, min(day) AS first_day, max(day)"
		     " AS last_day, ");
	list_sums(sql, r->question.q);
	question_from(sql, &r->question);
	sql_add(sql,
		" GROUP BY source, sender, named_by), b AS (SELECT source, sender, named_by,"
		" max(m), sum(m) AS m, sum(p) AS p, tally_join(t) AS t, count(DISTINCT"
		" nullif(sender, 0)) AS senders, min(first_day) AS first_day, max(last_day) AS"
		" last_day FROM a GROUP BY source), g AS MATERIALIZED (SELECT d.ip AS ip, b.t"
		" AS t, b.m AS m, b.p AS p, (SELECT text FROM name WHERE id = b.sender) AS"
		" name, b.named_by, b.senders, b.first_day AS first_day, b.last_day AS"
		" last_day FROM b JOIN source d ON d.id = b.source)");
}

int store_sources(struct store *s, const struct query *q, struct rows **ret, struct err *err)
{
	return list_open(s, q, &sources, NEED_SOURCE, write_sources, ret, err);
}

struct ip list_ip(struct rows *r, int column)
{
	struct str b = column_blob(r->st, column);
	struct ip ip = { 0 };

	return b.n == 4 || b.n == 16 ? ip_of_bytes(b.p, (uint8_t)b.n) : ip;
}

static enum named_by named_by_at(struct rows *r, int column)
{
	int64_t n = column_int(r->st, column);

	return n >= 0 && n <= NAMED_BY_SPF ? (enum named_by)n : NAMED_BY_ADDRESS;
}

int rows_source(struct rows *r, struct source_row *ret, struct err *err)
{
	struct tally t;
	int rc = rowset_next(r, LIST_SOURCES, err);

	if (rc <= 0)
		return rc;
	t = list_tally(r, 1);
	*ret = (struct source_row){ .ip = list_ip(r, 0),
		.totals = t.totals,
		.cause = tally_cause(&t),
		.sender = arena_str(&r->row, column_text(r->st, 4)),
		.named_by = named_by_at(r, 5),
		.senders = (uint64_t)column_int(r->st, 6),
		.first_day = column_int(r->st, 7),
		.last_day = column_int(r->st, 8) };
	memcpy(ret->by_cause, t.by_cause, sizeof(ret->by_cause));
	return 1;
}
