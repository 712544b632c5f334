#include "change.h"

#include "amount.h"
#include "day.h"

#include <assert.h>
#include <stdlib.h>

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "bad", "warn", "info" };

	assert((unsigned)s < SEVERITY_COUNT);
	return names[s];
}

const char *change_name(enum change_kind k)
{
#define CHANGE(symbol, code) [symbol] = code,
	static const char *const names[] = { CHANGES(CHANGE) };
#undef CHANGE

	assert((unsigned)k < CHANGE_COUNT);
	return names[k];
}

int64_t change_since(const struct change_rules *rules, int64_t last_day)
{
	return last_day - (int64_t)rules->window_days + 1;
}

static struct change *list_add(
	struct change_list *l, enum change_kind kind, enum severity severity)
{
	struct change *c;

	l->items = ARENA_MORE(l->arena, l->items, l->count);
	c = &l->items[l->count++];
	*c = (struct change){ .kind = kind, .severity = severity };
	return c;
}

static struct sender_day since(
	const struct sender_track *t, const struct change_frame *f, int64_t from_day)
{
	return roster_sum(t->days, t->day_count, from_day, f->last_day + 1);
}

static struct sender_day baseline(const struct sender_day *days, size_t count, int64_t day)
{
	return roster_sum(days, count, day - CHANGE_BASELINE_DAYS, day);
}

/* --- Senders --- */

/* A forwarder is nobody to decide on: all it sends passes, or forwarding explains why not. */
static bool matters(const struct sender_track *t, const struct sender_day *sum)
{
	return t->proven || roster_fail(sum) > 0;
}

/* A sender is news for longer than the rest, unless somebody names a day. */
static int64_t new_since(const struct change_frame *f)
{
	if (f->since_day != change_since(f->rules, f->last_day))
		return f->since_day;
	return f->last_day - (int64_t)f->rules->new_days + 1;
}

static void new_sender(const struct change_frame *f, const struct roster *r,
	const struct sender_track *t, struct change_list *ret)
{
	int64_t first = t->days[0].day, known = (int64_t)f->rules->new_days;
	struct sender_day now = since(t, f, first);
	struct change *c;

	/* When the domain itself is new, so is everybody. */
	if (first < new_since(f) || first < r->first_day + known)
		return;
	if (now.messages < f->rules->new_messages || !matters(t, &now))
		return;
	c = list_add(ret, CHANGE_NEW_SENDER,
		t->proven || t->word == WORD_OURS ? SEVERITY_INFO : SEVERITY_BAD);
	c->domain = f->domain;
	c->subject = t->key;
	c->name = t->name;
	c->day = first;
	c->now = now;
}

static bool rate_below(const struct sender_day *d, unsigned permille)
{
	return d->messages > d->explained &&
	       !amount_reaches(d->pass, d->messages - d->explained, permille);
}

static void sender_broke(
	const struct change_frame *f, const struct sender_track *t, struct change_list *ret)
{
	const struct change_rules *k = f->rules;

	/* The earliest day since which it is so; it must fail then, and still. */
	if (!(t->proven || t->word == WORD_OURS) ||
		!rate_below(&t->days[t->day_count - 1], k->broke_now_permille))
		return;
	for (size_t i = 0; i < t->day_count; i++) {
		int64_t day = t->days[i].day;
		struct sender_day now, before;
		struct change *c;

		if (day < f->since_day || !rate_below(&t->days[i], k->broke_now_permille))
			continue;
		now = since(t, f, day);
		before = baseline(t->days, t->day_count, day);
		if (before.messages == before.explained ||
			rate_below(&before, k->broke_before_permille) ||
			!rate_below(&now, k->broke_now_permille) ||
			roster_fail(&now) < k->broke_messages)
			continue;
		c = list_add(ret, CHANGE_SENDER_BROKE, SEVERITY_BAD);
		c->domain = f->domain;
		c->subject = t->key;
		c->name = t->name;
		c->day = day;
		c->now = now;
		c->before = before;
		return;
	}
}

