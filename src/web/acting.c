#include "acting.h"

#include "http.h"
#include "tree.h"
#include "xalloc.h"

#include <string.h>

int acting_of_json(struct str body, const char *member, struct acting *ret, struct err *err)
{
	CLEANUP(tree)
	json_t *t = NULL;
	struct err bad = { 0 };
	const char *key;
	json_t *value;

	if (tree_parse(str_absent(body) ? STR("") : body, &t, &bad) < 0 || !json_is_object(t))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"The body is a JSON object; it may have '%s': true or false.", member);
	json_object_foreach(t, key, value)
	{
		if (strcmp(key, member) != 0 || !json_is_boolean(value))
			return FAIL(err, ERR_USAGE, "invalid-parameter",
				"The body has nothing but '%s': true or false.", member);
		ret->yes = json_is_true(value);
	}
	return 0;
}

static int take_field(
	const struct http_parameter *p, const char *member, bool *ret, struct err *err)
{
	if (!str_eq(p->name, str_of(member)))
		return FAIL(err, ERR_USAGE, "invalid-parameter",
			"'%.*s' is no field of this form.", STR_ARGS(str_first(p->name, 60)));
	if (!str_eq(p->value, STR("true")) && !str_eq(p->value, STR("false")))
		return FAIL(
			err, ERR_USAGE, "invalid-parameter", "'%s' is true or false.", member);
	*ret = str_eq(p->value, STR("true"));
	return 0;
}

int acting_of_form(struct str body, const char *member, struct arena *a, struct acting *ret,
	struct err *err)
{
	struct http_target t;
	int r = http_form_parse(body, a, &t, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t.parameter_count; i++)
		if (str_eq(t.parameters[i].name, STR("form_token")))
			ret->form_token = t.parameters[i].value;
	for (size_t i = 0; i < t.parameter_count && r == 0; i++)
		if (!str_eq(t.parameters[i].name, STR("form_token")))
			r = take_field(&t.parameters[i], member, &ret->yes, err);
	return r;
}
