#include "report_json.h"

#include "check.h"

#include "err.h"
#include "xalloc.h"

static struct str str(const char *s)
{
	return str_of(s);
}

static const char golden_begin[] =
	"{\"schema\":1,\"kind\":\"aggregate\",\"report_metadata\":{\"org_name\":\"google.com\","
	"\"email\":\"a@google.com\",\"extra_contact_info\":null,\"report_id\":\"id-1\","
	"\"begin\":1794873600,\"end\":1794959999,\"errors\":[\"one\",\"two\"],\"generator\":"
	"null},"
	"\"version\":\"1.0\",\"namespace\":null,\"policy_published\":{\"domain\":\"example."
	"com\","
	"\"adkim\":\"r\",\"aspf\":null,\"p\":\"none\",\"sp\":null,\"np\":null,\"pct\":100,"
	"\"fo\":\"1\","
	"\"testing\":null,\"discovery_method\":null},\"records\":[";

static const char golden_record[] =
	"{\"source_ip\":\"2001:db8::1\",\"count\":18446744073709551615,"
	"\"policy_evaluated\":{\"disposition\":\"none\",\"dkim\":\"fail\",\"spf\":null,"
	"\"reasons\":[{\"type\":\"mailing_list\",\"comment\":null}]},"
	"\"identifiers\":{\"header_from\":\"example.com\",\"envelope_from\":\"\",\"envelope_"
	"to\":null},"
	"\"auth_results\":{\"dkim\":[{\"domain\":\"example.com\",\"selector\":\"s1\","
	"\"result\":\"pass\","
	"\"human_result\":\"ok\",\"aligned\":true},{\"domain\":\"example.com\",\"selector\":"
	"null,"
	"\"result\":\"fail\",\"human_result\":null,\"aligned\":false},{\"domain\":\"x."
	"example\","
	"\"selector\":\"k\",\"result\":\"pass\",\"human_result\":null,\"aligned\":false}],"
	"\"spf\":[{\"domain\":\"example.com\",\"scope\":\"mfrom\",\"result\":\"pass\","
	"\"aligned\":null}]},"
	"\"verdict\":{\"computed\":{\"spf_aligned\":null,\"dkim_aligned\":true,\"dmarc\":"
	"\"pass\"},"
	"\"reported\":{\"spf\":null,\"dkim\":\"fail\",\"dmarc\":\"fail\"},\"result\":\"pass\","
	"\"basis\":\"computed\",\"disagrees\":true,\"cause\":\"dkim_only\"}}";

static const char golden_bare[] =
	"{\"source_ip\":null,\"count\":0,"
	"\"policy_evaluated\":{\"disposition\":null,\"dkim\":null,\"spf\":null,\"reasons\":[]},"
	"\"identifiers\":{\"header_from\":null,\"envelope_from\":null,\"envelope_to\":null},"
	"\"auth_results\":{\"dkim\":[],\"spf\":[]},"
	"\"verdict\":{\"computed\":{\"spf_aligned\":null,\"dkim_aligned\":null,\"dmarc\":null},"
	"\"reported\":{\"spf\":null,\"dkim\":null,\"dmarc\":null},\"result\":\"fail\","
	"\"basis\":\"reported\",\"disagrees\":false,\"cause\":\"not_reported\"}}";

static const char golden_end[] =
	"],\"totals\":{\"messages\":12,\"pass\":7,\"fail\":5,\"records\":2},"
	"\"notes\":[{\"code\":\"value-empty\",\"where\":\"policy_published/"
	"sp\",\"detail\":null}]}";

static void add_record(struct json *j)
{
	struct auth dkim[] = {
		{ .domain = STR("example.com"),
			.selector = STR("s1"),
			.result = STR("pass"),
			.human_result = STR("ok") },
		{ .domain = STR("example.com"), .result = STR("fail") },
		{ .domain = STR("x.example"), .selector = STR("k"), .result = STR("pass") },
	};
	struct auth spf[] = {
		{ .domain = STR("example.com"), .scope = STR("mfrom"), .result = STR("pass") },
	};
	enum dmarc dkim_matches[] = { DMARC_PASS, DMARC_PASS, DMARC_FAIL };
	enum dmarc spf_matches[] = { DMARC_NULL };
	struct override reason = { .type = STR("mailing_list") };
	struct record rec = { .messages = UINT64_MAX,
		.disposition = STR("none"),
		.dkim = STR("fail"),
		.reasons = &reason,
		.reason_count = 1,
		.header_from = STR("example.com"),
		.envelope_from = STR(""),
		.dkim_auth = dkim,
		.dkim_count = 3,
		.spf_auth = spf,
		.spf_count = 1 };
	struct verdict v = { .computed = { DMARC_NULL, DMARC_PASS, DMARC_PASS },
		.reported = { DMARC_NULL, DMARC_FAIL, DMARC_FAIL },
		.result = DMARC_PASS,
		.disagrees = true,
		.cause = CAUSE_DKIM_ONLY,
		.dkim_matches = dkim_matches,
		.spf_matches = spf_matches };

	assert_true(ip_parse(STR("2001:db8:0::1"), &rec.source_ip));
	report_json_record(j, &rec, &v);
}

static void add_bare_record(struct json *j)
{
	struct record rec = { 0 };
	struct verdict v = {
		.result = DMARC_FAIL, .basis_reported = true, .cause = CAUSE_NOT_REPORTED
	};

	report_json_record(j, &rec, &v);
}

static void test_document(void **state)
{
	struct str errors[] = { STR("one"), STR("two") };
	struct note note = { .code = STR("value-empty"), .where = STR("policy_published/sp") };
	struct report r = { .org_name = STR("google.com"),
		.email = STR("a@google.com"),
		.report_id = STR("id-1"),
		.begin_at = 1794873600,
		.end_at = 1794959999,
		.errors = errors,
		.error_count = 2,
		.version = STR("1.0"),
		.policy = { .domain = STR("example.com"),
			.adkim = STR("r"),
			.p = STR("none"),
			.sp = STR(""),
			.pct = 100,
			.fo = STR("1") },
		.notes = &note,
		.note_count = 1 };
	struct report_totals totals = { .messages = 12, .pass = 7, .fail = 5, .records = 2 };
	const char *const parts[] = { golden_begin, golden_record, ",", golden_bare,
		golden_end };
	CLEANUP(buf)
	struct buf out;
	struct str rest;
	struct json j;

	(void)state;
	buf_init(&out, 65536);
	json_init(&j, &out);
	json_open_object(&j);
	report_json_begin(&j, &r);
	add_record(&j);
	add_bare_record(&j);
	report_json_end(&j, &r, &totals);
	json_close_object(&j);
	assert_int_equal(json_end(&j), 0);
	rest = buf_view(&out);
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct str want = str(parts[i]);

		check_str(
			"document", str_make(rest.p, rest.n < want.n ? rest.n : want.n), want);
		rest = str_from(rest, want.n);
	}
	assert_int_equal(rest.n, 0);
}

static void test_pct(void **state)
{
	static const struct {
		int pct;
		const char *want;
	} cases[] = { { -1, "\"pct\":null" }, { 0, "\"pct\":0" }, { 100, "\"pct\":100" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy p = { .domain = STR("example.com"), .pct = cases[i].pct };
		CLEANUP(buf)
		struct buf out;
		struct json j;

		buf_init(&out, 4096);
		json_init(&j, &out);
		policy_json(&j, &p);
		assert_int_equal(json_end(&j), 0);
		check(cases[i].want, str_contains(buf_view(&out), str(cases[i].want)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_pct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
