#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow.h"
#include "flow_test.h"

#include <string.h>

/* Writes down what comes, one word per verb. */
struct tape {
	struct sink sink; /* first */
	struct buf text;
	struct buf raw;
	struct digest document;
	size_t notes;
	bool begun;
	const char *fail_at; /* verb that fails … */
	int fail_code;	     /* … so */
};

static int verdict_of_test(struct tape *t, const char *verb, struct err *err)
{
	if (!t->fail_at || strcmp(t->fail_at, verb) != 0)
		return 0;
	if (t->fail_code != ERR_TEMP && !str_eq(t->sink.part, STR("a.xml")))
		return 0; /* one document alone */
	err_set(err, t->fail_code, "value-invalid", "the sink failed at %s", verb);
	return t->fail_code;
}

static int tape_begin(struct sink *s, const struct report *r, struct err *err)
{
	struct tape *t = (struct tape *)s;

	assert_false(t->begun);
	t->begun = true;
	buf_printf(&t->text, "begin(%.*s %.*s %.*s) ", STR_ARGS(r->org_name),
		STR_ARGS(r->report_id), STR_ARGS(r->policy.domain));
	return verdict_of_test(t, "begin", err);
}

static int tape_raw(struct sink *s, const void *p, size_t n, struct err *err)
{
	struct tape *t = (struct tape *)s;

	buf_add(&t->raw, p, n);
	return verdict_of_test(t, "raw", err);
}

static int tape_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	struct tape *t = (struct tape *)s;

	assert_true(t->begun);
	assert_true(str_eq(r->policy.domain, STR("example.com")));
	buf_printf(&t->text, "%llu:%s:%s ", (unsigned long long)rec->messages,
		dmarc_name(v->result), cause_name(v->cause));
	return verdict_of_test(t, "record", err);
}

static int tape_end(struct sink *s, const struct report *r, const struct report_totals *totals,
	const struct digest *document, struct err *err)
{
	struct tape *t = (struct tape *)s;

	assert_true(t->begun);
	t->begun = false;
	t->document = *document;
	t->notes = r->note_count;
	buf_printf(&t->text, "end(%llu=%llu+%llu in %llu)",
		(unsigned long long)totals->messages, (unsigned long long)totals->pass,
		(unsigned long long)totals->fail, (unsigned long long)totals->records);
	if (!str_absent(s->part))
		buf_printf(&t->text, "@%.*s", STR_ARGS(s->part));
	buf_char(&t->text, ' ');
	return verdict_of_test(t, "end", err);
}

static int tape_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct tape *t = (struct tape *)s;

	t->begun = false;
	assert_non_null(why->reason);
	assert_non_null(reason_find(str_of(why->reason)));
	assert_true(why->text[0] != '\0');
	buf_printf(&t->text, "refused(%s", why->reason);
	if (why->line > 0)
		buf_printf(&t->text, " line %lld", (long long)why->line);
	if (partial && !str_absent(partial->report_id))
		buf_printf(&t->text, " id %.*s", STR_ARGS(partial->report_id));
	buf_printf(&t->text, ")");
	if (!str_absent(s->part))
		buf_printf(&t->text, "@%.*s", STR_ARGS(s->part));
	buf_char(&t->text, ' ');
	return verdict_of_test(t, "refused", err);
}

static struct flow *flow;

static int make_flow(void **state)
{
	struct limits l;
	struct err err;

	(void)state;
	limits_default(&l);
	return flow_new(&l, NULL, &flow, &err);
}

static int free_flow(void **state)
{
	(void)state;
	flow_free(flow);
	flow_free(NULL);
	return 0;
}

static void tape_init(struct tape *t)
{
	*t = (struct tape){ .sink = { .begin = tape_begin,
				    .raw = tape_raw,
				    .record = tape_record,
				    .end = tape_end,
				    .refused = tape_refused } };
	buf_init(&t->text, 64 * KIB);
	buf_init(&t->raw, 64 * MIB);
}

static void tape_release(struct tape *t)
{
	buf_release(&t->text);
	buf_release(&t->raw);
}

static int play(struct tape *t, struct str bytes, struct err *err)
{
	struct mail mail = { .content = blob_mem(bytes), .locator = STR("x") };
	int r;

	buf_clear(&t->text);
	buf_clear(&t->raw);
	t->begun = false;
	r = flow_read(flow, &mail, &t->sink, err);
	while (t->text.n > 0 && t->text.p[t->text.n - 1] == ' ')
		t->text.p[--t->text.n] = '\0';
	return r;
}

