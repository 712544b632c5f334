#include "scope.h"

static const char *const names[] = { "read", "mark", "import", "metrics" };
#define COUNT (sizeof(names) / sizeof(names[0]))

static unsigned scope_of(struct str name)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (str_eq(name, str_of(names[i])))
			return 1U << i;
	return 0;
}

int scopes_parse(struct str text, unsigned *ret, struct err *err)
{
	unsigned all = 0;
	struct str name;

	while (str_cut(&text, ',', &name)) {
		unsigned one = scope_of(str_trim(name));

		if (one == 0)
			return FAIL(err, ERR_USAGE, NULL,
				"'%.*s' is no scope; there are " SCOPE_NAMES
				", with commas between",
				STR_ARGS(str_first(name, 40)));
		all |= one;
	}
	if (all == 0)
		return FAIL(err, ERR_USAGE, NULL, "no scope is named; there are " SCOPE_NAMES);
	*ret = all;
	return 0;
}

struct str scopes_text(struct arena *a, unsigned scopes)
{
	struct str text = STR("");

	for (unsigned i = 0; i < COUNT; i++)
		if (scopes & 1U << i)
			text = arena_printf(
				a, "%.*s%s%s", STR_ARGS(text), text.n ? "," : "", names[i]);
	return text;
}

void scopes_json(struct json *j, const char *key, unsigned scopes)
{
	json_kopen_array(j, key);
	for (unsigned i = 0; i < COUNT; i++)
		if (scopes & 1U << i)
			json_cstr(j, names[i]);
	json_close_array(j);
}
