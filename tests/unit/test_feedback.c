#include "feedback.h"

#include "check.h"

static void test_kind(void **state)
{
	static const struct {
		struct str text;
		enum doc_kind want;
	} cases[] = {
		{ STR_INIT("Feedback-Type: auth-failure\r\nVersion: 1\r\n"), DOC_ARF },
		{ STR_INIT("Version: 1\rfeedback-type :  AUTH-FAILURE (x)\r"), DOC_ARF },
		{ STR_INIT("Version: 1\n"), DOC_ARF },
		{ STR_INIT(""), DOC_ARF },
		{ STR_INIT("Feedback-Type: abuse\n"), DOC_FEEDBACK },
		{ STR_INIT("Feedback-Types: abuse\nFeedback-Type: opt-out\n"), DOC_FEEDBACK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].text.p, feedback_kind(cases[i].text), cases[i].want);
}

static void test_like(void **state)
{
	static const struct {
		const char *name;
		struct str text;
		bool in_report, like;
		enum doc_kind want;
	} cases[] = {
		{ "field in a text", STR_INIT("Hello\nFeedback-Type: abuse\n"), false, true,
			DOC_FEEDBACK },
		{ "copied header in a report",
			STR_INIT("It failed the Dmarc policy.\n\nReceived: "
				 "x\nAuthentication-Results: y\n"),
			true, true, DOC_ARF },
		{ "the same elsewhere",
			STR_INIT("It failed the DMARC policy.\n\nReceived: "
				 "x\nAuthentication-Results: y\n"),
			false, false, DOC_NONE },
		{ "a bounce in a report", STR_INIT("It failed.\n\nReceived: x\n"), true, false,
			DOC_NONE },
		{ "text", STR_INIT("About DMARC. The Feedback-Type: is not a field here."),
			true, false, DOC_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum doc_kind kind = DOC_NONE;

		check_int(cases[i].name,
			feedback_like(cases[i].text, cases[i].in_report, &kind), cases[i].like);
		check_int(cases[i].name, kind, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