static void every_kind(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} cases[] = {
		{ "plain report", XML_REPORT("r1", XML_TWO),
			"begin(Google.com r1 example.com) 5:pass:dkim_only 3:fail:dkim_broken "
			"end(8=5+3 in 2)" },
		{ "our verdict, not the receiver's",
			XML_REPORT("r1", XML_RECORD("192.0.2.1", "5", "fail", "pass")),
			"begin(Google.com r1 example.com) 5:pass:dkim_only end(5=5+0 in 1)" },
		{ "no records", XML_REPORT("r1", ""),
			"begin(Google.com r1 example.com) end(0=0+0 in 0)" },
		{ "mail with two reports",
			MAIL(MAIL_PART("a.xml", XML_REPORT("r1", XML_TWO))
					MAIL_PART("b.xml", XML_REPORT("r2", ""))),
			"begin(Google.com r1 example.com) 5:pass:dkim_only 3:fail:dkim_broken "
			"end(8=5+3 in 2)@a.xml begin(Google.com r2 example.com) "
			"end(0=0+0 in 0)@b.xml" },
		{ "a bad report does not hide the good one",
			MAIL(MAIL_PART("a.xml", "<feedback>\n<a></b>")
					MAIL_PART("b.xml", XML_REPORT("r2", ""))),
			"refused(xml-malformed line 2)@a.xml begin(Google.com r2 example.com) "
			"end(0=0+0 in 0)@b.xml" },
		{ "cut before the first record", "<feedback>" XML_META("G", "r9"),
			"refused(xml-malformed line 1 id r9)" },
		{ "cut behind a record",
			"<feedback>" XML_META("G", "r9") XML_POLICY XML_TWO "<record>",
			"begin(G r9 example.com) 5:pass:dkim_only 3:fail:dkim_broken "
			"refused(xml-malformed line 3 id r9)" },
		{ "doctype", "<!DOCTYPE feedback [<!ENTITY a \"b\">]><feedback/>",
			"refused(xml-doctype line 1)" },
		{ "another root", "<rss><channel/></rss>", "refused(not-a-report line 1)" },
		{ "no report", MAIL_TEXT, "refused(no-report-in-mail)" },
		{ "failure report", MAIL_ARF, "refused(failure-report)@part 2" },
		{ "complaint", MAIL_ABUSE, "refused(feedback-report)@part 2" },
		{ "TLS report", TLS_REPORT, "refused(tls-report)" },
		{ "nothing", "", "refused(empty)" },
		{ "no report at all", "\x89PNG\r\n\x1a\n and so on", "refused(not-a-report)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		struct tape t;

		tape_init(&t);
		if (play(&t, str_of(cases[i].in), &err) != 0)
			fail_msg("%s: %s", cases[i].name, err.text);
		if (!str_eq(buf_view(&t.text), str_of(cases[i].want)))
			fail_msg("%s: got\n%s\nwant\n%s", cases[i].name, t.text.p,
				cases[i].want);
		assert_int_equal(err.code, 0);
		tape_release(&t);
	}
}

static void raw_bytes_and_digest(void **state)
{
	const char xml[] = XML_REPORT("r1", XML_TWO);
	struct digest want = digest_of(str_of(xml));
	struct err err = { 0 };
	struct tape t;
	struct buf gz;

	(void)state;
	tape_init(&t);
	assert_int_equal(play(&t, str_of(xml), &err), 0);
	assert_true(str_eq(buf_view(&t.raw), str_of(xml)));
	assert_true(digest_eq(&t.document, &want));
	/* The document is what counts, not what it was packed in. */
	buf_init(&gz, 65536);
	gzip_stored(&gz, str_of(xml));
	assert_int_equal(play(&t, buf_view(&gz), &err), 0);
	assert_true(str_eq(buf_view(&t.raw), str_of(xml)));
	assert_true(digest_eq(&t.document, &want));
	buf_release(&gz);
	tape_release(&t);
}

/* A container that is bad only at its very end: all records were read by then. */
static void bad_only_at_the_end(void **state)
{
	const char xml[] = XML_REPORT("r1", XML_TWO);
	struct err err = { 0 };
	struct tape t;
	struct buf gz;

	(void)state;
	tape_init(&t);
	buf_init(&gz, 65536);
	gzip_stored(&gz, str_of(xml));
	gz.p[gz.n - 8] ^= 1; /* its checksum */
	assert_int_equal(play(&t, buf_view(&gz), &err), 0);
	if (!str_contains(buf_view(&t.text), STR("refused(archive-corrupt")))
		fail_msg("checksum: %s", t.text.p);
	assert_false(str_contains(buf_view(&t.text), STR("end(")));
	gz.p[gz.n - 8] ^= 1;
	gz.n -= 3;
	assert_int_equal(play(&t, buf_view(&gz), &err), 0);
	if (!str_contains(buf_view(&t.text), STR("refused(archive-truncated")))
		fail_msg("cut: %s", t.text.p);
	buf_release(&gz);
	tape_release(&t);
}

