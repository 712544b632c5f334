#include "check.h"

#include "day.h"
#include "doc.h"
#include "export.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN 1794873600 /* 2026-11-17 */
#define NOW (BEGIN + 4 * DAY_SECONDS + 43200)

struct filled {
	char folder[64], database[96];
	struct store *store;
	struct arena arena;
};

/* --- Data: two receivers, three days, one long report --- */

static struct verdict verdict_both(void)
{
	static enum dmarc match[] = { DMARC_PASS };

	return (struct verdict){
		.computed = { DMARC_PASS, DMARC_PASS, DMARC_PASS },
		.reported = { DMARC_PASS, DMARC_PASS, DMARC_PASS },
		.result = DMARC_PASS,
		.cause = CAUSE_BOTH,
		.causes = 1u << CAUSE_BOTH,
		.dkim_matches = match,
		.spf_matches = match,
		.author = STR("example.com"),
		.org_domain = STR("example.com"),
	};
}

static struct verdict verdict_unaligned(void)
{
	static enum dmarc match[] = { DMARC_FAIL };

	return (struct verdict){
		.computed = { DMARC_FAIL, DMARC_FAIL, DMARC_FAIL },
		.reported = { DMARC_FAIL, DMARC_FAIL, DMARC_FAIL },
		.result = DMARC_FAIL,
		.cause = CAUSE_UNALIGNED,
		.causes = 1u << CAUSE_UNALIGNED,
		.dkim_matches = match,
		.spf_matches = match,
		.author = STR("example.com"),
		.org_domain = STR("example.com"),
		.sender = STR("example.net"),
		.named_by = NAMED_BY_DKIM,
	};
}

/* A record; both: everything of example.com passes; else all is of
 * crm.example.net. */
static void add(struct store *s, bool both, const char *ip, uint64_t messages, uint64_t line)
{
	struct str domain = both ? STR("example.com") : STR("crm.example.net");
	struct auth dkim = { .domain = domain, .selector = STR("k1"), .result = STR("pass") };
	struct auth spf = { .domain = domain, .scope = STR("mfrom"), .result = STR("pass") };
	struct record r = {
		.messages = messages,
		.disposition = STR("none"),
		.dkim = both ? STR("pass") : STR("fail"),
		.spf = both ? STR("pass") : STR("fail"),
		.header_from = STR("example.com"),
		.envelope_from = domain,
		.dkim_auth = &dkim,
		.spf_auth = &spf,
		.dkim_count = 1,
		.spf_count = 1,
		.line = line,
	};
	struct verdict v = both ? verdict_both() : verdict_unaligned();
	struct err err = { 0 };

	assert_true(ip_parse(str_of(ip), &r.source_ip));
	if (store_add(s, &r, &v, &err) < 0)
		fail_msg("store_add: %s", err.text);
}

static struct report report_of(const char *org, const char *id, int64_t begin, int64_t seconds)
{
	return (struct report){
		.org_name = str_of(org),
		.email = STR("dmarc@receiver.example"),
		.report_id = str_of(id),
		.begin_at = begin,
		.end_at = begin + seconds - 1,
		.policy = { .domain = STR("example.com"),
			.p = STR("none"),
			.adkim = STR("r"),
			.pct = 100 },
	};
}

static void begin(struct store *s, const struct report *r)
{
	struct err err = { 0 };

	if (store_begin(s, r, NOW - 3600, &err) < 0)
		fail_msg("store_begin: %s", err.text);
}

static void end(struct store *s, const struct report *r)
{
	struct digest d = digest_of(r->report_id);
	struct stored stored;
	struct err err = { 0 };

	if (store_raw(s, "<feedback/>", 11, &err) < 0 || store_end(s, r, &d, &stored, &err) < 0)
		fail_msg("store_end: %s", err.text);
	assert_int_equal(stored.outcome, OUTCOME_STORED);
}

static void fill(struct store *s)
{
	struct report g = report_of("google.com", "g-1", BEGIN, DAY_SECONDS);
	struct report o = report_of("Outlook.com", "o-1", BEGIN + DAY_SECONDS, DAY_SECONDS);
	struct report l = report_of("long.example", "l-1", BEGIN, 3 * DAY_SECONDS);
	struct err err = { 0 };

	assert_int_equal(store_batch_begin(s, &err), 0);
	begin(s, &g);
	add(s, true, "192.0.2.10", 100, 5);
	add(s, false, "203.0.113.30", 7, 20);
	end(s, &g);
	begin(s, &o);
	add(s, true, "192.0.2.10", 20, 5);
	end(s, &o);
	begin(s, &l);
	add(s, true, "2001:db8::1", 100, 5);
	end(s, &l);
	assert_int_equal(store_input(s,
				 &(struct input_entry){ .source = STR("files"),
					 .locator = STR("a.xml"),
					 .sha256 = digest_of(STR("x")),
					 .size_bytes = 3,
					 .arrived_at = NOW - 60,
					 .at = NOW,
					 .outcome = OUTCOME_REJECTED,
					 .reason = "xml-malformed",
					 .detail = STR("expected '>'"),
					 .line = 6,
					 .bytes = STR("<a b") },
				 MIB, NULL, &err),
		0);
	assert_int_equal(store_batch_commit(s, &err), 0);
}

