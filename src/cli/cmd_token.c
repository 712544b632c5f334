/* `ruad token`: keys of programs to the API. */
#include "document.h"
#include "scope.h"
#include "table.h"
#include "token.h"
#include "tokens.h"
#include "verbs.h"
#include "xalloc.h"

#include <string.h>

const struct option_spec token_options_spec[] = {
	{ "scope", 0, "LIST", "what it may do: one or more of " SCOPE_NAMES },
	{ "expires", 0, "WHEN", "90d, 12h or a day such as 2027-06-30 (default: never)" },
	{ NULL, 0, NULL, NULL },
};

#define YEARS_MOST 10

/* "90d", "12h", "2027-06-30" (at its end) */
static int expiry(struct cli *c, const char *text, int64_t *ret, struct err *err)
{
	struct str s = str_of(text);
	int64_t day, at = 0, most = c->now_at + (int64_t)YEARS_MOST * 366 * DAY_SECONDS;
	uint64_t n;
	if (day_parse(s, &day)) {
		at = day_start(day + 1);
	} else if (s.n > 1 && s.n < 8 && str_to_u64(str_make(s.p, s.n - 1), &n)) {
		if (s.p[s.n - 1] == 'd')
			at = c->now_at + (int64_t)n * DAY_SECONDS;
		if (s.p[s.n - 1] == 'h')
			at = c->now_at + (int64_t)n * 3600;
	}
	if (at <= c->now_at || at > most)
		return FAIL(err, ERR_USAGE, NULL,
			"--expires %.40s: write days (90d), hours (12h) or a day (2027-06-30) "
			"within %d years",
			text, YEARS_MOST);
	*ret = at;
	return 0;
}

static int open_for_writing(struct cli *c, struct store **ret, struct err *err)
{
	return store_open(c->database, STORE_SHARED, 5000, ret, err);
}

static bool name_ok(struct str name)
{
	return name.n <= TOKEN_NAME_MOST && config_title_ok(name);
}

static int take_options(struct cli *c, struct token_row *t, struct err *err)
{
	const char *scope = options_get(&c->options, "scope"),
		   *expires = options_get(&c->options, "expires");
	int r;
	if (!scope)
		return FAIL(err, ERR_USAGE, NULL,
			"--scope says what the token may do: one or more of " SCOPE_NAMES);
	r = scopes_parse(str_of(scope), &t->scopes, err);
	if (r == 0 && expires)
		r = expiry(c, expires, &t->expires_at, err);
	return r;
}

static int token_add(struct cli *c, const char *name)
{
	struct token_row t = { .name = str_of(name), .created_at = c->now_at };
	struct store *store = NULL;
	struct digest digest;
	struct err err = { 0 };
	char text[TOKEN_TEXT];
	int r;
	if (!name_ok(t.name))
		return cli_usage(c,
			"'%.64s' cannot be the name of a token: 1 to %d letters, digits, '.', "
			"'_' and '-'",
			name, TOKEN_NAME_MOST);
	r = take_options(c, &t, &err);
	if (r == 0)
		r = token_make(text, &err);
	if (r == 0)
		r = open_for_writing(c, &store, &err);
	if (r == 0 && token_digest(str_of(text), &digest))
		r = store_token_add(store, &t, &digest, &err);
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	cli_print(str_of(text));
	explicit_bzero(text, sizeof(text));
	if (!c->quiet)
		fputs("ruad: this is the only time that it is shown\n", stderr);
	return EX_OK;
}

static int token_revoke(struct cli *c, const char *name)
{
	struct store *store = NULL;
	struct err err = { 0 };
	int r = open_for_writing(c, &store, &err);
	if (r == 0)
		r = store_token_revoke(store, str_of(name), &err);
	store_close(store);
	if (r == 0) {
		fprintf(stderr, "ruad: there is no token '%.64s'; `ruad token list`\n", name);
		return EX_DATAERR;
	}
	return r < 0 ? cli_fail(&err) : EX_OK;
}

static void json_time(struct json *j, const char *key, bool there, int64_t at, bool day)
{
	char text[TIME_TEXT];
	json_kstr(j, key, !there ? STR_ABSENT : day ? day_text(at, text) : time_iso(at, text));
}

static int list_json(const struct token_row *rows, size_t n, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;
	document_begin(&d);
	json_open_object(j);
	json_kopen_array(j, "data");
	for (size_t i = 0; i < n; i++) {
		json_open_object(j);
		json_kstr(j, "name", rows[i].name);
		scopes_json(j, "scopes", rows[i].scopes);
		json_time(j, "created", true, rows[i].created_at, false);
		json_time(j, "expires", rows[i].expires_at != 0, rows[i].expires_at, false);
		json_time(j, "last_used", rows[i].used, rows[i].used_day, true);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
	return document_print(&d, err);
}

static struct str day_shown(struct cli *c, bool there, int64_t day, const char *none)
{
	char text[DAY_TEXT];
	return there ? arena_str(c->arena, day_text(day, text)) : str_of(none);
}

static void list_text(struct cli *c, const struct token_row *rows, size_t n)
{
	static const struct table_column columns[] = { { "Token", false, FIT_WHOLE },
		{ "Scopes", false, FIT_WHOLE }, { "Created", false, FIT_DROP },
		{ "Expires", false, FIT_WHOLE }, { "Last used", false, FIT_WHOLE } };
	struct table t;
	table_init(&t, c->arena, columns, 5);
	for (size_t i = 0; i < n; i++) {
		const struct token_row *r = &rows[i];
		bool over = r->expires_at != 0 && r->expires_at <= c->now_at;
		struct str end =
			day_shown(c, r->expires_at != 0, day_of(r->expires_at - 1), "never");
		if (over)
			end = arena_printf(c->arena, "%.*s (over)", STR_ARGS(end));
		table_row(&t, (const struct str[]){ r->name, scopes_text(c->arena, r->scopes),
				      day_shown(c, true, day_of(r->created_at), ""), end,
				      day_shown(c, r->used, r->used_day, "not yet") });
	}
	table_print(&t, &c->terminal, stdout);
}

static int token_list(struct cli *c, const char *name)
{
	struct token_row *rows = NULL;
	struct store *store = NULL;
	struct err err = { 0 };
	size_t n = 0;
	int code = cli_open_store(c, &store), r;
	(void)name;
	if (code != EX_OK)
		return code;
	r = store_token_list(store, c->arena, &rows, &n, &err);
	store_close(store);
	if (r == 0 && c->output == OUTPUT_JSON)
		r = list_json(rows, n, &err);
	else if (r == 0)
		list_text(c, rows, n);
	return r < 0 ? cli_fail(&err) : EX_OK;
}

int cmd_token(struct cli *c)
{
	static const struct verb verbs[] = { { "add", "NAME", "scope expires", false,
						     token_add },
		{ "revoke", "NAME", NULL, false, token_revoke },
		{ "list", NULL, NULL, true, token_list }, { .name = NULL } };
	return verbs_run(c, verbs);
}
