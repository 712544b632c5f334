#include "store_test.h"

#include "write.h"

/* Reports of different ages; the one over several days begins before the day that stays. */
static const struct line older[] = { { 0, "192.0.2.1", 10 }, { 4, "192.0.2.7", 3 }, { 0 } };
static const struct line newer[] = { { 0, "192.0.2.1", 5 }, { 3, "192.0.2.9", 7 }, { 0 } };

static int64_t end_of(int64_t day)
{
	return day_start(day) + DAY_SECONDS - 1;
}

static void put_day(struct world *w, const char *org, int64_t day, const struct line *lines)
{
	char id[32], xml[64];
	struct report r;

	snprintf(id, sizeof(id), "%lld", (long long)day);
	snprintf(xml, sizeof(xml), "<feedback>%s %s</feedback>", org, id);
	r = make_report(org, id, day_start(day), end_of(day));
	put(w, &r, lines, xml);
}

static void put_input(struct world *w, const char *what, int64_t at)
{
	struct input_entry in = { .source = STR("files"),
		.locator = str_of(what),
		.at = at,
		.outcome = OUTCOME_REJECTED,
		.reason = "empty",
		.bytes = str_of(what),
		.sha256 = digest_of(str_of(what)) };

	OK(w, store_input(w->s, &in, 100000, NULL, &w->err));
}

#define OLD DAY0
#define FIRST (DAY0 + 10) /* the first day that stays */

static void fill(struct world *w, bool with_old)
{
	struct report spread =
		make_report("wide", "w", day_start(FIRST - 2), day_start(FIRST + 2));

	OK(w, store_batch_begin(w->s, &w->err));
	if (with_old) {
		for (int i = 0; i < 10; i++)
			put_day(w, i % 2 ? "old" : "both", OLD + i, older);
		put_input(w, "old trouble", day_start(OLD));
	}
	for (int i = 0; i < 3; i++)
		put_day(w, i % 2 ? "new" : "both", FIRST + i, newer);
	put_input(w, "new trouble", day_start(FIRST));
	put(w, &spread, newer, "<wide/>");
	OK(w, store_batch_commit(w->s, &w->err));
}

static int64_t number(struct world *w, const char *sql)
{
	int64_t n = -1;

	OK(w, db_query_number(&w->s->db, sql, &n, &w->err));
	return n;
}

static struct pruned prune(struct world *w, struct store_ages ages)
{
	struct pruned p;

	OK(w, store_prune(w->s, &ages, false, NULL, &p, &w->err));
	return p;
}

#define NONE STORE_NOTHING_OLD

/* Everything of one database that does not depend on numbers given to rows. */
static void compare(struct world *a, struct world *b, const char *sql)
{
	CLEANUP(stmt)
	sqlite3_stmt *st_a = NULL;
	CLEANUP(stmt)
	sqlite3_stmt *st_b = NULL;
	int ra, rb;

	OK(a, db_prepare(&a->s->db, str_of(sql), &st_a, &a->err));
	OK(b, db_prepare(&b->s->db, str_of(sql), &st_b, &b->err));
	do {
		ra = db_step(&a->s->db, st_a, &a->err);
		rb = db_step(&b->s->db, st_b, &b->err);
		check_int(sql, ra, rb);
		for (int i = 0; ra > 0 && i < sqlite3_column_count(st_a); i++)
			check(sql, str_eq(column_text(st_a, i), column_text(st_b, i)));
	} while (ra > 0);
}