static int setup(void **state)
{
	static struct filled f;
	struct store *w;
	struct err err = { 0 };

	memcpy(f.folder, "/tmp/ruad-doc-XXXXXX", 21);
	assert_non_null(mkdtemp(f.folder));
	snprintf(f.database, sizeof(f.database), "%s/ruad.db", f.folder);
	if (store_open(f.database, STORE_WRITE, 0, &w, &err) < 0)
		fail_msg("store_open: %s", err.text);
	fill(w);
	store_close(w);
	if (store_open(f.database, STORE_READ, 0, &f.store, &err) < 0)
		fail_msg("store_open: %s", err.text);
	arena_init(&f.arena);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct filled *f = *state;
	char command[128];

	if (!f)
		return 0;
	store_close(f->store);
	arena_release(&f->arena);
	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	return system(command);
}

static struct doc_context context(struct filled *f)
{
	return (struct doc_context){
		.store = f->store, .now_at = NOW, .arena = &f->arena, .psl_version = STR("v")
	};
}

static void query_of(
	struct filled *f, const char *text, const char *const *allowed, struct query *q)
{
	struct str rest = str_of(text), pair, name;
	struct err err = { 0 };

	query_init(q, &f->arena);
	while (str_cut(&rest, '&', &pair) && pair.n > 0) {
		str_cut(&pair, '=', &name);
		if (query_set(q, name, pair, allowed, NULL, &err) < 0)
			fail_msg("%s: %s", text, err.text);
	}
	assert_int_equal(query_end(q, NOW, &err), 0);
}

/* --- One resource, one query, the whole document --- */

#define RANGE "from=2026-11-17&to=2026-11-20"
#define QUERY \
	"\"query\":{\"from\":\"2026-11-17T00:00:00Z\",\"to\":\"2026-11-20T00:00:" \
	"00Z\",\"basis\":\"computed\""
#define TAIL ",\"data_complete_to\":\"2026-11-19\",\"generation\":2}"
#define PAGE "\"page\":{\"limit\":100,\"next\":null"

