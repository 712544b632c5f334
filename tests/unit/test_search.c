/* What a text may mean: each kind of name, and no more than a page of them. */
#include "store_test.h"

#include "search.h"
#include "statements.h"

#include <sqlite3.h>

static void put_one(struct world *w, const char *org, const char *domain, const char *id,
	const struct line *lines)
{
	static int count;
	struct report r = make_report(org, id, day_start(DAY0), day_start(DAY0 + 1) - 1);
	char xml[32];

	r.policy.domain = str_of(domain);
	snprintf(xml, sizeof(xml), "<%d>", ++count);
	put(w, &r, lines, xml);
}

/* Of shapes: 1 has s=S1 and k1, esp.example by DKIM, 3 example.info by SPF, 5 s2. */
static void fill(struct world *w)
{
	static const struct line all[] = { { 0, "192.0.2.1", 10 }, { 1, "192.0.2.2", 4 },
		{ 3, "198.51.100.1", 2 }, { 5, "2001:db8::5", 1 }, { 0, NULL, 0 } };

	world_open(w);
	OK(w, store_batch_begin(w->s, &w->err));
	put_one(w, "google.com", "example.com", "Id-77", all);
	put_one(w, "Enterprise Outlook", "shop.example", "id-77", NULL);
	put_one(w, "Enterprise Outlook", "shop.example", "id-775", NULL);
	put_one(w, "google.com", "my-shop.example", "<script>alert(1)</script>", NULL);
	OK(w, store_batch_commit(w->s, &w->err));
}

static struct search look(struct world *w, const char *text)
{
	struct search found = { 0 };

	OK(w, store_search(w->s, str_of(text), &w->arena, &found, &w->err));
	return found;
}

/* "domain example.com!, sender esp.example": "!" stands behind exact ones. */
static const char *told(struct world *w, const struct search *found)
{
	struct str s = STR("");

	for (size_t i = 0; i < found->count; i++)
		s = arena_printf(&w->arena, "%.*s%s%s %.*s%s", STR_ARGS(s), i ? ", " : "",
			hit_kind_name(found->hits[i].kind), STR_ARGS(found->hits[i].text),
			found->hits[i].exact ? "!" : "");
	return arena_cstr(&w->arena, s);
}

static void each_kind(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "192.0.2.1", "source 192.0.2.1!" },
		{ " [2001:DB8::5] ", "source 2001:db8::5!" },
		{ "192.0.2.9/24", "source 192.0.2.0/24!" },
		{ "203.0.113.1", "source 203.0.113.1!" },
		{ "example.com", "domain example.com!" }, /* and not once more in records */
		{ "EXAMPLE.com.", "domain example.com!" },
		{ "shop", "domain my-shop.example, domain shop.example" },
		{ "id-775", "report id-775!" },
		{ "ID-77", "report Id-77!, report id-77!, report id-775" },
		{ "outlook", "reporter Enterprise Outlook" },
		{ "enterprise outlook", "reporter Enterprise Outlook!" },
		{ "esp.example", "sender esp.example!, dkim_domain esp.example!" },
		{ "sub.example.com", "" },
		{ "other.example.com", "header_from other.example.com!" },
		{ "other.", "header_from other.example.com" },
		{ "lists.example.info", "spf_domain lists.example.info!" },
		{ "k1", "dkim_selector k1!" },
		{ "S1", "dkim_selector s1!, dkim_selector S1!" },
		{ "k1._domainkey.esp.example", "dkim_key esp.example!" },
		{ "S1._domainkey.Example.com", "dkim_key example.com!" },
		{ "k1._domainkey.example.com", "" },
		{ "._domainkey.example.com", "" },
		{ "k1._domainkey.", "" },
		{ "<script>", "report <script>alert(1)</script>" },
		{ "%", "" },
		{ "_", "" },
		{ "' OR 1=1 --", "" },
		{ " ", "" },
		/* Words of records that are no names of anything. */
		{ "none", "" },
		{ "pass", "" },
	};
	struct world w;

	(void)state;
	fill(&w);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct search found = look(&w, cases[i].text);

		check_str(cases[i].text, str_of(told(&w, &found)), str_of(cases[i].found));
	}
	world_close(&w);
}

