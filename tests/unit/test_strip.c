/* The policy of each day, and where it changed. */
#include "strip.h"

#include "check.h"
#include "xalloc.h"

static struct arena arena;

static json_t *parse(const char *text)
{
	struct err err = { 0 };
	json_t *t = NULL;

	if (tree_parse(str_of(text), &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

#define POLICY(p, np, t, first, last, reporters) \
	"{\"policy\":{\"p\":\"" p "\",\"sp\":null,\"np\":" np \
	",\"adkim\":\"r\",\"aspf\":null," \
	"\"testing\":" t "},\"policy_text\":\"p=" p "\",\"first_day\":\"2026-11-" first \
	"\",\"last_day\":\"2026-11-" last "\",\"reports\":2,\"reporters\":[" reporters "]}"
#define SEEN(name, first, last) \
	"{\"reporter\":\"" name "\",\"first_day\":\"2026-11-" first \
	"\",\"last_day\":\"2026-11-" last "\",\"reports\":1}"
#define DAYS \
	"[{\"day\":\"2026-11-10\"},{\"day\":\"2026-11-11\"},{\"day\":\"2026-11-12\"}," \
	"{\"day\":\"2026-11-13\"},{\"day\":\"2026-11-14\"}]"

/* Tags that one reporter leaves out do not make two policies. */
static void merged(void **state)
{
	CLEANUP(tree)
	json_t *list = parse("[" POLICY("none", "null", "null", "10", "12",
		SEEN("a", "10", "12")) "," POLICY("none", "\"reject\"", "\"n\"", "11", "14",
		SEEN("b", "11", "14") "," SEEN("a", "11", "13")) "," POLICY("none", "null",
		"\"y\"", "11", "14", SEEN("c", "11", "14")) "]");
	const json_t *first;

	(void)state;
	strip_merge(list);
	assert_int_equal(json_array_size(list), 2);
	first = json_array_get(list, 0);
	assert_int_equal(tree_i64(first, "reports"), 4);
	assert_true(str_eq(tree_str(first, "first_day"), STR("2026-11-10")));
	assert_true(str_eq(tree_str(first, "last_day"), STR("2026-11-14")));
	assert_true(str_eq(tree_str(first, "policy.np"), STR("reject")));
	assert_int_equal(json_array_size(tree_get(first, "reporters")), 2);
	assert_true(
		str_eq(tree_str(json_array_get(tree_get(first, "reporters"), 0), "last_day"),
			STR("2026-11-13")));
}

/* The first reporter to see a change marks it; the day is new when most have seen it. */
static void changed(void **state)
{
	CLEANUP(tree)
	json_t *points = parse(DAYS);
	CLEANUP(tree)
	json_t *list = parse("[" POLICY("none", "null", "null", "10", "12",
		SEEN("a", "10", "11") "," SEEN("b", "10", "12") "," SEEN(
			"c", "10", "11")) "," POLICY("quarantine", "null", "null", "11", "14",
		SEEN("d", "11", "14") "," SEEN("a", "12", "14") "," SEEN("c", "13", "14")) "]");
	CLEANUP(tree)
	json_t *strip = strip_policies(&arena, points, list);
	const json_t *runs = tree_get(strip, "runs"), *marks = tree_get(strip, "marks");

	(void)state;
	assert_int_equal(json_array_size(runs), 2);
	assert_true(str_eq(tree_str(json_array_get(runs, 0), "class"), STR("p1")));
	assert_true(str_eq(tree_str(json_array_get(runs, 0), "label"), STR("none")));
	assert_true(str_eq(tree_str(json_array_get(runs, 1), "class"), STR("p2")));
	/* Two of five columns: 44 + 2 * 162. */
	assert_true(str_eq(tree_str(json_array_get(runs, 1), "x"), STR("368.0")));
	assert_int_equal(json_array_size(marks), 1);
	assert_true(str_eq(tree_str(json_array_get(marks, 0), "x"), STR("206.0")));
	assert_true(str_eq(tree_str(json_array_get(marks, 0), "title"),
		STR("2026-11-11: p=quarantine first seen, by d; last by c, on 2026-11-13")));
}

static void nothing(void **state)
{
	CLEANUP(tree)
	json_t *none = parse("[]");
	CLEANUP(tree)
	json_t *points = parse(DAYS);

	(void)state;
	assert_null(strip_policies(&arena, points, none));
	assert_null(strip_policies(&arena, none, none));
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged),
		cmocka_unit_test(changed),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests_name("strip", tests, setup, teardown);
}
