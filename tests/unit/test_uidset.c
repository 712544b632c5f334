#include "check.h"
#include "uidset.h"
#include "xalloc.h"

#include <stdlib.h>

static const char *text_of(const struct uidset *s)
{
	static char text[512];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	uidset_print(s, &b);
	snprintf(text, sizeof(text), "%.*s", (int)b.n, b.p);
	buf_release(&b);
	return text;
}

static void changes(void **state)
{
	static const struct {
		const char *name, *before;
		char what;
		uint32_t uid;
		const char *want;
	} cases[] = {
		{ "first", NULL, '+', 7, "7" },
		{ "behind", "7", '+', 9, "7,9" },
		{ "before", "7", '+', 5, "5,7" },
		{ "joins left", "5:7", '+', 8, "5:8" },
		{ "joins right", "5:7", '+', 4, "4:7" },
		{ "joins both", "1:4,6:9", '+', 5, "1:9" },
		{ "is there", "1:4,6:9", '+', 3, "1:4,6:9" },
		{ "between", "1,9", '+', 5, "1,5,9" },
		{ "the largest", "1", '+', UINT32_MAX, "1,4294967295" },
		{ "joins the largest", "4294967295", '+', UINT32_MAX - 1,
			"4294967294:4294967295" },
		{ "the least joins", "2:3", '+', 1, "1:3" },
		{ "take the only", "7", '-', 7, "" },
		{ "take the first", "5:7", '-', 5, "6:7" },
		{ "take the last", "5:7", '-', 7, "5:6" },
		{ "take the middle", "5:7", '-', 6, "5,7" },
		{ "take what is not there", "5:7", '-', 8, "5:7" },
		{ "take from a gap", "1,9", '-', 5, "1,9" },
		{ "take a range of one", "1,5,9", '-', 5, "1,9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct uidset s = { 0 };

		if (cases[i].before)
			check(cases[i].name, uidset_parse(&s, str_of(cases[i].before)));
		if (cases[i].what == '+')
			uidset_add(&s, cases[i].uid);
		else
			uidset_remove(&s, cases[i].uid);
		check_str(cases[i].name, str_of(text_of(&s)), str_of(cases[i].want));
		check_int(cases[i].name, uidset_has(&s, cases[i].uid), cases[i].what == '+');
		uidset_release(&s);
	}
}

static void subtraction(void **state)
{
	static const struct {
		const char *a, *b, *want;
	} cases[] = {
		{ "1:9", "3:5", "1:2,6:9" },
		{ "1:9", "1:9", "" },
		{ "1:9", "1:4294967295", "" },
		{ "1:9,20", "5:30", "1:4" },
		{ "5:9", "1:5,9:12", "6:8" },
		{ "1,3,5", "2,4", "1,3,5" },
		{ "1:100", "10,20:29,100", "1:9,11:19,30:99" },
		{ "4294967290:4294967295", "4294967295", "4294967290:4294967294" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct uidset a = { 0 }, b = { 0 };

		assert_true(uidset_parse(&a, str_of(cases[i].a)));
		assert_true(uidset_parse(&b, str_of(cases[i].b)));
		uidset_remove_set(&a, &b);
		check_str(cases[i].a, str_of(text_of(&a)), str_of(cases[i].want));
		uidset_release(&a);
		uidset_release(&b);
	}
}

static void no_sets(void **state)
{
	static const char *const cases[] = { "0", "x", "1,", ",1", "1:", ":1", "2:1", "1,1",
		"3,2", "1:5,5", "4294967296", "-1", "1 2", "1::2" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct uidset s = { 0 };

		check(cases[i], !uidset_parse(&s, str_of(cases[i])));
		uidset_release(&s);
	}
}

static void adjacent_ranges_are_one(void **state)
{
	struct uidset s = { 0 };

	(void)state;
	assert_true(uidset_parse(&s, STR("1:3,4,5:6")));
	assert_string_equal(text_of(&s), "1:6");
	uidset_release(&s);
}

/* Against a table of bits, with a fixed sequence of pseudo-random changes. */
static void many_changes(void **state)
{
	enum { MOST = 200 };
	bool want[MOST + 1] = { false };
	struct uidset s = { 0 };
	unsigned random = 1, n = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t uid;

		random = random * 1103515245 + 12345;
		uid = random / 65536 % MOST + 1;
		if (random & 0x40000000)
			uidset_add(&s, uid);
		else
			uidset_remove(&s, uid);
		want[uid] = random & 0x40000000;
	}
	for (uint32_t uid = 1; uid <= MOST; uid++) {
		uint32_t next = 0;

		assert_int_equal(uidset_has(&s, uid), want[uid]);
		n += want[uid];
		if (want[uid]) {
			assert_true(uidset_after(&s, uid - 1, &next));
			assert_int_equal(next, uid);
		}
	}
	assert_int_equal(uidset_count(&s), n);
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.ranges[i].first > s.ranges[i - 1].last + 1);
	uidset_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(subtraction),
		cmocka_unit_test(no_sets),
		cmocka_unit_test(adjacent_ranges_are_one),
		cmocka_unit_test(many_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
