/*
 * Each rule at its floor: just enough, and one less.
 */
#include "check.h"

#include "change.h"
#include "day.h"
#include "xalloc.h"

#define L 20000 /* the last complete day */

static struct sender_day days[200];

/* A sender or domain with these numbers on each day from L + from to L + to. */
static size_t fill(
	size_t n, int from, int to, uint64_t messages, uint64_t pass, uint64_t explained)
{
	for (int d = from; d <= to; d++)
		days[n++] = (struct sender_day){ L + d, messages, pass, explained };
	return n;
}

struct found {
	struct arena arena;
	struct change_list list;
};

static struct change_frame frame(void)
{
	struct change_frame f = { &rules_default.changes, STR("example.com"), 0, L };

	f.since_day = change_since(f.rules, L);
	return f;
}

static void look(struct found *w, const struct sender_track *t, int64_t first_day)
{
	struct sender_track senders[] = { *t };
	struct roster r = { .domain = STR("example.com"),
		.senders = senders,
		.sender_count = 1,
		.first_day = first_day };
	struct change_frame f = frame();

	arena_init(&w->arena);
	w->list = (struct change_list){ .arena = &w->arena };
	change_senders(&f, &r, &w->list);
}

static struct sender_track track(size_t n, bool proven)
{
	return (struct sender_track){
		.key = STR("esp.example"), .proven = proven, .days = days, .day_count = n
	};
}

static void one(const char *name, struct found *w, int kind)
{
	check_int(name, w->list.count, kind < 0 ? 0 : 1);
	if (kind >= 0)
		check_int(name, w->list.items[0].kind, kind);
	arena_release(&w->arena);
}