static const char *const contents[] = {
	"SELECT text FROM name ORDER BY 1",
	"SELECT hex(ip) FROM source ORDER BY 1",
	"SELECT key, text FROM reporter ORDER BY 1",
	"SELECT name FROM domain ORDER BY 1",
	"SELECT hex(digest) FROM evidence ORDER BY 1",
	"SELECT report_id, messages, records FROM report ORDER BY 1, 2",
	"SELECT p.report_id, r.n, hex(s.ip), hex(e.digest), r.messages FROM record r JOIN "
	"report p"
	" ON p.id = r.report JOIN source s ON s.id = r.source JOIN evidence e ON e.id ="
	" r.evidence ORDER BY 1, 2, 3",
	"SELECT s.day, p.key, s.facts, s.messages, s.records, s.spread FROM sum_reporter s JOIN"
	" reporter p ON p.id = s.reporter ORDER BY 1, 2, 3",
	"SELECT s.day, hex(i.ip), s.facts, s.messages, s.records FROM sum_source s JOIN source "
	"i"
	" ON i.id = s.source ORDER BY 1, 2, 3",
	"SELECT s.day, hex(e.digest), s.messages, s.records FROM sum_evidence s JOIN evidence "
	"e ON"
	" e.id = s.evidence ORDER BY 1, 2",
	"SELECT s.day, p.key, s.reports FROM sum_coverage s JOIN reporter p ON p.id = "
	"s.reporter"
	" ORDER BY 1, 2",
	"SELECT locator FROM input ORDER BY 1",
	"SELECT size_bytes FROM kept",
	"SELECT sum(length(bytes)) FROM document_piece",
	"SELECT reports, records, messages, raw_bytes, kept_bytes FROM meta",
};

static void what_stays_is_as_if_the_rest_had_never_been(void **state)
{
	const struct store_ages ages = { FIRST, FIRST, FIRST - 100 };
	struct world w, fresh;
	struct pruned p;

	(void)state;
	world_open(&w);
	fill(&w, true);
	p = prune(&w, ages);
	check_int("reports", p.reports, 10);
	check_int("records", p.records, 20);
	check_int("messages", p.messages, 130);
	check_int("inputs", p.inputs, 1);
	check("unused rows", p.unused >= 3); /* an address, a reporter, evidence */
	check_int("sound", problems(&w), 0);

	/* The same ages, nothing to prune: for the report that reaches back. */
	world_open(&fresh);
	prune(&fresh, ages);
	fill(&fresh, false);
	check_int("sound too", problems(&fresh), 0);
	for (size_t i = 0; i < COUNT(contents); i++)
		compare(&w, &fresh, contents[i]);
	world_close(&fresh);
	world_close(&w);
}

static void counting_changes_nothing(void **state)
{
	const struct store_ages ages = { FIRST, FIRST, FIRST + 1 };
	struct pruned dry, p;
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w, true);
	OK(&w, store_prune(w.s, &ages, true, NULL, &dry, &w.err));
	check_int("nothing went", number(&w, "SELECT count(*) FROM report"), 14);
	check_int("no age is noted", number(&w, "SELECT coalesce(records_from, -1) FROM meta"),
		-1);
	p = prune(&w, ages);
	check_int("reports", dry.reports, p.reports);
	check_int("records", dry.records, p.records);
	check_int("messages", dry.messages, p.messages);
	check_int("originals", dry.originals, p.originals);
	check_int("inputs", dry.inputs, p.inputs);
	check_int("sums", dry.sums, p.sums);
	world_close(&w);
}

static void sums_may_stay_longer(void **state)
{
	const struct store_ages ages = { FIRST, NONE, NONE };
	struct world w;
	int64_t before;

	(void)state;
	world_open(&w);
	fill(&w, true);
	before = number(&w, "SELECT sum(messages) FROM sum_reporter");
	prune(&w, ages);
	check_int("no sum went", number(&w, "SELECT sum(messages) FROM sum_reporter"), before);
	check_int("their evidence stays",
		number(&w, "SELECT count(*) FROM sum_evidence s LEFT JOIN evidence e ON e.id ="
			   " s.evidence WHERE e.id IS NULL"),
		0);
	check_int("the reports went", number(&w, "SELECT count(*) FROM report"), 4);
	check_int("sound", problems(&w), 0);
	prune(&w, (struct store_ages){ FIRST, OLD + 5, NONE });
	check_int("older sums went", number(&w, "SELECT min(day) FROM sum_source"), OLD + 5);
	check_int("still sound", problems(&w), 0);
	world_close(&w);
}