static void what_is_said_of_a_hit(void **state)
{
	struct world w;
	struct search s;

	(void)state;
	fill(&w);
	s = look(&w, "203.0.113.1");
	assert_false(s.hits[0].known);
	s = look(&w, "192.0.2.0/30");
	assert_true(s.hits[0].known);
	s = look(&w, "shop.example");
	check_str("domain", s.hits[0].text, STR("shop.example"));
	assert_int_equal(s.hits[0].reports, 2);
	assert_int_equal(s.hits[0].last_day, DAY0);
	s = look(&w, "id-775");
	assert_int_equal(s.hits[0].report, 3);
	check_str("reporter", s.hits[0].reporter, STR("Enterprise Outlook"));
	check_str("about", s.hits[0].domain, STR("shop.example"));
	assert_int_equal(s.hits[0].begin_at, day_start(DAY0));
	s = look(&w, "k1._domainkey.esp.example");
	check_str("selector", s.hits[0].name, STR("k1"));
	world_close(&w);
}

/* A service is found by its name and by its key; one that sends nothing is not. */
static void senders_by_name(void **state)
{
	struct services *services;
	struct world w;
	struct search s;
	struct str by_dkim = STR("dkim:esp.example"), by_ip = STR("ip:192.0.2.0/28"),
		   by_none = STR("dkim:nobody.example");

	(void)state;
	fill(&w);
	services = services_new(&w.arena);
	OK(&w, services_add_own(services, STR("Our Letters"), &by_dkim, 1, WORD_NONE, &w.err));
	OK(&w, services_add_own(services, STR("Letter Box"), &by_ip, 1, WORD_NONE, &w.err));
	OK(&w, services_add_own(services, STR("No Letters"), &by_none, 1, WORD_NONE, &w.err));
	store_services(w.s, services);
	s = look(&w, "letter");
	check_str("both", str_of(told(&w, &s)), STR("sender our-letters, sender letter-box"));
	check_str("name", s.hits[0].name, STR("Our Letters"));
	s = look(&w, "our letters");
	check_str("exact", str_of(told(&w, &s)), STR("sender our-letters!"));
	s = look(&w, "esp.example");
	check_str("has another name", str_of(told(&w, &s)), STR("dkim_domain esp.example!"));
	world_close(&w);
}

static void no_more_than_a_page(void **state)
{
	struct world w;
	struct search s;
	char id[32];

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	for (int i = 0; i < SEARCH_HITS_MOST + 3; i++) {
		snprintf(id, sizeof(id), "report-%03d", i);
		put_one(&w, id, i == 20 ? "part" : id, id, NULL);
	}
	put_one(&w, "x", "zz-part", "other", NULL);
	OK(&w, store_batch_commit(w.s, &w.err));
	s = look(&w, "report");
	assert_int_equal(s.count, 3 * SEARCH_HITS_MOST);
	assert_true(s.more[HIT_DOMAIN] && s.more[HIT_REPORT] && s.more[HIT_REPORTER]);
	assert_false(s.more[HIT_SENDER]);
	s = look(&w, "part");
	check_str("exact first", str_of(told(&w, &s)), STR("domain part!, domain zz-part"));
	assert_false(s.more[HIT_DOMAIN]);
	world_close(&w);
}

/* None of the statements reads a whole table: each table of size has its index named. */
static int look_at_plan(void *arg, int n, char **values, char **names)
{
	(void)arg;
	(void)names;
	for (int i = 0; i < n; i++)
		if (values[i] && strncmp(values[i], "SCAN ", 5) == 0)
			for (const char *const *t = (const char *const[]){ "report", "evidence",
				     "evidence_dkim", "evidence_spf", "name", "record", "e",
				     NULL };
				*t; t++)
				if (strcmp(values[i] + 5, *t) == 0)
					fail_msg("%s", values[i]);
	return 0;
}

static void no_table_is_read_whole(void **state)
{
	const char *statements[] = {
#define STMT(id, sql) strncmp(#id, "search_", 7) == 0 ? sql : NULL,
		STATEMENTS(STMT)
#undef STMT
	};
	struct world w;
	sqlite3 *h;
	size_t seen = 0;

	(void)state;
	fill(&w);
	assert_int_equal(sqlite3_open(w.path, &h), SQLITE_OK);
	for (size_t i = 0; i < COUNT(statements); i++) {
		char *sql;

		if (!statements[i] || strstr(statements[i], "sender_key"))
			continue;
		sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statements[i]);
		assert_int_equal(sqlite3_exec(h, sql, look_at_plan, NULL, NULL), SQLITE_OK);
		sqlite3_free(sql);
		seen++;
	}
	assert_int_equal(seen, 8);
	sqlite3_close(h);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(what_is_said_of_a_hit),
		cmocka_unit_test(senders_by_name),
		cmocka_unit_test(no_more_than_a_page),
		cmocka_unit_test(no_table_is_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
