/* Senders of the store: names, classes, marks, groups. */
#include "store_test.h"

#include "buf.h"

#include "marks.h"
#include "write.h"

static struct arena rules_arena;

/* One report of a day. */
static void put_day(struct world *w, const char *domain, const char *id, int64_t day,
	const struct line *lines)
{
	struct report r = make_report("google.com", id, day_start(day), day_start(day + 1) - 1);

	r.policy.domain = str_of(domain);
	put(w, &r, lines, arena_printf(&w->arena, "<%s %s>", domain, id).p);
}

static void fill(struct world *w)
{
	static const struct line first[] = { { 0, "192.0.2.1", 100 }, { 1, "198.51.100.1", 40 },
		{ 2, "192.0.2.9", 8 }, { 3, "203.0.113.7", 4 }, { 4, "203.0.113.66", 3 },
		{ 0, NULL, 0 } },
				 second[] = { { 0, "2001:db8::1", 7 }, { 0, "2001:db8::2", 5 },
					 { 7, "198.51.100.1", 9 }, { 7, "198.51.100.2", 2 },
					 { 4, "203.0.113.66", 2 }, { 0, NULL, 0 } };

	world_open(w);
	OK(w, store_batch_begin(w->s, &w->err));
	put_day(w, "example.com", "1", DAY0, first);
	put_day(w, "example.com", "2", DAY0 + 1, second);
	put_day(w, "example.org", "3", DAY0 + 1, second);
	OK(w, store_batch_commit(w->s, &w->err));
}

#define SENDERS_MOST 64
struct found {
	struct sender_row rows[SENDERS_MOST];
	struct sender_group groups[CLASS_COUNT];
	struct totals totals;
	size_t count;
};

/* Texts of the rows go into the world's arena. */
static void find(struct world *w, const struct query *q, struct found *f)
{
	struct rows *rows = NULL;

	*f = (struct found){ 0 };
	OK(w, store_senders(w->s, q, &rows, &w->err));
	rows_sender_sums(rows, &f->totals, f->groups);
	while (rows_sender(rows, &f->rows[f->count], &w->err) > 0) {
		struct sender_row *row = &f->rows[f->count++];

		row->domain = arena_str(&w->arena, row->domain);
		row->key = arena_str(&w->arena, row->key);
		row->name = arena_str(&w->arena, row->name);
		row->selector = arena_str(&w->arena, row->selector);
		assert_true(f->count < SENDERS_MOST);
	}
	rows_close(rows);
}

static const struct sender_row *sender(
	const struct found *f, const char *domain, const char *key)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->rows[i].key, str_of(key)) &&
			str_eq(f->rows[i].domain, str_of(domain)))
			return &f->rows[i];
	fail_msg("no sender %s of %s", key, domain);
	return NULL;
}

static void each_domain_has_its_own(void **state)
{
	struct world w;
	struct found f;
	struct query q;
	const struct sender_row *esp;

	(void)state;
	fill(&w);
	q = ASK(&w);
	find(&w, &q, &f);
	check_int("senders", f.count, 6 + 3);
	esp = sender(&f, "example.com", "esp.example");
	check_int("messages", esp->totals.messages, 51);
	check_int("addresses", esp->addresses, 2);
	check_int("first", esp->first_day, DAY0);
	check_int("last", esp->last_day, DAY0 + 1);
	check_int(
		"of the other", sender(&f, "example.org", "esp.example")->totals.messages, 11);
	check_int("a network", sender(&f, "example.com", "2001:db8::/64")->totals.messages, 12);
	check_int("all", f.totals.messages, 180 + 25);
	world_close(&w);
}

