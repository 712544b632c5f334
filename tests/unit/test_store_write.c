#include "store_test.h"

#include "reader.h"

#include <signal.h>
#include <sys/wait.h>

#define DAY(n) day_start(DAY0 + (n))
#define FULL_DAY(n) DAY(n), DAY((n) + 1) - 1

static const struct line one[] = { { 0, "192.0.2.1", 10 }, { 0 } };
static const struct line two[] = { { 4, "2001:db8::1", 3 }, { 0, "192.0.2.1", 10 }, { 0 } };
static const struct line two_again[] = { { 0, "192.0.2.1", 10 }, { 4, "2001:db8::1", 3 },
	{ 0 } };
static const struct line three[] = { { 0, "192.0.2.1", 10 }, { 4, "2001:db8::1", 3 },
	{ 3, "192.0.2.9", 7 }, { 0 } };
static const struct line other[] = { { 0, "192.0.2.1", 10 }, { 1, "192.0.2.7", 5 }, { 0 } };
static const struct line twins[] = { { 0, "192.0.2.1", 10 }, { 0, "192.0.2.1", 10 }, { 0 } };
static const struct line nothing[] = { { 0 } };

static void begin(struct world *w)
{
	OK(w, store_batch_begin(w->s, &w->err));
}

static void commit(struct world *w)
{
	OK(w, store_batch_commit(w->s, &w->err));
}

static uint64_t messages(struct world *w)
{
	struct query q = ASK(w);

	return totals_of(w, &q).messages;
}

static struct report_row report_row(struct world *w, int64_t id)
{
	struct report_row row = { 0 };

	check_int("report is there", store_report(w->s, id, &w->arena, &row, &w->err), 1);
	return row;
}

static struct store_status status(struct world *w)
{
	struct store_status s = { 0 };

	OK(w, store_status(w->s, &s, &w->err));
	return s;
}

/* --- What goes in comes out --- */

static void a_report_comes_back_as_it_was(void **state)
{
	struct world w;
	struct note notes[] = { { STR("value-case"), STR("policy_published/p"), STR("NONE"),
					2 },
		{ STR("xml-bom"), STR("document"), STR_ABSENT, 1 } };
	struct str errors[] = { STR("one problem") };
	struct report r = make_report("Google.com", "id 1", FULL_DAY(0)), *back;
	struct report_row row;
	struct stored st;

	(void)state;
	world_open(&w);
	r.notes = notes;
	r.note_count = 2;
	r.errors = errors;
	r.error_count = 1;
	r.policy.pct = 50;
	r.policy.fo = STR("");
	r.format = FORMAT_RFC9990;
	begin(&w);
	st = put(&w, &r, three, "<xml/>");
	commit(&w);
	check_int("outcome", st.outcome, OUTCOME_STORED);
	check_int("messages", st.totals.messages, 20);
	check_int("pass", st.totals.pass, 10);
	row = report_row(&w, st.report);
	back = &row.report;
	check_str("org", back->org_name, STR("Google.com"));
	check_str("id", back->report_id, STR("id 1"));
	check_str("domain", back->policy.domain, STR("example.com"));
	check_int("pct", back->policy.pct, 50);
	check_str("fo is empty", back->policy.fo, STR(""));
	check("sp is absent", str_absent(back->policy.sp));
	check_int("format", back->format, FORMAT_RFC9990);
	check_int("begin", back->begin_at, r.begin_at);
	check_int("end", back->end_at, r.end_at);
	check_int("notes", back->note_count, 2);
	check_str("note", back->notes[0].detail, STR("NONE"));
	check("no detail", str_absent(back->notes[1].detail));
	check_int("times", back->notes[0].times, 2);
	check_str("error", back->errors[0], STR("one problem"));
	check_int("arrived", row.arrived_at, 1000);
	check_int("flags", row.flags, REPORT_NOTES);
	check_int("records", row.totals.records, 3);
	check_int("explained", row.totals.explained, 7);
	check("has its original", row.has_raw);
	check_int("raw bytes", row.raw_bytes, 6);
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

static void compare_auth(
	const char *name, const struct auth *got, const struct auth *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_str(name, got[i].domain, want[i].domain);
		check_str(name, got[i].selector, want[i].selector);
		check_str(name, got[i].scope, want[i].scope);
		check_str(name, got[i].result, want[i].result);
		check_str(name, got[i].human_result, want[i].human_result);
	}
}

