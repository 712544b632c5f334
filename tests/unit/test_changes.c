/*
 * Coverage, changes, readiness, keys and policies out of a store: from sums alone, and anew
 * after each commit.
 */
#include "store_test.h"

#include "write.h"
#include "xalloc.h"

#define DAYS 120
#define TODAY (DAY0 + DAYS)
#define NOW (day_start(TODAY) + 43200)

/* 0 both, 2 spf only (of a subdomain), 4 spoofed: see the shapes of store_test.h. */
static const struct line usual[] = { { 0, "192.0.2.1", 100 }, { 2, "192.0.2.9", 10 },
	{ 4, "203.0.113.7", 1 }, { 0 } };
static const struct line noisy[] = { { 0, "192.0.2.1", 100 }, { 2, "192.0.2.9", 10 },
	{ 4, "203.0.113.7", 60 }, { 7, "198.51.100.4", 9 }, { 0 } };

static void put_day(struct world *w, int day, const struct line *lines, const char *p)
{
	static const char *const orgs[] = { "google.com", "yahoo.example", "mail.example" };

	for (size_t i = 0; i < COUNT(orgs); i++) {
		char id[32];
		struct report r;

		snprintf(id, sizeof(id), "%s-%d", orgs[i], day);
		r = make_report(
			orgs[i], id, day_start(DAY0 + day), day_start(DAY0 + day) + 86399);
		r.policy.p = str_of(p);
		put(w, &r, lines, id);
	}
}

static void fill(struct world *w)
{
	OK(w, store_batch_begin(w->s, &w->err));
	for (int d = 0; d < DAYS; d++)
		put_day(w, d, d == DAYS - 2 ? noisy : usual,
			d < DAYS - 3 ? "none" : "quarantine");
	OK(w, store_batch_commit(w->s, &w->err));
}

static struct changes changes_of(struct world *w, const struct query *q)
{
	struct changes found = { 0 };

	OK(w, store_changes(w->s, q, NULL, NOW, &w->arena, &found, &w->err));
	return found;
}

static const struct change *find(const struct changes *c, enum change_kind kind)
{
	for (size_t i = 0; i < c->list.count; i++)
		if (c->list.items[i].kind == kind)
			return &c->list.items[i];
	return NULL;
}

static struct readiness readiness_of(struct world *w)
{
	struct readiness r = { 0 };

	assert_int_equal(store_readiness(w->s, STR("Example.COM"), TARGET_REJECT, NULL, NOW,
				 &w->arena, &r, &w->err),
		1);
	return r;
}

/* --- Sums alone --- */

static int forbid(void *arg, int action, const char *table, const char *column,
	const char *database, const char *trigger)
{
	(void)arg;
	(void)column;
	(void)database;
	(void)trigger;
	return action == SQLITE_READ && table && strcmp(table, "record") == 0 ? SQLITE_DENY
									      : SQLITE_OK;
}

static void test_no_record_is_read(void **state)
{
	struct world w;
	struct query q, all;
	struct key_row *keys = NULL;
	struct policy_seen *seen = NULL;
	struct override_row *overrides = NULL;
	struct coverage table = { 0 };
	uint64_t total = 0;
	size_t n = 0;
	int64_t day;

	(void)state;
	world_open(&w);
	fill(&w);
	world_reopen(&w, STORE_READ);
	sqlite3_set_authorizer(w.s->db.h, forbid, NULL);
	q = ASK(&w, "domain", "example.com");
	all = ASK(&w);
	assert_true(changes_of(&w, &all).list.count > 0);
	assert_true(readiness_of(&w).check_count > 0);
	assert_int_equal(
		store_domain_keys(w.s, &q, DAY0, &w.arena, &keys, &n, &total, &w.err), 1);
	assert_true(n >= 3);
	assert_int_equal(total, n);
	q.limit = 2;
	assert_int_equal(
		store_domain_keys(w.s, &q, DAY0, &w.arena, &keys, &n, &total, &w.err), 1);
	assert_int_equal(n, 2);
	assert_true(total >= 3);
	assert_int_equal(store_domain_policies(w.s, &q, &w.arena, &seen, &n, &w.err), 1);
	assert_int_equal(n, 6);
	OK(&w, store_overrides(w.s, &q, &w.arena, &overrides, &n, &w.err));
	assert_int_equal(n, 1);
	assert_int_equal(overrides[0].messages, 27);
	OK(&w, store_coverage(w.s, &q, NOW, &w.arena, &table, &w.err));
	assert_int_equal(table.reporters, 3);
	OK(&w, store_complete(w.s, &q, NOW, &day, &w.err));
	assert_int_equal(day, TODAY - 1);
	world_close(&w);
}

