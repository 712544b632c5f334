#include "store_test.h"

#include "reader.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct input_entry entry(
	const char *locator, enum outcome outcome, const char *reason, const char *bytes)
{
	return (struct input_entry){ .source = STR("mailbox"),
		.locator = str_of(locator),
		.from = STR("reports@example.net"),
		.subject = STR("Report"),
		.sha256 = digest_of(str_of(bytes)),
		.size_bytes = strlen(bytes),
		.arrived_at = day_start(DAY0),
		.at = day_start(DAY0) + 60,
		.outcome = outcome,
		.reason = reason };
}

static void put_input(struct world *w, const struct input_entry *in, uint64_t quota)
{
	OK(w, store_batch_begin(w->s, &w->err));
	OK(w, store_input(w->s, in, quota, NULL, &w->err));
	OK(w, store_batch_commit(w->s, &w->err));
}

/* The inputs that fit, newest first, as "locator×times " in a. */
static struct str listed(struct world *w, const struct query *q)
{
	struct rows *rows = NULL;
	struct input_row row;
	struct str s = STR("");
	int r;

	OK(w, store_inputs(w->s, q, &rows, &w->err));
	while ((r = rows_input(rows, &row, &w->err)) > 0)
		s = arena_printf(&w->arena, "%.*s%.*sx%llu ", STR_ARGS(s),
			STR_ARGS(row.locator), (unsigned long long)row.times);
	OK(w, r);
	rows_close(rows);
	return s;
}

