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
	check(#field, limits_get(&l, i) == (def_) && l.field == (def_)); \
	check(#field, (uint64_t)(least_) <= (def_) && (def_) <= (most_)); \
	check(#field, limit_table[i].least == (least_) && limit_table[i].most == (most_)); \
	check(#field, strcmp(limit_table[i].unit, unit_) == 0); \
	check(#field, strlen(limit_table[i].text) > 0); \
	i++;
	LIMITS (LIMIT)
#undef LIMIT
		assert_int_equal(i, limit_count);
}

static void test_set(void **state)
{
	static const struct {
		const char *name, *limit, *value;
		bool ok;
		uint64_t want;
	} cases[] = {
		{ "number", "mail_size", "1000000", true, 1000000 },
		{ "K", "mail_size", "64K", true, 65536 },
		{ "M", "mail_size", "3M", true, 3 << 20 },
		{ "G", "mail_size", "1G", true, 1 << 30 },
		{ "small letter", "mail_size", "64k", true, 65536 },
		{ "least", "mail_size", "65536", true, 65536 },
		{ "under the least", "mail_size", "65535", false, 0 },
		{ "over the most", "mail_size", "1073741825", false, 0 },
		{ "product too large", "mail_size", "18446744073709551615G", false, 0 },
		{ "product that would wrap to 1 GiB", "mail_size", "17179869185G", false, 0 },
		{ "only the letter", "mail_size", "M", false, 0 },
		{ "two letters", "mail_size", "1MM", false, 0 },
		{ "KiB", "mail_size", "64KiB", false, 0 },
		{ "negative", "mail_size", "-1", false, 0 },
		{ "fraction", "mail_size", "1.5M", false, 0 },
		{ "empty", "mail_size", "", false, 0 },
		{ "zero where it may be", "early_records", "0", true, 0 },
		{ "no such limit", "mail_sizes", "1M", false, 0 },
		{ "no name", "", "1M", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct limits l, before;
		size_t changed = 0;

		limits_default(&l);
		before = l;
		check_int(cases[i].name,
			limits_set(&l, str_of(cases[i].limit), str_of(cases[i].value)),
			cases[i].ok);
		for (size_t k = 0; k < limit_count; k++) {
			if (limits_get(&l, k) == limits_get(&before, k))
				continue;
			changed++;
			check_str(cases[i].name, str_of(limit_table[k].name),
				str_of(cases[i].limit));
			check_int(cases[i].name, limits_get(&l, k), cases[i].want);
		}
		check_int(cases[i].name, changed, cases[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