static void head_of_a_mail(void **state)
{
	struct err err = { 0 };
	struct tape t;

	(void)state;
	tape_init(&t);
	assert_int_equal(play(&t, STR(MAIL_TEXT), &err), 0);
	assert_true(t.sink.is_mail);
	assert_true(str_eq(t.sink.subject, STR("Report Domain: example.com")));
	assert_true(str_contains(t.sink.from, STR("noreply@example.net")));
	assert_true(str_contains(t.sink.message_id, STR("1@example.net")));
	assert_int_equal(play(&t, STR("<rss/>"), &err), 0);
	assert_false(t.sink.is_mail);
	assert_true(str_absent(t.sink.subject));
	tape_release(&t);
}

/* An error of the sink ends the input and is not taken for one of the document. */
static void sink_failures(void **state)
{
	static const struct {
		const char *verb, *in;
	} cases[] = {
		{ "begin", XML_REPORT("r1", XML_TWO) },
		{ "raw", XML_REPORT("r1", XML_TWO) },
		{ "record", XML_REPORT("r1", XML_TWO) },
		{ "end", XML_REPORT("r1", XML_TWO) },
		{ "refused", "<rss/>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		struct tape t;

		tape_init(&t);
		t.fail_at = cases[i].verb;
		t.fail_code = ERR_TEMP;
		if (play(&t, str_of(cases[i].in), &err) != ERR_TEMP ||
			!strstr(err.text, cases[i].verb))
			fail_msg("%s: %s", cases[i].verb, err.text);
		if (strcmp(cases[i].verb, "refused") != 0 &&
			str_contains(buf_view(&t.text), STR("refused")))
			fail_msg("%s: %s", cases[i].verb, t.text.p);
		tape_release(&t);
	}
}

/* A sink that does not take a document has it refused, and the next one is read. */
static void sink_refusals(void **state)
{
	static const char *const verbs[] = { "begin", "raw", "record", "end" };

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct err err = { 0 };
		struct tape t;

		tape_init(&t);
		t.fail_at = verbs[i];
		t.fail_code = i % 2 ? ERR_LIMIT : ERR_INPUT;
		if (play(&t,
			    STR(MAIL(MAIL_PART("a.xml", XML_REPORT("r1", XML_TWO))
					    MAIL_PART("b.xml", "<rss/>"))),
			    &err) != 0)
			fail_msg("%s: %s", verbs[i], err.text);
		if (!str_contains(buf_view(&t.text), STR("refused(value-invalid")) ||
			!str_ends(buf_view(&t.text),
				STR(")@a.xml refused(not-a-report line 1)@b.xml")))
			fail_msg("%s: %s", verbs[i], t.text.p);
		tape_release(&t);
	}
}

/* The same, when the sink fails at bytes that the parser asks for in the middle of a report. */
static void raw_fails_late(void **state)
{
	struct err err = { 0 };
	struct tape t;
	struct buf xml;

	(void)state;
	tape_init(&t);
	buf_init(&xml, MIB);
	buf_str(&xml, STR("<feedback>" XML_META("G", "r9") XML_POLICY));
	for (int i = 0; i < 1000; i++)
		buf_str(&xml, STR(XML_RECORD("192.0.2.1", "1", "pass", "pass")));
	buf_str(&xml, STR("</feedback>"));
	assert_int_equal(play(&t, buf_view(&xml), &err), 0);
	assert_true(str_eq(buf_view(&t.raw), buf_view(&xml)));
	t.fail_at = "raw";
	t.fail_code = ERR_TEMP;
	assert_int_equal(play(&t, buf_view(&xml), &err), ERR_TEMP);
	assert_false(str_contains(buf_view(&t.text), STR("refused")));
	buf_release(&xml);
	tape_release(&t);
}

static void notes_of_both_rooms(void **state)
{
	struct err err = { 0 };
	struct tape t;
	struct buf gz;
	size_t before;

	(void)state;
	tape_init(&t);
	buf_init(&gz, 65536);
	gzip_stored(&gz, STR(XML_REPORT("r1", XML_TWO)));
	assert_int_equal(play(&t, buf_view(&gz), &err), 0);
	before = t.notes;
	buf_str(&gz, STR("trailing bytes"));
	assert_int_equal(play(&t, buf_view(&gz), &err), 0);
	assert_int_equal(t.notes, before + 1);
	buf_release(&gz);
	tape_release(&t);
}

static void bad_suffix_list(void **state)
{
	struct limits l;
	struct flow *f = NULL;
	struct err err = { 0 };

	(void)state;
	limits_default(&l);
	assert_int_equal(flow_new(&l, "/nothing/here", &f, &err), ERR_CONFIG);
	assert_null(f);
	assert_true(flow_psl_version(flow).n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(raw_bytes_and_digest),
		cmocka_unit_test(bad_only_at_the_end),
		cmocka_unit_test(head_of_a_mail),
		cmocka_unit_test(sink_failures),
		cmocka_unit_test(sink_refusals),
		cmocka_unit_test(raw_fails_late),
		cmocka_unit_test(notes_of_both_rooms),
		cmocka_unit_test(bad_suffix_list),
	};

	return cmocka_run_group_tests(tests, make_flow, free_flow);
}
