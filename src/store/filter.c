#include "filter.h"

#include "outcome.h"

static bool has(const struct filter_list *list, bool excluded)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->values[i].excluded == excluded)
			return true;
	return false;
}

static void add_lower(struct sql *sql, struct str text)
{
	sql_add(sql, "lower(");
	sql_str(sql, text);
	sql_add(sql, ")");
}

/* "(?, ?)" of the included or the excluded values. */
static void add_values(struct sql *sql, const struct filter_list *list, bool excluded)
{
	bool first = true;

	sql_add(sql, "(");
	for (size_t i = 0; i < list->count; i++) {
		if (list->values[i].excluded != excluded)
			continue;
		if (!first)
			sql_add(sql, ", ");
		add_lower(sql, list->values[i].text);
		first = false;
	}
	sql_add(sql, ")");
}

/* column is a number of `table`, whose texts are in `key`. */
static void add_numbers(struct sql *sql, const struct filter_list *list, const char *column,
	const char *table, const char *key)
{
	if (has(list, false)) {
		sql_addf(sql, " AND %s IN (SELECT id FROM %s WHERE %s IN ", column, table, key);
		add_values(sql, list, false);
		sql_add(sql, ")");
	}
	if (has(list, true)) {
		sql_addf(sql, " AND (%s IS NULL OR %s NOT IN (SELECT id FROM %s WHERE %s IN ",
			column, column, table, key);
		add_values(sql, list, true);
		sql_add(sql, "))");
	}
}

void filter_domain(struct sql *sql, const struct query *q, const char *column, bool always)
{
	const struct filter_list *list = &q->filters[FILTER_DOMAIN];

	if (!always && list->count == 1 && !list->values[0].excluded) {
		/* Equal, not IN, so that the index by domain and day gives the order. */
		sql_addf(sql, " AND %s = (SELECT id FROM domain WHERE name = ", column);
		add_lower(sql, list->values[0].text);
		sql_add(sql, ")");
		return;
	}
	if (!always) {
		add_numbers(sql, list, column, "domain", "name");
		return;
	}
	sql_addf(sql, "%s IN (SELECT id FROM domain WHERE 1", column);
	if (has(list, false)) {
		sql_add(sql, " AND name IN ");
		add_values(sql, list, false);
	}
	if (has(list, true)) {
		sql_add(sql, " AND name NOT IN ");
		add_values(sql, list, true);
	}
	sql_add(sql, ")");
}

void filter_reporter(struct sql *sql, const struct query *q, const char *column)
{
	add_numbers(sql, &q->filters[FILTER_REPORTER], column, "reporter", "key");
}

static void add_report_ids(struct sql *sql, const struct filter_list *list, bool excluded)
{
	bool first = true;

	for (size_t i = 0; i < list->count; i++) {
		int64_t id = -1;

		if (list->values[i].excluded != excluded)
			continue;
		if (!str_to_i64(list->values[i].text, &id))
			id = -1; /* no report */
		sql_add(sql, first ? "(" : ", ");
		sql_int(sql, id);
		first = false;
	}
	sql_add(sql, ")");
}

void filter_report(struct sql *sql, const struct query *q, const char *column)
{
	const struct filter_list *list = &q->filters[FILTER_REPORT];

	if (has(list, false)) {
		sql_addf(sql, " AND %s IN ", column);
		add_report_ids(sql, list, false);
	}
	if (has(list, true)) {
		sql_addf(sql, " AND %s NOT IN ", column);
		add_report_ids(sql, list, true);
	}
}

/* --- Where it came from --- */

/* "SELECT id … UNION ALL SELECT id …", each a piece of the index: with OR it might be all of
 * it. Blobs of 4 and 16 bytes mix when they are compared. */
static void add_network(struct sql *sql, const struct ip_net *net, bool *any)
{
	sql_addf(sql, "%sSELECT id FROM source WHERE length(ip) = %d AND ip BETWEEN ",
		*any ? " UNION ALL " : "", net->first.n);
	sql_blob(sql, net->first.b, net->first.n);
	sql_add(sql, " AND ");
	sql_blob(sql, net->last.b, net->last.n);
	*any = true;
}

static void add_networks(struct sql *sql, const struct query *q, const char *source)
{
	bool any = false;

	if (q->network_count == 0)
		return;
	sql_addf(sql, " AND %s IN (", source);
	for (size_t i = 0; i < q->network_count; i++)
		add_network(sql, &q->networks[i], &any);
	sql_add(sql, ")");
}

