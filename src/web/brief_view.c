/* brief_view.c - the digest in words and as tables of cells. */
#include "brief.h"

#include "day.h"
#include "format.h"

struct str brief_title(const struct brief *b, struct arena *a)
{
	struct str from = format_day(a, b->from_day), to = format_day(a, b->to_day - 1);

	if (b->period == BRIEF_DAY)
		return arena_printf(a, "DMARC day %.*s", STR_ARGS(from));
	return arena_printf(a, "DMARC %s %.*s – %.*s", brief_period_name(b->period),
		STR_ARGS(from), STR_ARGS(to));
}

struct str brief_sentence(const struct brief *b, struct arena *a)
{
	const struct brief_counts *c = &b->counts;
	struct str messages = format_count(a, (int64_t)c->messages, "message", "messages");
	struct str share = format_percent(a, c->pass, c->messages),
		   pass = format_number(a, (int64_t)c->pass),
		   fail = format_number(a, (int64_t)c->fail), explained = STR("");

	if (c->messages == 0)
		return STR("No messages were reported.");
	if (c->explained > 0)
		explained = arena_printf(a, ", of those %.*s explained by forwarding",
			STR_ARGS(format_number(a, (int64_t)c->explained)));
	return arena_printf(a, "%.*s, %.*s passed DMARC (%.*s). %.*s failed%.*s.",
		STR_ARGS(messages), STR_ARGS(share), STR_ARGS(pass), STR_ARGS(fail),
		STR_ARGS(explained));
}

static struct str coverage_line(const struct brief *b, struct arena *a)
{
	struct str reports = format_count(a, (int64_t)b->reports, "report", "reports");
	struct str reporters = format_count(a, (int64_t)b->reporters, "reporter", "reporters");
	struct str days = format_count(a, b->to_day - b->from_day, "day", "days");
	struct str complete = format_day(a, b->complete_day);

	return arena_printf(a, "%.*s of %.*s on %llu of %.*s; data complete to %.*s.",
		STR_ARGS(reports), STR_ARGS(reporters),
		(unsigned long long)b->days_with_reports, STR_ARGS(days), STR_ARGS(complete));
}

size_t brief_lines(const struct brief *b, struct arena *a, struct str ret[BRIEF_LINES])
{
	size_t n = 0;

	ret[n++] = coverage_line(b, a);
	if (b->change_count == 0)
		ret[n++] = STR("Changes: none.");
	for (size_t i = 0; i < b->change_count; i++)
		ret[n++] = arena_printf(a, "Change: %.*s", STR_ARGS(b->changes[i]));
	if (b->changes_known > b->change_count)
		ret[n++] = arena_printf(a, "Changes that are not shown: %llu.",
			(unsigned long long)(b->changes_known - b->change_count));
	if (!str_absent(b->readiness))
		ret[n++] = arena_printf(a, "Policy: %.*s", STR_ARGS(b->readiness));
	return n;
}

/* --- Tables --- */

static const struct brief_head domain_heads[] = { { "Domain", BRIEF_NAME },
	{ "Policy", BRIEF_TEXT }, { "Messages", BRIEF_NUMBER }, { "Passed", BRIEF_NUMBER },
	{ "Failed", BRIEF_NUMBER }, { "Explained", BRIEF_NUMBER },
	{ "Reports", BRIEF_NUMBER } };
#define SENDER_NUMBERS \
	{ "Messages", BRIEF_NUMBER }, { "Passed", BRIEF_NUMBER }, { "Failed", BRIEF_NUMBER }, \
		{ "Explained", BRIEF_NUMBER }, \
	{ \
		"What we see", BRIEF_TEXT \
	}
static const struct brief_head sender_heads[] = { { "Sender", BRIEF_NAME }, SENDER_NUMBERS };
static const struct brief_head sender_domain_heads[] = { { "Sender", BRIEF_NAME },
	{ "Domain", BRIEF_NAME }, SENDER_NUMBERS };
