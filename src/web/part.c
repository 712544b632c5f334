#include "part.h"

#include "chart.h"
#include "day.h"
#include "explain.h"
#include "format.h"
#include "part_domain.h"
#include "xalloc.h"

#include <string.h>

#define DAYS_AS_WEEKS 186
#define DAYS_AS_MONTHS 1100
#define CHIPS_TRIED 8 /* each is a query of its own */

static struct str records_link(struct view *v, const char *name, const char *value)
{
	return view_link(v, "/records", STR_ABSENT, (const char *const[]){ name, value, NULL });
}

struct str part_days_link(struct view *v, const char *path, int64_t from_day, int64_t to_day,
	const char *const *changes)
{
	bool one = to_day - from_day == 1;
	struct str from = format_day(v->arena, from_day), to = format_day(v->arena, to_day);
	size_t n = 0;
	const char **all;

	while (changes && changes[n])
		n += 2;
	all = ARENA_ARRAY(v->arena, const char *, n + 5);
	all[0] = one ? "range" : "from";
	all[1] = from.p;
	all[2] = "to";
	all[3] = one ? NULL : to.p;
	for (size_t i = 0; i < n; i++)
		all[4 + i] = changes[i];
	return view_link(v, path, STR_ABSENT, all);
}

void part_sentence(struct view *v, json_t *object, const json_t *totals)
{
	json_t *s = json_deep_copy(totals);

	json_object_set_new(object, "sentence", s);
	tree_set_str(s, "link", view_link(v, "/records", STR_ABSENT, NULL));
	tree_set_str(s, "pass_link", records_link(v, "result", "pass"));
	tree_set_str(s, "fail_link", records_link(v, "result", "fail"));
	tree_set_str(s, "explained_link", records_link(v, "explained", "true"));
	tree_set_bool(s, "one", tree_i64(totals, "messages") == 1);
	tree_set_bool(s, "counted", tree_i64(totals, "messages") > 0);
}

/* --- Series --- */

static const char *bucket_name(enum bucket b)
{
	static const char *const names[] = { "day", "week", "month" };

	return names[b];
}

/* What this page was asked by that name; NULL: nothing. */
static const char *asked(struct view *v, const char *name)
{
	for (size_t i = 0; i < v->q->param_count; i++)
		if (str_eq(v->q->params[i].name, str_of(name)))
			return arena_cstr(v->arena, v->q->params[i].value);
	return NULL;
}

/* Reports are counted whatever is in them: no filter of records counts for that. */
static struct str reports_of_days(struct view *v, int64_t from, int64_t to)
{
	bool one = to - from == 1;

	return part_plain_link(v, "/reports", STR_ABSENT,
		(const char *const[]){ "reporter", asked(v, "reporter"), "policy",
			asked(v, "policy"), one ? "range" : "from",
			format_day(v->arena, from).p, "to",
			one ? NULL : format_day(v->arena, to).p, NULL });
}

/* What a sender is follows from its mail in the range: in a part of it, others have that class.
 */
static bool by_whole_range(const struct query *q)
{
	return q->classes != 0 || q->flags.fresh >= 0 || q->flags.undecided >= 0 ||
	       q->flags.own >= 0;
}

/* What of these days the numbers of a point are. */
static void point_link(struct view *v, json_t *point, int64_t from, int64_t to)
{
	static const struct {
		const char *number, *key, *name, *value;
	} links[] = { { "messages", "link", NULL, NULL },
		{ "pass", "pass_link", "result", "pass" },
		{ "fail", "fail_link", "result", "fail" },
		{ "explained", "explained_link", "explained", "true" } };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (!by_whole_range(v->q) && (i == 0 || tree_i64(point, links[i].number) > 0))
			tree_set_str(point, links[i].key,
				part_days_link(v, "/records", from, to,
					(const char *const[]){
						links[i].name, links[i].value, NULL }));
	tree_set_str(point, "reports_link", reports_of_days(v, from, to));
}