/* --- Answers --- */

static void test_changes(void **state)
{
	struct world w;
	struct query q;
	struct changes found;
	const struct change *c;

	(void)state;
	world_open(&w);
	fill(&w);
	q = ASK(&w, "domain", "example.com");
	found = changes_of(&w, &q);
	c = find(&found, CHANGE_FAILS_UP);
	assert_non_null(c);
	assert_int_equal(c->day, DAY0 + DAYS - 2);
	/* 60 of nobody; the nine of esp.example come from a mailing list. */
	assert_int_equal(c->now.messages - c->now.pass - c->now.explained, 180);
	c = find(&found, CHANGE_POLICY_CHANGED);
	assert_non_null(c);
	assert_int_equal(c->day, DAY0 + DAYS - 3);
	assert_int_equal(c->witness_count, 3);
	assert_null(find(&found, CHANGE_NEW_SENDER));
	assert_int_equal(found.list.count, 2);
	world_close(&w);
}

/* However short the history is in which senders are looked for. */
static void test_key_unused_for_longer_than_the_history(void **state)
{
	struct rules rules = rules_default;
	struct world w;
	struct query q;
	struct changes found = { 0 };
	const struct change *c;

	(void)state;
	rules.changes.history_days = 28;
	rules.changes.key_days = 60;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	for (int d = 0; d < DAYS; d++)
		put_day(&w, d, d < DAYS - 63 ? usual : usual + 1, "none");
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w, "domain", "example.com");
	OK(&w, store_changes(w.s, &q, &rules, NOW, &w.arena, &found, &w.err));
	c = find(&found, CHANGE_KEY_UNUSED);
	assert_non_null(c);
	assert_int_equal(c->day, DAY0 + DAYS - 63);
	world_close(&w);
}

/* A report of each of the last `days` days. */
static void put_late(struct world *w, int days, const char *org, const struct line *lines)
{
	OK(w, store_batch_begin(w->s, &w->err));
	for (int d = 1; d <= days; d++) {
		char id[32];
		struct report r;

		snprintf(id, sizeof(id), "%s-%d", org, d);
		r = make_report(org, id, day_start(TODAY - d), day_start(TODAY - d + 1) - 1);
		put(w, &r, lines, id);
	}
	OK(w, store_batch_commit(w->s, &w->err));
}

static const struct readiness_check *undecided_check(const struct readiness *r)
{
	for (size_t i = 0; i < r->check_count; i++)
		if (r->checks[i].id == CHECK_UNDECIDED)
			return &r->checks[i];
	fail_msg("no check of undecided senders");
	return NULL;
}

static struct str item_of(const struct readiness_check *check, const char *key)
{
	for (size_t i = 0; i < check->item_count; i++)
		if (str_eq(check->items[i].key, str_of(key)))
			return check->items[i].text;
	return STR_ABSENT;
}

static void test_new_data_new_answer(void **state)
{
	struct world w;
	struct query q;
	struct changes found;
	struct readiness before, after;

	(void)state;
	world_open(&w);
	fill(&w);
	q = ASK(&w);
	found = changes_of(&w, &q);
	before = readiness_of(&w);
	check("unknown yet", str_absent(item_of(undecided_check(&before), "203.0.113.8")));
	assert_int_equal(changes_of(&w, &q).list.count, found.list.count);
	put_late(&w, 1, "late.example",
		(const struct line[]){ { 4, "203.0.113.8", 500 }, { 0 } });
	found = changes_of(&w, &q);
	assert_int_equal(find(&found, CHANGE_FAILS_UP)->day, TODAY - 1);
	after = readiness_of(&w);
	assert_int_equal(after.affected, before.affected + 500);
	world_close(&w);
}

