#include "strip.h"

#include "chart.h"
#include "day.h"
#include "xalloc.h"

#define LINE_Y 258
#define TEXT_Y 253
#define LETTER 7.0 /* pixels of one, about */

static const char *const tags[] = { "p", "sp", "np", "adkim", "aspf", "testing" };
#define TAGS (sizeof(tags) / sizeof(tags[0]))

/* --- One record, told in several ways --- */

/* What a tag means where it is left out: only of p is there nothing to say. */
static struct str meaning(const json_t *policy, size_t tag)
{
	struct str value = tree_str(policy, tags[tag]);

	if (tag == 5 && str_absent(value))
		return STR("n");
	return (tag == 3 || tag == 4) && str_absent(value) ? STR("r") : value;
}

static bool can_be_one(const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < TAGS; i++) {
		struct str x = meaning(a, i), y = meaning(b, i);

		if (!str_eq(x, y) && (i == 0 || (!str_absent(x) && !str_absent(y))))
			return false;
	}
	return true;
}

static json_t *witness_of(json_t *reporters, struct str name)
{
	for (size_t i = 0; i < json_array_size(reporters); i++) {
		json_t *r = json_array_get(reporters, i);

		if (str_eq(tree_str(r, "reporter"), name))
			return r;
	}
	return NULL;
}

/* Days are text of one form, so that they compare as text. */
static void widen(json_t *into, const json_t *other)
{
	struct str first = tree_str(other, "first_day"), last = tree_str(other, "last_day");

	if (str_cmp(first, tree_str(into, "first_day")) < 0)
		tree_set_str(into, "first_day", first);
	if (str_cmp(last, tree_str(into, "last_day")) > 0)
		tree_set_str(into, "last_day", last);
	tree_set_i64(into, "reports", tree_i64(into, "reports") + tree_i64(other, "reports"));
}

static void absorb(json_t *into, const json_t *other)
{
	json_t *reporters = tree_get(into, "reporters"), *more = tree_get(other, "reporters");
	json_t *policy = tree_get(into, "policy");

	widen(into, other);
	for (size_t i = 0; i < TAGS; i++)
		if (str_absent(tree_str(policy, tags[i])))
			tree_set_str(
				policy, tags[i], tree_str(tree_get(other, "policy"), tags[i]));
	for (size_t i = 0; i < json_array_size(more); i++) {
		json_t *r = json_array_get(more, i);
		json_t *known = witness_of(reporters, tree_str(r, "reporter"));

		if (known)
			widen(known, r);
		else
			json_array_append(reporters, r);
	}
}

void strip_merge(json_t *policies)
{
	for (size_t i = 0; i < json_array_size(policies); i++) {
		json_t *into = json_array_get(policies, i);

		for (size_t k = i + 1; k < json_array_size(policies);) {
			const json_t *other = json_array_get(policies, k);

			if (!can_be_one(tree_get(into, "policy"), tree_get(other, "policy"))) {
				k++;
				continue;
			}
			absorb(into, other);
			json_array_remove(policies, k);
		}
	}
}

/* --- Days --- */

/* How many reporters saw this policy around that day. */
static size_t witnesses(const json_t *row, struct str day)
{
	const json_t *reporters = tree_get(row, "reporters");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(reporters); i++) {
		const json_t *r = json_array_get(reporters, i);

		n += str_cmp(tree_str(r, "first_day"), day) <= 0 &&
		     str_cmp(tree_str(r, "last_day"), day) >= 0;
	}
	return n;
}

/* The index of the policy of a day; before: that of the day before, which stays when nobody
 * saw any. */
static size_t policy_of(const json_t *policies, struct str day, size_t before)
{
	size_t most = 0, found = before;

	for (size_t i = 0; i < json_array_size(policies); i++) {
		size_t n = witnesses(json_array_get(policies, i), day);

		if (n > 0 && n >= most) {
			most = n;
			found = i;
		}
	}
	return found;
}

