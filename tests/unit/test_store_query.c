/*
 * Every answer is compared with one that is counted record by record in C, for random data and
 * random combinations of filters.
 */
#include "store_test.h"

#include "facts.h"
#include "period.h"

/* --- The data, as plain arrays --- */

enum { REPORTS = 60, LINES_MOST = 12 };

struct entry {
	int shape;
	struct ip ip;
	uint64_t messages;
};

struct file {
	int org, domain;
	char id[16];
	int64_t begin_at, end_at, stored;
	struct entry entries[LINES_MOST];
	size_t count;
};

static const char *const orgs[] = { "Google.com", "yahoo.example", "Mail.ru" };
static const char *const domain_names[] = { "example.com", "example.net", "example.org" };
static const char *const addresses[] = { "192.0.2.1", "192.0.2.77", "198.51.100.4",
	"2001:db8::1", "2001:db8::2", "2001:db8:0:1::9", "203.0.113.200" };

static struct file files[REPORTS];
static uint32_t seed = 20261124;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static void make_file(struct file *f, int i)
{
	int64_t day = DAY0 + random_below(70);
	bool is_long = random_below(6) == 0;

	memset(f, 0, sizeof(*f));
	f->org = (int)random_below(COUNT(orgs));
	f->domain = (int)random_below(COUNT(domain_names));
	snprintf(f->id, sizeof(f->id), "r%d", i);
	f->begin_at = day_start(day) + (random_below(3) == 0 ? random_below(86400) : 0);
	f->end_at = f->begin_at +
		    (is_long ? (int64_t)(1 + random_below(20)) * 86400 + random_below(50000)
			     : 86399);
	f->count = random_below(LINES_MOST + 1);
	for (size_t k = 0; k < f->count; k++) {
		f->entries[k] = (struct entry){ .shape = (int)random_below(SHAPES),
			.messages = random_below(4) ? random_below(40) : random_below(3) };
		ip_parse(str_of(addresses[random_below(COUNT(addresses))]), &f->entries[k].ip);
	}
}

static void fill(struct world *w)
{
	for (int i = 0; i < REPORTS; i++) {
		struct file *f = &files[i];
		struct report r;
		struct digest d;
		struct stored st = { 0 };

		make_file(f, i);
		r = make_report(orgs[f->org], f->id, f->begin_at, f->end_at);
		r.policy.domain = str_of(domain_names[f->domain]);
		d = digest_of(str_of(f->id));
		if (i % 10 == 0)
			OK(w, store_batch_begin(w->s, &w->err));
		OK(w, store_begin(w->s, &r, 0, &w->err));
		for (size_t k = 0; k < f->count; k++) {
			struct made m;

			make_record(&m, &shapes[f->entries[k].shape], STR("0.0.0.0"),
				f->entries[k].messages, k + 1);
			m.record.source_ip = f->entries[k].ip;
			OK(w, store_add(w->s, &m.record, &m.verdict, &w->err));
		}
		OK(w, store_end(w->s, &r, &d, &st, &w->err));
		f->stored = st.report;
		if (i % 10 == 9)
			OK(w, store_batch_commit(w->s, &w->err));
	}
}

/* --- The answer, counted --- */

struct counted {
	struct totals totals;
	uint64_t by_cause[CAUSE_COUNT], by_disposition[DISP_COUNT], aligned[2][2];
	uint64_t disagree, spread, reports, listed;
	bool addresses[COUNT(addresses)], reporters[COUNT(orgs)];
	bool senders[COUNT(domain_names) * SHAPES * 8]; /* of each domain */
	bool covered[COUNT(domain_names)];
	uint64_t per_day[1000]; /* messages, from DAY0 - 400 on */
};

/* No value is excluded in vain: some included one must fit, and no excluded one may. */
static bool passes(
	const struct filter_list *l, bool (*fits)(struct str, const void *), const void *arg)
{
	bool wanted = true, any = false;

	for (size_t i = 0; i < l->count; i++) {
		bool is = fits(l->values[i].text, arg);

		if (l->values[i].excluded && is)
			return false;
		if (!l->values[i].excluded) {
			wanted = false;
			any |= is;
		}
	}
	return wanted || any;
}

