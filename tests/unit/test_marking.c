#include "marking.h"

#include "buf.h"
#include "check.h"

#include <string.h>

static const struct {
	const char *name, *body;
	bool json;
	enum sender_word word;
	const char *note, *token; /* NULL: absent */
} good[] = {
	{ "JSON", "{\"mark\":\"ours\",\"note\":\" our CRM\\n\"}", true, WORD_OURS, "our CRM",
		NULL },
	{ "no note", "{\"mark\":\"not_ours\"}", true, WORD_NOT_OURS, NULL, NULL },
	{ "null note", " {\"note\":null,\"mark\":\"undecided\"} ", true, WORD_NONE, NULL,
		NULL },
	{ "blank note", "{\"mark\":\"ours\",\"note\":\"  \"}", true, WORD_OURS, NULL, NULL },
	{ "form", "form_token=abc&note=a%20b%26c+d&mark=not_ours", false, WORD_NOT_OURS,
		"a b&c d", "abc" },
	{ "form without note", "mark=ours&note=&form_token=", false, WORD_OURS, NULL, "" },
	{ "form without token", "mark=undecided", false, WORD_NONE, NULL, NULL },
};

static const struct {
	const char *name, *body;
	bool json;
	const char *message;
} bad[] = {
	{ "nothing", "", true, "The body is a JSON object" },
	{ "no object", "[\"ours\"]", true, "The body is a JSON object" },
	{ "no mark", "{\"note\":\"x\"}", true, "The body is a JSON object" },
	{ "cut off", "{\"mark\":\"ours\"", true, "The body is a JSON object" },
	{ "two", "{\"mark\":\"ours\"}{}", true, "The body is a JSON object" },
	{ "other mark", "{\"mark\":\"mine\"}", true, "not 'mine'" },
	{ "number", "{\"mark\":1}", true, "'mark' is undecided, ours or not_ours" },
	{ "more", "{\"mark\":\"ours\",\"nte\":\"x\"}", true, "'nte' is not part of a mark" },
	{ "note of a number", "{\"mark\":\"ours\",\"note\":1}", true,
		"'note' is text or null" },
	{ "escape in the note", "{\"mark\":\"ours\",\"note\":\"\\u001b[31m\"}", true,
		"without control characters" },
	{ "NUL in the note", "{\"mark\":\"ours\",\"note\":\"a\\u0000b\"}", true,
		"without control characters" },
	{ "form without mark", "note=x", false, "'mark' is undecided, ours or not_ours" },
	{ "other field", "mark=ours&admin=1", false, "'admin' is no field" },
	{ "percent", "mark=ours&note=%zz", false, "" },
	{ "NUL in the form", "mark=ours&note=%00", false, "" },
};

static int parse(
	bool json, struct str body, struct arena *a, struct marking *ret, struct err *err)
{
	return json ? marking_of_json(body, a, ret, err) : marking_of_form(body, a, ret, err);
}

/* A note of letters that take three bytes each to write is longer than an address may be. */
static void a_form_is_no_address(void **state)
{
	struct marking m = { .form_token = STR_ABSENT };
	struct err err = { 0 };
	struct buf body;
	struct arena a;

	(void)state;
	arena_init(&a);
	buf_init(&body, 64 * 1024);
	buf_str(&body, STR("form_token="));
	for (int i = 0; i < 9000; i++)
		buf_char(&body, 'f');
	buf_str(&body, STR("&mark=ours&note="));
	for (int i = 0; i < MARK_NOTE_MOST; i++)
		buf_str(&body, STR("%41"));
	assert_int_equal(marking_of_form(buf_view(&body), &a, &m, &err), 0);
	assert_int_equal(m.note.n, MARK_NOTE_MOST);
	assert_int_equal(m.form_token.n, 9000);
	buf_release(&body);
	arena_release(&a);
}

static void marks_are_read(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(good); i++) {
		struct marking m = { 0 };
		struct err err = { 0 };

		if (parse(good[i].json, str_of(good[i].body), &a, &m, &err) < 0)
			fail_msg("%s: %s", good[i].name, err.text);
		check_int(good[i].name, m.word, good[i].word);
		check_str(good[i].name, m.note, str_of(good[i].note));
		check_str(good[i].name, m.form_token, str_of(good[i].token));
	}
	arena_release(&a);
}

static void what_is_no_mark_is_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct marking m = { .word = WORD_COUNT };
		struct err err = { 0 };

		check_int(bad[i].name, parse(bad[i].json, str_of(bad[i].body), &a, &m, &err),
			ERR_USAGE);
		check(bad[i].name, str_contains(str_of(err.text), str_of(bad[i].message)));
		check_int(bad[i].name, m.word, WORD_COUNT);
	}
	arena_release(&a);
}

static void notes_are_bounded(void **state)
{
	char body[MARK_NOTE_MOST + 64];
	struct marking m = { 0 };
	struct arena a;
	struct err err = { 0 };

	(void)state;
	arena_init(&a);
	for (int more = 0; more < 2; more++) {
		int n = snprintf(body, sizeof(body), "mark=ours&note=");

		memset(body + n, 'x', MARK_NOTE_MOST + (size_t)more);
		check_int("note",
			marking_of_form(
				str_make(body, (size_t)n + MARK_NOTE_MOST + (size_t)more), &a,
				&m, &err),
			more ? ERR_USAGE : 0);
	}
	arena_release(&a);
}

/* So that it can be told that the page is not too old. */
static void a_form_with_a_mistake_has_its_token(void **state)
{
	struct marking m = { .form_token = STR_ABSENT };
	struct err err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(
		marking_of_form(STR("mark=mine&form_token=abc"), &a, &m, &err), ERR_USAGE);
	check_str("token", m.form_token, STR("abc"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_read),
		cmocka_unit_test(a_form_is_no_address),
		cmocka_unit_test(a_form_with_a_mistake_has_its_token),
		cmocka_unit_test(what_is_no_mark_is_refused),
		cmocka_unit_test(notes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