static void classes_come_from_all_mail(void **state)
{
	struct world w;
	struct found f;
	struct query q;
	const struct sender_row *row;

	(void)state;
	fill(&w);
	q = ASK(&w, "result", "fail", "domain", "example.com");
	find(&w, &q, &f);
	/* Of 51 messages 40 pass: what is asked about is only the rest. */
	row = sender(&f, "example.com", "esp.example");
	check_int("asked", row->totals.messages, 11);
	check_int("all", row->traits.messages, 51);
	check_int("by DKIM alone", row->traits.dkim_only, 40);
	check_int("days", row->traits.days, 2);
	check_int("peak", row->traits.peak, 40);
	check_int("said", row->traits.said, 11);
	/* Its selector is S1; the server's is s1. */
	check_int("not its own", row->traits.dkim_own, 0);
	row = sender(&f, "example.com", "203.0.113.66");
	check_int("rule", row->view.rule, 10);
	world_close(&w);
}

static void own_servers_and_their_selectors(void **state)
{
	static const struct line lines[] = { { 0, "192.0.2.1", 100 }, { 8, "203.0.113.5", 6 },
		{ 0, NULL, 0 } };
	struct world w;
	struct found f;
	struct query q;
	const struct sender_row *row;
	struct report r =
		make_report("google.com", "1", day_start(DAY0), day_start(DAY0 + 1) - 1);
	struct digest digest = digest_of(STR("x"));
	struct stored stored;
	struct made m;
	/* As the second, but with the selector of the first. */
	struct shape forwarded = shapes[1];

	(void)state;
	forwarded.dkim_selector = STR("s1");
	forwarded.dkim2_domain = STR_ABSENT;
	forwarded.sender = STR("forward.example");
	forwarded.named_by = NAMED_BY_SPF;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	OK(&w, store_begin(w.s, &r, 1000, &w.err));
	make_record(&m, &shapes[0], STR("192.0.2.1"), lines[0].messages, 1);
	OK(&w, store_add(w.s, &m.record, &m.verdict, &w.err));
	make_record(&m, &forwarded, STR("203.0.113.5"), lines[1].messages, 2);
	OK(&w, store_add(w.s, &m.record, &m.verdict, &w.err));
	OK(&w, store_end(w.s, &r, &digest, &stored, &w.err));
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w);
	find(&w, &q, &f);
	row = sender(&f, "example.com", "forward.example");
	check_int("own", row->traits.dkim_own, 6);
	check_int("moved", row->traits.dkim_moved, 6);
	check_int("said", row->traits.dkim_said, 6);
	check_int("reasons", row->traits.reasons, SAID_FORWARDED);
	check_int("proves nothing", row->traits.proven, 0);
	check_str("selector", row->selector, STR("s1"));
	check_int("rule", row->view.rule, 4);
	row = sender(&f, "example.com", "192.0.2.1");
	check_int("proven", row->traits.proven, 100);
	check_int("rule", row->view.rule, 1);
	/* What proves a server is older than the range, but not by much. */
	q.from_day = DAY0 + 1;
	q.to_day = DAY0 + 90;
	find(&w, &q, &f);
	check_int("none in the range", f.count, 0);
	world_close(&w);
}

/* all: the hub has the address whose mail the CRM signs, too. */
static const struct services *rules_of(bool all)
{
	struct services *s = services_new(&rules_arena);
	struct err err = { 0 };
	const struct str crm[] = { STR("dkim:esp.example"), STR("ip:203.0.113.64/28") };
	const struct str hub[] = { STR("ip:192.0.2.0/24"), STR("ip:198.51.100.2"),
		STR("ip:198.51.100.1") };

	assert_int_equal(services_add_own(s, STR("Our CRM"), crm, 2, WORD_OURS, &err), 0);
	assert_int_equal(services_add_own(s, STR("Hub"), hub, all ? 3 : 2, WORD_NONE, &err), 0);
	assert_int_equal(
		services_add(s, STR("ruad-services 1 t\nLists = spf:example.info\n"), &err), 0);
	return s;
}

static const struct services *rules(void)
{
	return rules_of(false);
}

