/*
 * Each check at its threshold, and what the verdict makes of them.
 */
#include "check.h"

#include "readiness.h"
#include "xalloc.h"

#define END 20000

/* A domain that is ready for p=reject; cases change one thing. */
struct world {
	struct readiness_facts f;
	struct roster roster;
	struct sender_track senders[2];
	struct sender_day own[1], other[1];
	struct policy_seen policies[2];
	struct readiness_sender undecided[2], stranger;
	struct readiness_name subdomain;
	struct readiness_rules rules;
};

static void ready(struct world *w)
{
	*w = (struct world){ .rules = rules_default.readiness };
	w->own[0] = (struct sender_day){ END - 1, 10000, 10000, 0 };
	w->other[0] = (struct sender_day){ END - 1, 5, 0, 0 };
	w->senders[0] = (struct sender_track){
		.key = STR("192.0.2.10"), .proven = true, .days = w->own, .day_count = 1
	};
	w->senders[1] = (struct sender_track){
		.key = STR("example.net"), .days = w->other, .day_count = 1
	};
	w->roster = (struct roster){ .senders = w->senders, .sender_count = 2 };
	w->undecided[0] =
		(struct readiness_sender){ STR("example.net"), STR("example.net"), 5 };
	w->policies[0] = (struct policy_seen){ .reporter = STR("a"),
		.policy = { .p = STR("quarantine") } };
	w->policies[1] = (struct policy_seen){ .reporter = STR("b"),
		.policy = { .p = STR("quarantine"), .sp = STR("none") } };
	w->f = (struct readiness_facts){ .domain = STR("example.com"),
		.rules = &w->rules,
		.from_day = END - 30,
		.to_day = END,
		.policy = { .p = STR("quarantine") },
		.days_reported = 30,
		.days_strict = 30,
		.reporters = 3,
		.top_reporter_messages = 5000,
		.messages = 10005,
		.pass = 10000,
		.dkim_pass = 10000,
		.records = 1000,
		.roster = &w->roster,
		.undecided = w->undecided,
		.strangers = &w->stranger,
		.undecided_count = 1,
		.subdomains = &w->subdomain,
		.policies = w->policies,
		.policy_count = 2 };
}

static void own_fails(struct world *w, uint64_t fail, uint64_t explained)
{
	w->own[0].pass -= fail;
	w->own[0].explained = explained;
	w->f.pass -= fail;
	w->f.dkim_pass -= fail;
	w->f.explained = explained;
}

/* --- One change each --- */