static bool is_text(struct str value, const void *arg)
{
	const struct str *s = arg;

	return !str_absent(*s) && str_eq_nocase(value, *s);
}

static bool is_report(struct str value, const void *arg)
{
	uint64_t n = 0;

	return str_to_u64(value, &n) && (int64_t)n == *(const int64_t *)arg;
}

static bool report_passes(const struct query *q, const struct file *f)
{
	struct str org = str_of(orgs[f->org]), domain = str_of(domain_names[f->domain]);

	return passes(&q->filters[FILTER_DOMAIN], is_text, &domain) &&
	       passes(&q->filters[FILTER_REPORTER], is_text, &org) &&
	       passes(&q->filters[FILTER_REPORT], is_report, &f->stored);
}

static bool sender_is(struct str value, const void *arg)
{
	const struct made *m = arg;
	struct ip_net net, group;

	if (!str_absent(m->verdict.sender))
		return str_eq_nocase(value, m->verdict.sender);
	ip_group(&m->record.source_ip, &group);
	return ip_net_parse(value, &net) && ip_cmp(&net.first, &group.first) == 0;
}

static struct str field_of(const struct auth *a, int which)
{
	return which == 0 ? a->domain : which == 1 ? a->selector : a->result;
}

static bool included_fits(const struct filter_list *l, struct str s)
{
	bool any = true;

	for (size_t i = 0; i < l->count; i++) {
		if (l->values[i].excluded)
			continue;
		if (is_text(l->values[i].text, &s))
			return true;
		any = false;
	}
	return any;
}

static bool wants(const struct filter_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->values[i].excluded)
			return true;
	return false;
}

static bool excludes(const struct filter_list *l, struct str s)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->values[i].excluded && is_text(l->values[i].text, &s))
			return true;
	return false;
}

static const struct filter_list *list_of(const struct query *q, int filter)
{
	static const struct filter_list nothing;

	return filter < 0 ? &nothing : &q->filters[filter];
}

/*
 * One entry has the wanted values of all filters, and of a filter that only excludes none of
 * those; what is excluded beside wanted values, or alone, is in no entry.
 */
static bool entry_passes(
	const struct query *q, const struct auth *a, size_t n, const int *filters)
{
	bool wanted = false, found = false;

	for (int w = 0; w < 3; w++)
		wanted |= wants(list_of(q, filters[w]));
	for (size_t i = 0; i < n; i++) {
		bool fits = true;

		for (int w = 0; w < 3; w++) {
			const struct filter_list *l = list_of(q, filters[w]);
			bool out = excludes(l, field_of(&a[i], w));

			if (out && (!wanted || wants(l)))
				return false;
			fits &= !out && included_fits(l, field_of(&a[i], w));
		}
		found |= fits;
	}
	return !wanted || found;
}

static bool reason_is(struct str value, const void *arg)
{
	const struct record *r = arg;

	return r->reason_count > 0 && is_text(value, &r->reasons[0].type);
}

static bool in_networks(const struct query *q, const struct ip *ip)
{
	for (size_t i = 0; i < q->network_count; i++)
		if (ip_net_has(&q->networks[i], ip))
			return true;
	return q->network_count == 0;
}

static bool flag_fits(int flag, bool is)
{
	return flag < 0 || (flag != 0) == is;
}

static bool facts_pass_query(const struct query *q, uint32_t facts)
{
	bool by = q->by_receiver;

	return flag_fits(q->flags.pass, facts_pass(facts, by)) &&
	       flag_fits(q->flags.spf, facts_spf(facts, by)) &&
	       flag_fits(q->flags.dkim, facts_dkim(facts, by)) &&
	       flag_fits(q->flags.explained, facts_explained(facts, by)) &&
	       flag_fits(q->flags.disagrees, facts & FACTS_DISAGREES) &&
	       (!q->causes || q->causes >> facts_cause(facts) & 1) &&
	       (!q->dispositions || q->dispositions >> facts_disposition(facts) & 1);
}

