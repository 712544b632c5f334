/* show_state.c - kinds of `ruad show` that are no lists of the store. */
#include "show.h"

#include "format.h"
#include "outcome.h"

int show_no_domain(const struct cli *c, struct err *err)
{
	struct str name = str_first(c->query.filters[FILTER_DOMAIN].values[0].text, 80);
	return FAIL(err, ERR_INPUT, "no-input",
		"there is no report about %.*s (ruad show domains --range all lists the "
		"domains)",
		STR_ARGS(name));
}

/* --- Coverage --- */

#define COVERAGE_COLUMNS_MOST 31 /* days side by side; the newest */

static struct str cell_text(struct cli *c, const struct coverage_moment *m, int64_t day)
{
	bool utf8 = c->terminal.utf8;
	switch (coverage_state(m, day, c->now_at)) {
	case CELL_REPORTED:
		return number_text(c->arena, m->cell->messages);
	case CELL_MISSING:
		return utf8 ? STR("✕") : STR("x");
	case CELL_PENDING:
		return utf8 ? STR("…") : STR("?");
	case CELL_NONE:
		break;
	}
	return utf8 ? STR("·") : STR(".");
}

static struct str delay_text(struct arena *a, int64_t seconds)
{
	return seconds < 0 ? STR("-") : format_duration(a, seconds);
}

static void coverage_row(
	struct cli *c, const struct coverage *t, size_t from, size_t row, struct table *ret)
{
	const struct coverage_row *r = &t->rows[row];
	struct str cells[COVERAGE_COLUMNS_MOST + 3];
	size_t n = 0;
	cells[n++] = or_dash(c->arena, r->reporter);
	for (size_t i = from; i < t->day_count; i++)
		cells[n++] = cell_text(c, &r->moments[i], t->days[i].day);
	cells[n++] = number_text(c->arena, r->messages);
	cells[n++] = delay_text(c->arena, r->delay_s);
	table_row(ret, cells);
}

static void coverage_sums(
	struct cli *c, const struct coverage *t, size_t from, struct table *ret)
{
	struct str cells[COVERAGE_COLUMNS_MOST + 3];
	uint64_t sum = 0;
	size_t n = 0;
	cells[n++] = STR("all messages");
	for (size_t i = 0; i < t->day_count; i++) {
		sum += t->days[i].messages;
		if (i >= from)
			cells[n++] = number_text(c->arena, t->days[i].messages);
	}
	cells[n++] = number_text(c->arena, sum);
	cells[n++] = STR("");
	table_row(ret, cells);
}

/* "2026-11-19" at the edges and on the first of a month, else "20". */
static const char *day_head(struct arena *a, const struct coverage *t, size_t i, size_t from)
{
	struct str day = day_cell(a, t->days[i].day);
	bool whole = i == from || i + 1 == t->day_count || str_ends(day, STR("-01"));
	return arena_cstr(a, whole ? str_from(day, 5) : str_from(day, 8));
}

int show_coverage(struct cli *c, struct store *store, struct err *err)
{
	struct table_column columns[COVERAGE_COLUMNS_MOST + 3];
	struct coverage cover = { 0 };
	struct table t;
	int64_t complete;
	size_t n = 0, from;
	if (store_coverage(store, &c->query, c->now_at, c->arena, &cover, err) < 0 ||
		store_complete(store, &c->query, c->now_at, &complete, err) < 0)
		return err->code;
	from = cover.day_count > COVERAGE_COLUMNS_MOST ? cover.day_count - COVERAGE_COLUMNS_MOST
						       : 0;
	columns[n++] = (struct table_column){ "Reporter", false, FIT_CUT };
	for (size_t i = from; i < cover.day_count; i++)
		columns[n++] = (struct table_column){ day_head(c->arena, &cover, i, from), true,
			FIT_WHOLE };
	columns[n++] = (struct table_column){ "Messages", true, FIT_WHOLE };
	columns[n++] = (struct table_column){ "Delay", true, FIT_DROP };
	table_init(&t, c->arena, columns, n);
	for (size_t i = 0; i < cover.row_count; i++)
		coverage_row(c, &cover, from, i, &t);
	if (t.row_count > 0)
		coverage_sums(c, &cover, from, &t);
	table_finish(c, &t);
	printf("data complete to %.*s\n", STR_ARGS(day_cell(c->arena, complete)));
	if (from > 0)
		printf("the last %d days; --csv and --json have all of them\n",
			COVERAGE_COLUMNS_MOST);
	return 0;
}

