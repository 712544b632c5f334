#include "query.h"

#include "carrier.h"
#include "check.h"
#include "day.h"

#include <string.h>

#define NOW 1795262400 /* 2026-11-21T12:00:00Z */

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* All of "a=b&c=d" (not decoded); the first error ends it. */
static int set_all(struct query *q, const char *text, struct err *err)
{
	struct str rest = str_of(text), pair, name;
	int r = 0;

	query_init(q, &arena);
	while (r == 0 && text[0] && str_cut(&rest, '&', &pair)) {
		if (!str_cut(&pair, '=', &name))
			fail_msg("%s: no name", text);
		r = query_set(q, name, pair, NULL, NULL, err);
	}
	return r == 0 ? query_end(q, NOW, err) : r;
}

static void must_set(struct query *q, const char *text)
{
	struct err err = { 0 };

	if (set_all(q, text, &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

static void test_range(void **state)
{
	static const struct {
		const char *text, *from, *to;
	} cases[] = {
		{ "", "2026-10-23", "2026-11-22" },
		{ "range=30d", "2026-10-23", "2026-11-22" },
		{ "range=1d", "2026-11-21", "2026-11-22" },
		{ "range=2w", "2026-11-08", "2026-11-22" },
		{ "range=1m", "2026-10-22", "2026-11-22" },
		{ "range=12m", "2025-11-22", "2026-11-22" },
		{ "range=1y", "2025-11-22", "2026-11-22" },
		{ "range=999y", "1027-11-22", "2026-11-22" },
		{ "range=all", "1970-01-01", "2026-11-22" },
		{ "from=2026-11-17&to=2026-11-20", "2026-11-17", "2026-11-20" },
		{ "from=2026-11-17T00:00:00Z&to=2026-11-20T00:00:00Z", "2026-11-17",
			"2026-11-20" },
		{ "from=2026-11-17T10:00:00Z&to=2026-11-20T00:00:01Z", "2026-11-17",
			"2026-11-21" },
		{ "from=2026-11-17", "2026-11-17", "2026-11-22" },
		{ "to=2026-11-20", "2026-10-21", "2026-11-20" },
		{ "from=2026-11-20&to=2026-11-20", "2026-11-20", "2026-11-20" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char from[DAY_TEXT], to[DAY_TEXT];
		struct query q;

		must_set(&q, cases[i].text);
		check_str(cases[i].text, day_text(q.from_day, from), str_of(cases[i].from));
		check_str(cases[i].text, day_text(q.to_day, to), str_of(cases[i].to));
	}
}

/* The 31st of a month that has none, and a leap day. */
static void test_range_month_ends(void **state)
{
	static const struct {
		const char *now, *range, *from;
	} cases[] = {
		{ "2026-03-30", "1m", "2026-02-28" },
		{ "2024-03-30", "1m", "2024-02-29" },
		{ "2024-02-28", "1y", "2023-02-28" },
		{ "2026-01-14", "1m", "2025-12-15" },
		{ "2026-01-14", "13m", "2024-12-15" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char from[DAY_TEXT];
		struct query q;
		int64_t now_at;

		query_init(&q, &arena);
		assert_true(time_parse(str_of(cases[i].now), &now_at));
		assert_int_equal(
			query_set(&q, STR("range"), str_of(cases[i].range), NULL, NULL, NULL),
			0);
		assert_int_equal(query_end(&q, now_at, NULL), 0);
		check_str(cases[i].now, day_text(q.from_day, from), str_of(cases[i].from));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says; /* a part of the message */
	} cases[] = {
		{ "range=0d", "1 to 999" },
		{ "range=1000d", "1 to 999" },
		{ "range=d", "1 to 999" },
		{ "range=30", "1 to 999" },
		{ "range=30h", "1 to 999" },
		{ "range=-3d", "1 to 999" },
		{ "range=30d&from=2026-11-01", "excludes" },
		{ "to=2026-11-01&range=all", "excludes" },
		{ "range=all&to=2026-11-01", "excludes" },
		{ "from=2026-11-31", "2026-11-24T00:00:00Z" },
		{ "from=yesterday", "a day (2026-11-24)" },
		{ "to=2026-11-24T10:00:00+01:00", "UTC" },
		{ "from=2026-11-20&to=2026-11-19",
			"begins on 2026-11-20, after its end on 2026-11-19" },
		{ "from=2026-11-23", "after its end on 2026-11-22" },
		{ "from=2026-11-01&from=2026-11-01", "'from' is given more than once" },
		{ "result=pass&result=pass", "'result' is given more than once" },
		{ "result=PASS", "'result' is fail or pass, not 'PASS'." },
		{ "result=pass,fail", "fail or pass" },
		{ "spf=pass", "unaligned or aligned" },
		{ "dkim=yes", "unaligned or aligned" },
		{ "explained=1", "false or true" },
		{ "disagrees=no", "false or true" },
		{ "interval=year", "day, week or month" },
		{ "by=source", "result, cause, disposition, sender or reporter" },
		{ "basis=ours", "computed or reported" },
		{ "cause=both,dkim", "dkim_only" },
		{ "cause=both,!both", "excludes every value" },
		{ "origin=forged", "unknown, authenticated, misfit or unauthenticated" },
		{ "disposition=rejected", "none, quarantine, reject, pass or other" },
		{ "source_ip=192.0.2.300", "192.0.2.0/24" },
		{ "source_ip=192.0.2.0/33", "192.0.2.0/24" },
		{ "source_ip=!192.0.2.1", "cannot exclude" },
		{ "domain=", "'domain' has no value" },
		{ "domain=  ", "'domain' has no value" },
		{ "domain=a.example,,b.example", "one comma between" },
		{ "domain=a.example,", "one comma between" },
		{ "domain=!", "one comma between" },
		{ "domain=\xff", "UTF-8" },
		{ "report=x", "number of a stored report" },
		{ "report=0", "number of a stored report" },
		{ "report=9223372036854775808", "number of a stored report" },
		{ "outcome=lost", "stored, duplicate, ignored or rejected" },
		{ "reason=xml-malformd", "Did you mean 'xml-malformed'?" },
		{ "reason=because", "'because' is not a reason code." },
		{ "limit=0", "1 to 1000" },
		{ "limit=1001", "1 to 1000" },
		{ "limit=10x", "1 to 1000" },
		{ "sort=messages desc", "column names" },
		{ "sort=--messages", "column names" },
		{ "sort=messages,", "column names" },
		{ "sort=a,b,c,d,e,f,g,h,i", "column names" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		struct query q;

		check_int(cases[i].text, set_all(&q, cases[i].text, &err), ERR_USAGE);
		check_str(cases[i].text, str_of(err.reason), STR("invalid-parameter"));
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, err.text,
				cases[i].says);
	}
}

/* A refused value changes nothing. */
static void test_refused_untouched(void **state)
{
	static const char *const bad[][2] = { { "domain", "x,,y" }, { "cause", "x" },
		{ "source_ip", "x" }, { "result", "x" }, { "interval", "x" }, { "basis", "x" },
		{ "limit", "x" }, { "from", "x" }, { "range", "x" }, { "sort", "X" } };
	struct query q, before;

	(void)state;
	must_set(&q, "domain=a.example&cause=both&source_ip=192.0.2.1&limit=7");
	before = q;
	for (size_t i = 0; i < COUNT(bad); i++) {
		check_int(bad[i][0],
			query_set(&q, str_of(bad[i][0]), str_of(bad[i][1]), NULL, NULL, NULL),
			ERR_USAGE);
		check_int(bad[i][0], memcmp(&q, &before, sizeof(q)), 0);
	}
	check_str("link", query_link(&q, &arena, STR_ABSENT, STR_ABSENT),
		STR("domain=a.example&source_ip=192.0.2.1&cause=both&limit=7"));
}

static void test_unknown(void **state)
{
	static const char *const few[] = { "domain", "limit", NULL };
	static const char *const twins[] = { "report", "reporter", NULL };
	static const struct {
		const char *name;
		const char *const *allowed;
		const char *suggestion, *text;
	} cases[] = {
		{ "domian", NULL, "domain",
			"'domian' is not a parameter here. Did you mean 'domain'?" },
		{ "reportr", NULL, "reporter", NULL },
		{ "reportr", twins, "reporter", NULL },
		{ "repor", twins, "report", NULL },
		{ "reporterr", NULL, "reporter", NULL },
		{ "Domain", NULL, "domain", NULL },
		{ "source-ip", NULL, "source_ip", NULL },
		{ "colour", NULL, NULL, "'colour' is not a parameter here." },
		{ "z", NULL, NULL, NULL },
		{ "", NULL, NULL, "'' is not a parameter here." },
		{ "reporter", few, NULL, "'reporter' is not a parameter here." },
		{ "limits", few, "limit", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *suggestion = "untouched";
		struct err err = { 0 };
		struct query q;

		query_init(&q, &arena);
		check_int(cases[i].name,
			query_set(&q, str_of(cases[i].name), STR("x"), cases[i].allowed,
				&suggestion, &err),
			ERR_USAGE);
		check_str(cases[i].name, str_of(err.reason), STR("unknown-parameter"));
		check_str(cases[i].name, str_of(suggestion), str_of(cases[i].suggestion));
		if (cases[i].text)
			check_str(cases[i].name, str_of(err.text), str_of(cases[i].text));
	}
}

static void test_allowed(void **state)
{
	static const char *const few[] = { "domain", NULL };
	const char *suggestion = "untouched";
	struct query q;

	(void)state;
	query_init(&q, &arena);
	assert_int_equal(
		query_set(&q, STR("domain"), STR("a.example"), few, &suggestion, NULL), 0);
	assert_null(suggestion);
	assert_int_equal(
		query_set(&q, STR("limit"), STR("5"), few, &suggestion, NULL), ERR_USAGE);
}

static void test_values(void **state)
{
	struct query q;

	(void)state;
	must_set(&q, "");
	assert_int_equal(q.flags.pass, -1);
	assert_int_equal(q.flags.disagrees, -1);
	assert_int_equal(q.limit, 100);
	assert_int_equal(q.causes, 0);
	assert_int_equal(q.param_count, 0);
	must_set(&q, "result=fail&spf=aligned&dkim=unaligned&explained=true&disagrees=false&"
		     "basis=reported"
		     "&by=reporter&interval=month&limit=1000&sort=-messages,day&cursor=abc");
	assert_int_equal(q.flags.pass, 0);
	assert_int_equal(q.flags.spf, 1);
	assert_int_equal(q.flags.dkim, 0);
	assert_int_equal(q.flags.explained, 1);
	assert_int_equal(q.flags.disagrees, 0);
	assert_true(q.by_receiver);
	assert_int_equal(q.split, SPLIT_REPORTER);
	assert_int_equal(q.bucket, BUCKET_MONTH);
	assert_int_equal(q.limit, 1000);
	check_str("sort", q.sort, STR("-messages,day"));
	check_str("cursor", q.cursor, STR("abc"));
	must_set(&q, "cause=both,dkim_only&disposition=!none");
	assert_int_equal(q.causes, 1 << CAUSE_BOTH | 1 << CAUSE_DKIM_ONLY);
	/* what no receiver said is not "none" */
	assert_int_equal(q.dispositions, ((1 << DISP_COUNT) - 1) & ~(1 << DISP_NONE));
	must_set(&q, "origin=misfit,unauthenticated");
	assert_int_equal(q.origins, 1 << CARRIER_MISFIT | 1 << CARRIER_UNAUTHENTICATED);
	must_set(&q, "cause=both&cause=spf_only,!both");
	assert_int_equal(q.causes, 1 << CAUSE_SPF_ONLY);
	must_set(&q, "source_ip=192.0.2.7/24,2001:DB8:0::1");
	assert_int_equal(q.network_count, 2);
	assert_int_equal(q.networks[0].prefix_bits, 24);
	assert_int_equal(q.networks[0].first.b[3], 0);
	assert_int_equal(q.networks[1].first.n, 16);
}

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		enum filter filter;
		const char *want; /* values, each after a "+" or "!" */
	} cases[] = {
		{ "domain=Example.COM.", FILTER_DOMAIN, "+example.com" },
		{ "domain=a.example,!b.example", FILTER_DOMAIN, "+a.example!b.example" },
		{ "domain= a.example , ! b.example ", FILTER_DOMAIN, "+a.example!b.example" },
		{ "domain=a.example&domain=b.example", FILTER_DOMAIN, "+a.example+b.example" },
		{ "header_from=News.Example.com", FILTER_HEADER_FROM, "+news.example.com" },
		{ "reporter=!Google.com", FILTER_REPORTER, "!google.com" },
		{ "reporter=Example\\, Inc.,\\!x,a\\\\b,c\\d", FILTER_REPORTER,
			"+example, inc.+!x+a\\b+c\\d" },
		{ "reporter=a\\", FILTER_REPORTER, "+a\\" },
		{ "reporter=a\\,b&reporter=c", FILTER_REPORTER, "+a,b+c" },
		{ "reporter=x\\\\&reporter=c", FILTER_REPORTER, "+x\\+c" },
		{ "reporter=Z\xc3\xbcrich", FILTER_REPORTER, "+z\xc3\xbcrich" },
		{ "sender=ESP.example", FILTER_SENDER, "+esp.example" },
		{ "spf_domain=A.example", FILTER_SPF_DOMAIN, "+a.example" },
		{ "spf_result=SoftFail", FILTER_SPF_RESULT, "+softfail" },
		{ "dkim_domain=A.example", FILTER_DKIM_DOMAIN, "+a.example" },
		{ "dkim_selector=K1", FILTER_DKIM_SELECTOR, "+K1" },
		{ "dkim_result=Fail", FILTER_DKIM_RESULT, "+fail" },
		{ "override=mailing_list", FILTER_OVERRIDE, "+mailing_list" },
		{ "report=17,18", FILTER_REPORT, "+17+18" },
		{ "reason=Xml-Malformed", FILTER_REASON, "+xml-malformed" },
		{ "outcome=!stored", FILTER_OUTCOME, "!stored" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str got = STR("");
		struct query q;

		must_set(&q, cases[i].text);
		for (size_t k = 0; k < q.filters[cases[i].filter].count; k++) {
			struct filter_value v = q.filters[cases[i].filter].values[k];

			got = arena_printf(&arena, "%.*s%s%.*s", STR_ARGS(got),
				v.excluded ? "!" : "+", STR_ARGS(v.text));
		}
		check_str(cases[i].text, got, str_of(cases[i].want));
	}
}

static void test_many_values(void **state)
{
	struct str list = STR("a0.example");
	struct err err = { 0 };
	struct query q;

	(void)state;
	for (int i = 1; i < 200; i++)
		list = arena_printf(&arena, "%.*s,a%d.example", STR_ARGS(list), i);
	query_init(&q, &arena);
	assert_int_equal(query_set(&q, STR("domain"), list, NULL, NULL, &err), 0);
	assert_int_equal(q.filters[FILTER_DOMAIN].count, 200);
	assert_int_equal(
		query_set(&q, STR("domain"), STR("x.example"), NULL, NULL, &err), ERR_USAGE);
	assert_non_null(strstr(err.text, "more than 200 values"));
	assert_int_equal(q.filters[FILTER_DOMAIN].count, 200);
}

static void test_links(void **state)
{
	static const struct {
		const char *text, *name, *value, *want;
	} cases[] = {
		{ "", NULL, NULL, "" },
		{ "", "result", "fail", "result=fail" },
		{ "limit=5&domain=B.example&from=2026-11-17T10:00:00Z&to=2026-11-20T00:00:01Z",
			NULL, NULL, "from=2026-11-17&to=2026-11-21&domain=b.example&limit=5" },
		{ "domain=a.example&limit=5", "reporter", "google.com",
			"domain=a.example&reporter=google.com&limit=5" },
		{ "domain=a.example&limit=5", "domain", "b.example",
			"domain=b.example&limit=5" },
		{ "domain=a.example&limit=5", "domain", NULL, "limit=5" },
		{ "domain=a.example", "reporter", NULL, "domain=a.example" },
		{ "from=2026-11-17&to=2026-11-20&domain=a.example", "range", "7d",
			"range=7d&domain=a.example" },
		{ "range=7d", "from", "2026-11-17", "from=2026-11-17" },
		{ "from=2026-11-17", "range", NULL, "from=2026-11-17" },
		{ "cursor=abc&domain=a.example", NULL, NULL, "domain=a.example&cursor=abc" },
		{ "cursor=abc&domain=a.example", "sort", "-day", "domain=a.example&sort=-day" },
		{ "cursor=abc&domain=a.example", "cursor", "def",
			"domain=a.example&cursor=def" },
		{ "domain=a.example", "view", "a&b=c", "domain=a.example&view=a%26b%3Dc" },
		{ "reporter=Example\\, Inc.", NULL, NULL, "reporter=example%5C,%20inc." },
		{ "reporter=!a,b", NULL, NULL, "reporter=!a,b" },
		{ "source_ip=2001:DB8::/32,192.0.2.1", NULL, NULL,
			"source_ip=2001:db8::%2F32,192.0.2.1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct query q;

		must_set(&q, cases[i].text);
		check_str(cases[i].text,
			query_link(&q, &arena, str_of(cases[i].name), str_of(cases[i].value)),
			str_of(cases[i].want));
	}
}

static void test_link_with(void **state)
{
	static const char *const several[] = { "reporter", "google.com", "limit", NULL,
		"cursor", "next", "result", "fail", NULL };
	static const char *const drop[] = { "cursor", NULL, NULL };
	static const char *const none[] = { NULL };
	struct query q;

	(void)state;
	must_set(&q, "domain=a.example&limit=5&cursor=abc");
	check_str("several", query_link_with(&q, &arena, several),
		STR("domain=a.example&reporter=google.com&result=fail&cursor=next"));
	check_str("drop", query_link_with(&q, &arena, drop), STR("domain=a.example&limit=5"));
	check_str("none", query_link_with(&q, &arena, none),
		STR("domain=a.example&limit=5&cursor=abc"));
}

static void test_encode(void **state)
{
	static const struct {
		const char *s, *want;
	} cases[] = {
		{ "example.com", "example.com" },
		{ "a b+c", "a%20b%2Bc" },
		{ "\"<>&'/?#=%;", "%22%3C%3E%26%27%2F%3F%23%3D%25%3B" },
		{ "z\xc3\xbc", "z%C3%BC" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "a-b._~,!@", "a-b._~,!@" },
		{ "", "" },
		{ NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].s ? cases[i].s : "absent",
			url_encode(&arena, str_of(cases[i].s)), str_of(cases[i].want));
	check_str("NUL", url_encode(&arena, str_make("\0", 1)), STR("%00"));
}

/* Whatever a reporter calls itself, its link selects it and nothing else. */
static void test_value_round_trip(void **state)
{
	static const char *const names[] = { "plain", "a,b", "!x", "\\", "\\,", "a\\!b", ",",
		"!", "\\\\,!", "a\\", "x!y" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct str value = query_value(&arena, str_of(names[i]));
		struct query q;

		query_init(&q, &arena);
		check_int(names[i], query_set(&q, STR("reporter"), value, NULL, NULL, NULL), 0);
		check_int(names[i], q.filters[FILTER_REPORTER].count, 1);
		check(names[i], !q.filters[FILTER_REPORTER].values[0].excluded);
		check_str(
			names[i], q.filters[FILTER_REPORTER].values[0].text, str_of(names[i]));
		check_str(names[i], q.params[0].value, value);
	}
	assert_true(str_absent(query_value(&arena, STR_ABSENT)));
}

static void test_filter_names(void **state)
{
	(void)state;
	for (unsigned f = 0; f < FILTER_COUNT; f++) {
		const char *name = filter_name((enum filter)f);
		bool listed = false;

		for (size_t i = 0; query_names[i]; i++)
			listed = listed || str_eq(str_of(query_names[i]), str_of(name));
		check(name, listed);
	}
	assert_string_equal(filter_name(FILTER_DOMAIN), "domain");
	assert_string_equal(filter_name(FILTER_DKIM_SELECTOR), "dkim_selector");
	assert_string_equal(filter_name(FILTER_OUTCOME), "outcome");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_range_month_ends),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_untouched),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_with),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_value_round_trip),
		cmocka_unit_test(test_filter_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
