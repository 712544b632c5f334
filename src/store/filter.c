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

static void add_networks(struct sql *sql, const struct query *q, const char *source)
{
	if (q->network_count == 0)
		return;
	sql_addf(sql, " AND %s IN (SELECT id FROM source WHERE ", source);
	for (size_t i = 0; i < q->network_count; i++) {
		const struct ip_net *net = &q->networks[i];

		if (i > 0)
			sql_add(sql, " OR ");
		/* Blobs of 4 and 16 bytes mix when they are compared. */
		sql_addf(sql, "(length(ip) = %d AND ip BETWEEN ", net->first.n);
		sql_blob(sql, net->first.b, net->first.n);
		sql_add(sql, " AND ");
		sql_blob(sql, net->last.b, net->last.n);
		sql_add(sql, ")");
	}
	sql_add(sql, ")");
}

/* A sender without a name goes by its address, or its /64. */
static bool parse_group(struct str text, struct ip_net *ret)
{
	if (!ip_net_parse(text, ret))
		return false;
	return ret->first.n == 4 ? ret->prefix_bits == 32 : ret->prefix_bits >= 64;
}

static void add_sender(struct sql *sql, struct str text, const char *source, const char *sender)
{
	struct ip_net net;

	if (parse_group(text, &net)) {
		sql_addf(sql, "(%s = 0 AND %s IN (SELECT id FROM source WHERE grp = ", sender,
			source);
		sql_blob(sql, net.first.b, net.first.n == 16 ? 8 : net.first.n);
		sql_add(sql, "))");
		return;
	}
	sql_addf(sql, "%s IN (SELECT id FROM name WHERE text = ", sender);
	add_lower(sql, text);
	sql_add(sql, ")");
}

void filter_source(
	struct sql *sql, const struct query *q, const char *source, const char *sender)
{
	const struct filter_list *list = &q->filters[FILTER_SENDER];

	add_networks(sql, q, source);
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
			add_sender(sql, list->values[i].text, source, sender);
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