static void compare_record(
	const char *name, const struct record_row *got, const struct made *want)
{
	const struct record *a = &got->record, *b = &want->record;
	const struct verdict *v = &got->verdict, *u = &want->verdict;

	check(name, ip_cmp(&a->source_ip, &b->source_ip) == 0);
	check_int(name, a->messages, b->messages);
	check_int(name, a->line, b->line);
	check_str(name, a->header_from, b->header_from);
	check_str(name, a->envelope_from, b->envelope_from);
	check_str(name, a->disposition, b->disposition);
	check_str(name, a->dkim, b->dkim);
	check_str(name, a->spf, b->spf);
	check_int(name, a->reason_count, b->reason_count);
	if (b->reason_count > 0)
		check_str(name, a->reasons[0].type, b->reasons[0].type);
	check_int(name, a->dkim_count, b->dkim_count);
	check_int(name, a->spf_count, b->spf_count);
	compare_auth(name, a->dkim_auth, b->dkim_auth, b->dkim_count);
	compare_auth(name, a->spf_auth, b->spf_auth, b->spf_count);
	check(name, memcmp(&v->computed, &u->computed, sizeof(v->computed)) == 0);
	check(name, memcmp(&v->reported, &u->reported, sizeof(v->reported)) == 0);
	check_int(name, v->result, u->result);
	check_int(name, v->basis_reported, u->basis_reported);
	check_int(name, v->disagrees, u->disagrees);
	check_int(name, v->explained, u->explained);
	check_int(name, v->cause, u->cause);
	check_int(name, v->causes, u->causes);
	check_str(name, v->author, u->author);
	check_str(name, v->org_domain, u->org_domain);
	check_str(name, v->sender, u->sender);
	check_int(name, v->named_by, u->named_by);
	for (size_t i = 0; i < b->dkim_count; i++)
		check_int(name, v->dkim_matches[i], u->dkim_matches[i]);
	for (size_t i = 0; i < b->spf_count; i++)
		check_int(name, v->spf_matches[i], u->spf_matches[i]);
}

static void records_come_back_as_they_were(void **state)
{
	struct world w;
	struct line lines[SHAPES + 1] = { 0 };
	struct report r = make_report("a", "1", FULL_DAY(0));
	struct record_row row;
	struct rows *rows = NULL;
	struct stored st;

	(void)state;
	world_open(&w);
	for (int i = 0; i < SHAPES; i++)
		lines[i] = (struct line){ i, i % 2 ? "2001:db8::7" : "192.0.2.4", (uint64_t)i };
	begin(&w);
	st = put(&w, &r, lines, "x");
	commit(&w);
	OK(&w, store_report_records(w.s, st.report, &rows, &w.err));
	for (int i = 0; i < SHAPES; i++) {
		struct made m;

		make_record(&m, &shapes[i], str_of(lines[i].ip), lines[i].messages,
			(uint64_t)i + 1);
		check_int(shapes[i].name, rows_record(rows, &row, &w.err), 1);
		compare_record(shapes[i].name, &row, &m);
		check_int(shapes[i].name, row.n, i + 1);
		check_int(shapes[i].name,
			store_record(w.s, st.report, row.n, &w.arena, &row, &w.err), 1);
		compare_record(shapes[i].name, &row, &m);
		check_str(shapes[i].name, row.ref.reporter, STR("a"));
	}
	check_int("end", rows_record(rows, &row, &w.err), 0);
	rows_close(rows);
	check_int(
		"no such record", store_record(w.s, st.report, 99, &w.arena, &row, &w.err), 0);
	world_close(&w);
}