static void rules_hold_for_old_data(void **state)
{
	struct world w;
	struct found f;
	struct query q;
	const struct sender_row *row;

	(void)state;
	fill(&w);
	store_services(w.s, rules());
	q = ASK(&w, "domain", "example.com");
	find(&w, &q, &f);
	row = sender(&f, "example.com", "our-crm");
	check_str("name", row->name, STR("Our CRM"));
	check_int("by", row->named_by, NAMING_OWN);
	/* By its signature 40, by its address 5; what MAIL FROM names is not its. */
	check_int("messages", row->totals.messages, 45);
	check_int("word", row->word, WORD_OURS);
	assert_true(row->word_configured);
	row = sender(&f, "example.com", "hub");
	check_int("messages", row->totals.messages, 100 + 8 + 2);
	check_int("addresses", row->addresses, 3);
	check_int("by MAIL FROM", sender(&f, "example.com", "esp.example")->totals.messages, 9);
	row = sender(&f, "example.com", "lists");
	check_int("service", row->named_by, NAMING_SERVICE);
	check_int("known", row->traits.known, 1);
	world_close(&w);
}

/* Each sender's number is that of the records that its key finds. */
static void a_key_finds_what_the_list_counts(void **state)
{
	static const char *const domains[] = { "example.com", "example.org" };
	struct world w;
	struct found f;
	struct query q;

	(void)state;
	fill(&w);
	for (int own = 0; own < 3; own++) {
		if (own)
			store_services(w.s, rules_of(own == 2));
		q = ASK(&w);
		find(&w, &q, &f);
		for (size_t i = 0; i < f.count; i++) {
			const char *key = arena_cstr(&w.arena, f.rows[i].key);
			struct query one = ASK(&w, "sender", key, "domain",
				arena_cstr(&w.arena, f.rows[i].domain));
			struct totals t = totals_of(&w, &one);

			check_int(key, t.messages, f.rows[i].totals.messages);
		}
		for (size_t d = 0; d < COUNT(domains); d++) {
			struct query none =
				ASK(&w, "sender", "!our-crm,!hub", "domain", domains[d]);
			struct query all = ASK(&w, "domain", domains[d]);
			struct query some =
				ASK(&w, "sender", "our-crm,hub", "domain", domains[d]);
			struct query crm = ASK(&w, "sender", "our-crm", "domain", domains[d]);
			struct query hub = ASK(&w, "sender", "hub", "domain", domains[d]);

			/* A message has one sender. */
			check_int(domains[d],
				totals_of(&w, &crm).messages + totals_of(&w, &hub).messages,
				totals_of(&w, &some).messages);
			check_int(domains[d],
				totals_of(&w, &none).messages + totals_of(&w, &some).messages,
				totals_of(&w, &all).messages);
		}
	}
	world_close(&w);
}

static int mark(struct world *w, const char *key, enum sender_word word, int64_t at)
{
	struct mark_row m = { .domain = STR("example.com"),
		.key = str_of(key),
		.word = word,
		.note = STR("why"),
		.who = STR("kim"),
		.at = at };

	return store_mark_put(w->s, &m, false, &w->err);
}