/* A sender without a name goes by its address, or its /64. */
static bool parse_group(struct str text, struct ip_net *ret)
{
	if (!ip_net_parse(text, ret))
		return false;
	return ret->first.n == 4 ? ret->prefix_bits == 32 : ret->prefix_bits >= 64;
}

/* Addresses that patterns in front of the one at `end` give to senders other than this. */
static void add_others(
	struct sql *sql, const struct services *services, struct str key, size_t end)
{
	bool any = false;

	for (size_t i = 0; i < end; i++) {
		const struct service_pattern *p = services_pattern(services, i);

		if (p->by == NAMED_BY_ADDRESS &&
			!str_eq(services_at(services, p->service)->key, key))
			add_network(sql, &p->net, &any);
	}
	if (!any)
		sql_add(sql, "SELECT 0 WHERE 0");
}

/* Addresses that a pattern gives to this sender, and no pattern in front of it to another one.
 */
static void add_addresses(
	struct sql *sql, const struct services *services, struct str key, const char *source)
{
	size_t count = services_pattern_count(services);

	for (size_t i = 0; i < count; i++) {
		const struct service_pattern *p = services_pattern(services, i);
		bool any = false;

		if (p->by != NAMED_BY_ADDRESS ||
			!str_eq(services_at(services, p->service)->key, key))
			continue;
		sql_addf(sql, "%s IN (", source);
		add_network(sql, &p->net, &any);
		sql_addf(sql, ") AND %s NOT IN (", source);
		add_others(sql, services, key, i);
		sql_add(sql, ") OR ");
	}
}

/* " AND …": not one of the addresses that patterns give away. */
static void add_unclaimed(struct sql *sql, const struct services *services, const char *source)
{
	size_t count = services_pattern_count(services);

	if (count == 0 || services_pattern(services, 0)->by != NAMED_BY_ADDRESS)
		return;
	sql_addf(sql, " AND %s NOT IN (", source);
	add_others(sql, services, STR(""), count);
	sql_add(sql, ")");
}

/*
 * Naming domains of a service.  The recursion steps through the index by what is there, not by
 * each entry.
 */
static void add_domains_of(
	struct sql *sql, struct str key, enum named_by by, const struct columns_of_sender *c)
{
	sql_addf(sql,
		"(%s = %d AND %s IN (WITH RECURSIVE l (id) AS (SELECT min(sender) FROM evidence"
		" WHERE sender > 0 AND sender <> 0 UNION ALL SELECT (SELECT min(sender) FROM"
		" evidence WHERE sender > l.id AND sender <> 0) FROM l WHERE l.id IS NOT NULL)"
		" SELECT n.id FROM l JOIN name n ON n.id = l.id WHERE sender_key(n.text, %d,"
		" NULL) = ",
		c->named_by, by, c->sender, by);
	sql_str(sql, key);
	sql_add(sql, "))");
}

static void add_service(struct sql *sql, const struct services *services, struct str key,
	const struct columns_of_sender *c)
{
	add_addresses(sql, services, key, c->source);
	sql_addf(sql, "((");
	add_domains_of(sql, key, NAMED_BY_DKIM, c);
	sql_add(sql, " OR ");
	add_domains_of(sql, key, NAMED_BY_SPF, c);
	sql_add(sql, ")");
	add_unclaimed(sql, services, c->source);
	sql_add(sql, ")");
}

/*
 * By a naming domain: what has it as its key.  When rules have given all of its mail to
 * services, it is nobody's key, and finds that mail under whatever name.
 */
static void add_domain(struct sql *sql, const struct services *services, struct str text,
	const struct columns_of_sender *c)
{
	bool dkim = services_of_domain(services, text, NAMED_BY_DKIM) != NULL;
	bool spf = services_of_domain(services, text, NAMED_BY_SPF) != NULL;

	sql_addf(sql, "(%s IN (SELECT id FROM name WHERE text = ", c->sender);
	add_lower(sql, text);
	sql_add(sql, ")");
	if (dkim != spf)
		sql_addf(sql, " AND %s = %d", c->named_by, dkim ? NAMED_BY_SPF : NAMED_BY_DKIM);
	add_unclaimed(sql, services, c->source);
	sql_add(sql, ")");
}

/* By the key of a sender. */
static void add_sender(struct sql *sql, const struct services *services, struct str text,
	const struct columns_of_sender *c)
{
	struct ip_net net;
	bool any = false;

	if (services_find(services, text)) {
		add_service(sql, services, text, c);
		return;
	}
	if (!parse_group(text, &net)) {
		add_domain(sql, services, text, c);
		return;
	}
	ip_group(&net.first, &net);
	sql_addf(sql, "(%s = 0 AND %s IN (", c->sender, c->source);
	add_network(sql, &net, &any);
	sql_add(sql, ")");
	add_unclaimed(sql, services, c->source);
	sql_add(sql, ")");
}