static bool record_passes(const struct query *q, const struct made *m)
{
	static const int dkim[] = { FILTER_DKIM_DOMAIN, FILTER_DKIM_SELECTOR,
		FILTER_DKIM_RESULT };
	static const int spf[] = { FILTER_SPF_DOMAIN, -1, FILTER_SPF_RESULT };
	const struct record *r = &m->record;

	return passes(&q->filters[FILTER_HEADER_FROM], is_text, &m->verdict.author) &&
	       passes(&q->filters[FILTER_SENDER], sender_is, m) &&
	       in_networks(q, &r->source_ip) &&
	       entry_passes(q, r->dkim_auth, r->dkim_count, dkim) &&
	       entry_passes(q, r->spf_auth, r->spf_count, spf) &&
	       passes(&q->filters[FILTER_OVERRIDE], reason_is, r) &&
	       facts_pass_query(q, facts_of(r, &m->verdict));
}

static int sender_number(const struct made *m)
{
	for (int i = 0; i < SHAPES; i++)
		if (str_eq(m->verdict.sender, shapes[i].sender) &&
			!str_absent(m->verdict.sender))
			return i;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct ip ip;
		struct ip_net a, b;

		ip_parse(str_of(addresses[i]), &ip);
		ip_group(&ip, &a);
		ip_group(&m->record.source_ip, &b);
		if (ip_cmp(&a.first, &b.first) == 0)
			return SHAPES + (int)i;
	}
	return 0;
}

static void count_record(struct counted *c, const struct query *q, const struct file *f,
	const struct period *p, const struct made *m)
{
	uint64_t share[PERIOD_DAYS_MOST], in_range = 0;
	uint32_t facts = facts_of(&m->record, &m->verdict);
	bool by = q->by_receiver,
	     middle = p->middle_day >= q->from_day && p->middle_day < q->to_day;

	period_share(p, m->record.messages, share);
	for (int64_t d = p->first_day; d <= p->last_day; d++) {
		if (d < q->from_day || d >= q->to_day)
			continue;
		in_range += share[d - p->first_day];
		c->per_day[d - (DAY0 - 400)] += share[d - p->first_day];
	}
	if (in_range == 0 && !middle)
		return;
	c->listed++;
	c->totals.messages += in_range;
	c->totals.records += middle;
	*(facts_pass(facts, by) ? &c->totals.pass : &c->totals.fail) += in_range;
	c->totals.explained += facts_explained(facts, by) ? in_range : 0;
	c->totals.shade[facts_shade(facts, by)] += in_range;
	c->by_cause[facts_cause(facts)] += in_range;
	c->by_disposition[facts_disposition(facts)] += in_range;
	c->aligned[facts_spf(facts, by)][facts_dkim(facts, by)] += in_range;
	c->disagree += facts & FACTS_DISAGREES ? in_range : 0;
	c->spread += p->spread ? in_range : 0;
	c->reporters[f->org] = true;
	c->senders[f->domain * SHAPES * 8 + sender_number(m)] = true;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct ip ip;

		ip_parse(str_of(addresses[i]), &ip);
		c->addresses[i] |= ip_cmp(&ip, &m->record.source_ip) == 0;
	}
}

static void count_all(const struct query *q, struct counted *c)
{
	memset(c, 0, sizeof(*c));
	for (int i = 0; i < REPORTS; i++) {
		const struct file *f = &files[i];
		struct period p;

		period_of(f->begin_at, f->end_at, &p);
		if (!report_passes(q, f) || p.last_day < q->from_day ||
			p.first_day >= q->to_day)
			continue;
		c->reports++;
		c->covered[f->domain] = true;
		for (size_t k = 0; k < f->count; k++) {
			struct made m;

			make_record(&m, &shapes[f->entries[k].shape], STR("0.0.0.0"),
				f->entries[k].messages, k + 1);
			m.record.source_ip = f->entries[k].ip;
			if (record_passes(q, &m))
				count_record(c, q, f, &p, &m);
		}
	}
}

static uint64_t trues(const bool *b, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += b[i];
	return sum;
}