static void what_was_deleted_does_not_come_back(void **state)
{
	struct report r = make_report("old", "again", day_start(OLD), end_of(OLD));
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w, true);
	prune(&w, (struct store_ages){ FIRST, NONE, NONE });
	OK(&w, store_batch_begin(w.s, &w.err));
	check_int("refused", store_begin(w.s, &r, 0, &w.err), ERR_INPUT);
	check("reason", strcmp(w.err.reason, "too-old") == 0);
	store_abort(w.s);
	/* The period may stand behind the records. */
	r.begin_at = r.end_at = 0;
	OK(&w, store_begin(w.s, &r, 0, &w.err));
	r.begin_at = day_start(OLD);
	r.end_at = end_of(OLD);
	check_int("refused at the end",
		store_end(w.s, &r, &(struct digest){ { 1 } }, &(struct stored){ 0 }, &w.err),
		ERR_INPUT);
	store_abort(w.s);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("sound", problems(&w), 0);
	world_close(&w);
}

static void what_is_not_kept_is_not_taken(void **state)
{
	struct report r = make_report("old", "1", day_start(OLD), end_of(OLD));
	struct world w;

	(void)state;
	world_open(&w);
	store_keep(w.s, FIRST);
	OK(&w, store_batch_begin(w.s, &w.err));
	check_int("refused", store_begin(w.s, &r, 0, &w.err), ERR_INPUT);
	store_abort(w.s);
	put_day(&w, "new", FIRST, newer);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("the other is in", number(&w, "SELECT count(*) FROM report"), 1);
	world_close(&w);
}

/* Numbers of names that were swept away must not be used by a writer that remembers them. */
static void a_writer_forgets_what_another_swept(void **state)
{
	struct store *other = NULL;
	struct pruned p;
	const struct store_ages ages = { FIRST, FIRST, NONE };
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w, true);
	OK(&w, store_open(w.path, STORE_SHARED, 1000, &other, &w.err));
	OK(&w, store_prune(other, &ages, false, NULL, &p, &w.err));
	store_close(other);
	check("something was swept", p.unused > 0);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_day(&w, "old", FIRST + 5, older);
	OK(&w, store_batch_commit(w.s, &w.err));
	check_int("sound", problems(&w), 0);
	check_int("its address is there again",
		number(&w, "SELECT count(*) FROM source WHERE ip = x'c0000207'"), 1);
	world_close(&w);
}

static void originals_go_alone(void **state)
{
	const struct store_ages ages = { NONE, NONE, FIRST };
	struct report_row row;
	struct raw *raw = NULL;
	struct pruned p;
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w, true);
	p = prune(&w, ages);
	check_int("ten of reports, one of an input", p.originals, 11);
	check_int("all reports stay", number(&w, "SELECT count(*) FROM report"), 14);
	check_int("sound", problems(&w), 0);
	OK(&w, store_report(w.s, 1, &w.arena, &row, &w.err));
	check("it says so", !row.has_raw && row.raw_deleted);
	check_int("nothing to read", store_raw_open(w.s, 1, &raw, &w.err), 0);
	world_close(&w);
}

struct patience {
	atomic_int stop;
	int left; /* so many steps */
};

/* Between any two transactions the database is sound, and the next prune goes on. */
static void stop_after(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	struct patience *p = arg;

	(void)doing;
	(void)done;
	(void)total;
	if (--p->left <= 0)
		p->stop = 1;
}

static void an_interrupted_one_goes_on(void **state)
{
	const struct store_ages ages = { FIRST, FIRST, FIRST };
	struct patience patience = { 0 };
	const struct care care = { &patience.stop, stop_after, &patience };
	struct world w;
	int rounds = 0, r;

	(void)state;
	world_open(&w);
	fill(&w, true);
	do {
		struct pruned p;

		patience.stop = 0;
		patience.left = ++rounds;
		r = store_prune(w.s, &ages, false, &care, &p, &w.err);
		check("done or interrupted",
			r == 0 || (r == ERR_TEMP && strcmp(w.err.reason, "interrupted") == 0));
		check_int("sound", problems(&w), 0);
		check_int("due", store_prune_due(w.s, &ages, &w.err), r < 0);
	} while (r < 0 && rounds < 30);
	check("it was interrupted", rounds > 3);
	check_int("and came to its end", r, 0);
	check_int("four reports stay", number(&w, "SELECT count(*) FROM report"), 4);
	world_close(&w);
}

