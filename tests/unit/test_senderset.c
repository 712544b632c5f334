/* What senders are is told once, as long as the data are the same. */
#include "store_test.h"

#include "marks.h"
#include "senderset.h"
#include "write.h"

static void put_day(struct world *w, const char *id, int64_t day, const char *ip)
{
	struct report r = make_report("google.com", id, day_start(day), day_start(day + 1) - 1);
	const struct line lines[] = { { 0, "192.0.2.1", 100 }, { 1, "198.51.100.1", 40 },
		{ 4, ip, 3 }, { 0, NULL, 0 } };

	OK(w, store_batch_begin(w->s, &w->err));
	put(w, &r, lines, id);
	OK(w, store_batch_commit(w->s, &w->err));
}

/* Statements that go through all mail of the senders. */
static int count_made(unsigned what, void *counter, void *statement, void *text)
{
	const char *sql = sqlite3_sql(statement);

	(void)what;
	(void)text;
	*(int *)counter += sql && strstr(sql, "sender_traits(") != NULL;
	return 0;
}

static uint64_t senders_of(struct world *w, const struct query *q)
{
	struct rows *rows = NULL;
	uint64_t total;

	OK(w, store_senders(w->s, q, &rows, &w->err));
	total = rows_total(rows);
	rows_close(rows);
	return total;
}

static void test_made_once(void **state)
{
	struct mark_row mark = { .domain = STR("example.com"),
		.key = STR("203.0.113.66"),
		.word = WORD_OURS,
		.at = 9 };
	struct totals totals;
	struct world w;
	struct query q;
	int made = 0;

	(void)state;
	world_open(&w);
	put_day(&w, "1", DAY0, "203.0.113.66");
	sqlite3_trace_v2(w.s->db.h, SQLITE_TRACE_STMT, count_made, &made);
	q = ASK(&w, "domain", "example.com");
	check_int("all", (long long)senders_of(&w, &q), 3);
	check_int("made", made, 1);
	q = ASK(&w, "domain", "example.com", "sort", "-messages", "limit", "1", "group",
		"true");
	senders_of(&w, &q);
	q = ASK(&w, "domain", "example.com", "mark", "ours");
	check_int("none is marked", (long long)senders_of(&w, &q), 0);
	OK(&w, store_totals(w.s, &q, &totals, &w.err));
	check_int("of no sender", (long long)totals.messages, 0);
	q = ASK(&w, "domain", "example.com");
	q.sender_key = STR("203.0.113.66");
	check_int("one by its key", (long long)senders_of(&w, &q), 1);
	check_int("not made again", made, 1);
	q = ASK(&w, "domain", "example.com", "result", "fail");
	check_int("those that fail", (long long)senders_of(&w, &q), 1);
	check_int("another question", made, 2);
	check_int("marked", store_mark_put(w.s, &mark, false, &w.err), 1);
	q = ASK(&w, "domain", "example.com", "mark", "ours");
	check_int("is told", (long long)senders_of(&w, &q), 1);
	OK(&w, store_totals(w.s, &q, &totals, &w.err));
	check_int("and its mail", (long long)totals.messages, 3);
	put_day(&w, "2", DAY0 + 1, "203.0.113.67");
	q = ASK(&w, "domain", "example.com");
	check_int("new data", (long long)senders_of(&w, &q), 4);
	sqlite3_trace_v2(w.s->db.h, 0, NULL, NULL);
	world_close(&w);
}

/* A list goes on while many other questions are asked. */
static void test_read_while_others_are_made(void **state)
{
	struct rows *rows = NULL;
	struct sender_row row = { 0 };
	struct world w;
	struct query q;
	int count = 0;

	(void)state;
	world_open(&w);
	put_day(&w, "1", DAY0, "203.0.113.66");
	q = ASK(&w, "domain", "example.com");
	OK(&w, store_senders(w.s, &q, &rows, &w.err));
	for (int i = 0; i < 2 * SETS_KEPT; i++) {
		struct query other = ASK(&w, "domain", "example.com");

		other.from_day -= i + 1;
		check_int("others", (long long)senders_of(&w, &other), 3);
	}
	while (rows_sender(rows, &row, &w.err) > 0)
		count++;
	check_int("rows", count, 3);
	rows_close(rows);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_once),
		cmocka_unit_test(test_read_while_others_are_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
