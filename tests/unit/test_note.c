#include "note.h"

#include "check.h"

static void test_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NOTE_COUNT; i++) {
		const char *name = note_name((enum note_code)i);

		assert_non_null(name);
		check(name, note_sentence(str_of(name)) != NULL);
		check(name, str_ends(str_of(note_sentence(str_of(name))), STR(".")));
		for (unsigned k = 0; k < i; k++)
			check(name,
				!str_eq(str_of(name), str_of(note_name((enum note_code)k))));
	}
	assert_string_equal(note_name(NOTE_XML_BOM), "xml-bom");
	assert_string_equal(note_name(NOTE_PERIOD_LONG), "period-long");
	assert_string_equal(
		note_sentence(STR("period-long")), "The period is longer than 27 hours.");
	assert_null(note_sentence(STR("no-such-note")));
	assert_null(note_sentence(STR_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