static void inputs_come_back_as_they_were(void **state)
{
	struct input_entry in = entry("cur/1:2,S", OUTCOME_REJECTED, "xml-malformed", "<x");
	struct input_row row;
	struct rows *rows = NULL;
	struct world w;
	struct query q;
	struct str bytes;

	(void)state;
	world_open(&w);
	in.part = STR("a.xml");
	in.message_id = STR("<1@x>");
	in.detail = STR("expected '>'");
	in.line = 6;
	in.column = 3;
	in.bytes = STR("<x");
	put_input(&w, &in, 1000);
	q = ASK(&w);
	OK(&w, store_inputs(w.s, &q, &rows, &w.err));
	check_int("one", rows_input(rows, &row, &w.err), 1);
	check_str("source", row.source, in.source);
	check_str("locator", row.locator, in.locator);
	check_str("part", row.part, in.part);
	check_str("from", row.from, in.from);
	check_str("subject", row.subject, in.subject);
	check_str("message id", row.message_id, in.message_id);
	check_str("reason", row.reason, STR("xml-malformed"));
	check_str("stage", row.stage, STR("xml"));
	check_str("detail", row.detail, in.detail);
	check_int("outcome", row.outcome, OUTCOME_REJECTED);
	check_int("line", row.line, 6);
	check_int("column", row.column, 3);
	check_int("size", row.size_bytes, 2);
	check_int("first", row.first_at, in.at);
	check_int("report", row.report, 0);
	check("kept", row.has_bytes);
	check_int("by id", store_input_get(w.s, row.id, &w.arena, &row, &bytes, &w.err), 1);
	check_str("bytes", bytes, STR("<x"));
	check_int("no such", store_input_get(w.s, 99, &w.arena, &row, &bytes, &w.err), 0);
	rows_close(rows);
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

static void the_same_input_is_counted_not_listed_again(void **state)
{
	struct input_entry a = entry("new/1", OUTCOME_REJECTED, "empty", "a");
	struct input_entry again = a, as_other = a,
			   other = entry("new/2", OUTCOME_REJECTED, "empty", "b");
	struct input_entry lost = a, lost_too;
	struct world w;
	struct query q;

	(void)state;
	world_open(&w);
	again.locator = STR("cur/1");
	again.at += 60;
	as_other.outcome = OUTCOME_DUPLICATE;
	as_other.reason = "duplicate";
	as_other.locator = STR("dup");
	as_other.at += 120;
	other.at += 180;
	/* What cannot be read has no bytes: its place tells it from others. */
	memset(&lost.sha256, 0, sizeof(lost.sha256));
	lost.reason = "read-failed";
	lost.locator = STR("lost");
	lost.at += 240;
	lost_too = lost;
	lost_too.locator = STR("too");
	lost_too.at += 300;
	put_input(&w, &a, 0);
	put_input(&w, &again, 0);
	put_input(&w, &as_other, 0);
	put_input(&w, &other, 0);
	put_input(&w, &lost, 0);
	put_input(&w, &lost_too, 0);
	put_input(&w, &lost, 0);
	q = ASK(&w);
	check_str("all", listed(&w, &q), STR("toox1 lostx2 new/2x1 dupx1 cur/1x2 "));
	q = ASK(&w, "outcome", "duplicate");
	check_str("by outcome", listed(&w, &q), STR("dupx1 "));
	q = ASK(&w, "outcome", "!rejected");
	check_str("not rejected", listed(&w, &q), STR("dupx1 "));
	q = ASK(&w, "reason", "empty");
	check_str("by reason", listed(&w, &q), STR("new/2x1 cur/1x2 "));
	q = ASK(&w, "reason", "!empty,!duplicate");
	check_str("by no reason", listed(&w, &q), STR("toox1 lostx2 "));
	q = ASK(&w, "from", "2026-11-20", "to", "2026-11-30");
	check_str("of other days", listed(&w, &q), STR(""));
	world_close(&w);
}

static void what_could_be_read_at_last_is_no_problem(void **state)
{
	struct input_entry bad = entry("INBOX;UID=7", OUTCOME_REJECTED, "read-failed", "");
	struct input_entry good = entry("INBOX;UID=7", OUTCOME_STORED, NULL, "abc");
	struct input_entry other = entry("INBOX;UID=8", OUTCOME_STORED, NULL, "def");
	struct world w;
	struct query q;

	(void)state;
	world_open(&w);
	bad.sha256 = (struct digest){ 0 };
	put_input(&w, &bad, 0);
	put_input(&w, &bad, 0);
	put_input(&w, &other, 0);
	q = ASK(&w);
	assert_true(str_eq(listed(&w, &q), STR("INBOX;UID=8x1 INBOX;UID=7x2 ")));
	put_input(&w, &good, 0);
	assert_true(str_eq(listed(&w, &q), STR("INBOX;UID=7x1 INBOX;UID=8x1 ")));
	world_close(&w);
}

static void pages_of_inputs(void **state)
{
	struct str seen = STR("");
	struct world w;
	struct query q;
	int pages = 0;

	(void)state;
	world_open(&w);
	for (int i = 0; i < 7; i++) {
		char name[2] = { (char)('a' + i), 0 };
		struct input_entry in = entry(name, OUTCOME_IGNORED, "no-report-in-mail", name);

		in.at += i / 2; /* some at the same second */
		put_input(&w, &in, 0);
	}
	q = ASK(&w, "limit", "2");
	for (;; pages++) {
		struct rows *rows = NULL;
		struct input_row row;

		OK(&w, store_inputs(w.s, &q, &rows, &w.err));
		while (rows_input(rows, &row, &w.err) > 0)
			seen = arena_printf(
				&w.arena, "%.*s%.*s", STR_ARGS(seen), STR_ARGS(row.locator));
		q.cursor = rows_next_cursor(rows, &w.arena);
		rows_close(rows);
		if (str_absent(q.cursor) || pages > 9)
			break;
	}
	check_str("newest first, each once", seen, STR("gfedcba"));
	check_int("pages", pages, 3);
	world_close(&w);
}

/* --- Kept bytes --- */

static uint64_t kept_bytes(struct world *w)
{
	struct store_status s = { 0 };

	OK(w, store_status(w->s, &s, &w->err));
	return s.kept_bytes;
}

static void the_oldest_kept_bytes_go_first(void **state)
{
	static const struct {
		const char *name;
		uint64_t quota, kept;
		const char *listed;
	} cases[] = {
		{ "all fit", 40, 40, "dcba" },
		{ "one has to go", 39, 30, "dcb" },
		{ "two have to go", 20, 20, "dc" },
		{ "one fits", 10, 10, "d" },
		{ "none fits", 9, 0, "" },
		{ "none wanted", 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str with = STR("");
		struct rows *rows = NULL;
		struct input_row row;
		struct world w;
		struct query q;

		world_open(&w);
		for (int k = 0; k < 4; k++) {
			char name[2] = { (char)('a' + k), 0 }, bytes[11];
			struct input_entry in;

			memset(bytes, 'a' + k, 10);
			bytes[10] = '\0';
			in = entry(name, OUTCOME_REJECTED, "not-a-report", bytes);
			in.at += k;
			in.bytes = str_of(bytes);
			put_input(&w, &in, cases[i].quota);
			put_input(&w, &in, cases[i].quota); /* the same bytes are kept once */
		}
		check_int(cases[i].name, kept_bytes(&w), cases[i].kept);
		q = ASK(&w);
		OK(&w, store_inputs(w.s, &q, &rows, &w.err));
		while (rows_input(rows, &row, &w.err) > 0)
			if (row.has_bytes)
				with = arena_printf(&w.arena, "%.*s%.*s", STR_ARGS(with),
					STR_ARGS(row.locator));
		rows_close(rows);
		check_str(cases[i].name, with, str_of(cases[i].listed));
		check_int(cases[i].name, problems(&w), 0);
		world_close(&w);
	}
}

static void large_kept_bytes_come_back(void **state)
{
	enum { SIZE = 1000003 };
	static char bytes[SIZE];
	struct input_entry in = entry("big", OUTCOME_REJECTED, "not-a-report", "big");
	struct input_row row;
	struct str back;
	struct world w;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)((i * 2654435761U) >> 15);
	world_open(&w);
	in.bytes = str_make(bytes, SIZE);
	put_input(&w, &in, UINT64_MAX);
	check_int("found", store_input_get(w.s, 1, &w.arena, &row, &back, &w.err), 1);
	check("the same", str_eq(back, in.bytes));
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

/* An original that lies in a file: kept while it is what its name says. */
static void kept_bytes_of_files(void **state)
{
	static const struct {
		const char *name, *now;
		uint64_t size; /* when it was opened */
		bool kept;
	} cases[] = {
		{ "as it was", "what it was", 11, true },
		{ "written over", "what it is!", 11, false },
		{ "cut", "what", 11, false },
		{ "longer by now", "what it was, and more", 11, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct input_entry in = entry("f", OUTCOME_REJECTED, "not-a-report", "f");
		struct blob file = { .fd = memfd_create("f", MFD_CLOEXEC),
			.size_bytes = cases[i].size };
		struct input_row row;
		struct str back;
		struct world w;
		size_t n = strlen(cases[i].now);

		world_open(&w);
		check_int(cases[i].name, write(file.fd, cases[i].now, n), n);
		in.file = &file;
		in.sha256 = digest_of(STR("what it was"));
		put_input(&w, &in, UINT64_MAX);
		check_int(cases[i].name, store_input_get(w.s, 1, &w.arena, &row, &back, &w.err),
			1);
		check(cases[i].name, row.has_bytes == cases[i].kept);
		if (cases[i].kept)
			check_str(cases[i].name, back, STR("what it was"));
		check_int(cases[i].name, problems(&w), 0);
		world_close(&w);
		close(file.fd);
	}
}

/* --- Runs --- */

static void runs_are_listed_newest_first(void **state)
{
	struct run_row end = { .started_at = day_start(DAY0),
		.ended_at = day_start(DAY0) + 9,
		.source = STR("files"),
		.inputs = 9,
		.by_outcome = { 1, 2, 3, 4 },
		.reports = 5,
		.records = 6,
		.messages = 7 };
	struct rows *rows = NULL;
	struct run_row row;
	struct store_status s = { 0 };
	int64_t a = 0, b = 0;
	struct world w;
	struct query q;

	(void)state;
	world_open(&w);
	OK(&w, store_run_begin(w.s, STR("files"), day_start(DAY0), &a, &w.err));
	OK(&w, store_run_begin(w.s, STR("imap"), day_start(DAY0) + 5, &b, &w.err));
	end.id = a;
	OK(&w, store_run_end(w.s, &end, &w.err));
	q = ASK(&w);
	OK(&w, store_runs(w.s, &q, &rows, &w.err));
	check_int("newest", rows_run(rows, &row, &w.err), 1);
	check_int("id", row.id, b);
	check_int("still runs", row.ended_at, 0);
	check_int("older", rows_run(rows, &row, &w.err), 1);
	check_str("source", row.source, STR("files"));
	check_int("inputs", row.inputs, 9);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		check_int("outcomes", row.by_outcome[i], i + 1);
	check_int("reports", row.reports, 5);
	check_int("records", row.records, 6);
	check_int("messages", row.messages, 7);
	check("no error", str_absent(row.error));
	check_int("end", rows_run(rows, &row, &w.err), 0);
	rows_close(rows);
	OK(&w, store_status(w.s, &s, &w.err));
	check_int("last run", s.last_run_at, day_start(DAY0) + 5);
	check_int("last success", s.last_success_at, day_start(DAY0) + 9);
	end.id = b;
	end.ended_at += 60;
	end.end = RUN_FAILED;
	end.error = STR("login failed");
	OK(&w, store_run_end(w.s, &end, &w.err));
	OK(&w, store_status(w.s, &s, &w.err));
	check_int("a failure is no success", s.last_success_at, day_start(DAY0) + 9);
	world_close(&w);
}

/* A report that is replaced leaves its place in the ledger to the new one. */
static void inputs_follow_a_replaced_report(void **state)
{
	static const struct line small[] = { { 0, "192.0.2.1", 1 }, { 0 } };
	static const struct line grown[] = { { 0, "192.0.2.1", 1 }, { 1, "192.0.2.2", 1 },
		{ 0 } };
	struct report r = make_report("a", "1", day_start(DAY0), day_start(DAY0) + 86399);
	struct input_entry in = entry("first", OUTCOME_STORED, NULL, "a");
	struct input_row row;
	struct stored st;
	struct world w;

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	in.report = put(&w, &r, small, "<a/>").report;
	OK(&w, store_input(w.s, &in, 0, NULL, &w.err));
	st = put(&w, &r, grown, "<b/>");
	OK(&w, store_batch_commit(w.s, &w.err));
	check("replaced", st.replaced);
	check_int("found", store_input_get(w.s, 1, &w.arena, &row, NULL, &w.err), 1);
	check_int("follows", row.report, st.report);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_come_back_as_they_were),
		cmocka_unit_test(the_same_input_is_counted_not_listed_again),
		cmocka_unit_test(pages_of_inputs),
		cmocka_unit_test(what_could_be_read_at_last_is_no_problem),
		cmocka_unit_test(the_oldest_kept_bytes_go_first),
		cmocka_unit_test(large_kept_bytes_come_back),
		cmocka_unit_test(kept_bytes_of_files),
		cmocka_unit_test(runs_are_listed_newest_first),
		cmocka_unit_test(inputs_follow_a_replaced_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
