#include "check.h"
#include "problem.h"

static void test_of_err(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *reason;
		enum problem_type want;
		bool log;
	} cases[] = {
		{ "unknown parameter", ERR_USAGE, "unknown-parameter",
			PROBLEM_UNKNOWN_PARAMETER, false },
		{ "invalid parameter", ERR_USAGE, "invalid-parameter",
			PROBLEM_INVALID_PARAMETER, false },
		{ "cursor", ERR_USAGE, "cursor-mismatch", PROBLEM_CURSOR_MISMATCH, false },
		{ "usage without reason", ERR_USAGE, NULL, PROBLEM_INVALID_PARAMETER, false },
		{ "bad request", ERR_USAGE, "bad-request", PROBLEM_BAD_REQUEST, false },
		{ "long address", ERR_USAGE, "uri-too-long", PROBLEM_URI_TOO_LONG, false },
		{ "busy", ERR_TEMP, "locked", PROBLEM_STORE_BUSY, false },
		{ "no database", ERR_CONFIG, NULL, PROBLEM_STORE_DOWN, true },
		{ "damaged", ERR_IO, NULL, PROBLEM_STORE_DOWN, true },
		{ "limit", ERR_LIMIT, NULL, PROBLEM_TOO_LARGE, false },
		{ "anything else", ERR_INPUT, "xml-malformed", PROBLEM_INTERNAL, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		struct problem p;
		bool tell;

		err_set(&err, cases[i].code, cases[i].reason, "/var/lib/secret");
		p = problem_of(&err, &tell);
		check_int(cases[i].name, p.type, cases[i].want);
		check_int(cases[i].name, tell, cases[i].log);
		/* What goes to the log is not told to the client. */
		check_int(cases[i].name, str_contains(p.detail, STR("secret")), !cases[i].log);
	}
}

static void test_document(void **state)
{
	static const struct {
		const char *name;
		struct problem problem;
		const char *want;
	} cases[] = {
		{ "with a suggestion",
			{ PROBLEM_UNKNOWN_PARAMETER,
				STR_INIT("'domian' is not a parameter here."),
				STR_INIT("domian"), STR_INIT("domain") },
			"{\"type\":\"/help/api#unknown-parameter\",\"title\":\"Unknown query "
			"parameter\",\"status\":400,"
			"\"detail\":\"'domian' is not a parameter "
			"here.\",\"instance\":\"req-1\","
			"\"errors\":[{\"parameter\":\"domian\",\"suggestion\":\"domain\"}]}" },
		{ "without",
			{ PROBLEM_INVALID_PARAMETER, STR_INIT("x"), STR_INIT("a<b"),
				{ NULL, 0 } },
			"{\"type\":\"/help/api#invalid-parameter\",\"title\":\"Invalid value "
			"of a parameter\",\"status\":400,"
			"\"detail\":\"x\",\"instance\":\"req-1\",\"errors\":[{\"parameter\":"
			"\"a\\u003cb\"}]}" },
		{ "plain", { PROBLEM_NOT_FOUND, STR_INIT("gone"), { NULL, 0 }, { NULL, 0 } },
			"{\"type\":\"/help/api#not-found\",\"title\":\"Not "
			"found\",\"status\":404,"
			"\"detail\":\"gone\",\"instance\":\"req-1\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out;
		struct json j;

		buf_init(&out, 4000);
		json_init(&j, &out);
		problem_json(&j, &cases[i].problem, STR("req-1"));
		check_int(cases[i].name, json_end(&j), 0);
		check_str(cases[i].name, buf_view(&out), str_of(cases[i].want));
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_err),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
