#include "header.h"

#include "buf.h"
#include "check.h"

static void test_line(void **state)
{
	static const struct {
		struct str line;
		enum header_line want;
	} cases[] = {
		{ STR_INIT("Subject: x"), HEADER_FIELD },
		{ STR_INIT("Subject:"), HEADER_FIELD },
		{ STR_INIT("Subject : x"), HEADER_FIELD },
		{ STR_INIT("X-A.b_c/d: x"), HEADER_FIELD },
		{ STR_INIT(" folded"), HEADER_FOLDED },
		{ STR_INIT("\tfolded"), HEADER_FOLDED },
		{ STR_INIT(""), HEADER_BLANK },
		{ STR_INIT("From a@example.com Fri Nov 20"), HEADER_SKIPPED },
		{ STR_INIT(">From a@example.com Fri"), HEADER_SKIPPED },
		{ STR_INIT(": no name"), HEADER_SKIPPED },
		{ STR_INIT("no colon"), HEADER_OTHER },
		{ STR_INIT("two words: x"), HEADER_OTHER },
		{ STR_INIT("n\xc3\xa9: x"), HEADER_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].line.p, header_line(cases[i].line), cases[i].want);
}

static void test_parse(void **state)
{
	struct arena a;
	struct header h;

	(void)state;
	arena_init(&a);
	header_parse(&a,
		STR("From a Fri\n folded to nothing\nSUBJECT : one\r\n two\r\n\tthree\r\n"
		    "X-Other: x\n y\nFrom: a@example.com\rContent-Type:\n text/xml\nSubject: "
		    "again\n"
		    "Message-ID:<1@x>"),
		&h);
	check_str("subject", h.subject, STR("one two\tthree"));
	check_str("from", h.from, STR("a@example.com"));
	check_str("type", h.type, STR("text/xml"));
	check_str("message_id", h.message_id, STR("<1@x>"));
	check_str("disposition", h.disposition, STR_ABSENT);
	check("complaint", !h.complaint);
	header_parse(&a, STR("X-HmXmrOriginalRecipient: a@example.com\n"), &h);
	check("complaint", h.complaint);
	arena_release(&a);
}

static void test_media_type(void **state)
{
	static const struct {
		struct str value, want;
	} cases[] = {
		{ STR_INIT("Application/GZIP; name=x"), STR_INIT("application/gzip") },
		{ STR_INIT("text/xml ;charset=x"), STR_INIT("text/xml") },
		{ STR_INIT(" text/xml"), STR_INIT("text/xml") },
		{ STR_INIT("text"), STR_INIT("text/plain") },
		{ STR_INIT("text/"), STR_INIT("text/plain") },
		{ STR_INIT("/xml"), STR_INIT("text/plain") },
		{ STR_INIT(""), STR_INIT("text/plain") },
		{ { NULL, 0 }, STR_INIT("text/plain") },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++)
		check_str(cases[i].value.p ? cases[i].value.p : "absent",
			header_media_type(&a, cases[i].value, STR("text/plain")),
			cases[i].want);
	arena_release(&a);
}