static void originals_of_any_size_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 262143, 262144, 262145, 900000 };
	static char bytes[900000], back[900001];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)((i * 2654435761U) >> 13);
	for (size_t k = 0; k < COUNT(sizes); k++) {
		struct report r = make_report("a", "1", FULL_DAY(0));
		struct digest d = digest_of(str_make(bytes, sizes[k]));
		struct stored st = { 0 };
		struct raw *raw = NULL;
		struct world w;

		world_open(&w);
		begin(&w);
		/* Bytes may come before the report is known. */
		for (size_t at = 0; at < sizes[k]; at += 70000)
			OK(&w, store_raw(w.s, bytes + at,
				       sizes[k] - at < 70000 ? sizes[k] - at : 70000, &w.err));
		OK(&w, store_begin(w.s, &r, 0, &w.err));
		OK(&w, store_end(w.s, &r, &d, &st, &w.err));
		commit(&w);
		if (sizes[k] == 0) {
			check_int("none", store_raw_open(w.s, st.report, &raw, &w.err), 0);
		} else {
			check_int("open", store_raw_open(w.s, st.report, &raw, &w.err), 1);
			check_int("size",
				reader_fill(raw_reader(raw), back, sizeof(back), &w.err),
				sizes[k]);
			check("bytes", memcmp(back, bytes, sizes[k]) == 0);
			store_raw_close(raw);
		}
		check_int("verify", problems(&w), 0);
		world_close(&w);
	}
}

/* --- Identity --- */

struct copies {
	const char *name;
	const struct line *first, *second;
	bool same_bytes;
	/* after the second: */
	enum outcome outcome;
	bool replaced, conflict;
	uint64_t messages, reports, again;
	unsigned flags;
};

static const struct copies copies[] = {
	{ "same bytes", two, two, true, OUTCOME_DUPLICATE, false, false, 13, 1, 1, 0 },
	{ "same records, other bytes", two, two, false, OUTCOME_DUPLICATE, false, false, 13, 1,
		1, 0 },
	{ "same records in another order", two, two_again, false, OUTCOME_DUPLICATE, false,
		false, 13, 1, 1, 0 },
	{ "it grew", two, three, false, OUTCOME_STORED, true, false, 20, 1, 1,
		REPORT_REPLACED },
	{ "an older, smaller copy comes late", three, two, false, OUTCOME_DUPLICATE, false,
		false, 20, 1, 1, REPORT_REPLACED },
	{ "it grew from nothing", nothing, two, false, OUTCOME_STORED, true, false, 13, 1, 1,
		REPORT_REPLACED },
	{ "nothing comes late", two, nothing, false, OUTCOME_DUPLICATE, false, false, 13, 1, 1,
		REPORT_REPLACED },
	{ "nothing twice", nothing, nothing, false, OUTCOME_DUPLICATE, false, false, 0, 1, 1,
		0 },
	{ "another part of it", two, other, false, OUTCOME_STORED, false, true, 28, 2, 0,
		REPORT_CONFLICT },
	{ "larger, but not with all of it", other, three, false, OUTCOME_STORED, false, true,
		35, 2, 0, REPORT_CONFLICT },
	{ "the same record twice is more than once", one, twins, false, OUTCOME_STORED, true,
		false, 20, 1, 1, REPORT_REPLACED },
	{ "twice does not hold another", twins, two, false, OUTCOME_STORED, false, true, 33, 2,
		0, REPORT_CONFLICT },
};

/* The other flags are of what is in the report, not of its likes. */
#define FLAGS_OF_KEY (REPORT_CONFLICT | REPORT_REPLACED)