static void sender_silent(
	const struct change_frame *f, const struct sender_track *t, struct change_list *ret)
{
	int64_t last = t->days[t->day_count - 1].day, began = last + 1;
	/* The day on which its silence became long enough to tell of. */
	int64_t told = last + (int64_t)f->rules->silent_days;
	unsigned seen = 0;
	struct change *c;

	for (size_t i = 0; i < t->day_count; i++)
		seen += t->days[i].day > last - CHANGE_BASELINE_DAYS;
	if (!(t->proven || t->word == WORD_OURS) || told > f->last_day || told < f->since_day ||
		seen < f->rules->silent_seen_days)
		return;
	c = list_add(ret, CHANGE_SENDER_SILENT, SEVERITY_WARN);
	c->domain = f->domain;
	c->subject = t->key;
	c->name = t->name;
	c->day = began;
	c->before = baseline(t->days, t->day_count, began);
}

/* The day with the most failures of those that are too many. */
static void fails_up(
	const struct change_frame *f, const struct roster *r, struct change_list *ret)
{
	const struct sender_day *worst = NULL;
	struct change *c;

	for (size_t i = 0; i < r->day_count; i++) {
		const struct sender_day *d = &r->days[i];
		struct sender_day before;
		uint64_t fails = roster_fail(d);

		if (d->day < f->since_day || d->day > f->last_day ||
			fails < f->rules->fails_messages ||
			(worst && fails < roster_fail(worst)))
			continue;
		/* Without a full baseline there is no mean to compare with. */
		if (d->day - CHANGE_BASELINE_DAYS < r->first_day)
			continue;
		before = baseline(r->days, r->day_count, d->day);
		if ((double)fails * CHANGE_BASELINE_DAYS >=
			(double)roster_fail(&before) * f->rules->fails_factor)
			worst = d;
	}
	if (!worst)
		return;
	c = list_add(ret, CHANGE_FAILS_UP, SEVERITY_WARN);
	c->domain = f->domain;
	c->day = worst->day;
	c->now = *worst;
	c->before = baseline(r->days, r->day_count, worst->day);
}

void change_senders(
	const struct change_frame *f, const struct roster *r, struct change_list *ret)
{
	for (size_t i = 0; i < r->sender_count; i++) {
		const struct sender_track *t = &r->senders[i];

		if (t->day_count == 0 || t->word == WORD_NOT_OURS)
			continue;
		new_sender(f, r, t, ret);
		sender_broke(f, t, ret);
		sender_silent(f, t, ret);
	}
	fails_up(f, r, ret);
}

/* --- Keys --- */

void change_keys(const struct change_frame *f, const struct key_row *keys, size_t count,
	struct change_list *ret)
{
	for (size_t i = 0; i < count; i++) {
		const struct key_row *k = &keys[i];
		int64_t told = k->last_day + (int64_t)f->rules->key_days;
		struct change *c;

		if (!k->aligned || told > f->last_day || told < f->since_day)
			continue;
		c = list_add(ret, CHANGE_KEY_UNUSED, SEVERITY_INFO);
		c->domain = f->domain;
		c->subject = k->kind == DOMAIN_KEY_DKIM
				     ? arena_printf(ret->arena, "d=%.*s s=%.*s",
					       STR_ARGS(k->domain), STR_ARGS(k->selector))
				     : arena_printf(ret->arena, "MAIL FROM %.*s",
					       STR_ARGS(k->domain));
		c->day = k->last_day + 1;
	}
}

/* --- Policies --- */

/* What the same reporter saw last before that; NULL: nothing. */
static const struct policy_seen *seen_before(
	const struct policy_seen *seen, size_t count, const struct policy_seen *s)
{
	const struct policy_seen *last = NULL;

	for (size_t i = 0; i < count; i++)
		if (str_eq(seen[i].reporter, s->reporter) && seen[i].first_day < s->first_day &&
			(!last || seen[i].last_day > last->last_day))
			last = &seen[i];
	return last;
}

