#include "daylist.h"

#include "check.h"

static const struct {
	const char *name;
	struct daylist_item items[5];
	size_t count;
	struct daylist_item want[5];
	size_t want_count;
	struct daylist_peak peak;
} cases[] = {
	{ "none", { { 0 } }, 0, { { 0 } }, 0, { 0, 0, 0 } },
	{ "one", { { 20770, 7 } }, 1, { { 20770, 7 } }, 1, { 1, 7, 20770 } },
	{ "before 1970", { { -1, 3 }, { 0, 2 } }, 2, { { -1, 3 }, { 0, 2 } }, 2, { 2, 3, -1 } },
	{ "the same day twice", { { 5, 1 }, { 5, 2 }, { 6, 1 } }, 3, { { 5, 3 }, { 6, 1 } }, 2,
		{ 2, 3, 5 } },
	{ "out of order", { { 9, 1 }, { 5, 4 }, { 9, 6 }, { 7, 2 }, { 5, 1 } }, 5,
		{ { 5, 5 }, { 7, 2 }, { 9, 7 } }, 3, { 3, 7, 9 } },
	{ "far apart and large", { { -100000, UINT64_MAX }, { INT32_MAX, 1 } }, 2,
		{ { -100000, UINT64_MAX }, { INT32_MAX, 1 } }, 2, { 2, UINT64_MAX, -100000 } },
	{ "the first of equals", { { 1, 4 }, { 2, 4 }, { 3, 0 } }, 3,
		{ { 1, 4 }, { 2, 4 }, { 3, 0 } }, 3, { 2, 4, 1 } },
};

static void lists_come_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct daylist made = { 0 }, back = { 0 };
		struct daylist_peak peak;
		struct buf packed;

		buf_init(&packed, DAYLIST_BYTES_MOST);
		for (size_t k = 0; k < cases[i].count; k++)
			daylist_add(&made, cases[i].items[k].day, cases[i].items[k].messages);
		daylist_settle(&made);
		daylist_pack(&made, &packed);
		check(cases[i].name, daylist_unpack(&back, buf_view(&packed)));
		daylist_settle(&back);
		check_int(cases[i].name, back.count, cases[i].want_count);
		for (size_t k = 0; k < back.count; k++) {
			check_int(cases[i].name, back.items[k].day, cases[i].want[k].day);
			check_int(cases[i].name, back.items[k].messages,
				cases[i].want[k].messages);
		}
		check(cases[i].name, daylist_peak(buf_view(&packed), &peak));
		check_int(cases[i].name, peak.days, cases[i].peak.days);
		check_int(cases[i].name, peak.messages, cases[i].peak.messages);
		check_int(cases[i].name, peak.day, cases[i].peak.day);
		buf_release(&packed);
		daylist_release(&made);
		daylist_release(&back);
	}
}

static void lists_are_joined(void **state)
{
	struct daylist a = { 0 }, b = { 0 };
	struct buf packed;

	(void)state;
	buf_init(&packed, DAYLIST_BYTES_MOST);
	daylist_add(&a, 3, 10);
	daylist_add(&a, 8, 1);
	daylist_pack(&a, &packed);
	daylist_add(&b, 5, 2);
	daylist_add(&b, 8, 4);
	assert_true(daylist_unpack(&b, buf_view(&packed)));
	daylist_settle(&b);
	assert_int_equal(b.count, 3);
	assert_int_equal(b.items[0].day, 3);
	assert_int_equal(b.items[2].messages, 5);
	buf_release(&packed);
	daylist_release(&a);
	daylist_release(&b);
}

static void what_is_cut_off_is_refused(void **state)
{
	struct daylist l = { 0 };
	struct daylist_peak peak;

	(void)state;
	assert_false(daylist_unpack(&l, STR("\x80")));
	assert_false(daylist_unpack(&l, STR("\x02")));
	assert_false(
		daylist_unpack(&l, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
	assert_false(daylist_peak(STR("\x02\x03\x80"), &peak));
	daylist_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_come_back),
		cmocka_unit_test(lists_are_joined),
		cmocka_unit_test(what_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
