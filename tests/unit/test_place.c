/* One address or network: what it sends, by the domain that its mail names, and whose it is. */
#include "store_test.h"

#include "place.h"

static void put_day(struct world *w, const char *domain, const char *id, int64_t day,
	int64_t days, const struct line *lines)
{
	struct report r =
		make_report("google.com", id, day_start(day), day_start(day + days) - 1);
	char xml[64];

	r.policy.domain = str_of(domain);
	snprintf(xml, sizeof(xml), "<%s>", id);
	put(w, &r, lines, xml);
}

/* Shapes: 0 both, 1 dkim only by esp.example, 2 sub.example.com, 4 spoofed, 6 names none. */
static void fill(struct world *w)
{
	world_open(w);
	OK(w, store_batch_begin(w->s, &w->err));
	put_day(w, "example.com", "a", DAY0, 1,
		(const struct line[]){ { 0, "192.0.2.1", 10 }, { 1, "192.0.2.1", 4 },
			{ 2, "192.0.2.1", 3 }, { 4, "192.0.2.9", 7 }, { 0, NULL, 0 } });
	put_day(w, "example.com", "b", DAY0 + 2, 1,
		(const struct line[]){ { 0, "192.0.2.1", 5 }, { 4, "192.0.2.1", 2 },
			{ 0, "2001:db8::1", 1 }, { 0, NULL, 0 } });
	put_day(w, "example.org", "c", DAY0 + 1, 1,
		(const struct line[]){ { 6, "192.0.2.1", 6 }, { 0, NULL, 0 } });
	/* Over four days. */
	put_day(w, "example.net", "d", DAY0, 4,
		(const struct line[]){
			{ 0, "198.51.100.7", 8 }, { 4, "198.51.100.8", 1 }, { 0, NULL, 0 } });
	OK(w, store_batch_commit(w->s, &w->err));
}

static struct place place_of(struct world *w, const struct query *q)
{
	struct place p = { 0 };

	OK(w, store_place(w->s, q, &w->arena, &p, &w->err));
	return p;
}

static const struct place_domain *domain_of(
	const struct place *p, const char *from, const char *domain)
{
	for (size_t i = 0; i < p->domain_count; i++)
		if (str_eq(p->domains[i].header_from, str_of(from)) &&
			str_eq(p->domains[i].domain, str_of(domain)))
			return &p->domains[i];
	fail_msg("no row for %s of %s", from ? from : "none", domain);
	return NULL;
}

static void by_the_domain_that_mail_names(void **state)
{
	const struct place_domain *d;
	struct world w;
	struct query q;
	struct place p;

	(void)state;
	fill(&w);
	q = ASK(&w, "source_ip", "192.0.2.1");
	p = place_of(&w, &q);
	assert_int_equal(p.summary.totals.messages, 30);
	assert_int_equal(p.domain_count, 3);
	assert_int_equal(p.domains_all, 3);
	/* Most messages first. */
	check_str("first", p.domains[0].header_from, STR("example.com"));
	d = domain_of(&p, "example.com", "example.com");
	assert_int_equal(d->totals.messages, 21);
	assert_int_equal(d->totals.pass, 19);
	assert_int_equal(d->totals.fail, 2);
	assert_int_equal(d->by_cause[CAUSE_BOTH], 15);
	assert_int_equal(d->by_cause[CAUSE_DKIM_ONLY], 4);
	/* Of the failing ones. */
	assert_int_equal(d->cause, CAUSE_UNAUTHENTICATED);
	assert_int_equal(d->first_day, DAY0);
	assert_int_equal(d->last_day, DAY0 + 2);
	assert_int_equal(d->day_count, 2);
	assert_int_equal(d->days[0].day, DAY0);
	assert_int_equal(d->days[0].totals.messages, 14);
	assert_int_equal(d->days[1].day, DAY0 + 2);
	assert_int_equal(d->days[1].totals.fail, 2);
	assert_int_equal(domain_of(&p, "sub.example.com", "example.com")->totals.messages, 3);
	assert_int_equal(domain_of(&p, NULL, "example.org")->totals.messages, 6);
	world_close(&w);
}

static void whose_it_is(void **state)
{
	struct world w;
	struct query q;
	struct place p;

	(void)state;
	fill(&w);
	q = ASK(&w, "source_ip", "192.0.2.1");
	p = place_of(&w, &q);
	assert_int_equal(p.sender_count, 3);
	assert_int_equal(p.senders_all, 3);
	check_str("key", p.senders[0].key, STR("192.0.2.1"));
	check_str("domain", p.senders[0].domain, STR("example.com"));
	assert_int_equal(p.senders[0].named_by, NAMING_ADDRESS);
	assert_int_equal(p.senders[0].totals.messages, 20);
	check_str("next", p.senders[1].domain, STR("example.org"));
	check_str("last", p.senders[2].key, STR("esp.example"));
	assert_int_equal(p.senders[2].named_by, NAMING_DKIM);
	assert_int_equal(p.senders[2].totals.messages, 4);
	assert_int_equal(p.senders[2].first_day, DAY0);
	world_close(&w);
}

