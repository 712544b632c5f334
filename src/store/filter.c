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

/* The texts as they are written in reports; a reference to none is never equal. */
void filter_policy(struct sql *sql, const struct query *q)
{
	add_numbers(sql, &q->filters[FILTER_POLICY], "rp.p", "name", "text");
}

void filter_origin(struct sql *sql, const struct query *q)
{
	if (q->origins != 0)
		sql_addf(sql, " AND ((1 << rp.origin) & %u) <> 0", q->origins);
}

/* " AND (instr(lower(…), ?) > 0 OR …)"; texts: SQL, ended by NULL. */
static void add_needle(struct sql *sql, const struct query *q, const char *const *texts)
{
	if (str_absent(q->needle))
		return;
	for (size_t i = 0; texts[i]; i++) {
		sql_addf(sql, "%sinstr(lower(%s), ", i ? " OR " : " AND (", texts[i]);
		sql_str(sql, q->needle);
		sql_add(sql, ") > 0");
	}
	sql_add(sql, ")");
}

void filter_needle(struct sql *sql, const struct query *q)
{
	static const char *const texts[] = { "rp.report_id",
		"(SELECT key FROM reporter WHERE id = rp.reporter)",
		"(SELECT name FROM domain WHERE id = rp.domain)", NULL };

	add_needle(sql, q, texts);
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

/*
 * "(SELECT id … UNION ALL …)": addresses that patterns give to the sender key; absent: to any.
 * A pattern may lie within another one, so it is asked whose each address is.
 */
static void add_addresses(struct sql *sql, const struct services *services, struct str key)
{
	size_t count = services_pattern_count(services);
	bool any = false;

	sql_add(sql, "(");
	for (size_t i = 0; i < count; i++) {
		const struct service_pattern *p = services_pattern(services, i);

		if (p->by != NAMED_BY_ADDRESS)
			break; /* they stand first */
		if (str_absent(key)) {
			add_network(sql, &p->net, &any);
		} else if (str_eq(services_at(services, p->service)->key, key)) {
			add_network(sql, &p->net, &any);
			sql_add(sql, " AND sender_key(NULL, 0, ip) = ");
			sql_str(sql, key);
		}
	}
	sql_add(sql, any ? ")" : "SELECT 0 WHERE 0)");
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
	sql_add(sql, ")");
}

/* By its key, a sender whose address no pattern gives away. */
static void add_named(struct sql *sql, const struct services *services, struct str key,
	const struct columns_of_sender *c)
{
	struct ip_net net;
	bool any = false;

	if (services_find(services, key)) {
		add_domains_of(sql, key, NAMED_BY_DKIM, c);
		sql_add(sql, " OR ");
		add_domains_of(sql, key, NAMED_BY_SPF, c);
		return;
	}
	if (!parse_group(key, &net)) {
		add_domain(sql, services, key, c);
		return;
	}
	ip_group(&net.first, &net);
	sql_addf(sql, "(%s = 0 AND %s IN (", c->sender, c->source);
	add_network(sql, &net, &any);
	sql_add(sql, "))");
}

/* By their keys: "(source IN … OR … OR ((…) AND source NOT IN …))". */
static void add_senders(struct sql *sql, const struct services *services,
	const struct filter_list *list, bool excluded, const struct columns_of_sender *c)
{
	bool first = true;

	sql_add(sql, "(");
	for (size_t i = 0; i < list->count; i++) {
		if (list->values[i].excluded != excluded ||
			!services_find(services, list->values[i].text))
			continue;
		sql_addf(sql, "%s IN ", c->source);
		add_addresses(sql, services, list->values[i].text);
		sql_add(sql, " OR ");
	}
	sql_add(sql, "((");
	for (size_t i = 0; i < list->count; i++) {
		if (list->values[i].excluded != excluded)
			continue;
		sql_add(sql, first ? "" : " OR ");
		add_named(sql, services, list->values[i].text, c);
		first = false;
	}
	sql_addf(sql, ") AND %s NOT IN ", c->source);
	add_addresses(sql, services, STR_ABSENT);
	sql_add(sql, "))");
}

void filter_source(struct sql *sql, const struct query *q, const struct services *services,
	const struct columns_of_sender *c)
{
	const struct filter_list *list = &q->filters[FILTER_SENDER];

	add_networks(sql, q, c->source);
	for (int excluded = 0; excluded < 2; excluded++) {
		if (!has(list, excluded))
			continue;
		sql_add(sql, excluded ? " AND NOT " : " AND ");
		add_senders(sql, services, list, excluded, c);
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
	if (!has(list, excluded))
		return;
	sql_addf(sql, " AND coalesce(lower((SELECT text FROM name WHERE id = x.%s)), '') %s ",
		column, excluded ? "NOT IN" : "IN");
	add_values(sql, list, excluded);
}

/*
 * Entries of one evidence: one has the wanted values of all columns, and where a column has
 * only unwanted values, none of those; for any other unwanted value no entry has it.
 */
static void add_entry_with(
	struct sql *sql, const struct query *q, const struct entry *t, const char *id)
{
	sql_addf(sql, " AND EXISTS (SELECT 1 FROM %s x WHERE x.evidence = %s", t->table, id);
	for (size_t i = 0; i < t->count; i++) {
		const struct filter_list *list = &q->filters[t->columns[i].filter];

		add_entry_column(sql, list, t->columns[i].column, !has(list, false));
	}
	sql_add(sql, ")");
}

static void add_entry_without(struct sql *sql, const struct filter_list *list,
	const char *table, const char *column, const char *id)
{
	sql_addf(sql,
		" AND NOT EXISTS (SELECT 1 FROM %s x WHERE x.evidence = %s AND lower((SELECT"
		" text FROM name WHERE id = x.%s)) IN ",
		table, id, column);
	add_values(sql, list, true);
	sql_add(sql, ")");
}

static void add_entry(
	struct sql *sql, const struct query *q, const struct entry *t, const char *id)
{
	bool wanted = false;

	for (size_t i = 0; i < t->count; i++)
		wanted |= has(&q->filters[t->columns[i].filter], false);
	if (wanted)
		add_entry_with(sql, q, t, id);
	for (size_t i = 0; i < t->count; i++) {
		const struct filter_list *list = &q->filters[t->columns[i].filter];

		if (has(list, true) && (!wanted || has(list, false)))
			add_entry_without(sql, list, t->table, t->columns[i].column, id);
	}
}

/* The author domain ends in "." and the policy domain; where there is none, it does not. */
static void add_subdomains(
	struct sql *sql, const struct query *q, const struct columns_of_evidence *c)
{
	if (q->flags.subdomains < 0)
		return;
	sql_addf(sql,
		" AND (SELECT substr(n.text, -length(d.name) - 1) = '.' || d.name FROM name n,"
		" domain d WHERE n.id = coalesce(%s.author, %s.header_from) AND d.id = %s) IS"
		" %s1",
		c->e, c->e, c->domain, q->flags.subdomains ? "" : "NOT ");
}

void filter_evidence(
	struct sql *sql, const struct query *q, const struct columns_of_evidence *c)
{
	static const struct entry entries[] = {
		{ "evidence_dkim", 3,
			{ { "domain", FILTER_DKIM_DOMAIN },
				{ "selector", FILTER_DKIM_SELECTOR },
				{ "result", FILTER_DKIM_RESULT } } },
		{ "evidence_spf", 3,
			{ { "domain", FILTER_SPF_DOMAIN }, { "scope", FILTER_SPF_SCOPE },
				{ "result", FILTER_SPF_RESULT } } },
		{ "evidence_reason", 1, { { "type", FILTER_OVERRIDE } } },
	};
	char author[64];

	snprintf(author, sizeof(author), "coalesce(%s.author, %s.header_from)", c->e, c->e);
	add_numbers(sql, &q->filters[FILTER_HEADER_FROM], author, "name", "text");
	add_subdomains(sql, q, c);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		add_entry(sql, q, &entries[i], c->id);
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
	static const char *const texts[] = { "source", "locator", "part", "mail_from",
		"subject", "message_id", "detail", NULL };

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
	if (q->flags.dismissed >= 0)
		sql_addf(sql, " AND dismissed_at IS %sNULL", q->flags.dismissed ? "NOT " : "");
	filter_report(sql, q, "report");
	add_needle(sql, q, texts);
}