/* --- Changes --- */

void print_severity(struct cli *c, enum severity severity)
{
	static const enum tone tones[] = { TONE_BAD, TONE_WARN, TONE_MUTED };
	bool utf8 = c->terminal.utf8;
	const char *mark = severity == SEVERITY_BAD    ? mark_bad(&c->terminal)
			   : severity == SEVERITY_WARN ? (utf8 ? "▲" : "!")
						       : (utf8 ? "→" : ">");
	printf("%s%s%s ", tone_on(&c->terminal, tones[severity]), mark,
		tone_off(&c->terminal, tones[severity]));
}

int show_changes(struct cli *c, struct store *store, struct err *err)
{
	struct changes found = { 0 };
	struct arena *a = c->arena;
	if (store_changes(store, &c->query, &c->config.rules, c->now_at, a, &found, err) < 0)
		return err->code;
	printf("since %.*s, over complete days (to %.*s)\n",
		STR_ARGS(day_cell(a, found.since_day)), STR_ARGS(day_cell(a, found.last_day)));
	for (size_t i = 0; i < found.list.count && i < c->query.limit; i++) {
		const struct change *change = &found.list.items[i];
		struct str domain = printable(a, change->domain),
			   subject = printable(a, change_subject(change)),
			   text = printable(a, change_text(a, change));
		print_severity(c, change->severity);
		printf("%.*s%s%.*s%s%.*s\n", STR_ARGS(domain), domain.n ? "  " : "",
			STR_ARGS(subject), subject.n ? ": " : "", STR_ARGS(text));
	}
	if (found.list.count == 0)
		puts("nothing changed");
	if (found.list.count > c->query.limit)
		printf("and %zu more (a higher --limit, up to 1000)\n",
			found.list.count - c->query.limit);
	if (found.domains_left_off > 0)
		printf("%llu domains with few messages were not looked at: name one with "
		       "--domain\n",
			(unsigned long long)found.domains_left_off);
	return 0;
}

/* --- Keys and policies --- */

static struct str used_by(struct arena *a, const struct key_row *k)
{
	struct str text = k->senders == 1   ? printable(a, k->sender)
			  : k->senders == 0 ? STR("")
					    : arena_printf(a, "%llu named senders",
						      (unsigned long long)k->senders);
	if (!k->by_address)
		return text;
	return text.n > 0 ? arena_printf(a, "%.*s, addresses", STR_ARGS(text))
			  : STR("addresses");
}

int show_keys(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Key", false, FIT_WHOLE },
		{ "Domain", false, FIT_CUT }, { "Selector", false, FIT_CUT },
		{ "Passed", true, FIT_WHOLE }, { "Failed", true, FIT_WHOLE },
		{ "Aligned", false, FIT_DROP }, { "Used by", false, FIT_CUT },
		{ "First seen", false, FIT_DROP }, { "Last seen", false, FIT_WHOLE } };
	const struct change_rules *rules = &c->config.rules.changes;
	struct arena *a = c->arena;
	struct key_row *keys = NULL;
	struct table t;
	size_t n = 0;
	uint64_t total;
	int64_t complete;
	if (store_complete(store, &c->query, c->now_at, &complete, err) < 0)
		return err->code;
	int r = store_domain_keys(store, &c->query,
		complete + 1 - (int64_t)rules->key_days - (int64_t)rules->history_days, a,
		&keys, &n, &total, err);
	if (r <= 0)
		return r < 0 ? r : show_no_domain(c, err);
	table_init(&t, a, columns, 9);
	for (size_t i = 0; i < n; i++) {
		const struct key_row *k = &keys[i];
		struct str cells[] = { k->kind == DOMAIN_KEY_DKIM ? STR("DKIM")
								  : STR("MAIL FROM"),
			or_dash(a, k->domain), or_dash(a, k->selector), number_text(a, k->pass),
			number_text(a, k->fail), k->aligned ? STR("yes") : STR("no"),
			used_by(a, k), day_cell(a, k->first_day), day_cell(a, k->last_day) };
		table_row(&t, cells);
	}
	table_finish(c, &t);
	if (total > n)
		printf("and %llu more (a higher --limit, up to 1000)\n",
			(unsigned long long)(total - n));
	return 0;
}

