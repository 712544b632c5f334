#include "store_test.h"

#include "write.h"

static const struct line lines[] = { { 0, "192.0.2.1", 10 }, { 4, "2001:db8::1", 3 },
	{ 3, "192.0.2.9", 7 }, { 0 } };

static void fill(struct world *w)
{
	struct report r = make_report("a", "1", day_start(DAY0), day_start(DAY0) + 86399);
	struct report spread =
		make_report("b", "2", day_start(DAY0) + 100, day_start(DAY0 + 4));
	struct input_entry in = { .source = STR("files"),
		.outcome = OUTCOME_REJECTED,
		.reason = "empty",
		.bytes = STR("what was kept"),
		.sha256 = digest_of(STR("x")) };

	OK(w, store_batch_begin(w->s, &w->err));
	put(w, &r, lines, "<a>the original of the first</a>");
	put(w, &spread, lines, "<b/>");
	OK(w, store_input(w->s, &in, 1000, NULL, &w->err));
	OK(w, store_batch_commit(w->s, &w->err));
}

struct damage {
	const char *name, *sql;
	const char *said; /* in a line */
};

static const struct damage damages[] = {
	{ "a sum per reporter",
		"UPDATE sum_reporter SET messages = messages + 1 WHERE spread = 0",
		"sums per reporter" },
	{ "spread", "UPDATE sum_reporter SET spread = spread - 1 WHERE spread > 0",
		"sums per reporter" },
	{ "a sum per source is gone", "DELETE FROM sum_source WHERE source = 1",
		"sums per source" },
	{ "a sum per evidence too many", "INSERT INTO sum_evidence VALUES (1, 1, 1, 1, 1, 0)",
		"sums per evidence" },
	{ "coverage", "UPDATE sum_coverage SET reports = 2", "coverage" },
	{ "the sums of a report",
		"UPDATE sum_report SET records = records + 1 WHERE report = 1", "reports" },
	{ "totals of a report", "UPDATE report SET messages = messages + 1 WHERE id = 2",
		"reports" },
	{ "a record is gone", "DELETE FROM record WHERE report = 1 AND n = 2",
		"sums per reporter" },
	{ "a record without source", "UPDATE record SET source = 77 WHERE report = 1 AND n = 1",
		"has no source" },
	{ "a document is not what it was",
		"UPDATE document SET digest = randomblob(32) WHERE report = 1",
		"original of report 1" },
	{ "a piece is gone", "DELETE FROM document_piece WHERE id = 1 << 20", "is missing" },
	{ "a piece is noise",
		"UPDATE document_piece SET bytes = randomblob(40) WHERE id = 1 << 20",
		"original of report 1" },
	{ "a piece of nobody", "INSERT INTO document_piece VALUES (99 << 20, x'00')",
		"belongs to no report" },
	{ "kept bytes are gone", "DELETE FROM kept_piece", "kept original 1" },
	{ "a counter", "UPDATE meta SET raw_bytes = raw_bytes + 1", "originals take" },
	{ "the number of reports", "UPDATE meta SET reports = reports + 1", "reports have" },
	{ "the number of messages", "UPDATE meta SET messages = messages - 1",
		"messages, not" },
	{ "the number of inputs", "UPDATE input_total SET n = n + 1", "inputs more" },
	{ "the number of addresses", "INSERT INTO source VALUES (99, x'01020304', x'01020304')",
		"addresses, and the last" },
	{ "a reference", "PRAGMA foreign_keys = OFF; DELETE FROM reporter WHERE id = 1",
		"references" },
	{ "a wrong verdict", "UPDATE evidence SET facts = facts & ~1 WHERE id = 1",
		"verdicts" },
	{ "a wrong cause", "UPDATE evidence SET causes = 0 WHERE id = 1", "verdicts" },
	{ "evidence that says something else",
		"UPDATE evidence SET disposition = NULL WHERE id = 1", "evidence" },
	{ "a sum of no address", "UPDATE sum_source SET source = 77 WHERE source = 1",
		"a sum has no address" },
	{ "a report that was deleted for its age",
		"UPDATE meta SET records_from = (SELECT max(last_day) + 1 FROM report)",
		"too old" },
	{ "sums that were deleted for their age",
		"UPDATE meta SET sums_from = (SELECT min(day) + 1 FROM sum_reporter)",
		"too old" },
};

struct ears {
	const char *wanted;
	uint64_t calls;
	bool heard;
};

static void listen(void *arg, const char *kind, struct str text)
{
	struct ears *e = arg;

	e->calls++;
	e->heard |= str_contains(text, str_of(e->wanted)) ||
		    str_eq(str_of(kind), str_of(e->wanted));
}

/* As these lines are made. */
static void judge_as_made(void *arg, struct arena *a, const struct policy *policy,
	const struct record *rec, struct verdict *ret)
{
	static struct made made;
	int shape = rec->reason_count > 0 ? 3 : rec->dkim_count == 0 ? 4 : 0;

	(void)arg;
	(void)a;
	assert_true(str_eq(policy->domain, STR("example.com")));
	make_record(&made, &shapes[shape], STR("192.0.2.1"), 1, 1);
	*ret = made.verdict;
}

static int verify(struct world *w, struct ears *ears, struct verified *ret)
{
	const struct verify_options opt = {
		.say = ears ? listen : NULL, .arg = ears, .judge = judge_as_made
	};

	return store_verify(w->s, &opt, ret, &w->err);
}

static uint64_t judged_problems(struct world *w)
{
	struct verified sum;

	OK(w, verify(w, NULL, &sum));
	check("verdicts were judged", sum.verdicts > 0);
	return sum.problems;
}

static void every_damage_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++) {
		const struct damage *d = &damages[i];
		struct ears ears = { .wanted = d->said };
		struct verified sum;
		struct world w;

		world_open(&w);
		fill(&w);
		check_int(d->name, judged_problems(&w), 0);
		if (sqlite3_exec(w.s->db.h, d->sql, NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s: %s", d->name, sqlite3_errmsg(w.s->db.h));
		OK(&w, verify(&w, &ears, &sum));
		check(d->name, sum.problems > 0);
		check(d->name, ears.heard);
		check_int(d->name, ears.calls, sum.problems);
		world_close(&w);
	}
}

/* Bytes of the file itself are overwritten. */
static void a_damaged_file_is_reported_not_trusted(void **state)
{
	char noise[8192];
	struct verified sum = { 0 };
	struct world w;
	int r;
	FILE *f;

	(void)state;
	memset(noise, 0x5a, sizeof(noise));
	world_open(&w);
	fill(&w);
	OK(&w, sqlite3_wal_checkpoint_v2(
		       w.s->db.h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	store_close(w.s);
	w.s = NULL;
	f = fopen(w.path, "r+");
	assert_non_null(f);
	fseek(f, 12 * 4096 + 100, SEEK_SET);
	fwrite(noise, sizeof(noise), 1, f);
	fclose(f);
	r = store_open(w.path, STORE_READ, 0, &w.s, &w.err);
	if (r == 0)
		r = verify(&w, NULL, &sum);
	check("it is said", r == ERR_IO || sum.problems > 0);
	world_close(&w);
}

static void a_reader_may_verify(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w);
	world_reopen(&w, STORE_READ);
	check_int("sound", judged_problems(&w), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_damage_is_found),
		cmocka_unit_test(a_damaged_file_is_reported_not_trusted),
		cmocka_unit_test(a_reader_may_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