/* --- Comparisons --- */

static void same_totals(const char *name, const struct totals *got, const struct totals *want)
{
	check_int(name, got->messages, want->messages);
	check_int(name, got->records, want->records);
	check_int(name, got->pass, want->pass);
	check_int(name, got->fail, want->fail);
	check_int(name, got->explained, want->explained);
	for (int i = 0; i < SHADE_COUNT; i++)
		check_int(name, got->shade[i], want->shade[i]);
}

static void add_totals(struct totals *sum, const struct totals *t)
{
	sum->messages += t->messages;
	sum->records += t->records;
	sum->pass += t->pass;
	sum->fail += t->fail;
	sum->explained += t->explained;
	for (int i = 0; i < SHADE_COUNT; i++)
		sum->shade[i] += t->shade[i];
}

static void same_summary(
	struct world *w, const char *name, const struct query *q, const struct counted *c)
{
	struct summary s = { 0 };

	OK(w, store_summary(w->s, q, &s, &w->err));
	same_totals(name, &s.totals, &c->totals);
	for (int i = 0; i < CAUSE_COUNT; i++)
		check_int(name, s.by_cause[i], c->by_cause[i]);
	for (int i = 0; i < DISP_COUNT; i++)
		check_int(name, s.by_disposition[i], c->by_disposition[i]);
	for (int i = 0; i < 4; i++)
		check_int(name, s.aligned[i / 2][i % 2], c->aligned[i / 2][i % 2]);
	check_int(name, s.disagree_messages, c->disagree);
	check_int(name, s.spread_messages, c->spread);
	check_int(name, s.reports, c->reports);
	check_int(name, s.domains, trues(c->covered, COUNT(c->covered)));
	check_int(name, s.sources, trues(c->addresses, COUNT(c->addresses)));
}

static void same_time(
	struct world *w, const char *name, struct query q, const struct counted *c)
{
	for (int split = SPLIT_RESULT; split <= SPLIT_REPORTER; split++) {
		struct totals sum = { 0 };
		uint64_t per_day[1000] = { 0 }, spread = 0;
		int64_t next = q.from_day;
		struct rows *rows = NULL;
		struct time_row row;
		int r;

		q.split = (enum split)split;
		OK(w, store_timeseries(w->s, &q, &rows, &w->err));
		while ((r = rows_time(rows, &row, &w->err)) > 0) {
			check(name, row.day == next || row.day == next - 1);
			next = row.day + 1;
			per_day[row.day - (DAY0 - 400)] += row.totals.messages;
			add_totals(&sum, &row.totals);
			spread += row.spread_messages;
		}
		OK(w, r);
		rows_close(rows);
		check_int(name, next, q.to_day);
		same_totals(name, &sum, &c->totals);
		check_int(name, spread, c->spread);
		check(name, memcmp(per_day, c->per_day, sizeof(per_day)) == 0);
	}
}

static void same_intervals(
	struct world *w, const char *name, struct query q, const struct counted *c)
{
	for (int b = BUCKET_WEEK; b <= BUCKET_MONTH; b++) {
		struct totals sum = { 0 };
		struct rows *rows = NULL;
		struct time_row row;
		struct civil day;

		q.bucket = (enum bucket)b;
		OK(w, store_timeseries(w->s, &q, &rows, &w->err));
		while (rows_time(rows, &row, &w->err) > 0) {
			day_civil(row.day, &day);
			check(name, b == BUCKET_WEEK ? day.weekday == 0 : day.day == 1);
			add_totals(&sum, &row.totals);
		}
		rows_close(rows);
		same_totals(name, &sum, &c->totals);
	}
}

static void same_records(
	struct world *w, const char *name, const struct query *q, const struct counted *c)
{
	uint64_t messages = 0, n = 0;
	int64_t day = INT64_MAX;
	struct rows *rows = NULL;
	struct record_row row;
	int r;

