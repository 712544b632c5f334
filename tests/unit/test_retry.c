/* Inputs whose bytes are kept: read again, set aside. */
#include "store_test.h"

static const struct digest whole = { { 7 } };

static struct input_entry bad(const char *part, const char *reason)
{
	return (struct input_entry){ .source = STR("files"),
		.locator = STR("a.eml"),
		.part = part ? str_of(part) : STR_ABSENT,
		.sha256 = whole,
		.size_bytes = 4,
		.arrived_at = 500,
		.at = 600,
		.outcome = OUTCOME_REJECTED,
		.reason = reason,
		.bytes = STR("junk") };
}

static int64_t enter(struct world *w, const struct input_entry *in)
{
	int64_t id = 0;

	OK(w, store_input(w->s, in, 1000, &id, &w->err));
	return id;
}

static struct input_row row_of(struct world *w, int64_t id)
{
	struct input_row row = { 0 };
	struct str bytes;

	if (store_input_get(w->s, id, &w->arena, &row, &bytes, &w->err) <= 0)
		row.id = 0;
	return row;
}

static void open_bad(struct world *w, struct kept_input *of)
{
	const struct input_entry one = bad("x", "xml-malformed"),
				 two = bad("y", "xml-encoding");

	world_open(w);
	OK(w, store_batch_begin(w->s, &w->err));
	check_int("first", enter(w, &one), 1);
	check_int("second", enter(w, &two), 2);
	check_int("kept", store_kept(w->s, 1, &w->arena, of, &w->err), 1);
	check_str("bytes", of->bytes, STR("junk"));
	check_int("none", store_kept(w->s, 9, &w->arena, of, &w->err), 0);
}

static void close_sound(struct world *w)
{
	OK(w, store_batch_commit(w->s, &w->err));
	check_int("problems", problems(w), 0);
	world_close(w);
}

static void test_one_of_each(void **state)
{
	struct kept_input of;
	int64_t id;
	uint64_t n;
	struct world w;

	(void)state;
	open_bad(&w, &of);
	check_int("first", store_kept_next(w.s, 0, INT64_MIN, &id, &w.err), 1);
	check_int("id", id, 1);
	check_int("no second", store_kept_next(w.s, 1, INT64_MIN, &id, &w.err), 0);
	check_int("too early", store_kept_next(w.s, 0, 601, &id, &w.err), 0);
	OK(&w, store_kept_count(w.s, INT64_MIN, &n, &w.err));
	check_int("count", n, 1);
	close_sound(&w);
}

static void test_as_it_was(void **state)
{
	struct kept_entry entries[2] = { { .in = bad("x", "xml-malformed") },
		{ .in = bad("y", "xml-encoding") } };
	struct kept_input of;
	struct world w;

	(void)state;
	open_bad(&w, &of);
	entries[0].in.detail = STR("more is known");
	OK(&w, store_kept_read(w.s, &of, entries, 2, 900, &w.err));
	check_int("changed", entries[0].changed || entries[1].changed, 0);
	check_int("id", entries[1].id, 2);
	check_int("again", row_of(&w, 1).again_at, 900);
	check_int("times", row_of(&w, 1).times, 1);
	check_int("last", row_of(&w, 1).last_at, 600);
	check_str("detail", row_of(&w, 1).detail, STR("more is known"));
	close_sound(&w);
}

/* One is ignored now, the other is gone, a third appears; the bytes stay as long as anything is
 * rejected. */
static void test_becomes(void **state)
{
	struct kept_entry entries[2] = { { .in = bad("z", "xml-too-deep") },
		{ .in = { .part = STR("y"),
			  .outcome = OUTCOME_IGNORED,
			  .reason = "tls-report",
			  .detail = STR_ABSENT,
			  .bytes = STR_ABSENT } } };
	struct kept_input of;
	struct str bytes;
	struct input_row row;
	struct world w;

	(void)state;
	open_bad(&w, &of);
	OK(&w, store_kept_read(w.s, &of, entries, 2, 900, &w.err));
	check_int("both", entries[0].changed && entries[1].changed, 1);
	check_int("of that part", entries[1].id, 2);
	check_int("any that is left", entries[0].id, 1);
	row = row_of(&w, 2);
	check_str("was", row.was, STR("xml-encoding"));
	check_int("no bytes", row.has_bytes, 0);
	check_int("first", row.first_at, 600);
	OK(&w, store_input_get(w.s, 1, &w.arena, &row, &bytes, &w.err));
	check_str("bytes", bytes, STR("junk"));
	check_str("reason", row.reason, STR("xml-too-deep"));

	OK(&w, store_kept(w.s, 1, &w.arena, &of, &w.err));
	entries[1].in.part = STR("z");
	entries[1].in.reason = "failure-report";
	OK(&w, store_kept_read(w.s, &of, entries + 1, 1, 901, &w.err));
	check_int("nothing to be read", store_kept(w.s, 1, &w.arena, &of, &w.err), 1);
	check_int("bytes are gone", str_absent(of.bytes), 1);
	close_sound(&w);
}

static void test_dismissed(void **state)
{
	struct input_entry in = bad("s", NULL);
	struct store_status status;
	struct kept_input of;
	struct world w;

	(void)state;
	open_bad(&w, &of);
	in.outcome = OUTCOME_STORED;
	in.bytes = STR_ABSENT;
	check_int("stored", enter(&w, &in), 3);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("done", store_dismiss(w.s, 1, 950, &w.err), 1);
	check_int("at", row_of(&w, 1).dismissed_at, 950);
	OK(&w, store_status(w.s, &status, &w.err));
	check_int("open", status.problems, 1);
	check_int("back", store_dismiss(w.s, 1, 0, &w.err), 1);
	OK(&w, store_status(w.s, &status, &w.err));
	check_int("open again", status.problems, 2);
	check_int("nothing", store_dismiss(w.s, 9, 950, &w.err), 0);
	check_int("no problem", store_dismiss(w.s, 3, 950, &w.err), ERR_USAGE);
	OK(&w, store_batch_begin(w.s, &w.err));
	close_sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_each),
		cmocka_unit_test(test_as_it_was),
		cmocka_unit_test(test_becomes),
		cmocka_unit_test(test_dismissed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
