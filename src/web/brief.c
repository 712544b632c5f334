#include "brief.h"

#include "day.h"
#include "explain.h"
#include "format.h"
#include "tree.h"
#include "xalloc.h"

#include <string.h>

#define DOCUMENT_MOST (64 * MIB)

static const char *const period_names[] = {
	[BRIEF_DAY] = "day",
	[BRIEF_WEEK] = "week",
	[BRIEF_MONTH] = "month",
};

const char *brief_period_name(enum brief_period p)
{
	return period_names[p];
}

bool brief_period_from_name(struct str name, enum brief_period *ret)
{
	for (int i = 0; i <= BRIEF_MONTH; i++) {
		if (!str_eq(str_of(period_names[i]), name))
			continue;
		*ret = (enum brief_period)i;
		return true;
	}
	return false;
}

static void period_days(
	enum brief_period period, int64_t day, int64_t *ret_from, int64_t *ret_to)
{
	struct civil c;

	day_civil(day, &c);
	switch (period) {
	case BRIEF_DAY:
		*ret_from = day;
		*ret_to = day + 1;
		break;
	case BRIEF_WEEK:
		*ret_from = day - c.weekday;
		*ret_to = *ret_from + 7;
		break;
	case BRIEF_MONTH:
		*ret_from = day_from_civil(c.year, c.month, 1);
		*ret_to = day_from_civil(c.year, c.month + 1, 1);
		break;
	}
}

/* --- Documents of the API --- */

struct asking {
	struct doc_context *c;
	struct brief *b;
	struct str domain;
};

/* changes: pairs of name and value, ended by NULL. */
static int make_query(
	const struct asking *x, const char *const *changes, struct query *q, struct err *err)
{
	char from[DAY_TEXT], to[DAY_TEXT];
	int r;

	query_init(q, x->c->arena);
	r = query_set(q, STR("from"), day_text(x->b->from_day, from), NULL, NULL, err);
	if (r == 0)
		r = query_set(q, STR("to"), day_text(x->b->to_day, to), NULL, NULL, err);
	if (r == 0 && !str_absent(x->domain))
		r = query_set(q, STR("domain"), x->domain, NULL, NULL, err);
	for (; r == 0 && *changes; changes += 2)
		r = query_set(q, str_of(changes[0]), str_of(changes[1]), NULL, NULL, err);
	return r < 0 ? r : query_end(q, x->c->now_at, err);
}

static int ask_query(const struct asking *x, const char *resource, const struct query *q,
	json_t **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf out;
	struct json j;
	int r;

	buf_init(&out, DOCUMENT_MOST);
	json_init(&j, &out);
	r = resource_find(str_of(resource))->write(x->c, q, &j, err);
	return r < 0 ? r : tree_of(&j, ret, err);
}

static int ask(const struct asking *x, const char *resource, const char *const *changes,
	json_t **ret, struct err *err)
{
	struct query q;
	int r = make_query(x, changes, &q, err);

	return r < 0 ? r : ask_query(x, resource, &q, ret, err);
}
#define ASK(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static struct brief_counts counts_of(const json_t *t)
{
	return (struct brief_counts){ .messages = (uint64_t)tree_i64(t, "messages"),
		.pass = (uint64_t)tree_i64(t, "pass"),
		.fail = (uint64_t)tree_i64(t, "fail"),
		.explained = (uint64_t)tree_i64(t, "explained") };
}

/* --- Tables --- */

static struct str policy_text(struct arena *a, const json_t *row)
{
	struct str p = tree_str(row, "policy.p");

	return str_empty(p) ? STR("") : arena_printf(a, "p=%.*s", STR_ARGS(p));
}

static void take_row(
	const struct asking *x, const json_t *row, const char *name, struct brief_row *ret)
{
	struct arena *a = x->c->arena;
	enum cause cause;

	*ret = (struct brief_row){
		.name = arena_str(a, tree_str(row, name)),
		.domain = arena_str(a, tree_str(row, "domain")),
		.counts = counts_of(row),
		.reports = (uint64_t)tree_i64(row, "reports"),
		.last_report = arena_str(a, tree_str(row, "last_report")),
		.policy = policy_text(a, row),
	};
	if (cause_from_name(tree_str(row, "cause"), &cause))
		ret->sentence = str_of(cause_sentence(cause));
}

/* name: the key of a row that names it. */
static int read_table(const struct asking *x, const char *resource, const char *name,
	struct brief_table *ret, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	const json_t *data;
	int r = ask(x, resource, ASK("limit", BRIEF_ROWS), &d, err);

	if (r < 0)
		return r;
	data = tree_get(d, "data");
	ret->count = json_array_size(data);
	ret->rows = ARENA_ARRAY(x->c->arena, struct brief_row, ret->count + 1);
	for (size_t i = 0; i < ret->count; i++)
		take_row(x, json_array_get(data, i), name, &ret->rows[i]);
	ret->more = !str_empty(tree_str(d, "page.next"));
	return 0;
}

/* --- Findings --- */

/*
 * The cause in the words of a record, "Passes for crm.example.net, not for …".  Looked for on
 * the last day on which the sender failed, so that no more than a day's records are read.
 */
static int find_sentence(
	const struct asking *x, const json_t *row, struct str *ret, struct err *err)
{
	struct arena *a = x->c->arena;
	struct asking narrow = *x;
	struct record_row record = { 0 };
	struct rows *rows = NULL;
	struct query q;
	int64_t day;
	int r;

	if (!day_parse(tree_str(row, "last_day"), &day))
		return 0;
	if (!str_empty(tree_str(row, "domain")))
		narrow.domain = query_value(a, tree_str(row, "domain"));
	r = make_query(&narrow,
		ASK("result", "fail", "explained", "false", "sender",
			arena_cstr(a, query_value(a, tree_str(row, "key"))), "limit", "1"),
		&q, err);
	q.from_day = day;
	q.to_day = day + 1;
	if (r == 0)
		r = store_records(x->c->store, &q, &rows, err);
	if (r == 0)
		r = rows_record(rows, &record, err);
	if (r > 0)
		*ret = explain_cause(a, &record.record, &record.verdict);
	rows_close(rows);
	return r < 0 ? r : 0;
}