/* A report number is a link that somebody may have. */
static void numbers_of_reports_are_not_given_again(void **state)
{
	struct world w;
	int64_t last;

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_day(&w, "old", OLD, older);
	OK(&w, store_batch_commit(w.s, &w.err));
	last = number(&w, "SELECT max(id) FROM report");
	prune(&w, (struct store_ages){ FIRST, FIRST, NONE });
	check_int("it is gone", number(&w, "SELECT count(*) FROM report"), 0);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_day(&w, "new", FIRST, newer);
	OK(&w, store_batch_commit(w.s, &w.err));
	check("another number", number(&w, "SELECT max(id) FROM report") > last);
	check_int("sound", problems(&w), 0);
	world_close(&w);
}

/* A backup is one moment, needs no other file, and does not fall on what is there. */
static void a_backup_is_a_database(void **state)
{
	char path[128], wal[140];
	struct backup_options opt = { 0 };
	struct store *copy = NULL;
	struct store_status status;
	uint64_t bytes = 0;
	struct world w;

	(void)state;
	world_open(&w);
	fill(&w, true);
	snprintf(path, sizeof(path), "%s/copy", w.folder);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	check_int("made", store_backup(w.path, path, &opt, &bytes, &w.err), 1);
	check("its size", bytes > 4096);
	check_int("alone", access(wal, F_OK), -1);
	check_int("not over another", store_backup(w.path, path, &opt, &bytes, &w.err), ERR_IO);
	check("why", strcmp(w.err.reason, "cannot-create") == 0);
	opt.replace = true;
	check_int("if asked", store_backup(w.path, path, &opt, &bytes, &w.err), 1);
	check_int("never over itself", store_backup(w.path, w.path, &opt, &bytes, &w.err),
		ERR_IO);
	opt.only_older = true;
	check_int("not older", store_backup(w.path, path, &opt, &bytes, &w.err), 0);
	OK(&w, store_open(path, STORE_READ, 0, &copy, &w.err));
	OK(&w, store_status(copy, &status, &w.err));
	check_int("all of it", status.reports, 14);
	store_close(copy);
	unlink(path);
	world_close(&w);
}

static void vacuum_gives_back(void **state)
{
	struct vacuumed v;
	struct world w;

	(void)state;
	world_open(&w);
	OK(&w, db_exec(&w.s->db,
		       "CREATE TABLE filler (b BLOB); WITH RECURSIVE n (i) AS (SELECT 1 UNION "
		       "ALL"
		       " SELECT i + 1 FROM n WHERE i < 300) INSERT INTO filler SELECT"
		       " zeroblob(8000) FROM n; DROP TABLE filler",
		       &w.err));
	OK(&w, sqlite3_wal_checkpoint_v2(
		       w.s->db.h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	fill(&w, true);
	OK(&w, store_vacuum(w.s, &(struct care){ 0 }, &v, &w.err));
	check("smaller", v.after_bytes + 1000000 < v.before_bytes);
	check_int("sound", problems(&w), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_as_if_the_rest_had_never_been),
		cmocka_unit_test(counting_changes_nothing),
		cmocka_unit_test(sums_may_stay_longer),
		cmocka_unit_test(what_was_deleted_does_not_come_back),
		cmocka_unit_test(what_is_not_kept_is_not_taken),
		cmocka_unit_test(a_writer_forgets_what_another_swept),
		cmocka_unit_test(originals_go_alone),
		cmocka_unit_test(an_interrupted_one_goes_on),
		cmocka_unit_test(numbers_of_reports_are_not_given_again),
		cmocka_unit_test(a_backup_is_a_database),
		cmocka_unit_test(vacuum_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
