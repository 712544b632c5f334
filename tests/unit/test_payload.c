#include "payload.h"

#include "check.h"

static void test_declared(void **state)
{
	static const struct {
		struct str value;
		enum encoding want;
	} cases[] = {
		{ STR_INIT("base64"), ENC_BASE64 },
		{ STR_INIT(" BASE64 ; x"), ENC_BASE64 },
		{ STR_INIT("\"base64\""), ENC_BASE64 },
		{ STR_INIT("base64(comment)"), ENC_BASE64 },
		{ STR_INIT("Quoted-Printable"), ENC_QP },
		{ STR_INIT("x-uuencode"), ENC_UU },
		{ STR_INIT("7bit"), ENC_IDENTITY },
		{ STR_INIT("8BIT"), ENC_IDENTITY },
		{ STR_INIT("binary"), ENC_IDENTITY },
		{ STR_INIT("base65"), ENC_IDENTITY },
		{ STR_INIT(""), ENC_IDENTITY },
		{ { NULL, 0 }, ENC_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].value.p ? cases[i].value.p : "absent",
			encoding_of(cases[i].value), cases[i].want);
}

static void test_seen(void **state)
{
	static const struct {
		const char *name;
		struct str raw;
		enum encoding declared, want;
	} cases[] = {
		{ "base64 of gzip, undeclared", STR_INIT("H4sIAAAA"), ENC_IDENTITY,
			ENC_BASE64 },
		{ "the same behind blank lines", STR_INIT("\r\n\r\n H4sIAAAA"), ENC_IDENTITY,
			ENC_BASE64 },
		{ "base64 of zip, undeclared", STR_INIT("UEsDBBQA"), ENC_IDENTITY, ENC_BASE64 },
		{ "base64 of XML, undeclared", STR_INIT("PD94bWwgdmVy"), ENC_IDENTITY,
			ENC_BASE64 },
		{ "base64 of gzip as quoted-printable", STR_INIT("H4sIAAAA"), ENC_QP,
			ENC_BASE64 },
		{ "uuencode, undeclared", STR_INIT("begin 644 a.gz\n#0V%T\n"), ENC_IDENTITY,
			ENC_UU },
		{ "uuencode as base64", STR_INIT("begin 644 a.gz\n#0V%T\n"), ENC_BASE64,
			ENC_UU },
		{ "plain XML as base64", STR_INIT("\n<?xml version='1.0'?>"), ENC_BASE64,
			ENC_IDENTITY },
		{ "plain gzip as base64", STR_INIT("\x1f\x8b\x08\x00"), ENC_BASE64,
			ENC_IDENTITY },
		{ "plain zip as quoted-printable", STR_INIT("PK\x03\x04"), ENC_QP,
			ENC_IDENTITY },
		{ "true base64", STR_INIT("SGVsbG8="), ENC_BASE64, ENC_BASE64 },
		{ "true text", STR_INIT("Hello"), ENC_IDENTITY, ENC_IDENTITY },
		{ "true quoted-printable XML", STR_INIT("<?xml version=3D"), ENC_QP, ENC_QP },
		{ "nothing", STR_INIT(""), ENC_BASE64, ENC_BASE64 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name, encoding_seen(cases[i].raw, cases[i].declared),
			cases[i].want);
}

static void test_read(void **state)
{
	static const struct {
		const char *name;
		struct str raw;
		enum encoding encoding;
	} cases[] = {
		{ "identity", STR_INIT("Cat"), ENC_IDENTITY },
		{ "base64", STR_INIT("Q2F0"), ENC_BASE64 },
		{ "quoted-printable", STR_INIT("C=61=\nt"), ENC_QP },
		{ "uuencode", STR_INIT("begin 644 a\n#0V%T\n`\nend\n"), ENC_UU },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct payload p;
		struct err err = { 0 };
		char out[16];

		payload_init(&p, cases[i].raw, cases[i].encoding);
		check_int(cases[i].name, reader_fill(&p.reader, out, sizeof(out), &err), 3);
		check_str(cases[i].name, str_make(out, 3), STR("Cat"));
		check_int(cases[i].name, reader_read(&p.reader, out, sizeof(out), &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