static const struct {
	const char *name;
	struct str value, want;
} params[] = {
	{ "token", STR_INIT("a/b; name=x.gz"), STR_INIT("x.gz") },
	{ "quoted", STR_INIT("a/b; name=\"x y;z.gz\"; q=1"), STR_INIT("x y;z.gz") },
	{ "case of the name", STR_INIT("a/b;NAME=x"), STR_INIT("x") },
	{ "unquoted with special letters", STR_INIT("a/b; name=a@b!c (1).gz ; q=1"),
		STR_INIT("a@b!c (1).gz") },
	{ "escaped quote", STR_INIT("a/b; name=\"a\\\"b\\\\c\""), STR_INIT("a\"b\\c") },
	{ "Windows path", STR_INIT("a/b; name=\"C:\\tmp\\x\""), STR_INIT("C:\\tmp\\x") },
	{ "no quote at the end", STR_INIT("a/b; name=\"x.gz"), STR_INIT("x.gz") },
	{ "backslash at the end", STR_INIT("a/b; name=\"x\\"), STR_INIT("x\\") },
	{ "blanks around =", STR_INIT("a/b; name = x"), STR_INIT("x") },
	{ "semicolon at the end", STR_INIT("a/b; name=x;"), STR_INIT("x") },
	{ "the first of two", STR_INIT("a/b; name=x; name=y"), STR_INIT("x") },
	{ "empty", STR_INIT("a/b; name="), STR_INIT("") },
	{ "another that begins alike", STR_INIT("a/b; names=y"), { NULL, 0 } },
	{ "none", STR_INIT("a/b"), { NULL, 0 } },
	{ "RFC 2231", STR_INIT("a/b; name*=utf-8'en'%e2%82%ac.gz"),
		STR_INIT("\xe2\x82\xac.gz") },
	{ "RFC 2231, other set", STR_INIT("a/b; name*=iso-8859-1''%e9.gz"),
		STR_INIT("\xc3\xa9.gz") },
	{ "RFC 2231, no quotes", STR_INIT("a/b; name*=%41.gz"), STR_INIT("A.gz") },
	{ "RFC 2231 before plain", STR_INIT("a/b; name=plain; name*=utf-8''%41"),
		STR_INIT("A") },
	{ "pieces", STR_INIT("a/b; name*0=\"ab\"; name*1=cd; name*2=\"ef\""),
		STR_INIT("abcdef") },
	{ "pieces in another order", STR_INIT("a/b; name*1=cd; name*0=ab"), STR_INIT("abcd") },
	{ "pieces, some encoded", STR_INIT("a/b; name*0*=utf-8''%41; name*1=%42; name*2*=%43"),
		STR_INIT("A%42C") },
	{ "pieces, one missing", STR_INIT("a/b; name*0=ab; name*2=ef"), STR_INIT("ab") },
	{ "pieces without a first", STR_INIT("a/b; name*1=cd; name=x"), STR_INIT("x") },
	{ "piece that is no number", STR_INIT("a/b; name*x=cd; name=y"), STR_INIT("y") },
	{ "piece number too large", STR_INIT("a/b; name*99999999999999999999=c; name=y"),
		STR_INIT("y") },
	{ "parameter without =", STR_INIT("a/b; x; name=y"), STR_INIT("y") },
	{ "only semicolons", STR_INIT("a/b;;;;"), { NULL, 0 } },
};

static void test_param(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(params); i++)
		check_str(params[i].name, header_param(&a, params[i].value, STR("name")),
			params[i].want);
	arena_release(&a);
}

static void test_file_name(void **state)
{
	static const struct {
		const char *name;
		struct str type, disposition, want;
	} cases[] = {
		{ "disposition first", STR_INIT("a/b; name=t"),
			STR_INIT("attachment; filename=d"), STR_INIT("d") },
		{ "only the type", STR_INIT("a/b; name=t"), STR_INIT("attachment"),
			STR_INIT("t") },
		{ "encoded word", STR_INIT("a/b; name=\"=?utf-8?q?a=2Egz?=\""), { NULL, 0 },
			STR_INIT("a.gz") },
		{ "control characters", STR_INIT("a/b; name=\"a\x01z\""), { NULL, 0 },
			STR_INIT("a z") },
		{ "none", STR_INIT("a/b"), STR_INIT("inline"), { NULL, 0 } },
		{ "empty", STR_INIT("a/b; name=\"\""), { NULL, 0 }, { NULL, 0 } },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct header h = { .type = cases[i].type,
			.disposition = cases[i].disposition };

		check_str(cases[i].name, header_file_name(&a, &h), cases[i].want);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_media_type),
		cmocka_unit_test(test_param),
		cmocka_unit_test(test_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