static void test_new_sender(void **state)
{
	static const struct {
		const char *name;
		int first;
		uint64_t messages, pass, explained;
		bool proven, domain_is_new;
		enum sender_word word;
		bool want;
	} cases[] = {
		{ "new", -2, 1, 0, 0, false, false, WORD_NONE, true },
		{ "too few messages", -1, 1, 0, 0, false, false, WORD_NONE, false },
		{ "14 days", -13, 1, 0, 0, false, false, WORD_NONE, true },
		{ "15 days", -14, 1, 0, 0, false, false, WORD_NONE, false },
		{ "the domain is new too", -2, 1, 0, 0, false, true, WORD_NONE, false },
		{ "a forwarder", -2, 9, 5, 4, false, false, WORD_NONE, false },
		{ "a new service of ours", -2, 9, 9, 0, true, false, WORD_NONE, true },
		{ "known not to be ours", -2, 9, 0, 0, false, false, WORD_NOT_OURS, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct found w;
		struct sender_track t = track(fill(0, cases[i].first, 0, cases[i].messages,
						      cases[i].pass, cases[i].explained),
			cases[i].proven);

		t.word = cases[i].word;
		look(&w, &t, cases[i].domain_is_new ? L - 3 : L - 90);
		one(cases[i].name, &w, cases[i].want ? CHANGE_NEW_SENDER : -1);
	}
}

static void test_sender_broke(void **state)
{
	static const struct {
		const char *name;
		uint64_t before, now, explained; /* of 100 */
		int since, until;		 /* the days with `now` */
		bool proven, want;
	} cases[] = {
		{ "broke", 100, 50, 0, 0, 0, true, true },
		{ "six days ago", 100, 0, 0, -6, 0, true, true },
		{ "longer ago", 100, 0, 0, -9, 0, true, false },
		{ "mended since", 100, 0, 0, -3, -1, true, false },
		{ "not ours", 100, 0, 0, 0, 0, false, false },
		{ "99 of 100 before", 99, 50, 0, 0, 0, true, true },
		{ "98 of 100 before", 98, 50, 0, 0, 0, true, false },
		{ "95 of 100 now", 100, 95, 0, 0, 0, true, false },
		{ "94 of 100, but few", 100, 94, 0, 0, 0, true, false },
		{ "90 of 100", 100, 90, 0, 0, 0, true, true },
		{ "91 of 100: nine fail", 100, 91, 0, 0, 0, true, false },
		{ "forwarding explains it", 100, 90, 10, 0, 0, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct found w;
		size_t n = fill(0, -60, cases[i].since - 1, 100, cases[i].before, 0);
		struct sender_track t;

		n = fill(n, cases[i].since, cases[i].until, 100, cases[i].now,
			cases[i].explained);
		n = fill(n, cases[i].until + 1, 0, 100, cases[i].before, 0);
		t = track(n, cases[i].proven);
		look(&w, &t, L - 90);
		one(cases[i].name, &w, cases[i].want ? CHANGE_SENDER_BROKE : -1);
	}
}

static void test_sender_silent(void **state)
{
	static const struct {
		const char *name;
		int from, to;
		bool proven, want;
	} cases[] = {
		{ "three days", -60, -3, true, true },
		{ "two days", -60, -2, true, false },
		{ "told until a week after", -60, -9, true, true },
		{ "no news any more", -60, -10, true, false },
		{ "seen on 25 days before", -27, -3, true, true },
		{ "on 24", -26, -3, true, false },
		{ "not ours", -60, -3, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct found w;
		struct sender_track t =
			track(fill(0, cases[i].from, cases[i].to, 10, 10, 0), cases[i].proven);

		look(&w, &t, L - 90);
		one(cases[i].name, &w, cases[i].want ? CHANGE_SENDER_SILENT : -1);
	}
}

static void test_fails_up(void **state)
{
	static const struct {
		const char *name;
		uint64_t before, now, explained;
		int day, first_day;
		bool want;
	} cases[] = {
		{ "twenty from nothing", 0, 20, 0, 0, -90, true },
		{ "nineteen", 0, 19, 0, 0, -90, false },
		{ "five times as many", 10, 50, 0, 0, -90, true },
		{ "less than that", 10, 49, 0, 0, -90, false },
		{ "forwarding explains them", 0, 20, 1, 0, -90, false },
		{ "last week", 0, 20, 0, -6, -90, true },
		{ "before that", 0, 20, 0, -7, -90, false },
		{ "no full baseline", 0, 20, 0, 0, -27, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t all = 1000;
		struct found w;
		struct change_frame f = frame();
		size_t n = fill(0, -60, cases[i].day - 1, all, all - cases[i].before, 0);
		struct roster r = { .days = days, .first_day = L + cases[i].first_day };

		n = fill(n, cases[i].day, cases[i].day, all, all - cases[i].now,
			cases[i].explained);
		r.day_count = fill(n, cases[i].day + 1, 0, all, all, 0);
		arena_init(&w.arena);
		w.list = (struct change_list){ .arena = &w.arena };
		change_senders(&f, &r, &w.list);
		one(cases[i].name, &w, cases[i].want ? CHANGE_FAILS_UP : -1);
	}
}

static void test_reporter_silent(void **state)
{
	static const struct {
		const char *name;
		int from, to;
		int64_t hours; /* after the end of day L */
		bool want;
	} cases[] = {
		{ "three are overdue", -40, -3, 48, true },
		{ "an hour before", -40, -3, 47, false },
		{ "two", -40, -2, 48, false },
		{ "it was not expected", -24, -3, 48, false },
		{ "just expected", -25, -3, 48, true },
		{ "long ago", -40, -30, 48, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct coverage_cell cells[60];
		struct change_frame f = frame();
		struct found w;
		size_t n = 0;

		for (int d = cases[i].from; d <= cases[i].to; d++)
			cells[n++] = (struct coverage_cell){ 1, L + d, 10, 1, 0 };
		arena_init(&w.arena);
		w.list = (struct change_list){ .arena = &w.arena };
		change_reporter(&f, STR("Outlook.com"), cells, n,
			day_start(L + 1) + cases[i].hours * 3600, &w.list);
		one(cases[i].name, &w, cases[i].want ? CHANGE_REPORTER_SILENT : -1);
	}
}

static struct policy_seen seen(
	const char *reporter, int from, int to, const char *p, const char *np)
{
	return (struct policy_seen){ .reporter = str_of(reporter),
		.first_day = L + from,
		.last_day = L + to,
		.policy = { .p = str_of(p), .np = str_of(np) } };
}

static void test_policies(void **state)
{
	const struct policy_seen story[] = {
		seen("a", -30, -3, "none", NULL),
		seen("b", -30, 0, "none", NULL),
		seen("a", -2, 0, "quarantine", "reject"), /* it told of no np before */
		seen("c", -1, 0, "quarantine", NULL),	  /* it saw nothing before */
		seen("d", -30, -20, "none", NULL),
		seen("d", -19, 0, "quarantine", NULL), /* old news */
		seen("e", -30, -1, "none", NULL),
		seen("e", -1, 0, "quarantine", NULL),
	};
	struct change_frame f = frame();
	struct found w;

	(void)state;
	arena_init(&w.arena);
	w.list = (struct change_list){ .arena = &w.arena };
	change_policies(&f, story, COUNT(story), &w.list);
	assert_int_equal(w.list.count, 1);
	check_str("from", w.list.items[0].from, STR("p=none"));
	check_str("to", w.list.items[0].to, STR("p=quarantine"));
	assert_int_equal(w.list.items[0].witness_count, 2);
	assert_int_equal(w.list.items[0].day, L - 2);
	check_str("text", change_text(&w.arena, &w.list.items[0]),
		STR("policy changed from p=none to p=quarantine: seen by a on 2024-10-02, e on "
		    "2024-10-03"));
	arena_release(&w.arena);
}

static void test_keys(void **state)
{
	const struct key_row keys[] = {
		{ .domain = STR("example.com"),
			.selector = STR("old"),
			.aligned = true,
			.last_day = L - 30 },
		{ .domain = STR("example.com"),
			.selector = STR("young"),
			.aligned = true,
			.last_day = L - 29 },
		{ .domain = STR("example.com"),
			.selector = STR("told"),
			.aligned = true,
			.last_day = L - 37 },
		{ .domain = STR("other.example"), .selector = STR("x"), .last_day = L - 30 },
	};
	struct change_frame f = frame();
	struct found w;

	(void)state;
	arena_init(&w.arena);
	w.list = (struct change_list){ .arena = &w.arena };
	change_keys(&f, keys, COUNT(keys), &w.list);
	assert_int_equal(w.list.count, 1);
	check_str("key", w.list.items[0].subject, STR("d=example.com s=old"));
	assert_int_equal(w.list.items[0].severity, SEVERITY_INFO);
	arena_release(&w.arena);
}

static void test_order(void **state)
{
	struct change items[] = {
		{ CHANGE_KEY_UNUSED, SEVERITY_INFO, .day = L },
		{ CHANGE_SENDER_BROKE, SEVERITY_BAD, .day = L - 1, .subject = STR("b") },
		{ CHANGE_SENDER_BROKE, SEVERITY_BAD, .day = L - 1, .subject = STR("a") },
		{ CHANGE_FAILS_UP, SEVERITY_WARN, .day = L },
	};
	struct change_list l = { .items = items, .count = COUNT(items) };

	(void)state;
	change_sort(&l);
	assert_int_equal(items[0].kind, CHANGE_FAILS_UP);
	assert_int_equal(items[1].kind, CHANGE_KEY_UNUSED);
	check_str("third", items[2].subject, STR("a"));
	check_str("last", items[3].subject, STR("b"));
}

static void test_texts(void **state)
{
	static const struct {
		struct change c;
		const char *want;
	} cases[] = {
		{ { CHANGE_NEW_SENDER, .day = L, .now = { L, 1, 1, 0 } },
			"new since 2024-10-04: 1 message, all aligned" },
		{ { CHANGE_SENDER_BROKE, .day = L, .now = { L, 1000, 500, 0 },
			  .before = { L, 28000, 28000, 0 } },
			"passes less since 2024-10-04: 50.0% of 1,000 messages, before that "
			"100%" },
		{ { CHANGE_FAILS_UP, .day = L, .now = { L, 100, 40, 0 },
			  .before = { L, 100, 97, 0 } },
			"more failures on 2024-10-04: 60 messages failed, fewer than 1 a day "
			"in "
			"the 28 days before" },
		{ { CHANGE_REPORTER_SILENT, .day = L }, "has not reported since 2024-10-03" },
		{ { CHANGE_INPUTS_REJECTED, .day = L, .count = 12 },
			"12 inputs rejected on 2024-10-04" },
		{ { CHANGE_IMPORT_FAILING, .day = L, .count = 1, .from = STR("no") },
			"cannot be read since 2024-10-04 (1 run): no" },
	};
	CLEANUP(arena)
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(change_name(cases[i].c.kind), change_text(&a, &cases[i].c),
			str_of(cases[i].want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_sender),
		cmocka_unit_test(test_sender_broke),
		cmocka_unit_test(test_sender_silent),
		cmocka_unit_test(test_fails_up),
		cmocka_unit_test(test_reporter_silent),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
