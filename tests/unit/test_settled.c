#include "store_test.h"

#define NOW day_start(DAY0)

static int64_t run_begins(struct world *w, const char *source, int64_t at)
{
	int64_t run = 0;

	OK(w, store_run_begin(w->s, str_of(source), at, &run, &w->err));
	return run;
}

static void run_ends(struct world *w, const char *source, int64_t id, enum run_end end)
{
	struct run_row run = { .id = id,
		.source = str_of(source),
		.started_at = NOW,
		.ended_at = NOW + 1,
		.end = end,
		.error = end == RUN_DONE ? STR_ABSENT : STR("no room") };

	OK(w, store_run_end(w->s, &run, &w->err));
}

static void put_input(struct world *w, const char *source, int64_t run, const char *locator,
	enum outcome outcome, const char *reason)
{
	struct input_entry in = { .run = run,
		.source = str_of(source),
		.locator = str_of(locator),
		.sha256 = digest_of(STR("bytes")),
		.size_bytes = 5,
		.arrived_at = NOW,
		.at = NOW,
		.outcome = outcome,
		.reason = reason };

	OK(w, store_batch_begin(w->s, &w->err));
	OK(w, store_input(w->s, &in, 0, NULL, &w->err));
	OK(w, store_batch_commit(w->s, &w->err));
}

/* The outcome, -1: it was not settled. */
static int found(struct world *w, const char *source, const char *locator, const char *bytes)
{
	struct digest digest = digest_of(str_of(bytes));
	struct settled *settled = NULL;
	enum outcome outcome = OUTCOME_STORED;
	bool is;

	OK(w, store_settled(w->s, str_of(source), &settled, &w->err));
	is = settled_find(settled, str_of(locator), &digest, &outcome);
	settled_free(settled);
	return is ? (int)outcome : -1;
}

static void a_run_that_did_not_end_is_known(void **state)
{
	struct world w;
	int64_t run;

	(void)state;
	world_open(&w);
	check_int("nothing yet", found(&w, "rua", "a", "bytes"), -1);
	run = run_begins(&w, "rua", NOW);
	check_int("no input yet", found(&w, "rua", "a", "bytes"), -1);
	put_input(&w, "rua", run, "a", OUTCOME_IGNORED, "not-a-report");
	check_int("killed", found(&w, "rua", "a", "bytes"), OUTCOME_IGNORED);
	check_int("other bytes", found(&w, "rua", "a", "other"), -1);
	check_int("other place", found(&w, "rua", "b", "bytes"), -1);
	check_int("other source", found(&w, "files", "a", "bytes"), -1);
	run_ends(&w, "rua", run, RUN_FAILED);
	check_int("failed", found(&w, "rua", "a", "bytes"), OUTCOME_IGNORED);
	run_ends(&w, "rua", run_begins(&w, "rua", NOW + 5), RUN_INTERRUPTED);
	check_int("interrupted behind it", found(&w, "rua", "a", "bytes"), OUTCOME_IGNORED);
	run_ends(&w, "files", run_begins(&w, "files", NOW + 6), RUN_DONE);
	check_int("another source was done", found(&w, "rua", "a", "bytes"), OUTCOME_IGNORED);
	run_ends(&w, "rua", run_begins(&w, "rua", NOW + 7), RUN_DONE);
	check_int("done", found(&w, "rua", "a", "bytes"), -1);
	world_close(&w);
}

static void of_several_documents_the_worst_counts(void **state)
{
	struct world w;
	int64_t run;

	(void)state;
	world_open(&w);
	run = run_begins(&w, "rua", NOW);
	put_input(&w, "rua", run, "a", OUTCOME_STORED, NULL);
	put_input(&w, "rua", run, "a", OUTCOME_REJECTED, "xml-malformed");
	put_input(&w, "rua", run, "a", OUTCOME_IGNORED, "not-a-report");
	check_int("rejected", found(&w, "rua", "a", "bytes"), OUTCOME_REJECTED);
	world_close(&w);
}

static void a_mail_of_a_maildir_moves(void **state)
{
	static const struct {
		const char *name, *before, *now;
		bool same;
	} cases[] = {
		{ "to cur", "M/new/1.host", "M/cur/1.host:2,S", true },
		{ "marked", "M/cur/1.host:2,", "M/cur/1.host:2,S", true },
		{ "another mail", "M/new/1.host", "M/cur/2.host:2,S", false },
		{ "another maildir", "M/new/1.host", "N/new/1.host", false },
		{ "no maildir", "M/old/1.host", "M/tmp/1.host", false },
		{ "an mbox", "mbox:0", "mbox:100", false },
		{ "relative", "new/1", "cur/1:2,S", true },
		{ "no folder", "1", "2", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w;

		world_open(&w);
		put_input(&w, "rua", run_begins(&w, "rua", NOW), cases[i].before,
			OUTCOME_STORED, NULL);
		check_int(cases[i].name, found(&w, "rua", cases[i].now, "bytes"),
			cases[i].same ? OUTCOME_STORED : -1);
		world_close(&w);
	}
}

/* Bytes that could not be read may be there now. */
static void what_could_not_be_read_is_tried_again(void **state)
{
	struct input_entry in = { .source = STR("rua"),
		.locator = STR("a"),
		.at = NOW,
		.outcome = OUTCOME_REJECTED,
		.reason = "read-failed" };
	struct settled *settled = NULL;
	struct world w;

	(void)state;
	world_open(&w);
	in.run = run_begins(&w, "rua", NOW);
	OK(&w, store_batch_begin(w.s, &w.err));
	OK(&w, store_input(w.s, &in, 0, NULL, &w.err));
	OK(&w, store_batch_commit(w.s, &w.err));
	OK(&w, store_settled(w.s, STR("rua"), &settled, &w.err));
	assert_null(settled);
	world_close(&w);
}

/* A large file is read in pieces: its name was computed, then the reading of it failed. */
static void what_was_read_in_part_is_tried_again(void **state)
{
	struct world w;
	int64_t run;

	(void)state;
	world_open(&w);
	run = run_begins(&w, "rua", NOW);
	put_input(&w, "rua", run, "a", OUTCOME_REJECTED, "read-failed");
	check_int("nothing of it", found(&w, "rua", "a", "bytes"), -1);
	put_input(&w, "rua", run, "a", OUTCOME_STORED, NULL);
	check_int("some of it", found(&w, "rua", "a", "bytes"), -1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_did_not_end_is_known),
		cmocka_unit_test(of_several_documents_the_worst_counts),
		cmocka_unit_test(a_mail_of_a_maildir_moves),
		cmocka_unit_test(what_could_not_be_read_is_tried_again),
		cmocka_unit_test(what_was_read_in_part_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