	OK(w, store_records(w->s, q, &rows, &w->err));
	while ((r = rows_record(rows, &row, &w->err)) > 0) {
		messages += row.messages;
		n++;
		check(name, row.period.middle_day <= day);
		day = row.period.middle_day;
	}
	OK(w, r);
	rows_close(rows);
	check_int(name, messages, c->totals.messages);
	check_int(name, n, c->listed);
}

static void same_lists(
	struct world *w, const char *name, const struct query *q, const struct counted *c)
{
	struct totals by_source = { 0 }, by_sender = { 0 }, by_domain = { 0 },
		      by_reporter = { 0 };
	struct rows *rows = NULL;
	struct source_row source;
	struct sender_row sender;
	struct sender_group groups[CLASS_COUNT];
	struct totals sums;
	struct domain_row domain;
	struct reporter_row reporter;
	uint64_t n = 0, reports = 0, grouped = 0;

	OK(w, store_sources(w->s, q, &rows, &w->err));
	for (; rows_source(rows, &source, &w->err) > 0; n++)
		add_totals(&by_source, &source.totals);
	check_int(name, n, rows_total(rows));
	rows_close(rows);
	check_int(name, n, trues(c->addresses, COUNT(c->addresses)));
	same_totals(name, &by_source, &c->totals);
	OK(w, store_senders(w->s, q, &rows, &w->err));
	rows_sender_sums(rows, &sums, groups);
	for (n = 0; rows_sender(rows, &sender, &w->err) > 0; n++)
		add_totals(&by_sender, &sender.totals);
	rows_close(rows);
	same_totals(name, &sums, &c->totals);
	for (int i = 0; i < CLASS_COUNT; i++)
		grouped += groups[i].senders;
	check_int(name, grouped, n);
	check_int(name, n, trues(c->senders, COUNT(c->senders)));
	same_totals(name, &by_sender, &c->totals);
	OK(w, store_domains(w->s, q, &rows, &w->err));
	while (rows_domain(rows, &domain, &w->err) > 0)
		add_totals(&by_domain, &domain.totals);
	rows_close(rows);
	same_totals(name, &by_domain, &c->totals);
	OK(w, store_reporters(w->s, q, &rows, &w->err));
	while (rows_reporter(rows, &reporter, &w->err) > 0) {
		add_totals(&by_reporter, &reporter.totals);
		reports += reporter.reports;
	}
	rows_close(rows);
	same_totals(name, &by_reporter, &c->totals);
	check(name, reports <= c->reports);
}

static void compare(struct world *w, const char *name, const struct query *q)
{
	static struct counted c;
	struct totals t;

	count_all(q, &c);
	t = totals_of(w, q);
	same_totals(name, &t, &c.totals);
	same_summary(w, name, q, &c);
	same_records(w, name, q, &c);
	same_lists(w, name, q, &c);
	same_time(w, name, *q, &c);
	same_intervals(w, name, *q, &c);
}

/* --- Queries --- */

struct choice {
	const char *name;
	const char *values[9];
};

static const struct choice choices[] = {
	{ "domain", { "example.com", "example.net,example.org", "!example.com",
			    "nowhere.example" } },
	{ "reporter", { "google.com", "!google.com", "mail.ru,yahoo.example", "nobody" } },
	{ "header_from",
		{ "example.com", "!example.com", "sub.example.com,other.example.com" } },
	{ "source_ip",
		{ "192.0.2.0/24", "2001:db8::/32", "192.0.2.1,198.51.100.4", "0.0.0.0/0" } },
	{ "sender", { "esp.example", "!esp.example", "192.0.2.1", "2001:db8::/64",
			    "!2001:db8:0:1::/64" } },
	{ "result", { "pass", "fail" } },
	{ "spf", { "aligned", "unaligned" } },
	{ "dkim", { "aligned", "unaligned" } },
	{ "spf_domain",
		{ "example.com", "!example.com", "mg.esp.example,lists.example.info" } },
	{ "spf_result", { "pass", "!pass", "softfail" } },
	{ "dkim_domain", { "example.com", "!esp.example", "esp.example" } },
	{ "dkim_selector", { "s1", "!s1", "k1,s2" } },
	{ "dkim_result", { "pass", "!fail", "permerror" } },
	{ "cause", { "both", "!both", "dkim_broken,unaligned", "not_reported" } },
	{ "explained", { "true", "false" } },
	{ "disposition", { "none", "reject,quarantine", "!none" } },
	{ "override", { "forwarded", "!forwarded", "mailing_list" } },
	{ "disagrees", { "true", "false" } },
	{ "basis", { "reported" } },
	{ "report", { "1", "3,7,9", "!5" } },
};