static void run_copies(
	const struct copies *c, int64_t begin_at, int64_t end_at, bool in_one_batch)
{
	struct report r = make_report("Google.com", "1", begin_at, end_at);
	struct report again = make_report(" GOOGLE.com ", "1", begin_at, end_at);
	struct stored st, st2;
	struct report_row row;
	struct world w;

	world_open(&w);
	begin(&w);
	st = put(&w, &r, c->first, "<a/>");
	if (!in_one_batch) {
		commit(&w);
		begin(&w);
	}
	st2 = put(&w, &again, c->second, c->same_bytes ? "<a/>" : "<b/>");
	commit(&w);
	check_int(c->name, st.outcome, OUTCOME_STORED);
	check_int(c->name, st2.outcome, c->outcome);
	check_int(c->name, st2.replaced, c->replaced);
	check_int(c->name, st2.conflict, c->conflict);
	if (c->outcome == OUTCOME_DUPLICATE)
		check_int(c->name, st2.report, st.report);
	check_int(c->name, messages(&w), c->messages);
	check_int(c->name, status(&w).reports, c->reports);
	row = report_row(&w, st2.report);
	check_int(c->name, row.again, c->again);
	check_int(c->name, row.flags & FLAGS_OF_KEY, c->flags);
	if (c->conflict)
		check_int(c->name, report_row(&w, st.report).flags & FLAGS_OF_KEY, c->flags);
	check_int(c->name, problems(&w), 0);
	world_close(&w);
}

static void copies_of_a_report_count_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(copies); i++) {
		run_copies(&copies[i], FULL_DAY(0), false);
		run_copies(&copies[i], FULL_DAY(0), true);
		run_copies(&copies[i], DAY(0) + 3600, DAY(5), false);
	}
}

static void the_order_of_arrival_changes_nothing(void **state)
{
	static const struct line *const parts[] = { one, two, three, other };
	static const int orders[][4] = { { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 },
		{ 1, 3, 0, 2 }, { 3, 0, 1, 2 } };

	(void)state;
	for (size_t o = 0; o < COUNT(orders); o++) {
		struct report r = make_report("a", "1", FULL_DAY(0));
		uint64_t again = 0, conflicts = 0;
		struct rows *rows = NULL;
		struct report_row row;
		struct world w;
		struct query q;

		world_open(&w);
		for (int i = 0; i < 4; i++) {
			char xml[8] = { 'x', (char)('0' + orders[o][i]), 0 };

			begin(&w);
			put(&w, &r, parts[orders[o][i]], xml);
			commit(&w);
		}
		q = ASK(&w);
		OK(&w, store_reports(w.s, &q, &rows, &w.err));
		while (rows_report(rows, &row, &w.err) > 0) {
			again += row.again;
			conflicts += (row.flags & REPORT_CONFLICT) != 0;
		}
		rows_close(rows);
		check_int("messages", messages(&w), 35);
		check_int("reports", status(&w).reports, 2);
		check_int("conflicts", conflicts, 2);
		check_int("again", again, 2);
		check_int("verify", problems(&w), 0);
		world_close(&w);
	}
}

