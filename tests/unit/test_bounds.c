#include "bounds.h"

#include "check.h"

#include <string.h>

static void test_table(void **state)
{
	struct limits l;
	size_t i = 0;

	(void)state;
	limits_default(&l);
	assert_int_equal(limit_count * sizeof(uint64_t), sizeof(l));
#define LIMIT(field, def_, least_, most_, unit_, text_) \
	check(#field, strcmp(limit_table[i].name, #field) == 0); \
	check(#field, limit_table[i].def == (def_) && l.field == (def_)); \
	check(#field, limit_table[i].offset == offsetof(struct limits, field)); \
	check(#field, (uint64_t)(least_) <= (def_) && (def_) <= (most_)); \
	check(#field, limit_table[i].least == (least_) && limit_table[i].most == (most_)); \
	check(#field, strcmp(limit_table[i].unit, unit_) == 0); \
	check(#field, strlen(limit_table[i].text) > 0); \
	i++;
	LIMITS (LIMIT)
#undef LIMIT
		assert_int_equal(i, limit_count);
}

static void test_parse(void **state)
{
	static const struct {
		const char *name, *value;
		bool ok;
		uint64_t want;
	} cases[] = {
		{ "number", "1000000", true, 1000000 },
		{ "K", "64K", true, 65536 },
		{ "M", "3M", true, 3 << 20 },
		{ "G", "1G", true, 1 << 30 },
		{ "small letter", "64k", true, 65536 },
		{ "zero", "0", true, 0 },
		{ "product too large", "18446744073709551615G", false, 0 },
		{ "product that would wrap to 1 GiB", "17179869185G", false, 0 },
		{ "only the letter", "M", false, 0 },
		{ "two letters", "1MM", false, 0 },
		{ "KiB", "64KiB", false, 0 },
		{ "negative", "-1", false, 0 },
		{ "fraction", "1.5M", false, 0 },
		{ "empty", "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t v = 0;

		check_int(cases[i].name, limit_parse(str_of(cases[i].value), &v), cases[i].ok);
		if (cases[i].ok)
			check_int(cases[i].name, v, cases[i].want);
	}
}

static void test_named(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "too deep (limit xml_depth).", "xml_depth" },
		{ "the mail has 7 bytes (limit mail_size 5)", "mail_size" },
		{ "(limit ratio", "ratio" },
		{ "(limit mail_size_x)", NULL },
		{ "(limit nothing)", NULL },
		{ "limit ratio", NULL },
		{ "(limit ", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct limit *l = limit_named(str_of(cases[i].text));

		check(cases[i].text, l ? cases[i].want && strcmp(l->name, cases[i].want) == 0
				       : !cases[i].want);
	}
	assert_null(limit_named(STR_ABSENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