static const char *const ranges[][2] = {
	{ "2026-11-13", "2027-03-01" },
	{ "2026-11-20", "2026-12-05" },
	{ "2026-12-01", "2026-12-02" },
	{ "2027-01-10", "2027-02-10" },
};

static struct query query_of(
	struct world *w, const int *picked, size_t n, int range, char *name, size_t room)
{
	struct query q;
	size_t at = 0;

	query_init(&q, &w->arena);
	OK(w, query_set(&q, STR("from"), str_of(ranges[range][0]), NULL, NULL, &w->err));
	OK(w, query_set(&q, STR("to"), str_of(ranges[range][1]), NULL, NULL, &w->err));
	at = (size_t)snprintf(name, room, "%s", ranges[range][0]);
	for (size_t i = 0; i < n; i++) {
		const struct choice *c = &choices[picked[i]];
		size_t values = 0;
		const char *value;

		while (c->values[values])
			values++;
		value = c->values[random_below((uint32_t)values)];
		if (query_set(&q, str_of(c->name), str_of(value), NULL, NULL, &w->err) < 0)
			continue; /* picked twice */
		at += (size_t)snprintf(name + at, room - at, " %s=%s", c->name, value);
	}
	OK(w, query_end(&q, day_start(DAY0 + 30), &w->err));
	q.limit = 0;
	return q;
}

static struct world world;

static int fill_world(void **state)
{
	(void)state;
	world_open(&world);
	fill(&world);
	return 0;
}

static int leave_world(void **state)
{
	(void)state;
	world_close(&world);
	return 0;
}

static void each_filter_alone(void **state)
{
	char name[512];

	(void)state;
	for (int r = 0; r < (int)COUNT(ranges); r++) {
		struct query q = query_of(&world, NULL, 0, r, name, sizeof(name));

		compare(&world, name, &q);
	}
	for (int i = 0; i < (int)COUNT(choices); i++) {
		for (int r = 0; r < 6; r++) {
			struct query q = query_of(
				&world, &i, 1, r % (int)COUNT(ranges), name, sizeof(name));

			compare(&world, name, &q);
		}
		arena_reset(&world.arena);
	}
}

static void filters_together(void **state)
{
	char name[512];

	(void)state;
	for (int i = 0; i < 150; i++) {
		int picked[4];
		size_t n = 2 + random_below(3);
		struct query q;

		for (size_t k = 0; k < n; k++)
			picked[k] = (int)random_below(COUNT(choices));
		q = query_of(&world, picked, n, (int)random_below(COUNT(ranges)), name,
			sizeof(name));
		compare(&world, name, &q);
		arena_reset(&world.arena);
	}
}

/* --- Pages --- */

struct seen {
	char text[4000];
	size_t n, rows;
};

static void note_key(struct seen *s, struct str key)
{
	s->rows++;
	s->n += (size_t)snprintf(
		s->text + s->n, sizeof(s->text) - s->n, "%.*s;", STR_ARGS(key));
}

typedef int open_list(struct store *, const struct query *, struct rows **, struct err *);