static int read_findings(const struct asking *x, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct brief *b = x->b;
	const json_t *data;
	int r = ask(x, "senders",
		ASK("result", "fail", "explained", "false", "sort", "-fail", "limit", "5"), &d,
		err);

	data = r < 0 ? NULL : tree_get(d, "data");
	b->finding_count = json_array_size(data);
	for (size_t i = 0; i < b->finding_count && r == 0; i++) {
		const json_t *row = json_array_get(data, i);

		take_row(x, row, "name", &b->findings[i]);
		r = find_sentence(x, row, &b->findings[i].sentence, err);
	}
	return r;
}

/* --- The whole --- */

static int read_summary(const struct asking *x, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct brief *b = x->b;
	int r = ask(x, "summary", ASK(), &d, err);

	if (r < 0)
		return r;
	b->counts = counts_of(tree_get(d, "totals"));
	b->reports = (uint64_t)tree_i64(d, "reports");
	b->reporters = (uint64_t)tree_i64(d, "reporters");
	b->domains_known = (uint64_t)tree_i64(d, "domains");
	if (!day_parse(tree_str(d, "data_complete_to"), &b->complete_day))
		b->complete_day = store_complete_day(x->c->now_at);
	return 0;
}

static int count_days(const struct asking *x, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	const json_t *data;
	int r = ask(x, "timeseries", ASK("interval", "day"), &d, err);

	data = r < 0 ? NULL : tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++)
		x->b->days_with_reports += tree_i64(json_array_get(data, i), "reports") > 0;
	return r;
}

/* --- Changes and readiness --- */

/* "example.com crm.example.net: new since …" */
static struct str change_words(const struct asking *x, const json_t *change)
{
	struct str domain = tree_str(change, "domain"), subject = tree_str(change, "subject"),
		   text = tree_str(change, "text");

	if (str_absent(domain) || str_eq(domain, x->b->about))
		domain = STR(""); /* the title has it */
	return arena_printf(x->c->arena, "%.*s%s%.*s%s%.*s", STR_ARGS(domain),
		domain.n && subject.n ? " " : "", STR_ARGS(subject),
		domain.n || subject.n ? ": " : "", STR_ARGS(text));
}

static int read_changes(const struct asking *x, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct brief *b = x->b;
	const json_t *data;
	char since[DAY_TEXT];
	struct query q;
	int r;

	query_init(&q, x->c->arena);
	r = query_set(&q, STR("since"), day_text(b->from_day, since), NULL, NULL, err);
	if (r == 0 && !str_absent(x->domain))
		r = query_set(&q, STR("domain"), x->domain, NULL, NULL, err);
	if (r == 0)
		r = query_end(&q, x->c->now_at, err);
	if (r == 0)
		r = ask_query(x, "changes", &q, &d, err);
	data = r < 0 ? NULL : tree_get(d, "data");
	b->changes_known = (uint64_t)tree_i64(d, "totals.changes");
	for (size_t i = 0; i < json_array_size(data) && i < BRIEF_CHANGES; i++)
		b->changes[b->change_count++] = change_words(x, json_array_get(data, i));
	return r;
}

static int read_readiness(const struct asking *x, struct err *err)
{
	CLEANUP(tree)
	json_t *d = NULL;
	struct query q;
	int r;

	if (x->b->domains.count != 1)
		return 0;
	query_init(&q, x->c->arena);
	r = query_set(&q, STR("domain"), query_value(x->c->arena, x->b->domains.rows[0].name),
		NULL, NULL, err);
	if (r == 0)
		r = query_end(&q, x->c->now_at, err);
	if (r == 0)
		r = ask_query(x, "readiness", &q, &d, err);
	if (r == 0 && !str_empty(tree_str(d, "verdict_text")))
		x->b->readiness = arena_str(x->c->arena, tree_str(d, "verdict_text"));
	return r;
}

static void name_it(const struct asking *x)
{
	struct brief *b = x->b;

	b->policy = STR("");
	if (b->domains.count == 1) {
		b->about = b->domains.rows[0].name;
		b->policy = b->domains.rows[0].policy;
		return;
	}
	b->about = !str_absent(x->domain) ? x->domain
					  : format_count(x->c->arena, (int64_t)b->domains_known,
						    "domain", "domains");
}

int brief_make(struct doc_context *c, enum brief_period period, struct str domain,
	struct brief *ret, struct err *err)
{
	struct brief b = { .period = period };
	struct asking x = { .c = c, .b = &b, .domain = domain };
	int r;

	period_days(period, store_complete_day(c->now_at), &b.from_day, &b.to_day);
	r = read_summary(&x, err);
	if (r == 0)
		r = count_days(&x, err);
	if (r == 0)
		r = read_table(&x, "domains", "domain", &b.domains, err);
	if (r == 0)
		r = read_table(&x, "senders", "name", &b.senders, err);
	if (r == 0)
		r = read_table(&x, "reporters", "reporter", &b.reporter_rows, err);
	if (r == 0)
		r = read_findings(&x, err);
	if (r < 0)
		return r;
	name_it(&x);
	r = read_changes(&x, err);
	if (r == 0)
		r = read_readiness(&x, err);
	if (r < 0)
		return r;
	*ret = b;
	return 0;
}