int show_policies(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Reporter", false, FIT_CUT },
		{ "First seen", false, FIT_WHOLE }, { "Last seen", false, FIT_WHOLE },
		{ "Reports", true, FIT_DROP }, { "p", false, FIT_WHOLE },
		{ "sp", false, FIT_WHOLE }, { "np", false, FIT_DROP },
		{ "adkim", false, FIT_WHOLE }, { "aspf", false, FIT_WHOLE },
		{ "t", false, FIT_DROP } };
	struct arena *a = c->arena;
	struct policy_seen *seen = NULL;
	struct table t;
	size_t n = 0;
	int r = store_domain_policies(store, &c->query, a, &seen, &n, err);
	if (r <= 0)
		return r < 0 ? r : show_no_domain(c, err);
	table_init(&t, a, columns, 10);
	for (size_t i = 0; i < n; i++) {
		const struct policy *p = &seen[i].policy;
		struct str cells[] = { or_dash(a, seen[i].reporter),
			day_cell(a, seen[i].first_day), day_cell(a, seen[i].last_day),
			number_text(a, seen[i].reports), or_dash(a, p->p), or_dash(a, p->sp),
			or_dash(a, p->np), or_dash(a, p->adkim), or_dash(a, p->aspf),
			or_dash(a, p->testing) };
		table_row(&t, cells);
	}
	table_finish(c, &t);
	return 0;
}

int show_overrides(struct cli *c, struct store *store, struct err *err)
{
	static const struct table_column columns[] = { { "Reason", false, FIT_CUT },
		{ "Messages", true, FIT_WHOLE }, { "Passed", true, FIT_WHOLE },
		{ "Failed", true, FIT_WHOLE } };
	struct override_row *rows = NULL;
	struct arena *a = c->arena;
	struct table t;
	size_t n = 0;
	if (store_overrides(store, &c->query, a, &rows, &n, err) < 0)
		return err->code;
	table_init(&t, a, columns, 4);
	for (size_t i = 0; i < n; i++) {
		struct str cells[] = { or_dash(a, rows[i].type),
			number_text(a, rows[i].messages),
			percent_text(a, rows[i].pass, rows[i].messages),
			number_text(a, rows[i].messages - rows[i].pass) };
		table_row(&t, cells);
	}
	table_finish(c, &t);
	return 0;
}

/* --- Status --- */

static void print_status(struct cli *c, const struct store_status *s)
{
	struct arena *a = c->arena;
	char first[DAY_TEXT], last[DAY_TEXT], run[TIME_TEXT];
	struct str reports = number_text(a, s->reports), records = number_text(a, s->records);
	struct str messages = number_text(a, s->messages),
		   bytes = number_text(a, s->size_bytes);
	struct str raw = number_text(a, s->raw_bytes), from = day_text(s->first_day, first);
	struct str to = day_text(s->last_day, last), at = time_plain(s->last_run_at, run);
	printf("database   %s\n", c->database);
	printf("schema     %lld (this program: %lld), generation %lld\n",
		(long long)s->schema_version, (long long)store_schema_version(),
		(long long)s->generation);
	printf("size       %.*s bytes, of it originals %.*s\n", STR_ARGS(bytes), STR_ARGS(raw));
	printf("content    %.*s reports, %.*s records, %.*s messages, %llu domains, %llu "
	       "sources\n",
		STR_ARGS(reports), STR_ARGS(records), STR_ARGS(messages),
		(unsigned long long)s->domains, (unsigned long long)s->sources);
	if (s->reports)
		printf("days       %.*s to %.*s\n", STR_ARGS(from), STR_ARGS(to));
	printf("inputs     %llu: %llu stored, %llu duplicate, %llu ignored, %llu rejected\n",
		(unsigned long long)s->inputs,
		(unsigned long long)s->by_outcome[OUTCOME_STORED],
		(unsigned long long)s->by_outcome[OUTCOME_DUPLICATE],
		(unsigned long long)s->by_outcome[OUTCOME_IGNORED],
		(unsigned long long)s->by_outcome[OUTCOME_REJECTED]);
	if (s->last_run_at)
		printf("last run   %.*s UTC\n", STR_ARGS(at));
	else
		printf("last run   none yet: ruad import /path/to/Maildir\n");
}

int show_status(struct cli *c, struct store *store, struct err *err)
{
	struct store_status status = { 0 };
	if (store_status(store, &status, err) < 0)
		return err->code;
	print_status(c, &status);
	return 0;
}