/* A day of the series as a range of other pages. */
static void point_links(struct view *v, json_t *points, enum bucket bucket)
{
	for (size_t i = 0; i < json_array_size(points); i++) {
		json_t *p = json_array_get(points, i);
		struct civil c;
		int64_t day, end;

		if (!tree_true(p, "has_data") || !day_parse(tree_str(p, "day"), &day))
			continue;
		day_civil(day, &c);
		end = bucket == BUCKET_DAY    ? day + 1
		      : bucket == BUCKET_WEEK ? day + 7
					      : day_from_civil(c.year, c.month + 1, 1);
		if (day < v->q->from_day)
			day = v->q->from_day;
		if (end > v->q->to_day)
			end = v->q->to_day;
		point_link(v, p, day, end);
		tree_set_bool(p, "partial", !tree_true(p, "complete"));
	}
}

/* All of time begins where the data begin. */
static struct str first_day(struct view *v)
{
	struct str first = tree_str(v->status, "days.first");

	return str_absent(first) ? format_day(v->arena, v->q->to_day - 1) : first;
}

int part_series(struct view *v, struct str what, struct err *err)
{
	struct str from = v->q->all_time ? first_day(v) : format_day(v->arena, v->q->from_day);
	struct str to = format_day(v->arena, v->q->to_day);
	json_t *series = tree_set_object(v->root, "series"), *d = NULL, *points;
	struct chart_days chart = { .arena = v->arena,
		.what = what,
		.complete_day = store_complete_day(v->c->now_at) };
	int64_t from_day = v->q->from_day, days;
	int r;

	day_parse(from, &from_day);
	days = v->q->to_day - from_day;
	chart.bucket = days > DAYS_AS_MONTHS  ? BUCKET_MONTH
		       : days > DAYS_AS_WEEKS ? BUCKET_WEEK
					      : BUCKET_DAY;
	const char *changes[] = { "interval", bucket_name(chart.bucket), "from", from.p, "to",
		to.p, NULL };
	r = view_document(v, "timeseries", changes, &d, err);
	if (r < 0)
		return r;
	points = tree_get(d, "data");
	point_links(v, points, chart.bucket);
	json_object_set_new(series, "chart", chart_days(&chart, points));
	json_object_set(series, "points", points);
	tree_set_bool(series, "unlinked", by_whole_range(v->q));
	tree_set_cstr(series, "unit", bucket_name(chart.bucket));
	tree_set_cstr(series, "unit_head",
		chart.bucket == BUCKET_DAY    ? "Day"
		: chart.bucket == BUCKET_WEEK ? "Week from"
					      : "Month from");
	view_exports(v, series, "exports", "timeseries",
		(const char *const[]){ "interval", bucket_name(chart.bucket), NULL });
	json_decref(d);
	return 0;
}

/* --- Causes --- */

void part_causes(struct view *v, const json_t *summary)
{
	int64_t all = tree_i64(summary, "totals.messages");
	json_t *causes = tree_set_array(v->root, "causes");

	for (int i = 0; i < CAUSE_COUNT; i++) {
		const char *code = cause_name((enum cause)i);
		int64_t n = tree_i64(tree_get(summary, "by_cause"), code);
		json_t *c;

		if (n == 0)
			continue;
		c = tree_append(causes);
		tree_set_cstr(c, "code", code);
		tree_set_cstr(c, "sentence", cause_sentence((enum cause)i));
		tree_set_cstr(c, "advice", cause_advice((enum cause)i));
		tree_set_i64(c, "messages", n);
		tree_set_str(
			c, "share_text", format_percent(v->arena, (uint64_t)n, (uint64_t)all));
		tree_set_str(c, "link", records_link(v, "cause", code));
	}
}

/* --- Lists --- */

void part_caption_of(struct view *v, json_t *d, struct str what, int64_t messages)
{
	tree_set_str(d, "caption", what);
	tree_set_str(
		d, "caption_text", format_count(v->arena, messages, "message", "messages"));
	tree_set_str(d, "caption_link", view_link(v, "/records", STR_ABSENT, NULL));
}

void part_caption(struct view *v, json_t *d, const char *one, const char *many)
{
	int64_t shown = (int64_t)json_array_size(tree_get(d, "data"));
	int64_t total = tree_i64(d, "page.total");
	struct str count;

	if (total < shown)
		total = shown;
	count = format_count(v->arena, total, one, many);
	if (total > shown || !str_absent(tree_str(d, "page.next")))
		count = arena_printf(v->arena, "%.*s of %.*s shown",
			STR_ARGS(format_number(v->arena, shown)), STR_ARGS(count));
	part_caption_of(v, d, count, tree_i64(d, "totals.messages"));
}

