#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "outcome.h"
#include "packing.h"
#include "wire.h"

#include <string.h>

static struct limits limits;
static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	limits_default(&limits);
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct packed packed_of(struct str bytes)
{
	return (struct packed){ .rest = bytes, .limits = &limits };
}

static void assert_text(struct str a, struct str b)
{
	assert_true(str_eq(a, b));
}

static void numbers(void **state)
{
	static const uint64_t cases[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX,
		UINT64_MAX };
	static const int64_t signed_cases[] = { 0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN };
	struct buf b;

	(void)state;
	buf_init(&b, KIB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		wire_put_u64(&b, cases[i]);
	for (size_t i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]); i++)
		pack_i64(&b, signed_cases[i]);
	struct packed p = packed_of(buf_view(&b));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(packed_u64(&p) == cases[i]);
	for (size_t i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]); i++)
		assert_true(packed_i64(&p) == signed_cases[i]);
	assert_true(packed_end(&p));
	assert_true(packed_u64(&p) == 0);
	assert_false(packed_end(&p));
	buf_release(&b);
}

static void texts(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, KIB);
	pack_str(&b, STR_ABSENT);
	pack_str(&b, STR(""));
	pack_str(&b, STR("gr\xc3\xbc\xc3\x9f"));
	pack_str(&b, STR("\xff"));
	struct packed p = packed_of(buf_view(&b));
	assert_true(str_absent(packed_str(&p)));
	assert_text(packed_str(&p), STR(""));
	assert_text(packed_str(&p), STR("gr\xc3\xbc\xc3\x9f"));
	struct packed lenient = p;
	assert_text(packed_bytes(&lenient), STR("\xff"));
	assert_true(packed_end(&lenient));
	packed_str(&p);
	assert_true(p.bad);
	buf_clear(&b);
	pack_str(&b, str_make("a\0b", 3));
	p = packed_of(buf_view(&b));
	packed_str(&p);
	assert_true(p.bad);
	buf_release(&b);
}

static struct report report_of_test(void)
{
	static struct str errors[] = { STR_INIT("one"), STR_INIT("two") };
	static struct note notes[] = {
		{ STR_INIT("a-note"), STR_INIT("here"), { NULL, 0 }, 3 },
	};

	return (struct report){ .org_name = STR("Example Inc."),
		.email = STR("d@example.net"),
		.report_id = STR("1"),
		.begin_at = 1795046400,
		.end_at = 1795132799,
		.errors = errors,
		.error_count = 2,
		.format = FORMAT_RFC9990,
		.policy = { .domain = STR("example.com"), .p = STR("none"), .pct = -1 },
		.notes = notes,
		.note_count = 1 };
}

static void a_report(void **state)
{
	struct report r = report_of_test(), got;
	struct buf b;

	(void)state;
	buf_init(&b, KIB);
	pack_report(&b, &r);
	pack_notes(&b, r.notes, r.note_count);
	struct packed p = packed_of(buf_view(&b));
	assert_true(packed_report(&p, &arena, &got));
	assert_true(packed_notes(&p, &arena, &got));
	assert_true(packed_end(&p));
	assert_text(got.org_name, r.org_name);
	assert_true(str_absent(got.extra_contact_info));
	assert_int_equal(got.begin_at, r.begin_at);
	assert_int_equal(got.end_at, r.end_at);
	assert_int_equal(got.format, FORMAT_RFC9990);
	assert_int_equal(got.policy.pct, -1);
	assert_text(got.policy.p, STR("none"));
	assert_int_equal(got.error_count, 2);
	assert_text(got.errors[1], STR("two"));
	assert_int_equal(got.note_count, 1);
	assert_true(got.notes[0].times == 3);
	buf_release(&b);
}

/* What parse never gives, a worker must not get past us. */
static void bad_reports(void **state)
{
	struct report cases[4];
	struct report got;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		cases[i] = report_of_test();
	cases[0].end_at = cases[0].begin_at - 1;
	cases[1].begin_at = INT64_MIN;
	cases[2].policy.domain = STR("");
	cases[3].policy.pct = -2;
	buf_init(&b, KIB);
	for (size_t i = 0; i < 4; i++) {
		buf_clear(&b);
		pack_report(&b, &cases[i]);
		struct packed p = packed_of(buf_view(&b));
		assert_false(packed_report(&p, &arena, &got));
	}
	buf_release(&b);
}

