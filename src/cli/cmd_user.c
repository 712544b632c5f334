/* `ruad user`: who may log in to the dashboard with a password. */
#include "cli.h"

#include "passhash.h"
#include "prompt.h"
#include "scope.h"
#include "secret.h"
#include "table.h"
#include "users.h"
#include "xalloc.h"

#include <string.h>

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

static int put(struct cli *c, const char *path, enum users_put how, const char *name)
{
	const char *scope = options_get(&c->options, "scope");
	char hash[PASSHASH_TEXT];
	unsigned scopes = 0;
	struct buf password = { 0 };
	struct err err = { 0 };
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

static int user_add(struct cli *c, const char *path, const char *name)
{
	return put(c, path, USERS_ADD, name);
}

static int user_passwd(struct cli *c, const char *path, const char *name)
{
	return put(c, path, USERS_CHANGE, name);
}

static int user_remove(struct cli *c, const char *path, const char *name)
{
	struct err err = { 0 };
	if (users_remove(path, str_of(name), &err) < 0)
		return cli_fail(&err);
	say(c, "may not log in any more", name);
	return EX_OK;
}

static void list_json(const struct users *users)
{
	CLEANUP(buf)
	struct buf out;
	struct json j;
	buf_init(&out, 4 * USERS_FILE_MOST);
	json_init(&j, &out);
	json_open_object(&j);
	json_kopen_array(&j, "data");
	for (size_t i = 0; i < users->count; i++) {
		json_open_object(&j);
		json_kstr(&j, "name", users->of[i].name);
		scopes_json(&j, "scopes", users->of[i].scopes);
		json_close_object(&j);
	}
	json_close_array(&j);
	json_close_object(&j);
	json_end(&j);
	cli_print(buf_view(&out));
}

static int user_list(struct cli *c, const char *path, const char *name)
{
	static const struct table_column columns[] = { { "User", false, FIT_WHOLE },
		{ "Scopes", false, FIT_WHOLE } };
	struct users *users = NULL;
	struct err err = { 0 };
	struct table t;
	(void)name;
	if (users_read(path, &users, &err) < 0)
		return cli_fail(&err);
	if (c->output == OUTPUT_JSON) {
		list_json(users);
		users_free(users);
		return EX_OK;
	}
	table_init(&t, c->arena, columns, 2);
	for (size_t i = 0; i < users->count; i++)
		table_row(&t, (const struct str[]){ printable(c->arena, users->of[i].name),
				      scopes_text(c->arena, users->of[i].scopes) });
	table_print(&t, &c->terminal, stdout);
	users_free(users);
	return EX_OK;
}

int cmd_user(struct cli *c)
{
	static const struct {
		const char *name;
		bool of_one;
		int (*run)(struct cli *c, const char *path, const char *name);
	} all[] = { { "add", true, user_add }, { "passwd", true, user_passwd },
		{ "remove", true, user_remove }, { "list", false, user_list } };
	const struct options *o = &c->options;
	const char *path;
	for (size_t i = 0; o->arg_count > 0 && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(o->args[0], all[i].name) != 0)
			continue;
		if (o->arg_count != (all[i].of_one ? 2u : 1u))
			return cli_usage(c, "ruad user %s%s", all[i].name,
				all[i].of_one ? " NAME: which user?" : " takes no argument");
		if (users_path(c, &path) != EX_OK)
			return EX_USAGE;
		return all[i].run(c, path, all[i].of_one ? o->args[1] : NULL);
	}
	return cli_usage(c, "ruad user add|passwd|remove NAME, or list");
}