/* The list that has as many reports as were counted. */
static struct str reports_link(struct view *v, struct str reporter)
{
	return part_plain_link(v, "/reports", STR_ABSENT,
		(const char *const[]){ "reporter", view_value(v, reporter), "policy",
			asked(v, "policy"), NULL });
}

/* A reporter without a name cannot be asked for: an empty filter is none. */
static void reporter_links(struct view *v, json_t *row)
{
	struct str name = tree_str(row, "reporter");
	const char *const changes[] = { "reporter", view_value(v, name), NULL };

	tree_set_str(row, "link",
		str_empty(name) ? STR("") : view_link(v, "/records", STR_ABSENT, changes));
	tree_set_str(row, "reports_link", str_empty(name) ? STR("") : reports_link(v, name));
}

int part_reporters(struct view *v, const char *limit, struct err *err)
{
	const char *changes[] = { "limit", limit, NULL };
	json_t *d = NULL, *data;
	int r = view_document(v, "reporters", changes, &d, err);

	if (r < 0)
		return r;
	json_object_set_new(v->root, "reporters", d);
	data = tree_get(d, "data");
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		reporter_links(v, row);
		part_time(v, row, "last_report");
	}
	part_caption(v, d, "reporter", "reporters");
	view_exports(v, d, "exports", "reporters", NULL);
	return 0;
}

/* --- Words --- */

struct str part_policy(struct view *v, const json_t *policy)
{
	static const struct {
		const char *key, *text;
	} tags[] = { { "p", "p" }, { "sp", "sp" }, { "np", "np" }, { "adkim", "adkim" },
		{ "aspf", "aspf" }, { "testing", "t" } };
	struct str text = STR("");

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct str value = tree_str(policy, tags[i].key);

		/* t=n is the same as no t. */
		if (str_absent(value) || (i == 5 && !str_eq(value, STR("y"))))
			continue;
		text = arena_printf(v->arena, "%.*s%s%s=%.*s", STR_ARGS(text),
			text.n ? ", " : "", tags[i].text, STR_ARGS(value));
	}
	if (json_is_integer(tree_get(policy, "pct")) && tree_i64(policy, "pct") != 100)
		text = arena_printf(v->arena, "%.*s, pct=%lld", STR_ARGS(text),
			(long long)tree_i64(policy, "pct"));
	return text.n ? text : STR("nothing");
}

void part_chip(json_t *object, const char *key, enum chip tone, const char *text)
{
	/* Classes: the style sheet has the colours and the icon of each. */
	static const char *const tones[] = { "ok", "warn", "bad", "info", "info to" };
	json_t *chip = tree_set_object(object, key);

	tree_set_cstr(chip, "tone", tones[tone]);
	tree_set_cstr(chip, "text", text);
}

static const struct {
	enum chip tone;
	const char *text;
} cause_chips[CAUSE_COUNT] = {
	[CAUSE_BOTH] = { CHIP_OK, "Aligned" },
	[CAUSE_DKIM_ONLY] = { CHIP_OK, "Aligned" },
	[CAUSE_SPF_ONLY] = { CHIP_WARN, "Fragile" },
	[CAUSE_DKIM_BROKEN] = { CHIP_BAD, "Broken signature" },
	[CAUSE_SPF_UNAUTHORISED] = { CHIP_BAD, "Not authorised" },
	[CAUSE_UNALIGNED] = { CHIP_BAD, "Not aligned" },
	[CAUSE_UNAUTHENTICATED] = { CHIP_BAD, "Unauthenticated" },
	[CAUSE_DNS_ERROR] = { CHIP_WARN, "DNS error" },
	[CAUSE_NOT_REPORTED] = { CHIP_INFO, "Unclear" },
};

void part_cause_chip(json_t *row)
{
	int64_t fail = tree_i64(row, "fail");
	enum cause cause;

	if (!cause_from_name(tree_str(row, "cause"), &cause))
		return;
	if (fail > 0 && tree_i64(row, "explained") == fail)
		part_chip(row, "chip", CHIP_FORWARD, "Forwarded");
	else
		part_chip(row, "chip", cause_chips[cause].tone, cause_chips[cause].text);
	tree_set_cstr(row, "sentence", cause_sentence(cause));
}