static struct record record_of_test(struct verdict *v)
{
	static struct auth dkim[] = { { .domain = STR_INIT("example.com"),
		.selector = STR_INIT("s"),
		.result = STR_INIT("pass") } };
	static struct auth spf[] = { { .domain = STR_INIT("example.net"),
					     .result = STR_INIT("fail") },
		{ .domain = STR_INIT(""), .result = STR_INIT("none") } };
	static struct override reasons[] = { { STR_INIT("forwarded"), { NULL, 0 } } };
	static enum dmarc dkim_matches[] = { DMARC_PASS },
			  spf_matches[] = { DMARC_FAIL, DMARC_NULL };

	*v = (struct verdict){ .computed = { DMARC_FAIL, DMARC_PASS, DMARC_PASS },
		.reported = { DMARC_NULL, DMARC_PASS, DMARC_PASS },
		.result = DMARC_PASS,
		.disagrees = true,
		.forwarded = true,
		.cause = CAUSE_DKIM_ONLY,
		.causes = 1U << CAUSE_DKIM_ONLY,
		.dkim_matches = dkim_matches,
		.spf_matches = spf_matches,
		.author = STR("example.com"),
		.sender = STR_ABSENT,
		.named_by = NAMED_BY_ADDRESS };
	return (struct record){ .source_ip = ip_of_bytes("\xc0\x00\x02\x01", 4),
		.messages = 1234567,
		.disposition = STR("none"),
		.dkim = STR("pass"),
		.reasons = reasons,
		.reason_count = 1,
		.header_from = STR("example.com"),
		.envelope_from = STR(""),
		.dkim_auth = dkim,
		.dkim_count = 1,
		.spf_auth = spf,
		.spf_count = 2,
		.line = 17 };
}

static void a_record(void **state)
{
	struct verdict v, got_v;
	struct record rec = record_of_test(&v), got;
	struct buf b;
	char text[IP_TEXT];

	(void)state;
	buf_init(&b, KIB);
	pack_record(&b, &rec, &v);
	struct packed p = packed_of(buf_view(&b));
	assert_true(packed_record(&p, &arena, &got, &got_v));
	assert_text(ip_text(&got.source_ip, text), STR("192.0.2.1"));
	assert_true(got.messages == 1234567);
	assert_true(str_absent(got.spf));
	assert_text(got.envelope_from, STR(""));
	assert_text(got.reasons[0].type, STR("forwarded"));
	assert_int_equal(got.dkim_count, 1);
	assert_text(got.dkim_auth[0].selector, STR("s"));
	assert_int_equal(got.spf_count, 2);
	assert_int_equal(got_v.spf_matches[1], DMARC_NULL);
	assert_int_equal(got_v.dkim_matches[0], DMARC_PASS);
	assert_true(got.line == 17);
	assert_memory_equal(&got_v.computed, &v.computed, sizeof(v.computed));
	assert_true(got_v.disagrees && got_v.forwarded && !got_v.explained);
	assert_int_equal(got_v.cause, CAUSE_DKIM_ONLY);
	assert_text(got_v.author, STR("example.com"));
	buf_release(&b);
}

static void bad_records(void **state)
{
	struct verdict v[5], got_v;
	struct record rec[5], got;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		rec[i] = record_of_test(&v[i]);
	v[0].result = DMARC_NULL;
	v[1].explained = true; /* and passed */
	v[2].cause = CAUSE_COUNT;
	v[3].causes = 1U << CAUSE_COUNT;
	rec[4].dkim_count = 0;
	limits.dkim_entries = 1; /* and two SPF results */
	buf_init(&b, KIB);
	for (size_t i = 0; i < 5; i++) {
		buf_clear(&b);
		pack_record(&b, &rec[i], &v[i]);
		struct packed p = packed_of(buf_view(&b));
		assert_false(packed_record(&p, &arena, &got, &got_v));
	}
	buf_release(&b);
}

