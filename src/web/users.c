#include "users.h"

#include "buf.h"
#include "passhash.h"
#include "scope.h"
#include "usersfile.h"
#include "xalloc.h"

/* --- Reading --- */

bool user_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((uint8_t)name.p[i] < ' ' || name.p[i] == 0x7f || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n <= USER_NAME_MOST && name.p[0] != '#' && str_utf8(name) &&
	       str_eq(str_trim(name), name);
}

static bool says_nothing(struct str line)
{
	return str_empty(line) || line.p[0] == '#';
}

/* The next line, without its end. */
static bool next_line(struct str *rest, struct str *ret)
{
	if (!str_cut(rest, '\n', ret))
		return false;
	*ret = str_trim(*ret);
	return true;
}

/* NULL: it is one. */
static const char *parse_line(struct str line, struct user *ret, struct err *err)
{
	struct str rest = line, scopes;
	struct user u = { .scopes = SCOPE_ALL };

	str_cut(&rest, ':', &u.name);
	if (str_absent(rest))
		return "has no ':' between name and hash";
	str_cut(&rest, ':', &u.hash);
	scopes = rest;
	if (!user_name_ok(u.name))
		return "does not begin with the name of a user";
	if (!passhash_usable(u.hash))
		return "has no hash of crypt(3) that is strong enough: make it with `ruad user "
		       "passwd`, mkpasswd or htpasswd -B";
	if (!str_empty(scopes) && scopes_parse(scopes, &u.scopes, err) < 0)
		return err->text;
	*ret = u;
	return NULL;
}

static int take_lines(struct users *u, struct str text, const char *path, struct err *err)
{
	struct str line;
	struct err why = { 0 };

	for (int64_t n = 1; next_line(&text, &line); n++) {
		struct user user;
		const char *wrong;

		if (says_nothing(line))
			continue;
		wrong = parse_line(line, &user, &why);
		if (!wrong && users_find(u, user.name))
			wrong = "is the second of this user";
		if (wrong)
			return FAIL(err, ERR_CONFIG, NULL, "%s: line %lld %s", path,
				(long long)n, wrong);
		if ((u->count & (u->count - 1)) == 0)
			u->of = xrealloc(u->of, u->count ? 2 * u->count : 1, sizeof(*u->of));
		u->of[u->count++] = user;
	}
	return 0;
}

int users_parse(struct str text, const char *path, struct users **ret, struct err *err)
{
	struct users *u = xcalloc(1, sizeof(*u));
	int r;

	u->text = xmemdup0(text.p ? text.p : "", text.n);
	r = take_lines(u, str_make(u->text, text.n), path, err);
	if (r == 0)
		*ret = u;
	else
		users_free(u);
	return r;
}

int users_read(const char *path, struct users **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	int r;

	buf_init(&text, USERS_FILE_MOST);
	r = users_file_read(path, &text, err);
	if (r == 0)
		return FAIL(err, ERR_CONFIG, NULL,
			"%s: is not there: make it with `ruad user add NAME`", path);
	return r < 0 ? r : users_parse(buf_view(&text), path, ret, err);
}

void users_free(struct users *u)
{
	if (!u)
		return;
	free(u->text);
	free(u->of);
	free(u);
}

const struct user *users_find(const struct users *u, struct str name)
{
	for (size_t i = 0; i < u->count; i++)
		if (str_eq(u->of[i].name, name))
			return &u->of[i];
	return NULL;
}

/* --- Changing --- */

struct change {
	struct str name, hash; /* hash absent: the user goes */
	unsigned scopes;       /* 0: as they were */
	bool must_be_new;
};

static void write_user(struct buf *out, const struct change *c, struct str old_scopes)
{
	CLEANUP(arena)
	struct arena a;

	arena_init(&a);
	buf_printf(out, "%.*s:%.*s", STR_ARGS(c->name), STR_ARGS(c->hash));
	if (c->scopes != 0 && c->scopes != SCOPE_ALL)
		buf_printf(out, ":%.*s", STR_ARGS(scopes_text(&a, c->scopes)));
	else if (c->scopes == 0 && !str_empty(old_scopes))
		buf_printf(out, ":%.*s", STR_ARGS(old_scopes));
	buf_char(out, '\n');
}

static struct str line_scopes(struct str line)
{
	struct str part;

	str_cut(&line, ':', &part);
	str_cut(&line, ':', &part);
	return line;
}

/* The lines of text with the change made; *ret_found: there was one of that name. */
static void rewrite(struct str text, const struct change *c, struct buf *out, bool *ret_found)
{
	struct str rest = text, line;

	*ret_found = false;
	while (str_cut(&rest, '\n', &line)) {
		struct str tail = str_trim(line), name;

		if (str_absent(rest) && str_empty(line))
			break; /* behind the last line end */
		str_cut(&tail, ':', &name);
		if (says_nothing(str_trim(line)) || !str_eq(name, c->name)) {
			buf_str(out, line);
			buf_char(out, '\n');
			continue;
		}
		*ret_found = true;
		if (!str_absent(c->hash))
			write_user(out, c, line_scopes(str_trim(line)));
	}
	if (!*ret_found && !str_absent(c->hash))
		write_user(out, c, STR_ABSENT);
}

static int change(const char *path, const struct change *c, struct err *err)
{
	__attribute__((cleanup(users_file_release))) struct users_file f = { .dir = -1 };
	CLEANUP(buf)
	struct buf out;
	struct users *check = NULL;
	bool found;
	int r = users_file_begin(&f, path, err);

	buf_init(&out, USERS_FILE_MOST);
	if (r < 0)
		return r;
	rewrite(buf_view(&f.text), c, &out, &found);
	if (found && c->must_be_new)
		return FAIL(err, ERR_USAGE, NULL,
			"there is a user '%.*s' already: `ruad user passwd` gives another "
			"password",
			STR_ARGS(c->name));
	if (!found && !c->must_be_new)
		return FAIL(err, ERR_USAGE, NULL, "there is no user '%.*s' in %s",
			STR_ARGS(c->name), path);
	if (out.full)
		return FAIL(err, ERR_LIMIT, NULL, "%s would be larger than %u bytes", path,
			USERS_FILE_MOST);
	/* Never leave behind what could not be read again. */
	r = users_parse(buf_view(&out), path, &check, err);
	users_free(check);
	return r < 0 ? r : users_file_replace(&f, buf_view(&out), err);
}

int users_put(const char *path, enum users_put how, struct str name, struct str hash,
	unsigned scopes, struct err *err)
{
	if (!user_name_ok(name))
		return FAIL(err, ERR_USAGE, NULL,
			"'%.*s' cannot be the name of a user: 1 to %d bytes, no ':', no '#' in "
			"front",
			STR_ARGS(str_first(name, USER_NAME_MOST)), USER_NAME_MOST);
	return change(path,
		&(struct change){ name, hash,
			how == USERS_ADD && scopes == 0 ? SCOPE_ALL : scopes,
			how == USERS_ADD },
		err);
}

int users_remove(const char *path, struct str name, struct err *err)
{
	return change(path, &(struct change){ .name = name, .hash = STR_ABSENT }, err);
}