static void no_change(struct world *w)
{
	(void)w;
}
static void days_28(struct world *w)
{
	w->f.days_reported = 28;
}
static void days_27(struct world *w)
{
	w->f.days_reported = 27;
}
static void strict_14(struct world *w)
{
	w->f.days_strict = 14;
}
static void strict_13(struct world *w)
{
	w->f.days_strict = 13;
}
static void reporters_2(struct world *w)
{
	w->f.reporters = 2;
}
static void reporters_small(struct world *w)
{
	w->f.top_reporter_messages = 2000;
}
static void reporter_fifth(struct world *w)
{
	w->f.top_reporter_messages = 2001;
}
static void own_994(struct world *w)
{
	own_fails(w, 60, 0);
}
static void own_995(struct world *w)
{
	own_fails(w, 50, 0);
}
static void own_explained(struct world *w)
{
	own_fails(w, 60, 60);
}
static void own_early(struct world *w)
{
	own_fails(w, 60, 0);
	w->own[0].day = END - 15;
}
static void own_late(struct world *w)
{
	own_fails(w, 60, 0);
	w->own[0].day = END - 14;
}
static void other_10(struct world *w)
{
	w->undecided[0].fail = 10;
}
static void other_9(struct world *w)
{
	w->undecided[0].fail = 9;
}
static void other_not_ours(struct world *w)
{
	w->other[0].messages = 10;
	w->senders[1].word = WORD_NOT_OURS;
	w->f.undecided_count = 0;
}
static void other_ours(struct world *w)
{
	w->other[0].messages = 10;
	w->senders[1].word = WORD_OURS;
	w->f.undecided_count = 0;
}
static void others_20(struct world *w)
{
	w->undecided[0].fail = 10;
	w->undecided[1] =
		(struct readiness_sender){ STR("203.0.113.9"), STR("203.0.113.9"), 10 };
	w->f.undecided_count = 2;
}
static void stranger_10(struct world *w)
{
	w->stranger = (struct readiness_sender){ STR("203.0.113.9"), STR("203.0.113.9"), 10 };
	w->f.stranger_count = 1;
}
static void too_many(struct world *w)
{
	w->f.undecided_unknown = true;
	w->f.undecided_count = 0;
}
static void dkim_989(struct world *w)
{
	w->f.dkim_pass = 9899;
}
static void dkim_990(struct world *w)
{
	w->f.dkim_pass = 9900;
}
static void lists(struct world *w)
{
	w->rules.users_post_to_lists = LISTS_YES;
}
static void policy_differs_(struct world *w)
{
	w->policies[1].policy.p = STR("none");
}
static void policy_unknown(struct world *w)
{
	w->f.policy_count = 0;
}
static void disagree_1(struct world *w)
{
	w->f.disagree_records = 1;
}
static void disagree_0(struct world *w)
{
	w->f.records = 1001;
	w->f.disagree_records = 1;
}
static void subdomain(struct world *w)
{
	w->subdomain = (struct readiness_name){ STR("news.example.com"), 9, 9 };
	w->f.subdomain_count = 1;
}
static void rejects(struct world *w)
{
	w->f.policy.p = STR("reject");
}
static void rejects_testing(struct world *w)
{
	w->f.policy.p = STR("reject");
	w->f.policy.testing = STR("y");
}

static void test_reject(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct world *);
		const char *verdict;
	} cases[] = {
		{ "ready", no_change, "Ready: all checks met" },
		{ "28 days", days_28, "Ready: all checks met" },
		{ "27 days", days_27, "Can't tell yet: not enough data" },
		{ "14 days at quarantine", strict_14, "Ready: all checks met" },
		{ "13", strict_13, "Not yet: 1 thing to fix" },
		{ "two reporters", reporters_2, "Can't tell yet: not enough data" },
		{ "no large reporter", reporters_small, "Can't tell yet: not enough data" },
		{ "one with a fifth", reporter_fifth, "Ready: all checks met" },
		{ "99.4% of ours", own_994, "Not yet: 1 thing to fix" },
		{ "99.5%", own_995, "Ready: all checks met" },
		{ "forwarding explains it", own_explained, "Ready: all checks met, 1 warning" },
		{ "15 days ago", own_early, "Ready: all checks met" },
		{ "14 days ago", own_late, "Not yet: 1 thing to fix" },
		{ "ten of somebody", other_10, "Not yet: 1 thing to decide" },
		{ "nine", other_9, "Ready: all checks met" },
		{ "who is not ours", other_not_ours, "Ready: all checks met" },
		{ "who is ours, and fails", other_ours, "Not yet: 1 thing to fix" },
		{ "ten of each of two", others_20, "Not yet: 2 things to decide" },
		{ "ten of a stranger", stranger_10, "Ready: all checks met, 1 warning" },
		{ "too many senders", too_many, "Can't tell yet: not enough data" },
		{ "98.9% with DKIM", dkim_989, "Not yet: 1 thing to fix" },
		{ "99%", dkim_990, "Ready: all checks met" },
		{ "users post to lists", lists, "Ready: all checks met, 1 warning" },
		{ "two policies", policy_differs_, "Not yet: 1 thing to fix" },
		{ "no policy", policy_unknown, "Can't tell yet: not enough data" },
		{ "one of 1,000 disagrees", disagree_1, "Not yet: 1 thing to fix" },
		{ "one of 1,001", disagree_0, "Ready: all checks met" },
		{ "a subdomain", subdomain, "Ready: all checks met" },
		{ "reject already", rejects, "It is published already: p=reject" },
		{ "for testing", rejects_testing,
			"It is published already: p=reject, with t=y: receivers of RFC 9989 "
			"apply "
			"one level less" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct world w;
		struct readiness r;

		arena_init(&a);
		ready(&w);
		cases[i].change(&w);
		readiness_check(&w.f, TARGET_REJECT, &a, &r);
		check_str(cases[i].name, readiness_verdict_text(&a, &r),
			str_of(cases[i].verdict));
		check_int(cases[i].name, r.own + r.forwarded + r.others, r.affected);
	}
}