/* Every beginning of good bytes is bad, and so are more than all. */
static void cut_and_long(void **state)
{
	struct verdict v, got_v;
	struct record rec = record_of_test(&v), got;
	struct buf b;

	(void)state;
	buf_init(&b, KIB);
	pack_record(&b, &rec, &v);
	for (size_t n = 0; n < b.n; n++) {
		struct packed p = packed_of(str_make(b.p, n));

		assert_false(packed_record(&p, &arena, &got, &got_v));
	}
	buf_char(&b, 0);
	struct packed p = packed_of(buf_view(&b));
	assert_false(packed_record(&p, &arena, &got, &got_v));
	buf_release(&b);
}

/* What one message says of many things takes the memory of who hears it. */
static void many(void **state)
{
	struct report got;
	struct str bytes;
	struct buf b;

	(void)state;
	buf_init(&b, MIB);
	wire_put_u64(&b, 500 * KIB);
	buf_reserve(&b, 1000 * KIB);
	while (b.n < 1000 * KIB)
		buf_char(&b, 0);
	bytes = buf_view(&b);
	struct packed p = packed_of(bytes);
	assert_false(packed_notes(&p, &arena, &got));
	assert_in_range(arena.used_bytes, 0, 16 * MIB);
	buf_release(&b);
}

static void a_carrier(void **state)
{
	const struct carrier c = { .state = CARRIER_MISFIT,
		.from = STR("a.example"),
		.dmarc = STR("pass"),
		.dkim = STR("fail"),
		.spf = STR("none"),
		.dkim_domain = STR("b.example"),
		.spf_domain = STR_ABSENT };
	struct carrier got;
	struct packed p;
	struct buf b;

	(void)state;
	buf_init(&b, KIB);
	pack_carrier(&b, &c);
	p = packed_of(buf_view(&b));
	assert_true(packed_carrier(&p, &got) && packed_end(&p));
	assert_int_equal(got.state, CARRIER_MISFIT);
	assert_text(got.from, c.from);
	assert_text(got.dmarc, c.dmarc);
	assert_text(got.dkim, c.dkim);
	assert_text(got.spf, c.spf);
	assert_text(got.dkim_domain, c.dkim_domain);
	assert_true(str_absent(got.spf_domain));

	/* A state that does not exist, and a text that is none. */
	b.p[0] = CARRIER_COUNT;
	p = packed_of(buf_view(&b));
	assert_false(packed_carrier(&p, &got));
	b.p[0] = CARRIER_MISFIT;
	b.p[2] = '\xff';
	p = packed_of(buf_view(&b));
	assert_false(packed_carrier(&p, &got));
	buf_release(&b);
}

static void a_refusal(void **state)
{
	struct report partial = { .org_name = STR("x"), .policy.pct = -1 }, got;
	struct err why = { 0 }, got_why = { 0 };
	bool known;
	struct buf b;

	(void)state;
	err_set(&why, ERR_LIMIT, "xml-too-deep", "deep \xff down");
	why.line = 3;
	buf_init(&b, KIB);
	pack_refusal(&b, &partial, &why);
	struct packed p = packed_of(buf_view(&b));
	assert_true(packed_refusal(&p, &got, &known, &got_why));
	assert_true(known);
	assert_text(got.org_name, STR("x"));
	assert_int_equal(got_why.code, ERR_LIMIT);
	assert_ptr_equal(got_why.reason, reason_find(STR("xml-too-deep"))->code);
	assert_int_equal(got_why.line, 3);
	why.reason = "no-such-reason";
	buf_clear(&b);
	pack_refusal(&b, NULL, &why);
	p = packed_of(buf_view(&b));
	assert_false(packed_refusal(&p, &got, &known, &got_why));
	why.reason = "duplicate"; /* the store knows that */
	buf_clear(&b);
	pack_refusal(&b, NULL, &why);
	p = packed_of(buf_view(&b));
	assert_false(packed_refusal(&p, &got, &known, &got_why));
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_report, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_reports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut_and_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_carrier, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