static void a_network_and_a_range(void **state)
{
	struct world w;
	struct query q;
	struct place p;

	(void)state;
	fill(&w);
	q = ASK(&w, "source_ip", "192.0.2.0/28");
	p = place_of(&w, &q);
	assert_int_equal(p.summary.sources, 2);
	assert_int_equal(p.summary.totals.messages, 37);
	q = ASK(&w, "source_ip", "192.0.2.0/28", "from", "2026-11-14", "to", "2026-11-15");
	p = place_of(&w, &q);
	assert_int_equal(p.summary.totals.messages, 6);
	assert_int_equal(p.domain_count, 1);
	q = ASK(&w, "source_ip", "192.0.2.0/28", "from", "2027-01-01", "to", "2027-02-01");
	p = place_of(&w, &q);
	assert_int_equal(p.summary.totals.messages, 0);
	assert_int_equal(p.domain_count + p.sender_count, 0);
	world_close(&w);
}

/* Its messages are on each of its days, its records on the middle one. */
static void a_report_over_several_days(void **state)
{
	const struct place_domain *d;
	uint64_t sum = 0;
	struct world w;
	struct query q;
	struct place p;

	(void)state;
	fill(&w);
	q = ASK(&w, "source_ip", "198.51.100.7");
	p = place_of(&w, &q);
	d = domain_of(&p, "example.com", "example.net");
	assert_int_equal(d->totals.messages, 8);
	assert_int_equal(d->day_count, 4);
	for (size_t i = 0; i < d->day_count; i++)
		sum += d->days[i].totals.messages;
	assert_int_equal(sum, 8);
	q = ASK(&w, "source_ip", "198.51.100.7", "from", "2026-11-13", "to", "2026-11-14");
	p = place_of(&w, &q);
	assert_int_equal(p.summary.totals.messages, 2);
	assert_int_equal(domain_of(&p, "example.com", "example.net")->totals.messages, 2);
	world_close(&w);
}

/* Of many, the most are listed, and the newest days. */
static void more_than_are_listed(void **state)
{
	struct world w;
	struct query q;
	struct place p;
	char id[16], ip[24];

	(void)state;
	world_open(&w);
	OK(&w, store_batch_begin(w.s, &w.err));
	for (int i = 0; i < PLACE_DAYS_MOST + 5; i++) {
		const struct line lines[] = { { 0, "192.0.2.1", 1 }, { 0, ip, 1 },
			{ 0, NULL, 0 } };

		snprintf(id, sizeof(id), "r%d", i);
		snprintf(ip, sizeof(ip), "192.0.2.%d", 2 + i % 60);
		put_day(&w, "example.com", id, DAY0 - i, 1, lines);
	}
	OK(&w, store_batch_commit(w.s, &w.err));
	q = ASK(&w, "source_ip", "192.0.2.1", "range", "all");
	p = place_of(&w, &q);
	assert_int_equal(p.domains[0].totals.messages, PLACE_DAYS_MOST + 5);
	assert_int_equal(p.domains[0].first_day, DAY0 - PLACE_DAYS_MOST - 4);
	assert_int_equal(p.domains[0].day_count, PLACE_DAYS_MOST);
	assert_int_equal(p.domains[0].days[0].day, DAY0 - PLACE_DAYS_MOST + 1);
	assert_int_equal(p.domains[0].days[PLACE_DAYS_MOST - 1].day, DAY0);
	q = ASK(&w, "source_ip", "192.0.2.0/24", "range", "all");
	p = place_of(&w, &q);
	assert_int_equal(p.sender_count, PLACE_ROWS_MOST);
	assert_int_equal(p.senders_all, 61);
	world_close(&w);
}

static void what_is_known(void **state)
{
	static const struct {
		const char *text;
		int known;
	} cases[] = { { "192.0.2.1", 1 }, { "192.0.2.2", 0 }, { "192.0.2.0/24", 1 },
		{ "2001:db8::/32", 1 }, { "2001:db8::2", 0 }, { "0.0.0.0/0", 1 },
		/* No address of four bytes is between those of sixteen. */
		{ "c000::/4", 0 } };
	struct world w;

	(void)state;
	fill(&w);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_net net;

		assert_true(ip_net_parse(str_of(cases[i].text), &net));
		check_int(cases[i].text, store_place_known(w.s, &net, &w.err), cases[i].known);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_domain_that_mail_names),
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(a_network_and_a_range),
		cmocka_unit_test(a_report_over_several_days),
		cmocka_unit_test(more_than_are_listed),
		cmocka_unit_test(what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