static struct change *same_policy(
	struct change_list *l, size_t from_index, struct str from, struct str to)
{
	for (size_t i = from_index; i < l->count; i++)
		if (l->items[i].kind == CHANGE_POLICY_CHANGED &&
			str_eq(l->items[i].from, from) && str_eq(l->items[i].to, to))
			return &l->items[i];
	return NULL;
}

static void add_witness(
	struct change_list *l, struct change *c, size_t most, const struct policy_seen *s)
{
	if (!c->witnesses)
		c->witnesses = ARENA_ARRAY(l->arena, struct policy_witness, most);
	c->witnesses[c->witness_count++] = (struct policy_witness){ s->reporter, s->first_day };
	if (s->first_day < c->day)
		c->day = s->first_day;
}

void change_policies(const struct change_frame *f, const struct policy_seen *seen, size_t count,
	struct change_list *ret)
{
	size_t begin = ret->count;

	for (size_t i = 0; i < count; i++) {
		const struct policy_seen *before;
		struct str from, to;
		struct change *c;

		if (seen[i].first_day < f->since_day)
			continue;
		before = seen_before(seen, count, &seen[i]);
		if (!before || !policy_differs(&before->policy, &seen[i].policy))
			continue;
		policy_difference(ret->arena, &before->policy, &seen[i].policy, &from, &to);
		c = same_policy(ret, begin, from, to);
		if (!c) {
			c = list_add(ret, CHANGE_POLICY_CHANGED, SEVERITY_INFO);
			c->domain = f->domain;
			c->day = seen[i].first_day;
			c->from = from;
			c->to = to;
		}
		add_witness(ret, c, count, &seen[i]);
	}
}

/* --- Reporters --- */

void change_reporter(const struct change_frame *f, struct str reporter,
	const struct coverage_cell *cells, size_t count, int64_t now_at,
	struct change_list *ret)
{
	struct coverage_moment after;
	int64_t last, overdue, told;
	struct change *c;

	while (count > 0 && cells[count - 1].reports == 0)
		count--;
	if (count == 0)
		return;
	last = cells[count - 1].day;
	/* The newest day whose report is overdue, and the one that was one too many. */
	overdue = day_of(now_at - COVERAGE_PENDING_SECONDS) - 1;
	told = last + (int64_t)f->rules->reporter_days;
	if (told > overdue || told < f->since_day)
		return;
	coverage_moments(cells, count, last + 1, 1, &after);
	if (!after.expected)
		return;
	c = list_add(ret, CHANGE_REPORTER_SILENT, SEVERITY_BAD);
	c->domain = f->domain;
	c->subject = reporter;
	c->day = last + 1;
	c->before.messages = after.volume;
}

/* --- The program itself --- */

void change_import(
	const struct change_frame *f, const struct import_row *row, struct change_list *ret)
{
	struct change *c;

	(void)f;
	if (row->failures == 0)
		return;
	c = list_add(ret, CHANGE_IMPORT_FAILING, SEVERITY_BAD);
	c->subject = row->source;
	c->day = day_of(row->failing_at);
	c->count = row->failures;
	c->from = row->error;
}

void change_rejected(
	const struct change_frame *f, int64_t day, uint64_t count, struct change_list *ret)
{
	struct change *c;

	if (count < f->rules->rejected_inputs || day < f->since_day)
		return;
	c = list_add(ret, CHANGE_INPUTS_REJECTED, SEVERITY_WARN);
	c->day = day;
	c->count = count;
}

/* --- The list --- */

void change_add(struct change_list *list, const struct change *c)
{
	*list_add(list, c->kind, c->severity) = *c;
}

static int by_news(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order;

	if (x->day != y->day)
		return x->day < y->day ? 1 : -1;
	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = str_cmp(x->domain, y->domain);
	return order ? order : str_cmp(x->subject, y->subject);
}

void change_sort(struct change_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(list->items[0]), by_news);
}

/* --- In words --- */

static struct str rate_text(struct arena *a, const struct sender_day *d)
{
	return amount_share(a, d->pass, d->messages - d->explained);
}