/* --- Records --- */

/* A name in pieces that end in its dots, where a line may be broken; none: there is no name. */
static void dotted(json_t *o, const char *key, const char *parts_key)
{
	json_t *parts = tree_set_array(o, parts_key);
	struct str rest = tree_str(o, key);
	ptrdiff_t at;

	while ((at = str_find(rest, STR("."))) >= 0 && (size_t)at + 1 < rest.n) {
		json_array_append_new(parts, json_stringn(rest.p, (size_t)at + 1));
		rest = str_from(rest, (size_t)at + 1);
	}
	if (rest.n > 0)
		json_array_append_new(parts, json_stringn(rest.p, rest.n));
}

/* Entries of spf or dkim: "result", and whether the domain matches in a word. */
static void auth_words(json_t *row, const char *key)
{
	json_t *list = tree_get(row, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *e = json_array_get(list, i), *aligned = tree_get(e, "aligned");

		tree_set_cstr(e, "aligned_text",
			json_is_true(aligned)	 ? "aligned"
			: json_is_false(aligned) ? "not aligned"
						 : "");
		tree_set_bool(e, "good", json_is_true(aligned));
		dotted(e, "domain", "domain_parts");
	}
	tree_set_bool(row, str_eq(str_of(key), STR("spf")) ? "no_spf" : "no_dkim",
		json_array_size(list) == 0);
}

void part_auth(json_t *row)
{
	auth_words(row, "spf");
	auth_words(row, "dkim");
}

static void result_words(struct view *v, json_t *row)
{
	bool pass = str_eq(tree_str(row, "result"), STR("pass"));
	bool explained = tree_true(row, "explained");

	if (pass)
		part_chip(row, "result_chip", CHIP_OK, "pass");
	else
		part_chip(row, "result_chip", explained ? CHIP_FORWARD : CHIP_BAD,
			explained ? "fail, explained" : "fail");
	tree_set_bool(row, "by_receiver", str_eq(tree_str(row, "basis"), STR("reported")));
	tree_set_str(
		row, "did_text", explain_disposition(v->arena, tree_str(row, "disposition")));
}

static void record_links(struct view *v, json_t *row)
{
	struct str ip = tree_str(row, "source_ip"), sender = tree_str(row, "sender.key");
	struct str from = tree_str(row, "header_from");

	tree_set_str(row, "link", view_link(v, "/records/{}", tree_str(row, "id"), NULL));
	tree_set_str(row, "report_link",
		view_link(v, "/reports/{}", tree_str(row, "report.id"), NULL));
	if (!str_absent(ip))
		tree_set_str(row, "source_link", view_link(v, "/sources/{}", ip, NULL));
	if (!str_absent(sender)) {
		tree_set_str(row, "sender_link",
			view_sender_link(v, tree_str(row, "report.domain"), sender, NULL));
		tree_set_str(row, "sender_text",
			str_eq(sender, ip) ? STR("its address") : tree_str(row, "sender.name"));
	}
	if (!str_empty(from))
		tree_set_str(
			row, "from_link", records_link(v, "header_from", view_value(v, from)));
}

void part_records(struct view *v, json_t *data)
{
	for (size_t i = 0; i < json_array_size(data); i++) {
		json_t *row = json_array_get(data, i);

		record_links(v, row);
		dotted(row, "sender_text", "sender_parts");
		dotted(row, "header_from", "from_parts");
		dotted(tree_get(row, "report"), "reporter", "reporter_parts");
		result_words(v, row);
		part_auth(row);
	}
}

/* --- The four questions --- */

static void answer_chip(json_t *answer)
{
	struct str mark = tree_str(answer, "mark");
	enum chip tone = str_eq(mark, STR("pass"))   ? CHIP_OK
			 : str_eq(mark, STR("fail")) ? CHIP_BAD
						     : CHIP_INFO;
	json_t *chip;

	part_chip(answer, "chip", tone, "");
	chip = tree_get(answer, "chip");
	tree_set_str(chip, "text", tree_str(answer, "answer"));
}