/* A stranger is told of, but needs no decision; a server that SPF does not know does. */
static void test_whom_to_decide(void **state)
{
	struct world w;
	struct readiness before, stranger, server;
	const struct readiness_check *c;

	(void)state;
	world_open(&w);
	fill(&w);
	before = readiness_of(&w);
	put_late(&w, 1, "late.example",
		(const struct line[]){ { 4, "203.0.113.8", 500 }, { 0 } });
	stranger = readiness_of(&w);
	c = undecided_check(&stranger);
	assert_int_equal(stranger.decide, before.decide);
	assert_int_equal(stranger.undecided, before.undecided);
	assert_int_equal(c->state, CHECK_WARN);
	check_str("stranger", item_of(c, "203.0.113.8"), STR("500 messages failed"));
	put_late(&w, 8, "slow.example",
		(const struct line[]){ { 5, "198.51.100.77", 5 }, { 0 } });
	server = readiness_of(&w);
	c = undecided_check(&server);
	assert_int_equal(server.decide, stranger.decide + 1);
	assert_int_equal(server.undecided, stranger.undecided + 1);
	assert_int_equal(c->state, CHECK_NOT_MET);
	check_str("server", item_of(c, "198.51.100.77"), STR("40 messages failed"));
	check_str("stranger still", item_of(c, "203.0.113.8"), STR("500 messages failed"));
	world_close(&w);
}

static void test_readiness_facts(void **state)
{
	struct world w;
	struct readiness r;
	struct totals t;
	struct query q;

	(void)state;
	world_open(&w);
	fill(&w);
	r = readiness_of(&w);
	q = ASK(&w, "domain", "example.com");
	q.from_day = r.from_day;
	q.to_day = r.to_day;
	t = totals_of(&w, &q);
	assert_int_equal(r.to_day, TODAY);
	assert_int_equal(r.to_day - r.from_day, 30);
	assert_int_equal(r.messages, t.messages);
	assert_int_equal(r.affected, t.fail);
	assert_int_equal(r.forwarded, t.explained);
	assert_int_equal(r.own, 0);
	check_str("policy", r.policy.p, STR("quarantine"));
	check_str("days", r.checks[1].text, STR("3 days with p=quarantine or stricter"));
	world_close(&w);
}

static void test_nobody(void **state)
{
	struct world w;
	struct query q;
	struct readiness r;
	struct key_row *keys = NULL;
	uint64_t total = 0;
	size_t n = 0;

	(void)state;
	world_open(&w);
	q = ASK(&w);
	assert_int_equal(changes_of(&w, &q).list.count, 0);
	assert_int_equal(store_readiness(w.s, STR("example.com"), TARGET_NONE, NULL, NOW,
				 &w.arena, &r, &w.err),
		0);
	q = ASK(&w, "domain", "example.com");
	assert_int_equal(
		store_domain_keys(w.s, &q, DAY0, &w.arena, &keys, &n, &total, &w.err), 0);
	q = ASK(&w, "domain", "!example.com");
	assert_int_equal(store_domain_keys(w.s, &q, DAY0, &w.arena, &keys, &n, &total, &w.err),
		ERR_USAGE);
	world_close(&w);
}

/* A report over three days counts on each of them. */
static void test_long_report_covers_its_days(void **state)
{
	struct world w;
	struct coverage table = { 0 };
	struct query q;
	struct report r =
		make_report("long.example", "l", day_start(DAY0), day_start(DAY0 + 3) - 1);

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put(&w, &r, (const struct line[]){ { 0, "192.0.2.1", 100 }, { 0 } }, "l");
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w, "domain", "example.com");
	q.from_day = DAY0 - 1;
	q.to_day = DAY0 + 4;
	OK(&w, store_coverage(w.s, &q, NOW, &w.arena, &table, &w.err));
	assert_int_equal(table.row_count, 1);
	assert_int_equal(table.rows[0].messages, 100);
	for (int i = 0; i < 5; i++)
		assert_int_equal(table.rows[0].moments[i].cell != NULL, i >= 1 && i <= 3);
	assert_int_equal(table.days[1].messages, 34);
	assert_int_equal(table.days[2].messages, 33);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_record_is_read),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_key_unused_for_longer_than_the_history),
		cmocka_unit_test(test_new_data_new_answer),
		cmocka_unit_test(test_whom_to_decide),
		cmocka_unit_test(test_readiness_facts),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_long_report_covers_its_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