static size_t point_of(const json_t *points, struct str day)
{
	size_t n = json_array_size(points), i = 0;

	while (i + 1 < n && str_cmp(tree_str(json_array_get(points, i + 1), "day"), day) <= 0)
		i++;
	return i;
}

/* --- Drawing --- */

static void run_add(
	struct arena *a, json_t *runs, const json_t *row, size_t from, size_t to, size_t count)
{
	double x = chart_column(count, from), x2 = chart_column(count, to);
	struct str p = tree_str(row, "policy.p");
	struct str label = str_absent(p) ? STR("no p") : p;
	json_t *run = tree_append(runs);

	tree_printf(run, "x", "%.1f", x);
	tree_printf(run, "x2", "%.1f", x2 - 1);
	if (str_eq(tree_str(row, "policy.testing"), STR("y")))
		label = arena_printf(a, "%.*s, t=y", STR_ARGS(label));
	/* Empty, not missing: templates would look further out for it. */
	tree_set_str(run, "label", (double)label.n * LETTER < x2 - x ? label : STR(""));
	tree_set_cstr(run, "class",
		str_eq(p, STR("reject"))       ? "p3"
		: str_eq(p, STR("quarantine")) ? "p2"
					       : "p1");
	tree_printf(run, "title", "%.*s: seen %.*s – %.*s",
		STR_ARGS(tree_str(row, "policy_text")), STR_ARGS(tree_str(row, "first_day")),
		STR_ARGS(tree_str(row, "last_day")));
}

static void mark_add(json_t *marks, const json_t *points, const json_t *row)
{
	const json_t *reporters = tree_get(row, "reporters");
	struct str day = tree_str(row, "first_day"), last_day = day, first = STR(""),
		   last = STR("");
	json_t *m = tree_append(marks);

	for (size_t i = 0; i < json_array_size(reporters); i++) {
		const json_t *r = json_array_get(reporters, i);
		struct str seen = tree_str(r, "first_day");

		if (str_eq(seen, day) && str_empty(first))
			first = tree_str(r, "reporter");
		if (str_cmp(seen, last_day) > 0) {
			last_day = seen;
			last = tree_str(r, "reporter");
		}
	}
	tree_printf(
		m, "x", "%.1f", chart_column(json_array_size(points), point_of(points, day)));
	if (!str_eq(day, last_day))
		tree_printf(m, "title", "%.*s: %.*s first seen, by %.*s; last by %.*s, on %.*s",
			STR_ARGS(day), STR_ARGS(tree_str(row, "policy_text")), STR_ARGS(first),
			STR_ARGS(last), STR_ARGS(last_day));
	else
		tree_printf(m, "title", "%.*s: %.*s first seen, by %.*s", STR_ARGS(day),
			STR_ARGS(tree_str(row, "policy_text")), STR_ARGS(first));
}

static void runs_add(
	struct arena *a, json_t *strip, const json_t *points, const json_t *policies)
{
	json_t *runs = tree_set_array(strip, "runs");
	size_t count = json_array_size(points), none = SIZE_MAX, current = none, from = 0;

	for (size_t i = 0; i < count; i++) {
		struct str day = tree_str(json_array_get(points, i), "day");
		size_t now = policy_of(policies, day, current);

		if (now == current)
			continue;
		if (current != none)
			run_add(a, runs, json_array_get(policies, current), from, i, count);
		current = now;
		from = i;
	}
	if (current != none)
		run_add(a, runs, json_array_get(policies, current), from, count, count);
}

json_t *strip_policies(struct arena *a, const json_t *points, const json_t *policies)
{
	size_t n = json_array_size(policies);
	json_t *strip, *marks;

	if (n == 0 || json_array_size(points) == 0)
		return NULL;
	strip = json_object();
	tree_set_i64(strip, "y", LINE_Y);
	tree_set_i64(strip, "text_y", TEXT_Y);
	runs_add(a, strip, points, policies);
	marks = tree_set_array(strip, "marks");
	for (size_t i = 1; i < n; i++)
		mark_add(marks, points, json_array_get(policies, i));
	return strip;
}