static void marks_are_kept(void **state)
{
	struct mark_row m, no = { .domain = STR("nowhere.example"), .key = STR("esp.example") };
	struct world w;
	struct found f;
	struct query q;
	int64_t before, after;

	(void)state;
	fill(&w);
	OK(&w, store_generation(w.s, &before, &w.err));
	check_int("nothing yet",
		store_mark_get(
			w.s, STR("example.com"), STR("esp.example"), &w.arena, &m, &w.err),
		0);
	check_int("put", mark(&w, "esp.example", WORD_NOT_OURS, 5), 1);
	OK(&w, store_generation(w.s, &after, &w.err));
	assert_true(after > before);
	check_int("again", mark(&w, "esp.example", WORD_OURS, 6), 1);
	check_int("address", mark(&w, "203.0.113.66", WORD_NOT_OURS, 6), 1);
	check_int("network", mark(&w, "2001:db8::/64", WORD_NONE, 6), 1);
	check_int("unknown domain", store_mark_put(w.s, &no, false, &w.err), 0);
	check_int("unknown sender", mark(&w, "nope.example", WORD_OURS, 6), 0);
	/* A domain that signs, and names nobody. */
	check_int("no sender", mark(&w, "example.com", WORD_OURS, 6), 0);
	check_int("unknown address", mark(&w, "192.0.2.222", WORD_OURS, 6), 0);
	m = (struct mark_row){ .domain = STR("example.com"),
		.key = STR("192.0.2.1"),
		.word = WORD_OURS,
		.at = 9 };
	check_int("dry", store_mark_put(w.s, &m, true, &w.err), 1);
	check_int("was dry",
		store_mark_get(w.s, STR("example.com"), STR("192.0.2.1"), &w.arena, &m, &w.err),
		0);
	OK(&w, store_mark_get(
		       w.s, STR("example.com"), STR("esp.example"), &w.arena, &m, &w.err));
	check_int("word", m.word, WORD_OURS);
	check_str("note", m.note, STR("why"));
	check_str("who", m.who, STR("kim"));
	check_int("at", m.at, 6);
	q = ASK(&w, "mark", "ours");
	find(&w, &q, &f);
	check_int("one", f.count, 1);
	check_int("of one domain", sender(&f, "example.com", "esp.example")->word, WORD_OURS);
	check_int("sums of the filter", f.totals.messages, 51);
	q = ASK(&w, "mark", "!ours", "domain", "example.com");
	find(&w, &q, &f);
	check_int("others", f.count, 5);
	check_int("problems", problems(&w), 0);
	world_close(&w);
}

static void marks_go_along_with_names(void **state)
{
	struct mark_row m;
	struct world w;
	struct found f;
	struct query q;

	(void)state;
	fill(&w);
	check_int("put", mark(&w, "example.info", WORD_NOT_OURS, 5), 1);
	check_int("put", mark(&w, "203.0.113.66", WORD_NOT_OURS, 5), 1);
	store_services(w.s, rules());
	q = ASK(&w, "domain", "example.com");
	find(&w, &q, &f);
	check_int("service", sender(&f, "example.com", "lists")->word, WORD_NOT_OURS);
	check_int("before the configuration", sender(&f, "example.com", "our-crm")->word,
		WORD_NOT_OURS);
	assert_false(sender(&f, "example.com", "our-crm")->word_configured);
	/* What is said of the new name counts more than what was said before. */
	check_int("put", mark(&w, "our-crm", WORD_NONE, 4), 1);
	find(&w, &q, &f);
	check_int("own key", sender(&f, "example.com", "our-crm")->word, WORD_NONE);
	OK(&w, store_mark_get(w.s, STR("example.com"), STR("our-crm"), &w.arena, &m, &w.err));
	check_int("the same", m.at, 4);
	OK(&w, store_mark_get(w.s, STR("example.com"), STR("lists"), &w.arena, &m, &w.err));
	check_str("older key", m.key, STR("example.info"));
	world_close(&w);
}

static void many_of_a_kind_become_a_group(void **state)
{
	struct line lines[40] = { { 0, "192.0.2.1", 100 } };
	char addresses[30][24];
	struct world w;
	struct found f;
	struct query q, grouped;

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "203.0.%d.%d", 113 + i % 3, i + 1);
		lines[1 + i] = (struct line){ 4, addresses[i], 2 };
	}
	lines[31] = (struct line){ 0, NULL, 0 };
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_day(&w, "example.com", "1", DAY0, lines);
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w);
	find(&w, &q, &f);
	check_int("all", f.count, 31);
	check_int("none left out", f.groups[CLASS_UNAUTHENTICATED].collapsed, 0);
	grouped = ASK(&w, "group", "true");
	find(&w, &grouped, &f);
	check_int("but for the group", f.count, 1);
	check_int("left out", f.groups[CLASS_UNAUTHENTICATED].collapsed, 30);
	check_int("networks", f.groups[CLASS_UNAUTHENTICATED].networks, 3);
	check_int("messages", f.groups[CLASS_UNAUTHENTICATED].unnamed_messages, 60);
	check_int("totals", f.totals.messages, 160);
	/* A group alone is no table. */
	grouped = ASK(&w, "group", "true", "class", "unauthenticated");
	find(&w, &grouped, &f);
	check_int("alone", f.count, 30);
	world_close(&w);
}