static const struct {
	const char *name, *resource, *query, *want;
} cases[] = {
	{ "summary", "summary", RANGE,
		"{\"totals\":{\"messages\":227,\"pass\":220,\"fail\":7,\"explained\":0,"
		"\"both\":220,\"one\":0,\"failed\":7,\"records\":4},\"aligned\":{\"both\":220,"
		"\"spf_only\":0,\"dkim_only\":0,\"none\":7},"
		"\"by_disposition\":{\"none\":227},\"by_cause\":{\"both\":220,"
		"\"unaligned\":7},\"disagree_messages\":0,\"suspect_reports\":0,\"reports\":3,"
		"\"reporters\":3,"
		"\"domains\":1,\"sources\":3,\"days\":{\"first\":\"2026-11-17\","
		"\"last\":\"2026-11-19\"},\"spread_messages\":100," QUERY "}" TAIL },
	{ "days", "timeseries", RANGE,
		"{\"data\":[{\"day\":\"2026-11-17\",\"messages\":141,\"pass\":134,\"fail\":7,"
		"\"explained\":0,\"both\":134,\"one\":0,\"failed\":7,\"reports\":2,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":34},"
		"{\"day\":\"2026-11-18\",\"messages\":53,\"pass\":53,\"fail\":0,"
		"\"explained\":0,\"both\":53,\"one\":0,\"failed\":0,\"reports\":2,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":33},"
		"{\"day\":\"2026-11-19\",\"messages\":33,\"pass\":33,\"fail\":0,"
		"\"explained\":0,\"both\":33,\"one\":0,\"failed\":0,\"reports\":1,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":33}],"
		"\"totals\":{\"messages\":227,\"pass\":220,\"fail\":7,\"explained\":0,"
		"\"both\":220,\"one\":0,\"failed\":7,\"records\":4},\"page\":{\"limit\":0,"
		"\"next\":null}," QUERY "}" TAIL },
	{ "days by cause", "timeseries", RANGE "&by=cause",
		"{\"data\":[{\"day\":\"2026-11-17\",\"key\":\"both\",\"messages\":134,"
		"\"pass\":134,\"fail\":0,\"explained\":0,\"both\":134,\"one\":0,\"failed\":0,"
		"\"reports\":2,\"has_data\":true,\"complete\":true,\"spread_messages\":34},"
		"{\"day\":\"2026-11-17\",\"key\":\"unaligned\",\"messages\":7,\"pass\":0,"
		"\"fail\":7,\"explained\":0,\"both\":0,\"one\":0,\"failed\":7,\"reports\":2,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":0},"
		"{\"day\":\"2026-11-18\",\"key\":\"both\",\"messages\":53,\"pass\":53,\"fail\":"
		"0,"
		"\"explained\":0,\"both\":53,\"one\":0,\"failed\":0,\"reports\":2,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":33},"
		"{\"day\":\"2026-11-19\",\"key\":\"both\",\"messages\":33,\"pass\":33,\"fail\":"
		"0,"
		"\"explained\":0,\"both\":33,\"one\":0,\"failed\":0,\"reports\":1,"
		"\"has_data\":true,\"complete\":true,\"spread_messages\":33}],"
		"\"totals\":{\"messages\":227,\"pass\":220,\"fail\":7,\"explained\":0,"
		"\"both\":220,\"one\":0,\"failed\":7,\"records\":4},\"page\":{\"limit\":0,"
		"\"next\":null}," QUERY ",\"by\":\"cause\"}" TAIL },
	{ "weeks of one reporter", "timeseries", RANGE "&interval=week&reporter=google.com",
		"{\"data\":[{\"day\":\"2026-11-16\",\"messages\":107,\"pass\":100,\"fail\":7,"
		"\"explained\":0,\"both\":100,\"one\":0,\"failed\":7,\"reports\":1,"
		"\"has_data\":true,\"complete\":false,\"spread_messages\":0}],"
		"\"totals\":{\"messages\":107,\"pass\":100,\"fail\":7,\"explained\":0,"
		"\"both\":100,\"one\":0,\"failed\":7,\"records\":2},\"page\":{\"limit\":0,"
		"\"next\":null}," QUERY
		",\"reporter\":[\"google.com\"],\"interval\":\"week\"}" TAIL },
	{ "domains", "domains", RANGE,
		"{\"data\":[{\"domain\":\"example.com\",\"messages\":227,\"pass\":220,"
		"\"fail\":7,\"explained\":0,\"both\":220,\"one\":0,\"failed\":7,\"reports\":3,"
		"\"reporters\":3,\"last_report\":\"2026-11-19T23:59:59Z\","
		"\"policy\":{\"domain\":\"example.com\",\"adkim\":\"r\",\"aspf\":null,"
		"\"p\":\"none\",\"sp\":null,\"np\":null,\"pct\":100,\"fo\":null,\"testing\":"
		"null,"
		"\"discovery_method\":null}}],\"totals\":{\"messages\":227,\"pass\":220,"
		"\"fail\":7,\"explained\":0,\"both\":220,\"one\":0,\"failed\":7,\"records\":4}"
		"," PAGE ",\"total\":1}," QUERY "}" TAIL },
	{ "senders", "senders", RANGE,
		"{\"data\":[{\"domain\":\"example.com\",\"key\":\"example.net\",\"name"
		"\":\"example.net\",\"named_by\":\"dkim\",\"messages\":7,\"pass\":0,\"f"
		"ail\":7,\"explained\":0,\"both\":0,\"one\":0,\"failed\":7,\"cause\":\""
		"unaligned\",\"by_cause\":{\"unaligned\":7},\"class\":\"unclear\",\"rul"
		"e\":\"H11\",\"confidence\":\"low\",\"conditions\":[\"seen on one day o"
		"nly\"],\"class_text\":\"Unclear, low: seen on one day only\",\"mark\":"
		"\"undecided\",\"mark_configured\":false,\"proven\":false,\"undecided\""
		":true,\"new\":false,\"addresses\":1,\"source_ip\":\"203.0.113.30\",\"f"
		"irst_day\":\"2026-11-17\",\"last_day\":\"2026-11-17\"},{\"domain\":\"e"
		"xample.com\",\"key\":\"192.0.2.10\",\"name\":\"192.0.2.10\",\"named_by"
		"\":\"address\",\"messages\":120,\"pass\":120,\"fail\":0,\"explained\":"
		"0,\"both\":120,\"one\":0,\"failed\":0,\"cause\":\"both\",\"by_cause\":"
		"{\"both\":120},\"class\":\"aligned\",\"rule\":\"H1\",\"confidence\":\""
		"high\",\"conditions\":[\"SPF and DKIM pass and match in 120 of 120 mes"
		"sages\"],\"class_text\":\"Aligned, high: SPF and DKIM pass and match i"
		"n 120 of 120 messages\",\"mark\":\"undecided\",\"mark_configured\":fal"
		"se,\"proven\":true,\"undecided\":false,\"new\":false,\"addresses\":1,"
		"\"source_ip\":\"192.0.2.10\",\"first_day\":\"2026-11-17\",\"last_day\""
		":\"2026-11-18\"},{\"domain\":\"example.com\",\"key\":\"2001:db8::/64\""
		",\"name\":\"2001:db8::/64\",\"named_by\":\"address\",\"messages\":100,"
		"\"pass\":100,\"fail\":0,\"explained\":0,\"both\":100,\"one\":0,\"faile"
		"d\":0,\"cause\":\"both\",\"by_cause\":{\"both\":100},\"class\":\"align"
		"ed\",\"rule\":\"H1\",\"confidence\":\"high\",\"conditions\":[\"SPF and"
		" DKIM pass and match in 100 of 100 messages\"],\"class_text\":\"Aligne"
		"d, high: SPF and DKIM pass and match in 100 of 100 messages\",\"mark\""
		":\"undecided\",\"mark_configured\":false,\"proven\":true,\"undecided\""
		":false,\"new\":false,\"addresses\":1,\"source_ip\":\"2001:db8::1\",\"f"
		"irst_day\":\"2026-11-17\",\"last_day\":\"2026-11-19\"}],\"totals\":{\""
		"messages\":227,\"pass\":220,\"fail\":7,\"explained\":0,\"both\":220,\""
		"one\":0,\"failed\":7,\"records\":4},\"classes\":[{\"class\":\"aligned"
		"\",\"senders\":2,\"addresses\":2,\"messages\":220,\"pass\":220,\"fail"
		"\":0,\"explained\":0,\"unnamed\":{\"senders\":2,\"networks\":2,\"messa"
		"ges\":220,\"pass\":220,\"fail\":0},\"collapsed\":0},{\"class\":\"uncle"
		"ar\",\"senders\":1,\"addresses\":1,\"messages\":7,\"pass\":0,\"fail\":"
		"7,\"explained\":0,\"unnamed\":{\"senders\":0,\"networks\":0,\"messages"
		"\":0,\"pass\":0,\"fail\":0},\"collapsed\":0}]," PAGE ",\"total\":3}," QUERY
		"}" TAIL },
	{ "sources that fail", "sources", RANGE "&result=fail",
		"{\"data\":[{\"source_ip\":\"203.0.113.30\","
		"\"sender\":{\"key\":\"example.net\",\"name\":\"example.net\","
		"\"named_by\":\"dkim\"},\"messages\":7,\"pass\":0,\"fail\":7,\"explained\":0,"
		"\"both\":0,\"one\":0,\"failed\":7,\"cause\":\"unaligned\","
		"\"by_cause\":{\"unaligned\":7},\"senders\":1,\"first_day\":\"2026-11-17\","
		"\"last_day\":\"2026-11-17\"}],\"totals\":{\"messages\":7,\"pass\":0,"
		"\"fail\":7,\"explained\":0,\"both\":0,\"one\":0,\"failed\":7,\"records\":1}"
		"," PAGE ",\"total\":1}," QUERY ",\"result\":\"fail\"}" TAIL },
	{ "reporters", "reporters", RANGE,
		"{\"data\":[{\"reporter\":\"google.com\",\"messages\":107,\"pass\":100,"
		"\"fail\":7,\"explained\":0,\"both\":100,\"one\":0,\"failed\":7,\"reports\":1,"
		"\"last_report\":\"2026-11-17T23:59:59Z\"},{\"reporter\":\"long.example\","
		"\"messages\":100,\"pass\":100,\"fail\":0,\"explained\":0,\"both\":100,"
		"\"one\":0,\"failed\":0,\"reports\":1,"
		"\"last_report\":\"2026-11-19T23:59:59Z\"},{\"reporter\":\"Outlook.com\","
		"\"messages\":20,\"pass\":20,\"fail\":0,\"explained\":0,\"both\":20,\"one\":0,"
		"\"failed\":0,\"reports\":1,\"last_report\":\"2026-11-18T23:59:59Z\"}],"
		"\"totals\":{\"messages\":227,\"pass\":220,\"fail\":7,\"explained\":0,"
		"\"both\":220,\"one\":0,\"failed\":7,\"records\":4}," PAGE
		",\"total\":3}," QUERY "}" TAIL },
	{ "failed records", "records", RANGE "&result=fail&domain=example.com,!x.example",
		"{\"data\":[{\"id\":\"1.2\",\"day\":\"2026-11-17\","
		"\"days\":{\"first\":\"2026-11-17\",\"last\":\"2026-11-17\"},\"spread\":false,"
		"\"messages\":7,\"record_messages\":7,\"source_ip\":\"203.0.113.30\","
		"\"line\":20,\"report\":{\"id\":\"1\",\"reporter\":\"google.com\","
		"\"report_id\":\"g-1\",\"domain\":\"example.com\","
		"\"begin\":\"2026-11-17T00:00:00Z\",\"end\":\"2026-11-17T23:59:59Z\"},"
		"\"sender\":{\"key\":\"example.net\",\"name\":\"example.net\","
		"\"named_by\":\"dkim\",\"class\":null,\"mark\":null},\"header_from\":\"example."
		"com\","
		"\"envelope_from\":\"crm.example.net\",\"envelope_to\":null,"
		"\"org_domain\":\"example.com\",\"spf\":[{\"domain\":\"crm.example.net\","
		"\"scope\":\"mfrom\",\"result\":\"pass\",\"aligned\":false}],"
		"\"dkim\":[{\"domain\":\"crm.example.net\",\"selector\":\"k1\","
		"\"result\":\"pass\",\"human_result\":null,\"aligned\":false}],"
		"\"computed\":{\"spf\":\"fail\",\"dkim\":\"fail\",\"dmarc\":\"fail\"},"
		"\"reported\":{\"spf\":\"fail\",\"dkim\":\"fail\",\"dmarc\":\"fail\"},"
		"\"result\":\"fail\",\"basis\":\"computed\",\"disagrees\":false,"
		"\"explained\":false,\"cause\":\"unaligned\",\"causes\":[\"unaligned\"],"
		"\"sentence\":\"Passes for crm.example.net, not for example.com.\","
		"\"disposition\":\"none\",\"overrides\":[],"
		"\"policy\":{\"domain\":\"example.com\",\"adkim\":\"r\",\"aspf\":null,"
		"\"p\":\"none\",\"sp\":null,\"np\":null,\"pct\":100,\"fo\":null,\"testing\":"
		"null,"
		"\"discovery_method\":null}}],\"totals\":{\"messages\":7,\"pass\":0,"
		"\"fail\":7,\"explained\":0,\"both\":0,\"one\":0,\"failed\":7,\"records\":1}"
		"," PAGE "}," QUERY
		",\"domain\":[\"example.com\",\"!x.example\"],\"result\":\"fail\"}" TAIL },
	{ "a day of the long report", "records",
		"from=2026-11-18&to=2026-11-19&reporter=long.example",
		"{\"data\":[{\"id\":\"3.1\",\"day\":\"2026-11-18\","
		"\"days\":{\"first\":\"2026-11-17\",\"last\":\"2026-11-19\"},\"spread\":true,"
		"\"messages\":33,\"record_messages\":100,\"source_ip\":\"2001:db8::1\","
		"\"line\":5,\"report\":{\"id\":\"3\",\"reporter\":\"long.example\","
		"\"report_id\":\"l-1\",\"domain\":\"example.com\","
		"\"begin\":\"2026-11-17T00:00:00Z\",\"end\":\"2026-11-19T23:59:59Z\"},"
		"\"sender\":{\"key\":\"2001:db8::/64\",\"name\":\"2001:db8::/64\","
		"\"named_by\":\"address\",\"class\":null,\"mark\":null},\"header_from\":"
		"\"example.com\","
		"\"envelope_from\":\"example.com\",\"envelope_to\":null,"
		"\"org_domain\":\"example.com\",\"spf\":[{\"domain\":\"example.com\","
		"\"scope\":\"mfrom\",\"result\":\"pass\",\"aligned\":true}],"
		"\"dkim\":[{\"domain\":\"example.com\",\"selector\":\"k1\",\"result\":\"pass\","
		"\"human_result\":null,\"aligned\":true}],\"computed\":{\"spf\":\"pass\","
		"\"dkim\":\"pass\",\"dmarc\":\"pass\"},\"reported\":{\"spf\":\"pass\","
		"\"dkim\":\"pass\",\"dmarc\":\"pass\"},\"result\":\"pass\",\"basis\":"
		"\"computed\","
		"\"disagrees\":false,\"explained\":false,\"cause\":\"both\","
		"\"causes\":[\"both\"],\"sentence\":\"SPF and DKIM both pass and match.\","
		"\"disposition\":\"none\",\"overrides\":[],"
		"\"policy\":{\"domain\":\"example.com\",\"adkim\":\"r\",\"aspf\":null,"
		"\"p\":\"none\",\"sp\":null,\"np\":null,\"pct\":100,\"fo\":null,\"testing\":"
		"null,"
		"\"discovery_method\":null}}],\"totals\":{\"messages\":33,\"pass\":33,"
		"\"fail\":0,\"explained\":0,\"both\":33,\"one\":0,\"failed\":0,\"records\":1}"
		"," PAGE "},\"query\":{\"from\":\"2026-11-18T00:00:00Z\","
		"\"to\":\"2026-11-19T00:00:00Z\",\"basis\":\"computed\","
		"\"reporter\":[\"long.example\"]}" TAIL },
	{ "reports of one", "reports", RANGE "&reporter=outlook.com",
		"{\"data\":[{\"id\":\"2\",\"reporter\":\"Outlook.com\","
		"\"domain\":\"example.com\",\"report_id\":\"o-1\","
		"\"email\":\"dmarc@receiver.example\",\"begin\":\"2026-11-18T00:00:00Z\","
		"\"end\":\"2026-11-18T23:59:59Z\",\"messages\":20,\"pass\":20,\"fail\":0,"
		"\"explained\":0,\"both\":20,\"one\":0,\"failed\":0,\"records\":1,"
		"\"day\":\"2026-11-18\",\"days\":{\"first\":\"2026-11-18\","
		"\"last\":\"2026-11-18\"},\"spread\":false,"
		"\"arrived_at\":\"2026-11-21T11:00:00Z\","
		"\"stored_at\":\"2026-11-21T12:00:00Z\",\"disagree_records\":0,"
		"\"flags\":[],\"again\":0,\"has_raw\":true,\"raw_bytes\":11,"
		"\"origin\":\"unknown\",\"policy\":{\"domain\":\"example.com\",\"adkim\":\"r\","
		"\"aspf\":null,"
		"\"p\":\"none\",\"sp\":null,\"np\":null,\"pct\":100,\"fo\":null,\"testing\":"
		"null,"
		"\"discovery_method\":null}}],\"totals\":{\"messages\":20,\"pass\":20,"
		"\"fail\":0,\"explained\":0,\"both\":20,\"one\":0,\"failed\":0,\"records\":1}"
		"," PAGE "}," QUERY ",\"reporter\":[\"outlook.com\"]}" TAIL },
	{ "inputs", "inputs", "outcome=rejected",
		"{\"data\":[{\"id\":\"1\",\"source\":\"files\",\"locator\":\"a.xml\",\"part\":"
		"null,"
		"\"from\":null,\"subject\":null,\"message_id\":null,\"size_bytes\":3,"
		"\"arrived_at\":\"2026-11-21T11:59:00Z\","
		"\"first_at\":\"2026-11-21T12:00:00Z\","
		"\"last_at\":\"2026-11-21T12:00:00Z\",\"times\":1,\"outcome\":\"rejected\","
		"\"stage\":\"xml\",\"reason\":\"xml-malformed\","
		"\"sentence\":\"The XML is not well formed.\","
		"\"detail\":\"expected '\\u003e'\",\"line\":6,\"column\":null,\"report\":null,"
		"\"has_bytes\":true,\"was\":null,\"again_at\":null,\"dismissed_at\":null}]"
		"," PAGE "},\"query\":{\"from\":\"2026-10-23T00:00:00Z\","
		"\"to\":\"2026-11-22T00:00:00Z\",\"basis\":\"computed\","
		"\"outcome\":[\"rejected\"]},\"generation\":2}" },
	{ "nothing there", "records", "from=2025-01-01&to=2025-01-02",
		"{\"data\":[],\"totals\":{\"messages\":0,\"pass\":0,\"fail\":0,\"explained\":0,"
		"\"both\":0,\"one\":0,\"failed\":0,\"records\":0}," PAGE
		"},\"query\":{\"from\":\"2025-01-01T00:00:00Z\","
		"\"to\":\"2025-01-02T00:00:00Z\",\"basis\":\"computed\"}" TAIL },
};

