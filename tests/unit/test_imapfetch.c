#include "check.h"
#include "imapfetch.h"

static void lines(void **state)
{
	static const struct {
		const char *line;
		enum imapline_kind kind;
		const char *rest, *code;
		int tag;
		bool ok, bad;
	} cases[] = {
		{ "* 5 EXISTS", IMAPLINE_OTHER, NULL, NULL, 0, false, false },
		{ "* OK [ALERT] down at noon", IMAPLINE_OTHER, NULL, NULL, 0, false, false },
		{ "* LIST () \"/\" {5}", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "* OK curly }", IMAPLINE_OTHER, NULL, NULL, 0, false, false },
		{ "* OK {}", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "* 5 FETCH (UID 7)", IMAPLINE_FETCH, "UID 7)", NULL, 0, false, false },
		{ "* 5 fetch (uid 7)", IMAPLINE_FETCH, "uid 7)", NULL, 0, false, false },
		{ "* BYE too late", IMAPLINE_BYE, "too late", NULL, 0, false, false },
		{ "* bye", IMAPLINE_BYE, "", NULL, 0, false, false },
		{ "12 OK done", IMAPLINE_TAGGED, "done", "", 12, true, false },
		{ "12 OK", IMAPLINE_TAGGED, "", "", 12, true, false },
		{ "12 NO [TRYCREATE] none", IMAPLINE_TAGGED, "[TRYCREATE] none", "TRYCREATE",
			12, false, false },
		{ "12 no [COPYUID 1 2 3] x", IMAPLINE_TAGGED, "[COPYUID 1 2 3] x", "COPYUID",
			12, false, false },
		{ "12 NO [open", IMAPLINE_TAGGED, "[open", "", 12, false, false },
		{ "12 BAD what", IMAPLINE_TAGGED, "what", "", 12, false, true },
		{ "12 PERHAPS", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "A1 OK done", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "99999999999 OK done", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "+ go on", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "", IMAPLINE_BAD, NULL, NULL, 0, false, false },
		{ "nothing", IMAPLINE_BAD, NULL, NULL, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct imapline l = imapline_read(str_of(cases[i].line));

		check_int(cases[i].line, l.kind, cases[i].kind);
		check_int(cases[i].line, l.tag, cases[i].tag);
		check_int(cases[i].line, l.ok, cases[i].ok);
		check_int(cases[i].line, l.bad, cases[i].bad);
		if (cases[i].rest)
			check_str(cases[i].line, l.rest, str_of(cases[i].rest));
		if (cases[i].code)
			check_str(cases[i].line, l.code, str_of(cases[i].code));
	}
}

static void responses(void **state)
{
	static const struct {
		const char *rest;
		enum imapfetch_next next;
		uint32_t uid;
		unsigned bodies;
		uint64_t literal;
		const char *quoted;
	} cases[] = {
		{ "UID 7)", IMAPFETCH_DONE, 7, 0, 0, NULL },
		{ ")", IMAPFETCH_DONE, 0, 0, 0, NULL },
		{ "UID 7 BODY[] {12}", IMAPFETCH_LITERAL, 7, 1, 12, NULL },
		{ "body[] {0}", IMAPFETCH_LITERAL, 0, 1, 0, NULL },
		{ "BODY[] {4294967299}", IMAPFETCH_LITERAL, 0, 1, 4294967299, NULL },
		{ "BODY[] NIL UID 7)", IMAPFETCH_DONE, 7, 1, 0, NULL },
		{ "BODY[] \"a\\\"b\\\\\" UID 7)", IMAPFETCH_DONE, 7, 1, 0, "a\"b\\" },
		{ "BODY[] \"\" UID 7)", IMAPFETCH_DONE, 7, 1, 0, "" },
		{ "FLAGS (\\Seen $x) UID 7 MODSEQ (123) X \"a)\" Y NIL)", IMAPFETCH_DONE, 7, 0,
			0, NULL },
		{ "X ((a (b \"c(\")) d) UID 7)", IMAPFETCH_DONE, 7, 0, 0, NULL },
		{ "UID 7 UID 8)", IMAPFETCH_BAD, 7, 0, 0, NULL },
		{ "UID 0)", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "UID x)", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "UID 4294967296)", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "UID 7", IMAPFETCH_BAD, 7, 0, 0, NULL },
		{ "UID", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "BODY[]", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] {12", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] {}", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] {-1}", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] {12} UID 7)", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] \"open", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[] word)", IMAPFETCH_BAD, 0, 1, 0, NULL },
		{ "BODY[TEXT] {12}", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "X {12}", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "X (a", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "X )", IMAPFETCH_BAD, 0, 0, 0, NULL },
		{ "UID 7) rubbish", IMAPFETCH_BAD, 7, 0, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct imapfetch f = { 0 };
		char text[64];
		size_t n = 0;

		check_int(cases[i].rest, imapfetch_read(&f, str_of(cases[i].rest)),
			cases[i].next);
		check_int(cases[i].rest, f.uid, cases[i].uid);
		check_int(cases[i].rest, f.bodies, cases[i].bodies);
		if (cases[i].next == IMAPFETCH_LITERAL)
			check_int(cases[i].rest, f.literal_bytes, cases[i].literal);
		if (!cases[i].quoted)
			continue;
		for (int c; (c = imapfetch_unquote(&f.quoted)) >= 0;)
			text[n++] = (char)c;
		check_str(cases[i].rest, str_make(text, n), str_of(cases[i].quoted));
	}
}

/* A response in several lines. */
static void goes_on(void **state)
{
	struct imapfetch f = { 0 };

	(void)state;
	assert_int_equal(imapfetch_read(&f, STR("BODY[] {3}")), IMAPFETCH_LITERAL);
	assert_int_equal(imapfetch_read(&f, STR(" UID 9 FLAGS ())")), IMAPFETCH_DONE);
	assert_int_equal(f.uid, 9);
	assert_int_equal(f.bodies, 1);
	f = (struct imapfetch){ 0 };
	assert_int_equal(imapfetch_read(&f, STR("BODY[] {3}")), IMAPFETCH_LITERAL);
	assert_int_equal(imapfetch_read(&f, STR("xyz")), IMAPFETCH_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(responses),
		cmocka_unit_test(goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