static void what_is_new(void **state)
{
	static const struct line old[] = { { 0, "192.0.2.1", 5 }, { 0, NULL, 0 } },
				 both[] = { { 0, "192.0.2.1", 5 }, { 4, "203.0.113.1", 9 },
					 { 0, NULL, 0 } };
	struct sender_count *counts;
	struct world w;
	struct found f;
	struct query q;
	size_t n;

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	put_day(&w, "example.com", "1", DAY0 - 60, old);
	put_day(&w, "example.com", "2", DAY0, both);
	put_day(&w, "example.org", "3", DAY0, both);
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w, "new", "true");
	q.from_day = DAY0 - 5;
	q.to_day = DAY0 + 2;
	find(&w, &q, &f);
	check_int("new", f.count, 1);
	check_int(
		"of an old domain", sender(&f, "example.com", "203.0.113.1")->traits.fresh, 1);
	q = ASK(&w);
	q.from_day = DAY0 - 5;
	q.to_day = DAY0 + 2;
	OK(&w, store_sender_counts(w.s, &q, &w.arena, &counts, &n, &w.err));
	check_int("domains", n, 2);
	check_str("first", counts[0].domain, STR("example.com"));
	check_int("senders", counts[0].senders, 2);
	check_int("fresh", counts[0].fresh, 1);
	check_int("undecided", counts[0].undecided, 0);
	check_int("of the new domain", counts[1].fresh, 0);
	/* Two weeks later it is not new any more. */
	q = ASK(&w, "new", "true");
	q.from_day = DAY0 - 5;
	q.to_day = DAY0 + 15;
	find(&w, &q, &f);
	check_int("old", f.count, 0);
	world_close(&w);
}

static void what_records_say(void **state)
{
	struct sender_shapes shapes_of;
	struct world w;
	struct query q;

	(void)state;
	fill(&w);
	q = ASK(&w, "domain", "example.com");
	OK(&w, store_sender_shapes(
		       w.s, &q, STR("esp.example"), DAY0 + 1, 5, &w.arena, &shapes_of, &w.err));
	check_int("shapes", shapes_of.count, 2);
	check_int("all", shapes_of.messages, 51);
	assert_false(shapes_of.of_day);
	check_int("most first", shapes_of.shapes[0].messages, 40);
	check_int("not of that day", shapes_of.shapes[0].report, 0);
	check_int("cause", shapes_of.shapes[0].verdict.cause, CAUSE_DKIM_ONLY);
	check_int("example", shapes_of.shapes[1].report, 2);
	check_int("its number", shapes_of.shapes[1].n >= 3, 1);
	check_int("reporters", shapes_of.reporter_count, 1);
	check_int("of that day", shapes_of.reporters[0].messages, 11);
	check_str("who", shapes_of.reporters[0].reporter, STR("google.com"));
	/* One that only has an address: what it said on that day. */
	OK(&w, store_sender_shapes(w.s, &q, STR("203.0.113.66"), DAY0 + 1, 5, &w.arena,
		       &shapes_of, &w.err));
	assert_true(shapes_of.of_day);
	check_int("shapes", shapes_of.count, 1);
	check_int("messages", shapes_of.shapes[0].messages, 2);
	check_int("cause", shapes_of.shapes[0].verdict.cause, CAUSE_UNAUTHENTICATED);
	/* Bounded. */
	OK(&w, store_sender_shapes(
		       w.s, &q, STR("esp.example"), DAY0 + 1, 1, &w.arena, &shapes_of, &w.err));
	check_int("as many as asked for", shapes_of.count, 1);
	check_int("of all", shapes_of.messages, 51);
	q = ASK(&w);
	check_int("of one domain",
		store_sender_shapes(
			w.s, &q, STR("esp.example"), DAY0, 5, &w.arena, &shapes_of, &w.err),
		ERR_USAGE);
	world_close(&w);
}