static void test_documents(void **state)
{
	struct filled *f = *state;
	struct doc_context c = context(f);

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct resource *r = resource_find(str_of(cases[i].resource));
		struct query q;
		struct json j;
		struct buf out;
		struct err err = { 0 };

		buf_init(&out, MIB);
		json_init(&j, &out);
		check(cases[i].name, r != NULL);
		query_of(f, cases[i].query, r->parameters, &q);
		if (r->write(&c, &q, &j, &err) < 0)
			fail_msg("%s: %s", cases[i].name, err.text);
		check_int(cases[i].name, json_end(&j), 0);
		check_str(cases[i].name, buf_view(&out), str_of(cases[i].want));
		buf_release(&out);
	}
}

/* --- One thing --- */

static struct str one(struct filled *f, const char *name,
	int (*write)(struct doc_context *, struct json *, struct err *))
{
	struct doc_context c = context(f);
	struct json j;
	struct buf out;
	struct err err = { 0 };
	struct str got;

	buf_init(&out, MIB);
	json_init(&j, &out);
	if (write(&c, &j, &err) != 1)
		fail_msg("%s: %s", name, err.text);
	check_int(name, json_end(&j), 0);
	got = arena_str(&f->arena, buf_view(&out));
	buf_release(&out);
	return got;
}