void filter_source(struct sql *sql, const struct query *q, const struct services *services,
	const struct columns_of_sender *c)
{
	const struct filter_list *list = &q->filters[FILTER_SENDER];

	add_networks(sql, q, c->source);
	for (int excluded = 0; excluded < 2; excluded++) {
		bool first = true;

		if (!has(list, excluded))
			continue;
		sql_addf(sql, " AND %s(", excluded ? "NOT " : "");
		for (size_t i = 0; i < list->count; i++) {
			if (list->values[i].excluded != excluded)
				continue;
			if (!first)
				sql_add(sql, " OR ");
			add_sender(sql, services, list->values[i].text, c);
			first = false;
		}
		sql_add(sql, ")");
	}
}

/* --- What the record says --- */

/* One entry of a child table of evidence: its columns and the filters on them. */
struct entry {
	const char *table;
	size_t count;
	struct {
		const char *column;
		enum filter filter;
	} columns[3];
};

static void add_entry_column(
	struct sql *sql, const struct filter_list *list, const char *column, bool excluded)
{
	sql_addf(sql, " AND lower((SELECT text FROM name WHERE id = x.%s)) IN ", column);
	add_values(sql, list, excluded);
}

static void add_entry(
	struct sql *sql, const struct query *q, const struct entry *t, const char *id)
{
	bool any = false;

	for (size_t i = 0; i < t->count; i++)
		any |= has(&q->filters[t->columns[i].filter], false);
	if (any) {
		/* The included values of all columns must meet in one entry. */
		sql_addf(sql, " AND EXISTS (SELECT 1 FROM %s x WHERE x.evidence = %s", t->table,
			id);
		for (size_t i = 0; i < t->count; i++)
			if (has(&q->filters[t->columns[i].filter], false))
				add_entry_column(sql, &q->filters[t->columns[i].filter],
					t->columns[i].column, false);
		sql_add(sql, ")");
	}
	for (size_t i = 0; i < t->count; i++) {
		if (!has(&q->filters[t->columns[i].filter], true))
			continue;
		sql_addf(sql, " AND NOT EXISTS (SELECT 1 FROM %s x WHERE x.evidence = %s",
			t->table, id);
		add_entry_column(
			sql, &q->filters[t->columns[i].filter], t->columns[i].column, true);
		sql_add(sql, ")");
	}
}

void filter_evidence(struct sql *sql, const struct query *q, const char *e, const char *id)
{
	static const struct entry entries[] = {
		{ "evidence_dkim", 3,
			{ { "domain", FILTER_DKIM_DOMAIN },
				{ "selector", FILTER_DKIM_SELECTOR },
				{ "result", FILTER_DKIM_RESULT } } },
		{ "evidence_spf", 2,
			{ { "domain", FILTER_SPF_DOMAIN }, { "result", FILTER_SPF_RESULT } } },
		{ "evidence_reason", 1, { { "type", FILTER_OVERRIDE } } },
	};
	char author[64];

	snprintf(author, sizeof(author), "coalesce(%s.author, %s.header_from)", e, e);
	add_numbers(sql, &q->filters[FILTER_HEADER_FROM], author, "name", "text");
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		add_entry(sql, q, &entries[i], id);
}

/* --- Inputs --- */

static void add_outcomes(struct sql *sql, const struct filter_list *list, bool excluded)
{
	unsigned bits = 0;

	for (size_t i = 0; i < list->count; i++) {
		enum outcome o;

		if (list->values[i].excluded == excluded &&
			outcome_from_name(list->values[i].text, &o))
			bits |= 1U << o;
	}
	sql_addf(sql, " AND outcome %s (-1", excluded ? "NOT IN" : "IN");
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (bits & 1U << i)
			sql_addf(sql, ", %d", i);
	sql_add(sql, ")");
}

void filter_input(struct sql *sql, const struct query *q)
{
	const struct filter_list *reasons = &q->filters[FILTER_REASON];
	const struct filter_list *outcomes = &q->filters[FILTER_OUTCOME];

	for (int excluded = 0; excluded < 2; excluded++) {
		if (has(reasons, excluded)) {
			sql_add(sql, excluded ? " AND (reason IS NULL OR reason NOT IN "
					      : " AND (reason IN ");
			add_values(sql, reasons, excluded);
			sql_add(sql, ")");
		}
		if (has(outcomes, excluded))
			add_outcomes(sql, outcomes, excluded);
	}
	filter_report(sql, q, "report");
}
