#include "config_web.h"

static const char *text_of(const struct config *c, enum config_id id)
{
	return c->settings[id].key ? c->settings[id].values[0] : config_keys[id].def;
}

static uint64_t number_of(const struct config *c, enum config_id id)
{
	return c->settings[id].key ? c->settings[id].number : config_keys[id].def_number;
}

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

void config_web_settle(struct config *c)
{
	const struct setting *proxies = &c->settings[KEY_WEB_PROXY_ADDRESSES];
	settle_listen(c);
	c->web.threads = (unsigned)number_of(c, KEY_WEB_THREADS);
	c->web.auth = (enum web_auth)number_of(c, KEY_WEB_AUTH);
	c->web.users_file = text_of(c, KEY_WEB_USERS_FILE);
	c->web.proxy_header = text_of(c, KEY_WEB_PROXY_HEADER);
	c->web.proxy_addresses = proxies->values;
	c->web.proxy_count = proxies->value_count;
	c->web.public_url = text_of(c, KEY_WEB_PUBLIC_URL);
	c->web.tls_cert = text_of(c, KEY_WEB_TLS_CERT);
	c->web.tls_key = text_of(c, KEY_WEB_TLS_KEY);
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

/* The setting that a fault is most likely about. */
static struct origin blamed(const struct config *c, struct str text)
{
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		if (config_keys[i].section == CONFIG_WEB && is_set(c, (enum config_id)i) &&
			(str_contains(text, str_of(config_keys[i].name)) ||
				str_contains(text, str_of(c->settings[i].values[0]))))
			return c->settings[i].origin;
	}
	return c->settings[KEY_WEB_LISTEN].origin;
}

void config_web_lint(const struct config *c, struct faults *f)
{
	struct web_options opt = c->web;
	struct err err = { 0 };
	opt.database = c->database;
	if (web_check(&opt, &err) < 0)
		faults_add(f, blamed(c, str_of(err.text)), "`ruad serve` will not start: %s",
			err.text);
	lint_unused(c, f);
}