static int write_record(struct doc_context *c, struct json *j, struct err *err)
{
	return doc_record(c, 1, 2, j, err);
}

static int write_report(struct doc_context *c, struct json *j, struct err *err)
{
	return doc_report(c, 1, j, err);
}

static int write_input(struct doc_context *c, struct json *j, struct err *err)
{
	return doc_input(c, 1, j, err);
}

static void test_record(void **state)
{
	struct str got = one(*state, "record", write_record);

	check("record", str_starts(got, STR("{\"id\":\"1.2\",\"day\":\"2026-11-17\",")));
	check("record", str_contains(got, STR("\"explanation\":{\"questions\":[{\"question\":"
					      "\"SPF authenticated?\",\"answer\":\"yes\"")));
	check("record",
		str_contains(got, STR("crm.example.net is not in example.com (relaxed)")));
	check("record", str_contains(got, STR("\"sentence\":\"Passes for crm.example.net, not "
					      "for example.com.\"")));
}

static void test_report(void **state)
{
	struct str got = one(*state, "report", write_report);

	check("report", str_starts(got, STR("{\"id\":\"1\",\"day\":\"2026-11-17\",")));
	check("report",
		str_contains(got, STR("\"report_metadata\":{\"org_name\":\"google.com\"")));
	check("report",
		str_contains(
			got, STR("\"records\":[{\"source_ip\":\"192.0.2.10\",\"count\":100,")));
	check("report", str_contains(got, STR("{\"source_ip\":\"203.0.113.30\",\"count\":7,")));
	check("report", str_contains(got, STR("\"totals\":{\"messages\":107,\"pass\":"
					      "100,\"fail\":7,\"records\":2}")));
}