/* Of the days of a baseline. */
static struct str mean_text(struct arena *a, uint64_t sum)
{
	uint64_t mean = (sum + CHANGE_BASELINE_DAYS / 2) / CHANGE_BASELINE_DAYS;

	return sum > 0 && mean == 0 ? STR("fewer than 1") : amount_text(a, mean);
}

/* "none aligned", "all aligned", "12 of them aligned" */
static struct str aligned_text(struct arena *a, const struct sender_day *d)
{
	if (d->pass == 0)
		return STR("none aligned");
	if (d->pass == d->messages)
		return STR("all aligned");
	return arena_printf(a, "%.*s of them aligned", STR_ARGS(amount_text(a, d->pass)));
}

static struct str witnesses_text(struct arena *a, const struct change *c)
{
	struct str text = STR("");

	for (size_t i = 0; i < c->witness_count && i < 3; i++) {
		char day[DAY_TEXT];
		struct str d = day_text(c->witnesses[i].day, day);

		text = arena_printf(a, "%.*s%s%.*s on %.*s", STR_ARGS(text), i ? ", " : "",
			STR_ARGS(c->witnesses[i].reporter), STR_ARGS(d));
	}
	if (c->witness_count > 3)
		text = arena_printf(
			a, "%.*s and %zu more", STR_ARGS(text), c->witness_count - 3);
	return text;
}

struct str change_subject(const struct change *c)
{
	return str_absent(c->name) ? c->subject : c->name;
}

struct str change_text(struct arena *a, const struct change *c)
{
	char text[DAY_TEXT], ended[DAY_TEXT];
	struct str day = day_text(c->day, text), last = day_text(c->day - 1, ended);
	struct str n = amount_count(a, c->now.messages, "message", "messages");

	switch (c->kind) {
	case CHANGE_NEW_SENDER:
		return arena_printf(a, "new since %.*s: %.*s, %.*s", STR_ARGS(day), STR_ARGS(n),
			STR_ARGS(aligned_text(a, &c->now)));
	case CHANGE_SENDER_BROKE:
		return arena_printf(a, "passes less since %.*s: %.*s of %.*s, before that %.*s",
			STR_ARGS(day), STR_ARGS(rate_text(a, &c->now)), STR_ARGS(n),
			STR_ARGS(rate_text(a, &c->before)));
	case CHANGE_FAILS_UP:
		return arena_printf(a,
			"more failures on %.*s: %.*s, %.*s a day in the 28 days before",
			STR_ARGS(day),
			STR_ARGS(amount_count(
				a, roster_fail(&c->now), "message failed", "messages failed")),
			STR_ARGS(mean_text(a, roster_fail(&c->before))));
	case CHANGE_SENDER_SILENT:
		return arena_printf(a, "not seen since %.*s; the 28 days before had %.*s",
			STR_ARGS(last),
			STR_ARGS(amount_count(a, c->before.messages, "message", "messages")));
	case CHANGE_REPORTER_SILENT:
		return arena_printf(a, "has not reported since %.*s", STR_ARGS(last));
	case CHANGE_POLICY_CHANGED:
		return arena_printf(a, "policy changed from %.*s to %.*s: seen by %.*s",
			STR_ARGS(c->from), STR_ARGS(c->to), STR_ARGS(witnesses_text(a, c)));
	case CHANGE_IMPORT_FAILING:
		return arena_printf(a, "cannot be read since %.*s (%.*s): %.*s", STR_ARGS(day),
			STR_ARGS(amount_count(a, c->count, "run", "runs")), STR_ARGS(c->from));
	case CHANGE_INPUTS_REJECTED:
		return arena_printf(a, "%.*s on %.*s",
			STR_ARGS(
				amount_count(a, c->count, "input rejected", "inputs rejected")),
			STR_ARGS(day));
	case CHANGE_KEY_UNUSED:
		return arena_printf(a, "not used since %.*s", STR_ARGS(last));
	case CHANGE_COUNT:
		break;
	}
	return STR("");
}