static int next_key(struct rows *rows, open_list *list, char *key, size_t room, struct err *err)
{
	union {
		struct source_row source;
		struct sender_row sender;
		struct domain_row domain;
		struct reporter_row reporter;
		struct record_row record;
		struct report_row report;
	} u;
	char ip[IP_TEXT];
	int r;

	if (list == store_sources) {
		r = rows_source(rows, &u.source, err);
		if (r > 0)
			snprintf(key, room, "%.*s", STR_ARGS(ip_text(&u.source.ip, ip)));
	} else if (list == store_senders) {
		r = rows_sender(rows, &u.sender, err);
		if (r > 0)
			snprintf(key, room, "%.*s", STR_ARGS(u.sender.key));
	} else if (list == store_domains) {
		r = rows_domain(rows, &u.domain, err);
		if (r > 0)
			snprintf(key, room, "%.*s", STR_ARGS(u.domain.domain));
	} else if (list == store_reporters) {
		r = rows_reporter(rows, &u.reporter, err);
		if (r > 0)
			snprintf(key, room, "%.*s", STR_ARGS(u.reporter.reporter));
	} else if (list == store_records) {
		r = rows_record(rows, &u.record, err);
		if (r > 0)
			snprintf(key, room, "%lld.%llu", (long long)u.record.report,
				(unsigned long long)u.record.n);
	} else {
		r = rows_report(rows, &u.report, err);
		if (r > 0)
			snprintf(key, room, "%lld", (long long)u.report.id);
	}
	return r;
}

/* All pages of a list; limit 0: one page. */
static void read_pages(
	struct world *w, open_list *list, struct query q, unsigned limit, struct seen *s)
{
	int pages = 0, r;

	memset(s, 0, sizeof(*s));
	q.limit = limit;
	for (;;) {
		struct rows *rows = NULL;
		char key[300];

		OK(w, list(w->s, &q, &rows, &w->err));
		while ((r = next_key(rows, list, key, sizeof(key), &w->err)) > 0)
			note_key(s, str_of(key));
		OK(w, r);
		q.cursor = rows_next_cursor(rows, &w->arena);
		rows_close(rows);
		if (str_absent(q.cursor) || ++pages > 1000)
			break;
	}
	check("the pages end", pages <= 1000);
}

