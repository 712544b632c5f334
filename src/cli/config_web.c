#include "config_web.h"

static void settle_listen(struct config *c)
{
	const struct setting *s = &c->settings[KEY_WEB_LISTEN];
	if (s->key) {
		c->web.listen = s->values;
		c->web.listen_count = s->value_count;
		return;
	}
	const char **one = ARENA_ARRAY(c->arena, const char *, 1);
	one[0] = arena_cstr(c->arena, config_key_default_item(&config_keys[KEY_WEB_LISTEN]));
	c->web.listen = one;
	c->web.listen_count = 1;
}

/* As reports have them. */
static void settle_domains(struct config *c)
{
	const struct setting *s = &c->settings[KEY_DOMAINS];
	const char **all = ARENA_ARRAY(c->arena, const char *, s->value_count + 1);

	for (size_t i = 0; i < s->value_count; i++)
		all[i] = arena_cstr(c->arena, arena_str_lower(c->arena, str_of(s->values[i])));
	c->web.domains = all;
	c->web.domain_count = s->value_count;
}

void config_web_settle(struct config *c)
{
	const struct setting *proxies = &c->settings[KEY_WEB_PROXY_ADDRESSES];
	settle_listen(c);
	settle_domains(c);
	c->web.threads = (unsigned)config_number(c, KEY_WEB_THREADS);
	c->web.auth = (enum web_auth)config_number(c, KEY_WEB_AUTH);
	c->web.users_file = config_text(c, KEY_WEB_USERS_FILE);
	c->web.proxy_header = config_text(c, KEY_WEB_PROXY_HEADER);
	c->web.proxy_addresses = proxies->values;
	c->web.proxy_count = proxies->value_count;
	c->web.public_url = config_text(c, KEY_WEB_PUBLIC_URL);
	c->web.tls_cert = config_text(c, KEY_WEB_TLS_CERT);
	c->web.tls_key = config_text(c, KEY_WEB_TLS_KEY);
}

/* --- Looking for mistakes --- */

static bool is_set(const struct config *c, enum config_id id)
{
	return c->settings[id].key != NULL;
}

static void lint_unused(const struct config *c, struct faults *f)
{
	static const struct {
		enum config_id id;
		enum web_auth auth;
		const char *name;
	} all[] = { { KEY_WEB_USERS_FILE, WEB_AUTH_BASIC, "basic" },
		{ KEY_WEB_PROXY_HEADER, WEB_AUTH_PROXY, "proxy" } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (is_set(c, all[i].id) && c->web.auth != all[i].auth)
			faults_add(f, c->settings[all[i].id].origin,
				"%s has no effect: it is for auth = %s",
				config_keys[all[i].id].name, all[i].name);
	}
}

static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || (char_lower(c) >= 'a' && char_lower(c) <= 'z') ||
	       c == '_' || c == '/'; /* a folder may be called like a setting */
}

/* Where it stands as a word of its own; text.n: nowhere. */
static size_t mention(struct str text, struct str word)
{
	size_t from = 0;
	ptrdiff_t found;

	while (word.n > 0 && (found = str_find(str_from(text, from), word)) >= 0) {
		size_t at = from + (size_t)found, end = at + word.n;

		if ((at == 0 || !in_word(text.p[at - 1])) &&
			(end == text.n || !in_word(text.p[end])))
			return at;
		from = at + 1;
	}
	return text.n;
}

static size_t mention_of_value(struct str text, const struct setting *s)
{
	size_t first = text.n;

	for (size_t i = 0; i < s->value_count; i++) {
		size_t at = mention(text, str_of(s->values[i]));

		first = at < first ? at : first;
	}
	return first;
}

/* The setting that a fault is most likely about: whose name stands in it first, else whose
 * value does. */
static struct origin blamed(const struct config *c, struct str text)
{
	const struct setting *found = &c->settings[KEY_WEB_LISTEN];
	size_t first = text.n;

	for (int by_value = 0; by_value < 2 && first == text.n; by_value++) {
		for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
			const struct setting *s = &c->settings[i];
			size_t at;

			if (config_keys[i].section != CONFIG_WEB || !s->key)
				continue;
			at = by_value ? mention_of_value(text, s)
				      : mention(text, str_of(config_keys[i].name));
			if (at < first) {
				first = at;
				found = s;
			}
		}
	}
	return found->origin;
}

void config_web_lint(const struct config *c, struct faults *f)
{
	struct web_options opt = c->web;
	struct err err = { 0 };
	opt.database = c->database;
	if (web_check(&opt, &err) < 0)
		faults_add(f, blamed(c, str_of(err.text)), "`ruad serve` will not start: %s",
			err.text);
	if (web_check_listen(&opt, &err) < 0)
		faults_add(f, blamed(c, str_of(err.text)),
			"`ruad serve` will not start, unless systemd opens its sockets: %s",
			err.text);
	lint_unused(c, f);
}