static void test_quarantine_is_milder(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct world *);
		const char *verdict;
	} cases[] = {
		{ "never strict", strict_13, "Ready: all checks met" },
		{ "99.4% of ours", own_994, "Ready: all checks met" },
		{ "98.9% with DKIM", dkim_989, "Ready: all checks met" },
		{ "one of 1,000 disagrees", disagree_1, "Ready: all checks met" },
		{ "users post to lists", lists, "Ready: all checks met" },
		{ "27 days", days_27, "Can't tell yet: not enough data" },
		{ "ten of somebody", other_10, "Not yet: 1 thing to decide" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct world w;
		struct readiness r;

		arena_init(&a);
		ready(&w);
		w.f.policy.p = STR("none");
		cases[i].change(&w);
		readiness_check(&w.f, TARGET_QUARANTINE, &a, &r);
		check_str(cases[i].name, readiness_verdict_text(&a, &r),
			str_of(cases[i].verdict));
	}
}

static void test_impact(void **state)
{
	CLEANUP(arena)
	struct arena a;
	struct world w;
	struct readiness r;

	(void)state;
	arena_init(&a);
	ready(&w);
	own_fails(&w, 1500, 200);
	w.f.own_failed = 1300;
	readiness_check(&w.f, TARGET_REJECT, &a, &r);
	check_str("impact", readiness_impact_text(&a, &r),
		STR("1,505 of 10,005 messages would have been affected: 1,300 from senders "
		    "proven "
		    "to be yours, 200 after forwarding, 5 from others"));
	w.f.own_failed = 0;
	w.f.undecided_unknown = true;
	readiness_check(&w.f, TARGET_REJECT, &a, &r);
	check_int("by the named, where there are too many senders", (int64_t)r.own, 1300);
}

static void test_undecided(void **state)
{
	static const struct {
		const char *name;
		size_t count;
		uint64_t fail[2], stranger;
		const char *want;
	} cases[] = {
		{ "none", 0, { 0, 0 }, 9, "no sender is undecided" },
		{ "one", 1, { 10, 0 }, 0, "1 undecided sender, 1 fails" },
		{ "small", 2, { 9, 0 }, 0, "2 undecided senders, too small to wait for" },
		{ "some", 2, { 12, 9 }, 0, "2 undecided senders, 1 fails" },
		{ "all", 2, { 12, 10 }, 0, "2 undecided senders, 2 fail" },
		{ "a stranger", 0, { 0, 0 }, 10,
			"no sender is undecided; 1 that nothing passes for" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct world w;
		struct readiness r;
		size_t k = 0;

		arena_init(&a);
		ready(&w);
		w.f.undecided_count = cases[i].count;
		w.undecided[0].fail = cases[i].fail[0];
		w.undecided[1].fail = cases[i].fail[1];
		w.stranger.fail = cases[i].stranger;
		w.f.stranger_count = cases[i].stranger > 0;
		readiness_check(&w.f, TARGET_REJECT, &a, &r);
		while (r.checks[k].id != CHECK_UNDECIDED)
			k++;
		check_str(cases[i].name, r.checks[k].text, str_of(cases[i].want));
		check_int(cases[i].name, r.undecided, cases[i].count);
	}
}

static void test_target(void **state)
{
	static const struct {
		struct str p;
		enum target want;
	} cases[] = { { STR_INIT("none"), TARGET_QUARANTINE },
		{ { NULL, 0 }, TARGET_QUARANTINE }, { STR_INIT("quarantine"), TARGET_REJECT },
		{ STR_INIT("reject"), TARGET_REJECT } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy p = { .p = cases[i].p };

		assert_int_equal(readiness_target(&p), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_quarantine_is_milder),
		cmocka_unit_test(test_impact),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