static void pages_give_every_row_once(void **state)
{
	static const struct {
		const char *name;
		open_list *list;
		const char *sorts[10];
	} lists[] = {
		{ "sources", store_sources,
			{ "-messages", "ip", "-ip", "fail", "pass", "last_seen", "-first_seen",
				"fail,-messages" } },
		{ "senders", store_senders,
			{ "attention", "-attention", "-fail,-messages", "name", "-name",
				"pass_rate", "-pass_rate,name", "-last_seen" } },
		{ "domains", store_domains,
			{ "-messages", "domain", "-domain", "-last_report", "-fail" } },
		{ "reporters", store_reporters, { "-messages", "reporter", "-last_report" } },
		{ "records", store_records, { "-day", "day", "-messages", "messages" } },
		{ "reports", store_reports,
			{ "-period", "period", "arrived", "-messages", "-fail" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		for (int k = 0; lists[i].sorts[k]; k++) {
			struct query q = ASK(&world, "sort", lists[i].sorts[k]);
			static struct seen whole, paged;
			char name[80];

			snprintf(name, sizeof(name), "%s by %s", lists[i].name,
				lists[i].sorts[k]);
			read_pages(&world, lists[i].list, q, 0, &whole);
			check(name, whole.rows > 0);
			for (unsigned limit = 1; limit < 20; limit += 3) {
				read_pages(&world, lists[i].list, q, limit, &paged);
				check_int(name, paged.rows, whole.rows);
				check_str(name, str_of(paged.text), str_of(whole.text));
			}
			q.by_receiver = true;
			read_pages(&world, lists[i].list, q, 0, &whole);
			read_pages(&world, lists[i].list, q, 2, &paged);
			check_str(name, str_of(paged.text), str_of(whole.text));
			arena_reset(&world.arena);
		}
	}
}

static void bad_cursors_and_sorts_are_refused(void **state)
{
	struct query q = ASK(&world), other = ASK(&world, "result", "fail");
	static const char *const texts[] = { "x", "AAAA", "!!!!",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"____________________________________________________________" };
	struct rows *rows = NULL;
	struct source_row row;

	(void)state;
	q.limit = other.limit = 1;
	OK(&world, store_sources(world.s, &q, &rows, &world.err));
	check_int("a row", rows_source(rows, &row, &world.err), 1);
	other.cursor = rows_next_cursor(rows, &world.arena);
	rows_close(rows);
	check("there is a next page", !str_absent(other.cursor));
	check_int("of other filters", store_sources(world.s, &other, &rows, &world.err),
		ERR_USAGE);
	check_str("reason", str_of(world.err.reason), STR("cursor-mismatch"));
	q.cursor = other.cursor;
	check_int("of another list", store_records(world.s, &q, &rows, &world.err), ERR_USAGE);
	for (size_t i = 0; i < COUNT(texts); i++) {
		q.cursor = str_of(texts[i]);
		check_int(texts[i], store_sources(world.s, &q, &rows, &world.err), ERR_USAGE);
		check_str(texts[i], str_of(world.err.reason), STR("cursor-mismatch"));
	}
	q = ASK(&world, "sort", "colour");
	check_int("sort", store_sources(world.s, &q, &rows, &world.err), ERR_USAGE);
	check_str("sort", str_of(world.err.reason), STR("invalid-parameter"));
}

static void reports_are_filtered_by_what_is_in_them(void **state)
{
	static const char *const filters[][2] = { { "result", "fail" },
		{ "source_ip", "192.0.2.0/24" }, { "dkim_domain", "esp.example" },
		{ "domain", "example.net" }, { "cause", "both" } };

	(void)state;
	for (size_t i = 0; i < COUNT(filters); i++) {
		struct query q = ASK(&world, filters[i][0], filters[i][1]);
		uint64_t want = 0, got = 0;
		struct rows *rows = NULL;
		struct report_row row;

		for (int k = 0; k < REPORTS; k++) {
			bool fits = false;

			for (size_t n = 0; n < files[k].count; n++) {
				struct made m;

				make_record(&m, &shapes[files[k].entries[n].shape],
					STR("0.0.0.0"), 1, 1);
				m.record.source_ip = files[k].entries[n].ip;
				fits |= record_passes(&q, &m);
			}
			want += report_passes(&q, &files[k]) &&
				(fits || strcmp(filters[i][0], "domain") == 0);
		}
		q.limit = 0;
		OK(&world, store_reports(world.s, &q, &rows, &world.err));
		while (rows_report(rows, &row, &world.err) > 0)
			got++;
		rows_close(rows);
		check_int(filters[i][0], got, want);
	}
}

/* Without a range, one report is found whenever it was. */
static void one_report_needs_no_range(void **state)
{
	struct query q;
	struct counted c;

	(void)state;
	query_init(&q, &world.arena);
	OK(&world, query_set(&q, STR("report"), STR("3"), NULL, NULL, &world.err));
	OK(&world, query_end(&q, day_start(DAY0 + 3000), &world.err));
	check("its records", totals_of(&world, &q).messages > 0);
	q.from_day = DAY0 - 400;
	q.to_day = DAY0 + 400;
	count_all(&q, &c);
	check_int("all of them", totals_of(&world, &q).messages, c.totals.messages);
}

/* A reporter with a wrong clock: its reports are in "all", though they are of days to come. */
static void all_is_all(void **state)
{
	struct query all, wide = ASK(&world);

	(void)state;
	query_init(&all, &world.arena);
	OK(&world, query_set(&all, STR("range"), STR("all"), NULL, NULL, &world.err));
	OK(&world, query_end(&all, day_start(DAY0 - 300), &world.err));
	check("there is something", totals_of(&world, &wide).messages > 0);
	check_int("messages", totals_of(&world, &all).messages,
		totals_of(&world, &wide).messages);
}

static void sums_equal_records(void **state)
{
	(void)state;
	check_int("verify", problems(&world), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_equal_records),
		cmocka_unit_test(each_filter_alone),
		cmocka_unit_test(filters_together),
		cmocka_unit_test(pages_give_every_row_once),
		cmocka_unit_test(bad_cursors_and_sorts_are_refused),
		cmocka_unit_test(reports_are_filtered_by_what_is_in_them),
		cmocka_unit_test(one_report_needs_no_range),
		cmocka_unit_test(all_is_all),
	};

	return cmocka_run_group_tests(tests, fill_world, leave_world);
}
