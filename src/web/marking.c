#include "marking.h"

#include "http.h"
#include "tree.h"
#include "xalloc.h"

#define WORDS "undecided, ours or not_ours"

static int take_mark(struct str value, struct marking *ret, struct err *err)
{
	if (sender_word_from_name(value, &ret->word))
		return 0;
	return FAIL(err, ERR_USAGE, "invalid-parameter", "'mark' is " WORDS ", not '%.*s'.",
		STR_ARGS(str_first(value, 60)));
}

static int take_note(struct str value, struct arena *a, struct marking *ret, struct err *err)
{
	value = str_trim(value);
	if (!mark_note_ok(value))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"'note' is text of at most %d bytes, without control characters.",
			MARK_NOTE_MOST);
	ret->note = value.n > 0 ? arena_str(a, value) : STR_ABSENT;
	return 0;
}

/* --- JSON --- */

static int json_member(const char *key, const json_t *value, struct arena *a,
	struct marking *ret, struct err *err)
{
	struct str text = json_is_string(value) ? str_make(json_string_value(value),
							  json_string_length(value))
						: STR_ABSENT;

	if (str_eq(str_of(key), STR("mark")))
		return take_mark(text, ret, err);
	if (!str_eq(str_of(key), STR("note")))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"'%.60s' is not part of a mark: it has 'mark' and 'note'.", key);
	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return FAIL(err, ERR_USAGE, "invalid-parameter", "'note' is text or null.");
	return take_note(text, a, ret, err);
}

int marking_of_json(struct str body, struct arena *a, struct marking *ret, struct err *err)
{
	CLEANUP(tree)
	json_t *t = NULL;
	struct marking m = { .note = STR_ABSENT, .form_token = STR_ABSENT };
	struct err bad = { 0 };
	const char *key;
	json_t *value;

	if (tree_parse(str_absent(body) ? STR("") : body, &t, &bad) < 0 || !json_is_object(t) ||
		!tree_get(t, "mark"))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"The body is a JSON object with 'mark': " WORDS
			"; and, if there is one, 'note'.");
	json_object_foreach(t, key, value)
	{
		int r = json_member(key, value, a, &m, err);

		if (r < 0)
			return r;
	}
	*ret = m;
	return 0;
}

/* --- Forms --- */

int marking_of_form(struct str body, struct arena *a, struct marking *ret, struct err *err)
{
	struct marking m = { .note = STR_ABSENT, .form_token = STR_ABSENT };
	struct str mark = STR_ABSENT;
	struct http_target t;
	int r = http_form_parse(body, a, &t, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t.parameter_count; i++)
		if (str_eq(t.parameters[i].name, STR("form_token")))
			m.form_token = t.parameters[i].value;
	for (size_t i = 0; i < t.parameter_count && r == 0; i++) {
		const struct http_parameter *p = &t.parameters[i];

		if (str_eq(p->name, STR("mark")))
			mark = p->value;
		else if (str_eq(p->name, STR("note")))
			r = take_note(p->value, a, &m, err);
		else if (!str_eq(p->name, STR("form_token")))
			r = FAIL(err, ERR_USAGE, "invalid-parameter",
				"'%.*s' is no field of this form.",
				STR_ARGS(str_first(p->name, 60)));
	}
	if (r == 0)
		r = take_mark(str_absent(mark) ? STR("") : mark, &m, err);
	if (r == 0)
		*ret = m;
	else
		ret->form_token = m.form_token;
	return r;
}