static void other_keys_are_other_reports(void **state)
{
	struct report base = make_report("a", "1", FULL_DAY(0));
	struct report differs[5];
	struct world w;

	(void)state;
	for (int i = 0; i < 5; i++)
		differs[i] = base;
	differs[0].org_name = STR("b");
	differs[1].report_id = STR("2");
	differs[2].policy.domain = STR("example.net");
	differs[3].begin_at++;
	differs[4].end_at--;
	world_open(&w);
	begin(&w);
	put(&w, &base, one, "<0/>");
	for (int i = 0; i < 5; i++) {
		char xml[8] = { 'x', (char)('0' + i), 0 };

		check_int("stored", put(&w, &differs[i], one, xml).outcome, OUTCOME_STORED);
	}
	commit(&w);
	check_int("messages", messages(&w), 60);
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

static void what_stands_behind_the_records_counts(void **state)
{
	struct report first = make_report(NULL, NULL, DAY(0), DAY(4));
	struct report last = make_report("Late.example", "7", FULL_DAY(1));
	struct digest d = digest_of(STR("late"));
	struct stored st = { 0 };
	struct world w;
	struct query q;

	(void)state;
	world_open(&w);
	begin(&w);
	OK(&w, store_begin(w.s, &first, 0, &w.err));
	add_lines(&w, three);
	OK(&w, store_end(w.s, &last, &d, &st, &w.err));
	check_int("again", put(&w, &last, three, "<other/>").outcome, OUTCOME_DUPLICATE);
	commit(&w);
	q = ASK(&w, "reporter", "late.example", "from", "2026-11-14", "to", "2026-11-15");
	check_int("messages", totals_of(&w, &q).messages, 20);
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

/* --- Roll-back --- */

static void a_document_is_undone_alone(void **state)
{
	struct report r = make_report("a", "1", FULL_DAY(0)),
		      r2 = make_report("new.example", "2", FULL_DAY(0));
	struct world w;

	(void)state;
	world_open(&w);
	store_abort(w.s); /* none is open */
	begin(&w);
	put(&w, &r, one, "<a/>");
	OK(&w, store_raw(w.s, "<b", 2, &w.err));
	OK(&w, store_begin(w.s, &r2, 0, &w.err));
	add_lines(&w, three);
	store_abort(w.s);
	/* The same names again: numbers given in the undone document are void. */
	put(&w, &r2, three, "<b/>");
	commit(&w);
	check_int("messages", messages(&w), 30);
	check_int("verify", problems(&w), 0);
	world_close(&w);
}

static void a_batch_is_undone_as_a_whole(void **state)
{
	struct report r = make_report("a", "1", FULL_DAY(0));
	struct world w;
	int64_t before = 0, after = 0;

	(void)state;
	world_open(&w);
	OK(&w, store_generation(w.s, &before, &w.err));
	begin(&w);
	put(&w, &r, three, "<a/>");
	store_batch_rollback(w.s);
	check_int("nothing", messages(&w), 0);
	begin(&w);
	check_int("stored", put(&w, &r, three, "<a/>").outcome, OUTCOME_STORED);
	commit(&w);
	check_int("messages", messages(&w), 20);
	OK(&w, store_generation(w.s, &after, &w.err));
	check("the generation grew", after > before);
	check_int("verify", problems(&w), 0);
	world_reopen(&w, STORE_WRITE); /* closing with an open batch rolls back, too */
	begin(&w);
	put(&w, &(struct report){ .policy = { .domain = STR("x") } }, one, "<c/>");
	world_reopen(&w, STORE_WRITE);
	check_int("messages", messages(&w), 20);
	world_close(&w);
}

static void absurd_numbers_are_refused(void **state)
{
	struct report r = make_report("a", "1", FULL_DAY(0));
	struct made m;
	struct world w;

	(void)state;
	world_open(&w);
	begin(&w);
	OK(&w, store_begin(w.s, &r, 0, &w.err));
	make_record(&m, &shapes[0], STR("192.0.2.1"), UINT64_MAX, 1);
	check_int("refused", store_add(w.s, &m.record, &m.verdict, &w.err), ERR_INPUT);
	check_str("reason", str_of(w.err.reason), STR("value-invalid"));
	store_abort(w.s);
	put(&w, &r, one, "<a/>");
	commit(&w);
	check_int("messages", messages(&w), 10);
	world_close(&w);
}

/* Seen: the digest of a document finds its report. */
static void stored_documents_are_seen(void **state)
{
	struct report r = make_report("a", "1", FULL_DAY(0));
	struct digest a = digest_of(STR("<a/>")), b = digest_of(STR("<b/>"));
	struct stored st;
	int64_t id = 0;
	struct world w;

	(void)state;
	world_open(&w);
	begin(&w);
	st = put(&w, &r, one, "<a/>");
	check_int("seen", store_seen(w.s, &a, &id, &w.err), 1);
	check_int("id", id, st.report);
	check_int("not seen", store_seen(w.s, &b, &id, &w.err), 0);
	commit(&w);
	world_close(&w);
}

static struct stored put_many(
	struct world *w, const struct report *r, const char *xml, int records)
{
	struct digest d = digest_of(str_of(xml));
	struct stored st = { 0 };

	OK(w, store_begin(w->s, r, 0, &w->err));
	for (int i = 0; i < records; i++) {
		struct made m;

		make_record(&m, &shapes[i % SHAPES], STR("192.0.2.1"), (uint64_t)(i % 7),
			(uint64_t)i);
		m.record.source_ip.b[2] = (uint8_t)(i >> 8);
		m.record.source_ip.b[3] = (uint8_t)i;
		OK(w, store_add(w->s, &m.record, &m.verdict, &w->err));
	}
	OK(w, store_end(w->s, r, &d, &st, &w->err));
	return st;
}

/* More distinct evidence, addresses and sums than the caches of a document hold: stored, known,
 * and taken out again by one that has grown, in the same batch and in another. */
static void many_records_pass_through_bounded_memory(void **state)
{
	enum { RECORDS = 30000 };
	struct report r = make_report("big.example", "1", DAY(0), DAY(3));

	(void)state;
	for (int batches = 1; batches <= 2; batches++) {
		struct world w;
		struct stored first, again, grown;

		world_open(&w);
		begin(&w);
		first = put_many(&w, &r, "first", RECORDS);
		again = put_many(&w, &r, "again", RECORDS);
		if (batches == 2) {
			commit(&w);
			check_int("messages", messages(&w), first.totals.messages);
			check_int("verify", problems(&w), 0);
			begin(&w);
		}
		grown = put_many(&w, &r, "grown", RECORDS + 1);
		commit(&w);
		check_int("records", first.totals.records, RECORDS);
		check_int("same content", again.outcome, OUTCOME_DUPLICATE);
		check("replaced", grown.replaced);
		check_int("messages of the grown", messages(&w), grown.totals.messages);
		check_int("verify of the grown", problems(&w), 0);
		world_close(&w);
	}
}

/* --- Killed at any time --- */

static void write_until_killed(const char *path, int from)
{
	struct world w = { 0 };

	if (store_open(path, STORE_WRITE, 1000, &w.s, &w.err) < 0)
		_exit(3);
	for (int i = from; i < 100000; i++) {
		char id[16], xml[24];
		struct report r;

		snprintf(id, sizeof(id), "%d", i);
		snprintf(xml, sizeof(xml), "<r>%d</r>", i);
		r = make_report("killed.example", id, FULL_DAY(i % 5));
		begin(&w);
		put(&w, &r, three, xml);
		commit(&w);
		if (write(STDOUT_FILENO, ".", 1) != 1)
			_exit(4);
	}
	_exit(0);
}

static void a_kill_loses_nothing_that_was_committed(void **state)
{
	struct world w;
	uint64_t committed = 0;

	(void)state;
	world_open(&w);
	store_close(w.s);
	w.s = NULL;
	for (int round = 0; round < 8; round++) {
		struct store_status s;
		int pipe_fd[2];
		char dots[4096];
		ssize_t n;
		pid_t pid;

		assert_int_equal(pipe(pipe_fd), 0);
		pid = fork();
		if (pid == 0) {
			dup2(pipe_fd[1], STDOUT_FILENO);
			write_until_killed(w.path, round * 100000);
		}
		close(pipe_fd[1]);
		usleep(40000 + (unsigned)round * 23456);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while ((n = read(pipe_fd[0], dots, sizeof(dots))) > 0)
			committed += (uint64_t)n;
		close(pipe_fd[0]);
		OK(&w, store_open(w.path, STORE_WRITE, 0, &w.s, &w.err));
		s = status(&w);
		check("what was committed is there", s.reports >= committed);
		check("and at most one that was not told", s.reports <= committed + 1);
		check_int("messages", s.messages, 20 * s.reports);
		check_int("verify", problems(&w), 0);
		committed = s.reports;
		store_close(w.s);
		w.s = NULL;
	}
	check("something was written", committed > 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_comes_back_as_it_was),
		cmocka_unit_test(records_come_back_as_they_were),
		cmocka_unit_test(originals_of_any_size_come_back),
		cmocka_unit_test(copies_of_a_report_count_once),
		cmocka_unit_test(the_order_of_arrival_changes_nothing),
		cmocka_unit_test(other_keys_are_other_reports),
		cmocka_unit_test(what_stands_behind_the_records_counts),
		cmocka_unit_test(a_document_is_undone_alone),
		cmocka_unit_test(a_batch_is_undone_as_a_whole),
		cmocka_unit_test(absurd_numbers_are_refused),
		cmocka_unit_test(stored_documents_are_seen),
		cmocka_unit_test(many_records_pass_through_bounded_memory),
		cmocka_unit_test(a_kill_loses_nothing_that_was_committed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