static const struct brief_head reporter_heads[] = { { "Reporter", BRIEF_NAME },
	{ "Messages", BRIEF_NUMBER }, { "Passed", BRIEF_NUMBER }, { "Failed", BRIEF_NUMBER },
	{ "Reports", BRIEF_NUMBER }, { "Last report ended (UTC)", BRIEF_TEXT } };

static struct str number(struct arena *a, uint64_t n)
{
	return format_number(a, (int64_t)n);
}

static size_t domain_cells(struct arena *a, const struct brief_row *r, struct str *ret)
{
	const struct brief_counts *c = &r->counts;
	const struct str cells[] = { r->name, r->policy, number(a, c->messages),
		format_percent(a, c->pass, c->messages), number(a, c->fail),
		number(a, c->explained), number(a, r->reports) };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		ret[i] = cells[i];
	return sizeof(cells) / sizeof(cells[0]);
}

static size_t sender_cells(struct arena *a, const struct brief_row *r, struct str *ret)
{
	const struct brief_counts *c = &r->counts;
	const struct str cells[] = { r->name, number(a, c->messages),
		format_percent(a, c->pass, c->messages), number(a, c->fail),
		number(a, c->explained), r->sentence };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		ret[i] = cells[i];
	return sizeof(cells) / sizeof(cells[0]);
}

/* The same with the domain, where there are several. */
static size_t sender_domain_cells(struct arena *a, const struct brief_row *r, struct str *ret)
{
	size_t n = sender_cells(a, r, ret + 1);

	ret[0] = r->name;
	ret[1] = r->domain;
	return n + 1;
}

static size_t reporter_cells(struct arena *a, const struct brief_row *r, struct str *ret)
{
	const struct brief_counts *c = &r->counts;
	int64_t at;
	struct str last = time_parse(r->last_report, &at) ? format_time(a, at) : STR("");
	const struct str cells[] = { r->name, number(a, c->messages),
		format_percent(a, c->pass, c->messages), number(a, c->fail),
		number(a, r->reports), last };

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		ret[i] = cells[i];
	return sizeof(cells) / sizeof(cells[0]);
}

struct table_kind {
	const char *title;
	const struct brief_head *heads;
	size_t columns;
	size_t (*cells)(struct arena *a, const struct brief_row *r, struct str *ret);
};
#define HEADS(heads) (heads), sizeof(heads) / sizeof((heads)[0])

static const struct table_kind domain_kind = { "Domains", HEADS(domain_heads), domain_cells };
static const struct table_kind sender_kind = { "Senders", HEADS(sender_heads), sender_cells };
static const struct table_kind sender_domain_kind = { "Senders", HEADS(sender_domain_heads),
	sender_domain_cells };
static const struct table_kind reporter_kind = { "Reporters", HEADS(reporter_heads),
	reporter_cells };

static size_t add_view(const struct table_kind *kind, const struct brief_table *t,
	struct arena *a, struct brief_view *ret)
{
	struct str *cells;
	size_t n = 0;

	if (t->count == 0)
		return 0;
	cells = ARENA_ARRAY(a, struct str, t->count * kind->columns);
	for (size_t i = 0; i < t->count; i++)
		n += kind->cells(a, &t->rows[i], cells + n);
	*ret = (struct brief_view){ .title = kind->title,
		.heads = kind->heads,
		.columns = kind->columns,
		.rows = t->count,
		.cells = cells,
		.more = t->more };
	return 1;
}

size_t brief_views(const struct brief *b, struct arena *a, struct brief_view ret[BRIEF_VIEWS])
{
	size_t n = 0;
	bool several = b->domains.count > 1; /* one is what all of it is about */

	if (several)
		n += add_view(&domain_kind, &b->domains, a, &ret[n]);
	n += add_view(several ? &sender_domain_kind : &sender_kind, &b->senders, a, &ret[n]);
	n += add_view(&reporter_kind, &b->reporter_rows, a, &ret[n]);
	return n;
}
