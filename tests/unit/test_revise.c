/* Stored reports that are read again. */
#include "store_test.h"

static const struct line two[] = { { 0, "192.0.2.1", 5 }, { 4, "192.0.2.2", 7 }, { 0 } };
static const struct line three[] = { { 0, "192.0.2.1", 5 }, { 4, "192.0.2.2", 7 },
	{ 2, "2001:db8::1", 11 }, { 0 } };

static struct report day(const char *id)
{
	return make_report("Reporter", id, day_start(DAY0), day_start(DAY0 + 1) - 1);
}

static void again(struct world *w, int64_t id, const struct report *r, const struct line *lines,
	struct revised *ret)
{
	OK(w, store_begin_again(w->s, r, id, &w->err));
	add_lines(w, lines);
	OK(w, store_revise(w->s, r, ret, &w->err));
}

static uint64_t messages(struct world *w)
{
	struct query q = ASK(w);

	return totals_of(w, &q).messages;
}

static void open_two(struct world *w)
{
	struct report a = day("a"), b = day("b");

	world_open(w);
	OK(w, store_batch_begin(w->s, &w->err));
	put(w, &a, two, "<a/>");
	put(w, &b, three, "<b/>");
}

static void close_sound(struct world *w)
{
	OK(w, store_batch_commit(w->s, &w->err));
	check_int("problems", problems(w), 0);
	world_close(w);
}

static void test_same(void **state)
{
	struct revised ret;
	struct report a = day("a");
	struct world w;

	(void)state;
	open_two(&w);
	again(&w, 1, &a, two, &ret);
	check_int("as", ret.as, REVISED_SAME);
	check_int("changes", ret.changes, 0);
	close_sound(&w);
}

static void test_changed(void **state)
{
	static const struct line other[] = { { 0, "192.0.2.1", 5 }, { 4, "192.0.2.2", 8 },
		{ 0 } };
	struct note note = { STR("value-case"), STR("p"), STR("NONE"), 1 };
	struct report a = day("a");
	struct report_row row;
	struct revised ret;
	struct world w;

	(void)state;
	open_two(&w);
	a.email = STR("other@example.net");
	a.policy.p = STR("reject");
	a.notes = &note;
	a.note_count = 1;
	again(&w, 1, &a, other, &ret);
	check_int("as", ret.as, REVISED_CHANGED);
	check_int("changes", ret.changes,
		1U << REVISION_RECORDS | 1U << REVISION_POLICY | 1U << REVISION_NOTES |
			1U << REVISION_METADATA);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("messages", messages(&w), 5 + 8 + 5 + 7 + 11);
	check_int("found", store_report(w.s, 1, &w.arena, &row, &w.err), 1);
	check_int("arrived", row.arrived_at, 1000);
	check_int("flags", row.flags, REPORT_NOTES);
	check_int("original", row.has_raw, 1);
	check_int("no third", store_report(w.s, 3, &w.arena, &row, &w.err), 0);
	OK(&w, store_batch_begin(w.s, &w.err));
	close_sound(&w);
}

/* The verdict alone. */
static void test_judged(void **state)
{
	struct report a = day("a");
	struct revised ret;
	struct made m;
	struct world w;

	(void)state;
	open_two(&w);
	OK(&w, store_begin_again(w.s, &a, 1, &w.err));
	make_record(&m, &shapes[0], STR("192.0.2.1"), 5, 1);
	m.verdict.result = DMARC_FAIL;
	m.verdict.cause = CAUSE_UNALIGNED;
	m.verdict.causes = 1U << CAUSE_UNALIGNED;
	OK(&w, store_add(w.s, &m.record, &m.verdict, &w.err));
	make_record(&m, &shapes[4], STR("192.0.2.2"), 7, 2);
	m.verdict.org_domain = STR("example");
	OK(&w, store_add(w.s, &m.record, &m.verdict, &w.err));
	OK(&w, store_revise(w.s, &a, &ret, &w.err));
	check_int("changes", ret.changes, 1U << REVISION_RESULT | 1U << REVISION_CAUSE);
	close_sound(&w);
}

/* A period of several days: sums leave all of its days. */
static void test_other_period(void **state)
{
	struct report a = day("a");
	struct revised ret;
	struct query q;
	struct world w;

	(void)state;
	open_two(&w);
	a.begin_at = day_start(DAY0 + 3);
	a.end_at = day_start(DAY0 + 7) - 1;
	again(&w, 1, &a, two, &ret);
	check_int("changes", ret.changes, 1U << REVISION_METADATA);
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w, "from", "2026-11-13", "to", "2026-11-14");
	check_int("first day", totals_of(&w, &q).messages, 23);
	q = ASK(&w, "from", "2026-11-16", "to", "2026-11-20");
	check_int("new days", totals_of(&w, &q).messages, 12);
	OK(&w, store_batch_begin(w.s, &w.err));
	close_sound(&w);
}

static void test_merged(void **state)
{
	struct report b = day("b");
	struct report_row row;
	struct revised ret;
	struct world w;

	(void)state;
	open_two(&w);
	again(&w, 1, &b, three, &ret);
	check_int("as", ret.as, REVISED_MERGED);
	check_int("into", ret.report, 2);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("gone", store_report(w.s, 1, &w.arena, &row, &w.err), 0);
	check_int("stays", store_report(w.s, 2, &w.arena, &row, &w.err), 1);
	check_int("again", row.again, 1);
	check_int("messages", messages(&w), 23);
	OK(&w, store_batch_begin(w.s, &w.err));
	close_sound(&w);
}

static void test_given_up(void **state)
{
	struct report a = day("a");
	struct world w;

	(void)state;
	open_two(&w);
	OK(&w, store_begin_again(w.s, &a, 1, &w.err));
	add_lines(&w, three);
	store_abort(w.s);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("messages", messages(&w), 12 + 23);
	OK(&w, store_batch_begin(w.s, &w.err));
	close_sound(&w);
}

static void test_ranges(void **state)
{
	struct report_range range = { .last = 9, .domain = STR_ABSENT, .since_day = INT64_MIN };
	int64_t ids[4];
	uint64_t n;
	struct world w;

	(void)state;
	open_two(&w);
	check_int("all", store_report_ids(w.s, &range, ids, 4, &w.err), 2);
	check_int("first", ids[0], 1);
	range.after = 1;
	check_int("rest", store_report_ids(w.s, &range, ids, 4, &w.err), 1);
	range = (struct report_range){
		.last = 9, .domain = STR("other.example"), .since_day = INT64_MIN
	};
	check_int("other", store_report_ids(w.s, &range, ids, 4, &w.err), 0);
	range = (struct report_range){
		.last = 9, .domain = STR("example.com"), .since_day = DAY0
	};
	OK(&w, store_report_count(w.s, &range, &n, &w.err));
	check_int("of that day", n, 2);
	range.since_day = DAY0 + 1;
	OK(&w, store_report_count(w.s, &range, &n, &w.err));
	check_int("later", n, 0);
	close_sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_other_period),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
