#include "theme.h"

#include "http.h"

#define COOKIE "theme"
#define YEAR_SECONDS 31536000

static struct str of_word(struct str word)
{
	if (str_eq(word, STR("light")))
		return STR("light");
	return str_eq(word, STR("dark")) ? STR("dark") : STR_ABSENT;
}

struct str theme_of_cookie(struct str header)
{
	struct str rest = str_absent(header) ? STR("") : header, pair, name;

	while (str_cut(&rest, ';', &pair)) {
		pair = str_trim(pair);
		if (str_cut(&pair, '=', &name) && str_eq(name, STR(COOKIE)))
			return of_word(pair);
	}
	return STR_ABSENT;
}

/* "//host/" and "/\host" are other places for a browser. */
static bool is_path(struct str s)
{
	if (!str_starts(s, STR("/")) || (s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\')))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return true;
}

int theme_of_form(struct str body, struct arena *a, struct theme_choice *ret, struct err *err)
{
	struct theme_choice c = { .theme = STR_ABSENT, .back = STR("/") };
	struct http_target t;
	int r = http_form_parse(body, a, &t, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < t.parameter_count; i++) {
		const struct http_parameter *p = &t.parameters[i];

		if (str_eq(p->name, STR("theme")))
			c.theme = p->value;
		else if (!str_eq(p->name, STR("back")))
			return FAIL(err, ERR_USAGE, "invalid-parameter",
				"'%.*s' is no field of this form.",
				STR_ARGS(str_first(p->name, 60)));
		else if (is_path(p->value))
			c.back = p->value;
	}
	if (str_absent(of_word(c.theme)) && !str_eq(c.theme, STR("auto")))
		return FAIL(
			err, ERR_USAGE, "invalid-parameter", "'theme' is light, dark or auto.");
	*ret = c;
	return 0;
}

struct str theme_cookie(struct arena *a, struct str theme, struct str base, bool secure)
{
	return arena_printf(a, COOKIE "=%.*s; Path=%.*s/; Max-Age=%d; SameSite=Lax; HttpOnly%s",
		STR_ARGS(theme), STR_ARGS(str_absent(base) ? STR("") : base),
		str_eq(theme, STR("auto")) ? 0 : YEAR_SECONDS, secure ? "; Secure" : "");
}