/* Question numbers, so that "1 and 2" can be read. */
void part_answers(json_t *explanation)
{
	json_t *questions = tree_get(explanation, "questions");

	for (size_t i = 0; i < json_array_size(questions); i++) {
		json_t *q = json_array_get(questions, i);

		tree_printf(q, "number", "%zu", i + 1);
		answer_chip(q);
	}
	answer_chip(tree_get(explanation, "dmarc"));
	answer_chip(tree_get(explanation, "receiver"));
}

/* --- Nothing to see --- */

static void newest_link(struct view *v, json_t *empty, struct str newest)
{
	struct str from, to;
	int64_t day;

	if (!day_parse(newest, &day))
		return;
	from = format_day(v->arena, day - 29);
	to = format_day(v->arena, day + 1);
	tree_set_str(empty, "newest", newest);
	tree_set_str(empty, "newest_link",
		view_link(v, v->path, v->segment,
			(const char *const[]){
				"from", from.p, "to", to.p, "range", NULL, NULL }));
}

/* Which filter is in the way: what there would be without each of them. */
static int without_each(struct view *v, json_t *empty, struct err *err)
{
	const json_t *chips = tree_get(v->root, "frame.chips");
	json_t *list = tree_set_array(empty, "without");
	int r = 0;

	for (size_t i = 0; i < json_array_size(chips) && i < CHIPS_TRIED && r == 0; i++) {
		json_t *chip = json_deep_copy(json_array_get(chips, i));
		const char *changes[] = { json_string_value(tree_get(chip, "name")), NULL,
			NULL };
		CLEANUP(tree)
		json_t *d = NULL;

		json_array_append_new(list, chip);
		r = view_document(v, "summary", changes, &d, err);
		tree_set_str(chip, "count_text",
			format_count(v->arena, tree_i64(d, "totals.messages"), "message",
				"messages"));
	}
	return r < 0 ? r : 0;
}

/* The same page without its filters, when there are some that could be the reason. */
static void without_filters(struct view *v, json_t *empty)
{
	tree_set_str(empty, "clear_link", tree_str(v->root, "frame.clear_link"));
	tree_set_bool(empty, "filtered", json_array_size(tree_get(v->root, "frame.chips")) > 0);
}

int part_empty(struct view *v, const json_t *summary, struct err *err)
{
	json_t *empty;
	const char *const newest[] = { "range", "all", NULL };
	CLEANUP(tree)
	json_t *all = NULL;
	bool filtered = json_array_size(tree_get(v->root, "frame.chips")) > 0;
	bool reports = tree_i64(summary, "reports") > 0;
	int r;

	/* Reports that say "no mail" are something to show; what filters leave of others is
	 * not. */
	if (tree_i64(summary, "totals.messages") > 0 || (reports && !filtered))
		return 0;
	empty = tree_set_object(v->root, "empty");
	if (tree_i64(v->status, "reports") == 0) {
		tree_set_bool(empty, "store", true);
		tree_set_i64(empty, "inputs", tree_i64(v->status, "inputs"));
		tree_set_str(
			empty, "problems_link", view_link(v, "/problems", STR_ABSENT, NULL));
		return 1;
	}
	r = view_document(v, "summary", newest, &all, err);
	if (r < 0)
		return r;
	tree_set_bool(empty, "range", true);
	tree_set_cstr(empty, "what", reports ? "messages" : "reports");
	if (!v->q->all_time)
		tree_set_str(empty, "from", format_day(v->arena, v->q->from_day));
	tree_set_str(empty, "to", format_day(v->arena, v->q->to_day - 1));
	newest_link(v, empty, tree_str(all, "days.last"));
	without_filters(v, empty);
	r = without_each(v, empty, err);
	return r < 0 ? r : 1;
}

/* --- Times --- */

static void time_keys(struct view *v, json_t *object, const char *key, bool ago)
{
	int64_t at;
	const char *text_key = arena_printf(v->arena, "%s_text", key).p;

	if (!time_parse(tree_str(object, key), &at))
		return;
	tree_set_str(object, text_key, format_time(v->arena, at));
	if (ago)
		tree_set_str(object, arena_printf(v->arena, "%s_ago", key).p,
			format_ago(v->arena, at, v->c->now_at));
}

void part_time(struct view *v, json_t *object, const char *key)
{
	time_keys(v, object, key, false);
}

void part_time_ago(struct view *v, json_t *object, const char *key)
{
	time_keys(v, object, key, true);
}
