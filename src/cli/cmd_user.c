/* `ruad user`: who may log in to the dashboard with a password. */
#include "document.h"
#include "passhash.h"
#include "prompt.h"
#include "scope.h"
#include "secret.h"
#include "table.h"
#include "users.h"
#include "verbs.h"
#include "xalloc.h"

const struct option_spec user_options_spec[] = {
	{ "file", 0, "FILE", "the users file, instead of the configured one" },
	{ "scope", 0, "LIST", "what the user may do: " SCOPE_NAMES " (default: all)" },
	{ NULL, 0, NULL, NULL },
};

static int users_path(struct cli *c, const char **ret)
{
	*ret = options_get(&c->options, "file");
	if (!*ret)
		*ret = c->config.web.users_file;
	if (*ret)
		return EX_OK;
	return cli_usage(c,
		"no users file is configured: set users_file in section web, or give --file");
}

static void say(const struct cli *c, const char *what, const char *name)
{
	if (!c->quiet)
		fprintf(stderr,
			"ruad: %s %s; a running `ruad serve` takes it up on SIGHUP (systemctl "
			"reload ruad)\n",
			name, what);
}

static int put(struct cli *c, enum users_put how, const char *name)
{
	const char *scope = options_get(&c->options, "scope"), *path;
	char hash[PASSHASH_TEXT];
	unsigned scopes = 0;
	struct buf password = { 0 };
	struct err err = { 0 };
	if (users_path(c, &path) != EX_OK)
		return EX_USAGE;
	int r = scope ? scopes_parse(str_of(scope), &scopes, &err) : 0;
	if (r == 0 && !user_name_ok(str_of(name)))
		return cli_usage(c,
			"'%.64s' cannot be the name of a user: 1 to %d bytes, no ':', no '#' "
			"in front",
			name, USER_NAME_MOST);
	if (r == 0)
		r = prompt_password(name, &password, &err);
	if (r == 0)
		r = passhash_make(buf_view(&password), hash, &err);
	secret_wipe(&password);
	if (r == 0)
		r = users_put(path, how, str_of(name), str_of(hash), scopes, &err);
	if (r < 0)
		return cli_fail(&err);
	say(c, how == USERS_ADD ? "may log in" : "has another password", name);
	return EX_OK;
}

static int user_add(struct cli *c, const char *name)
{
	return put(c, USERS_ADD, name);
}

static int user_passwd(struct cli *c, const char *name)
{
	return put(c, USERS_CHANGE, name);
}

static int user_remove(struct cli *c, const char *name)
{
	struct err err = { 0 };
	const char *path;
	if (users_path(c, &path) != EX_OK)
		return EX_USAGE;
	if (users_remove(path, str_of(name), &err) < 0)
		return cli_fail(&err);
	say(c, "may not log in any more", name);
	return EX_OK;
}

static int list_json(const struct users *users, struct err *err)
{
	CLEANUP(document)
	struct document d;
	document_begin(&d);
	json_open_object(&d.json);
	json_kopen_array(&d.json, "data");
	for (size_t i = 0; i < users->count; i++) {
		json_open_object(&d.json);
		json_kstr(&d.json, "name", users->of[i].name);
		scopes_json(&d.json, "scopes", users->of[i].scopes);
		json_close_object(&d.json);
	}
	json_close_array(&d.json);
	json_close_object(&d.json);
	return document_print(&d, err);
}

static void list_text(struct cli *c, const struct users *users)
{
	static const struct table_column columns[] = { { "User", false, FIT_WHOLE },
		{ "Scopes", false, FIT_WHOLE } };
	struct table t;
	table_init(&t, c->arena, columns, 2);
	for (size_t i = 0; i < users->count; i++)
		table_row(&t, (const struct str[]){ printable(c->arena, users->of[i].name),
				      scopes_text(c->arena, users->of[i].scopes) });
	table_print(&t, &c->terminal, stdout);
}

static int user_list(struct cli *c, const char *argument)
{
	struct users *users = NULL;
	struct err err = { 0 };
	const char *path;
	(void)argument;
	if (users_path(c, &path) != EX_OK)
		return EX_USAGE;
	int r = users_read(path, &users, &err);
	if (r == 0 && c->output == OUTPUT_JSON)
		r = list_json(users, &err);
	else if (r == 0)
		list_text(c, users);
	users_free(users);
	return r < 0 ? cli_fail(&err) : EX_OK;
}

int cmd_user(struct cli *c)
{
	static const struct verb verbs[] = { { "add", "NAME", "file scope", false, user_add },
		{ "passwd", "NAME", "file scope", false, user_passwd },
		{ "remove", "NAME", "file", false, user_remove },
		{ "list", NULL, "file", true, user_list }, { .name = NULL } };
	return verbs_run(c, verbs);
}