/* --- Plans --- */

static int note_plan(unsigned what, void *statements, void *statement, void *text)
{
	char *sql = sqlite3_expanded_sql(statement);
	struct buf *all = statements;

	(void)what;
	(void)text;
	if (sql && (strncmp(sql, "WITH", 4) == 0 || strncmp(sql, "SELECT", 6) == 0)) {
		buf_str(all, str_of(sql));
		buf_char(all, '\x1e');
	}
	sqlite3_free(sql);
	return 0;
}

/* Records are not even looked at. */
static int no_records(void *name, int action, const char *table, const char *column,
	const char *database, const char *view)
{
	(void)column;
	(void)database;
	(void)view;
	if (action == SQLITE_READ && strcmp(table, "record") == 0)
		fail_msg("%s reads records", (const char *)name);
	return SQLITE_OK;
}

/* How each of these statements goes about it. */
static void check_plans(struct world *w, struct str statements, const char *name)
{
	struct str sql;
	int looked = 0;

	while (str_cut(&statements, '\x1e', &sql)) {
		sqlite3_stmt *st = NULL;

		if (sql.n == 0)
			continue;
		sql = arena_printf(&w->arena, "EXPLAIN QUERY PLAN %.*s", STR_ARGS(sql));
		assert_int_equal(sqlite3_prepare_v2(w->s->db.h, sql.p, (int)sql.n, &st, NULL),
			SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(st, 3);
			struct str s = str_of(step);

			looked++;
			check(name, !str_contains(s, STR("SCAN s")) ||
					    str_contains(s, STR("SCAN sender_set")));
			check(name, !str_contains(s, STR("SCAN evidence")) ||
					    str_contains(s, STR("evidence_sender")));
			check(name, !str_contains(s, STR("SCAN source")));
		}
		sqlite3_finalize(st);
	}
	check(name, looked > 0);
}

/* Senders come from daily sums: neither records nor all evidence or addresses are gone through.
 */
static void no_record_is_read(void **state)
{
	struct sender_count *counts;
	struct buf statements;
	struct world w;
	struct found f;
	struct query q[4];
	size_t n;

	(void)state;
	fill(&w);
	store_services(w.s, rules());
	q[0] = ASK(&w);
	q[1] = ASK(&w, "domain", "example.com", "class", "aligned", "new", "false");
	q[2] = ASK(&w, "result", "fail", "mark", "undecided", "group", "true");
	q[3] = ASK(&w, "sender", "lists,our-crm,esp.example,192.0.2.1,2001:db8::/64");
	buf_init(&statements, 4 * MIB);
	sqlite3_set_authorizer(w.s->db.h, no_records, (void *)"senders");
	sqlite3_trace_v2(w.s->db.h, SQLITE_TRACE_STMT, note_plan, &statements);
	for (size_t i = 0; i < COUNT(q); i++)
		find(&w, &q[i], &f);
	OK(&w, store_sender_counts(w.s, &q[0], &w.arena, &counts, &n, &w.err));
	sqlite3_trace_v2(w.s->db.h, 0, NULL, NULL);
	sqlite3_set_authorizer(w.s->db.h, NULL, NULL);
	check_plans(&w, buf_view(&statements), "senders");
	buf_release(&statements);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_domain_has_its_own),
		cmocka_unit_test(classes_come_from_all_mail),
		cmocka_unit_test(own_servers_and_their_selectors),
		cmocka_unit_test(rules_hold_for_old_data),
		cmocka_unit_test(a_key_finds_what_the_list_counts),
		cmocka_unit_test(marks_are_kept),
		cmocka_unit_test(marks_go_along_with_names),
		cmocka_unit_test(many_of_a_kind_become_a_group),
		cmocka_unit_test(what_is_new),
		cmocka_unit_test(what_records_say),
		cmocka_unit_test(no_record_is_read),
	};
	int failed;

	arena_init(&rules_arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&rules_arena);
	return failed;
}