static void test_input(void **state)
{
	struct str got = one(*state, "input", write_input);

	check("input", str_contains(got, STR("\"outcome\":\"rejected\",\"stage\":"
					     "\"xml\",\"reason\":\"xml-malformed\","
					     "\"sentence\":\"The XML is not well "
					     "formed.\",\"detail\":\"expected "
					     "'\\u003e'\",\"line\":6,\"column\":null,"
					     "\"report\":null,\"has_bytes\":true,\"was\":null,"
					     "\"again_at\":null,\"dismissed_at\":null}")));
}

static void test_missing(void **state)
{
	struct doc_context c = context(*state);
	struct json j;
	struct buf out;
	struct err err = { 0 };

	buf_init(&out, MIB);
	json_init(&j, &out);
	assert_int_equal(doc_report(&c, 99, &j, &err), 0);
	assert_int_equal(doc_record(&c, 1, 99, &j, &err), 0);
	assert_int_equal(doc_record(&c, 99, 1, &j, &err), 0);
	assert_int_equal(doc_input(&c, 99, &j, &err), 0);
	assert_int_equal(out.n, 0);
	buf_release(&out);
}

static void test_ids(void **state)
{
	static const struct {
		const char *text;
		bool want;
		int64_t report;
		uint64_t n;
	} ids[] = {
		{ "17.3", true, 17, 3 },
		{ "1.1", true, 1, 1 },
		{ "", false, 0, 0 },
		{ "17", false, 0, 0 },
		{ "17.", false, 0, 0 },
		{ ".3", false, 0, 0 },
		{ "17.3.1", false, 0, 0 },
		{ "0.1", false, 0, 0 },
		{ "17.0", false, 0, 0 },
		{ "017.3", false, 0, 0 },
		{ "-1.3", false, 0, 0 },
		{ "17.3 ", false, 0, 0 },
		{ "99999999999999999999.1", false, 0, 0 },
		{ "9223372036854775808.1", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		int64_t report = 0;
		uint64_t n = 0;

		check_int(ids[i].text, doc_record_id(str_of(ids[i].text), &report, &n),
			ids[i].want);
		check_int(ids[i].text, report, ids[i].report);
		check_int(ids[i].text, n, ids[i].n);
	}
}

/* The lines of an export, and the sum of one column of it. */
static void test_export(void **state)
{
	static const struct {
		const char *name, *resource, *query;
		enum export_format format;
		unsigned lines;
		const char *contains;
	} exports[] = {
		{ "records as csv", "records", RANGE, EXPORT_CSV, 5,
			"\r\n1.2,2026-11-17,7,203.0.113.30,example.net,dkim,,,example.com,crm."
			"example.net,,crm.example.net,mfrom,pass,false,"
			"crm.example.net,k1,pass,false,fail,computed,unaligned,false,false,"
			"fail,"
			"fail,none,,,none,,,r,,,google.com,example.com,1,g-1,"
			"2026-11-17T00:00:00Z,2026-11-17T23:59:59Z,20\r\n" },
		{ "no page limit, but that of the query", "records", RANGE "&limit=2",
			EXPORT_CSV, 3, "id,day,messages" },
		{ "days", "timeseries", RANGE, EXPORT_CSV, 4, "\r\n2026-11-18,,53," },
		{ "an empty list has a header", "records", RANGE "&domain=nobody.example",
			EXPORT_CSV, 1, "id,day" },
		{ "one object a line", "domains", RANGE, EXPORT_NDJSON, 1,
			"{\"domain\":\"example.com\",\"messages\":227," },
	};
	struct filled *f = *state;
	struct doc_context c = context(f);

	for (size_t i = 0; i < COUNT(exports); i++) {
		const struct resource *r = resource_find(str_of(exports[i].resource));
		struct export *e = NULL;
		struct query q;
		struct buf out;
		struct err err = { 0 };
		unsigned lines = 0;
		int more;

		buf_init(&out, MIB);
		query_of(f, exports[i].query, r->parameters, &q);
		if (export_open(&c, r, &q, exports[i].format, &e, &err) < 0)
			fail_msg("%s: %s", exports[i].name, err.text);
		while ((more = export_next(e, &out, &err)) > 0)
			;
		check_int(exports[i].name, more, 0);
		export_close(e);
		for (size_t k = 0; k < out.n; k++)
			lines += out.p[k] == '\n';
		check_int(exports[i].name, lines, exports[i].lines);
		if (!str_contains(buf_view(&out), str_of(exports[i].contains)))
			fail_msg("%s: not in %.*s", exports[i].name, STR_ARGS(buf_view(&out)));
		buf_release(&out);
	}
}

/* Page by page: every record once, and the cursor of another query is refused.
 */
static void test_paging(void **state)
{
	struct filled *f = *state;
	struct doc_context c = context(f);
	const struct resource *r = resource_find(STR("records"));
	struct str cursor = STR_ABSENT;
	unsigned pages = 0, rows = 0;

	do {
		struct str rest;
		struct query q;
		struct json j;
		struct buf out;
		struct err err = { 0 };
		ptrdiff_t at;

		query_of(f,
			str_absent(cursor)
				? RANGE "&limit=3"
				: arena_printf(&f->arena, RANGE "&limit=3&cursor=%.*s",
					  STR_ARGS(cursor))
					  .p,
			r->parameters, &q);
		buf_init(&out, MIB);
		json_init(&j, &out);
		if (r->write(&c, &q, &j, &err) < 0)
			fail_msg("page %u: %s", pages, err.text);
		assert_int_equal(json_end(&j), 0);
		rest = arena_str(&f->arena, buf_view(&out));
		buf_release(&out);
		check("totals are of all pages",
			str_contains(rest, STR("\"totals\":{\"messages\":227,")));
		for (struct str s = rest; (at = str_find(s, STR("\"record_messages\""))) >= 0;
			s = str_from(s, (size_t)at + 1))
			rows++;
		at = str_find(rest, STR("\"next\":\""));
		cursor = STR_ABSENT;
		if (at >= 0) {
			rest = str_from(rest, (size_t)at + 8);
			str_cut(&rest, '"', &cursor);
		}
	} while (++pages < 5 && !str_absent(cursor));
	assert_int_equal(pages, 2);
	assert_int_equal(rows, 4);
}

/* --- Sources of mail --- */

struct import_run {
	int64_t ago;
	enum run_end end;
	uint64_t inputs;
};
#define RUNS(...) ((const struct import_run[]){ __VA_ARGS__, { 0 } })

static const struct import_case {
	const char *source;
	bool configured;
	int64_t every_s;
	const struct import_run *runs; /* oldest first */
	const char *want;	       /* how the row ends */
} import_cases[] = {
	{ "on time", true, 900, RUNS({ 2700, RUN_DONE, 0 }),
		"\"every_seconds\":900,\"last_run\":\"2026-11-21T11:14:59Z\","
		"\"last_success\":\"2026-11-21T11:15:00Z\",\"last_received\":null,"
		"\"lag_seconds\":2700,\"failures\":0,\"failing_since\":null,\"reason\":null,"
		"\"error\":null,\"state\":\"ok\"}" },
	{ "late", true, 900, RUNS({ 2701, RUN_DONE, 3 }),
		"\"every_seconds\":900,\"last_run\":\"2026-11-21T11:14:58Z\","
		"\"last_success\":\"2026-11-21T11:14:59Z\","
		"\"last_received\":\"2026-11-21T11:14:59Z\",\"lag_seconds\":2701,"
		"\"failures\":0,\"failing_since\":null,\"reason\":null,\"error\":null,"
		"\"state\":\"overdue\"}" },
	{ "often", true, 60, RUNS({ 600, RUN_DONE, 0 }), "\"state\":\"ok\"}" },
	{ "often, late", true, 60, RUNS({ 601, RUN_DONE, 0 }), "\"state\":\"overdue\"}" },
	{ "by hand", true, 0, RUNS({ 100 * DAY_SECONDS, RUN_DONE, 0 }), "\"state\":\"ok\"}" },
	{ "never", true, 900, RUNS({ 0 }),
		"\"every_seconds\":900,\"last_run\":null,\"last_success\":null,"
		"\"last_received\":null,\"lag_seconds\":null,\"failures\":0,"
		"\"failing_since\":null,\"reason\":null,\"error\":null,\"state\":\"never\"}" },
	{ "stopped", true, 900, RUNS({ 60, RUN_INTERRUPTED, 3 }), "\"state\":\"never\"}" },
	{ "fails", true, 0,
		RUNS({ 9000, RUN_DONE, 1 }, { 7200, RUN_FAILED, 0 },
			{ 5400, RUN_INTERRUPTED, 0 }, { 3600, RUN_FAILED, 0 }),
		"\"every_seconds\":null,\"last_run\":\"2026-11-21T10:59:59Z\","
		"\"last_success\":\"2026-11-21T09:30:00Z\","
		"\"last_received\":\"2026-11-21T09:30:00Z\",\"lag_seconds\":9000,"
		"\"failures\":2,\"failing_since\":\"2026-11-21T10:00:00Z\","
		"\"reason\":\"login-refused\",\"error\":\"no \\u003cb\\u003e\","
		"\"state\":\"failing\"}" },
	{ "fails, and late", true, 60, RUNS({ 9000, RUN_DONE, 1 }, { 60, RUN_FAILED, 0 }),
		"\"state\":\"failing\"}" },
	{ "healed", true, 900, RUNS({ 120, RUN_FAILED, 0 }, { 60, RUN_DONE, 1 }),
		"\"failures\":0,\"failing_since\":null,\"reason\":null,\"error\":null,"
		"\"state\":\"ok\"}" },
	{ "ahead", true, 900, RUNS({ -60, RUN_DONE, 1 }),
		"\"lag_seconds\":0,\"failures\":0,\"failing_since\":null,\"reason\":null,"
		"\"error\":null,\"state\":\"ok\"}" },
	{ "files", false, 0, RUNS({ 60, RUN_FAILED, 0 }),
		"\"kind\":null,\"place\":null,\"configured\":false,\"every_seconds\":null,"
		"\"last_run\":\"2026-11-21T11:58:59Z\",\"last_success\":null,"
		"\"last_received\":null,\"lag_seconds\":null,\"failures\":1,"
		"\"failing_since\":\"2026-11-21T11:59:00Z\",\"reason\":\"login-refused\","
		"\"error\":\"no \\u003cb\\u003e\",\"state\":\"failing\"}" },
	{ "stdin", false, 0, RUNS({ 100 * DAY_SECONDS, RUN_DONE, 1 }), "\"state\":\"ok\"}" },
};

static void run_imports(struct store *s)
{
	struct err err = { 0 };

	for (size_t i = COUNT(import_cases); i-- > 0;) /* not in the order of the answer */
		for (const struct import_run *r = import_cases[i].runs; r->ago; r++) {
			bool failed = r->end == RUN_FAILED;
			struct run_row run = { .source = str_of(import_cases[i].source),
				.started_at = NOW - r->ago - 1,
				.ended_at = NOW - r->ago,
				.inputs = r->inputs,
				.end = r->end,
				.reason = failed ? "login-refused" : NULL,
				.error = failed ? STR("no <b>") : STR_ABSENT };

			if (store_run_end(s, &run, &err) < 0)
				fail_msg("%s: %s", import_cases[i].source, err.text);
		}
}

static struct str status_of(struct doc_context *c)
{
	CLEANUP(buf)
	struct buf out;
	struct query q;
	struct json j;
	struct err err = { 0 };

	buf_init(&out, MIB);
	json_init(&j, &out);
	query_init(&q, c->arena);
	assert_int_equal(query_end(&q, NOW, &err), 0);
	if (resource_find(STR("status"))->write(c, &q, &j, &err) < 0)
		fail_msg("status: %s", err.text);
	assert_int_equal(json_end(&j), 0);
	return arena_str(c->arena, buf_view(&out));
}

/* Each in its place, and every state at its edge. */
static void check_imports(struct doc_context *c, struct str got)
{
	ptrdiff_t at = str_find(got, STR("\"imports\":["));

	assert_true(at >= 0);
	got = str_from(got, (size_t)at + 11);
	for (size_t i = 0; i < COUNT(import_cases); i++) {
		const struct import_case *k = &import_cases[i];
		struct str head = arena_printf(c->arena,
			k->configured ? "{\"source\":\"%s\",\"kind\":\"imap\","
					"\"place\":\"imaps://x/\",\"configured\":true,"
				      : "{\"source\":\"%s\",\"kind\":null,\"place\":null,"
					"\"configured\":false,",
			k->source);
		struct str row;

		check(k->source, str_starts(got, head));
		at = str_index(got, '}');
		assert_true(at >= 0);
		row = str_first(got, (size_t)at + 1);
		got = str_from(got, row.n + 1);
		if (!str_ends(row, str_of(k->want)))
			fail_msg("%s: %.*s", k->source, STR_ARGS(row));
	}
	check("configured ones", str_starts(got, STR(",\"imports_failing\":4,")));
}

static void test_imports(void **state)
{
	struct filled *f = *state;
	char database[128];
	struct web_import known[COUNT(import_cases)];
	struct doc_context c = context(f);
	struct store *s;
	struct err err = { 0 };

	snprintf(database, sizeof(database), "%s/imports.db", f->folder);
	if (store_open(database, STORE_WRITE, 0, &s, &err) < 0)
		fail_msg("store_open: %s", err.text);
	run_imports(s);
	c.store = s;
	c.imports = known;
	for (size_t i = 0; i < COUNT(import_cases); i++)
		if (import_cases[i].configured)
			known[c.import_count++] =
				(struct web_import){ .source = str_of(import_cases[i].source),
					.kind = STR("imap"),
					.place = STR("imaps://x/"),
					.every_s = import_cases[i].every_s };
	check_imports(&c, status_of(&c));
	store_close(s);
}

int main(void)
{
	setenv("RUAD_NOW", "2026-11-21T12:00:00Z",
		1); /* before the first question for the time */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_paging),
		cmocka_unit_test(test_imports),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
