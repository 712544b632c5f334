#include "config_source.h"

#include <string.h>
#include <strings.h>

static const struct setting *of(const struct source_config *s, enum config_id id)
{
	return &s->settings[id - KEY_OF_SOURCES];
}

static bool is_set(const struct source_config *s, enum config_id id)
{
	return of(s, id)->key != NULL;
}

const char *config_source_text(const struct source_config *s, enum config_id id)
{
	return is_set(s, id) ? of(s, id)->values[0] : config_keys[id].def;
}

/* The number of a setting, or that of its default. */
static uint64_t number(const struct source_config *s, enum config_id id)
{
	if (is_set(s, id))
		return of(s, id)->number;
	const struct config_key *key = &config_keys[id];
	if (!key->def)
		return key->def_number;
	const char *values[] = { key->def };
	struct setting built_in = { .key = key, .values = values, .value_count = 1 };
	struct faults none = { 0 };
	return config_setting_read(&built_in, &none) ? built_in.number : 0;
}

static struct str types_text(struct arena *a, unsigned applies)
{
	struct str all = STR("");
	for (int t = 0; t < SOURCE_TYPE_COUNT; t++) {
		if (applies & 1u << t)
			all = arena_printf(a, "%.*s%s%s", STR_ARGS(all), all.n ? ", " : "",
				source_type_name((enum source_type)t));
	}
	return all;
}

static void check_applies(const struct source_config *s, struct faults *f)
{
	for (size_t i = 0; i < SOURCE_KEYS; i++) {
		const struct setting *set = &s->settings[i];
		const struct config_key *key = &config_keys[KEY_OF_SOURCES + i];
		bool applies = config_key_applies(key, s->type);
		if (set->key && !applies)
			faults_add(f, set->origin,
				"%s does not apply to source '%s', whose type is %s (it is for "
				"%.*s)",
				key->name, s->name, source_type_name(s->type),
				STR_ARGS(types_text(f->arena, key->applies)));
		if (!set->key && applies && key->required)
			faults_add(f, s->origin, "source '%s' has no %s: %s", s->name,
				key->name, key->text);
	}
}

/* --- The secret --- */

static bool wants_token(const struct source_config *s)
{
	return s->auth == MAILBOX_AUTH_XOAUTH2 || s->auth == MAILBOX_AUTH_OAUTHBEARER;
}

/* The one that is set, or KEY_COUNT. */
static enum config_id one_secret(const struct source_config *s, struct faults *f)
{
	const struct setting *first = NULL;
	for (size_t i = 0; i < SOURCE_KEYS; i++) {
		const struct setting *set = &s->settings[i];
		if (!set->key || !set->key->one_secret)
			continue;
		if (first) {
			struct str place = origin_text(f->arena, first->origin);
			faults_add(f, set->origin,
				"source '%s' has %s and also %s (%.*s): keep one of them",
				s->name, set->key->name, first->key->name, STR_ARGS(place));
			return KEY_COUNT;
		}
		first = set;
	}
	if (first)
		return config_key_id(first->key);
	if (wants_token(s))
		faults_add(f, s->origin,
			"source '%s' has no token_command, which auth = %s needs: a program "
			"that prints an access token",
			s->name, mailbox_auth_name(s->auth));
	else
		faults_add(f, s->origin,
			"source '%s' has no password: set password_file (or password_command, "
			"password_credential, password)",
			s->name);
	return KEY_COUNT;
}

static void settle_secret(struct source_config *s, struct faults *f)
{
	static const enum secret_kind kinds[] = {
		[KEY_PASSWORD_FILE - KEY_PASSWORD_FILE] = SECRET_FILE,
		[KEY_PASSWORD_COMMAND - KEY_PASSWORD_FILE] = SECRET_COMMAND,
		[KEY_PASSWORD_CREDENTIAL - KEY_PASSWORD_FILE] = SECRET_CREDENTIAL,
		[KEY_PASSWORD - KEY_PASSWORD_FILE] = SECRET_VALUE,
		[KEY_TOKEN_COMMAND - KEY_PASSWORD_FILE] = SECRET_TOKEN,
	};
	enum config_id id = one_secret(s, f);
	if (id == KEY_COUNT)
		return;
	const struct setting *set = of(s, id);
	if (wants_token(s) != (id == KEY_TOKEN_COMMAND))
		faults_add(f, set->origin, "auth = %s of source '%s' wants %s, not %s",
			mailbox_auth_name(s->auth), s->name,
			wants_token(s) ? "a token_command" : "a password", set->key->name);
	s->secret = (struct secret_spec){ .kind = kinds[id - KEY_PASSWORD_FILE] };
	if (id == KEY_PASSWORD_FILE)
		s->secret.path = set->values[0];
	else if (set->key->type == CONFIG_LIST)
		s->secret.argv = set->values; /* its array is zeroed, so NULL ends it */
	else
		s->secret.value = set->values[0];
	if (id == KEY_PASSWORD_CREDENTIAL && strchr(set->values[0], '/'))
		faults_add(f, set->origin,
			"password_credential is the name of a credential, without '/'");
}

/* --- The server --- */

static void check_host(const struct source_config *s, struct faults *f)
{
	struct str host = str_of(s->host);
	struct origin at = of(s, KEY_HOST)->origin;
	ptrdiff_t colon = str_index(host, ':');
	if (str_contains(host, STR("://")) || str_index(host, '/') >= 0)
		faults_add(
			f, at, "host is a name such as imap.example.com, not a URL or a path");
	else if (str_index(host, ' ') >= 0 || str_index(host, '@') >= 0)
		faults_add(f, at, "host is one name, without blanks and '@'");
	else if (colon >= 0 && str_index(str_from(host, (size_t)colon + 1), ':') < 0)
		faults_add(f, at, "host has no port in it: write port = %.*s",
			STR_ARGS(str_first(str_from(host, (size_t)colon + 1), 20)));
}

/* INBOX is the same in any case, RFC 9051 section 5.1; all other names are as they are. */
static bool same_folder(const char *a, const char *b)
{
	return strcmp(a, b) == 0 ||
	       (strcasecmp(a, "INBOX") == 0 && strcasecmp(b, "INBOX") == 0);
}

static void settle_folders(struct source_config *s)
{
	static const char *const inbox[] = { "INBOX", NULL };
	const struct setting *set = of(s, KEY_FOLDERS);
	s->folders = set->key ? set->values : inbox;
	s->folder_count = set->key ? set->value_count : 1;
}

static void check_folders(const struct source_config *s, struct faults *f)
{
	for (size_t i = 0; i < s->folder_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (same_folder(s->folders[i], s->folders[k]))
				faults_add(f, of(s, KEY_FOLDERS)->origin,
					"folders of source '%s' has %s twice", s->name,
					s->folders[i]);
		}
	}
}

/* --- What becomes of the mails --- */

static const unsigned allowed_actions[] = {
	[SOURCE_IMAP] = 1u << MAILBOX_LEAVE | 1u << MAILBOX_SEEN | 1u << MAILBOX_MOVE |
			1u << MAILBOX_DELETE,
	[SOURCE_POP3] = 1u << MAILBOX_LEAVE | 1u << MAILBOX_DELETE,
	[SOURCE_MAILDIR] = 1u << MAILBOX_LEAVE | 1u << MAILBOX_SEEN | 1u << MAILBOX_MOVE,
	[SOURCE_MBOX] = 1u << MAILBOX_LEAVE,
	[SOURCE_DIRECTORY] = 1u << MAILBOX_LEAVE,
};

static void check_action(const struct source_config *s, enum config_id id, struct faults *f)
{
	const struct setting *set = of(s, id);
	struct str all = STR("");
	if (!set->key || (allowed_actions[s->type] & 1u << set->number))
		return;
	for (int i = 0; i < MAILBOX_ACTION_COUNT; i++) {
		if (allowed_actions[s->type] & 1u << i)
			all = arena_printf(f->arena, "%.*s%s%s", STR_ARGS(all),
				all.n ? ", " : "", mailbox_action_name((enum mailbox_action)i));
	}
	faults_add(f, set->origin, "%s = %s cannot be with type = %s, but %.*s", set->key->name,
		set->values[0], source_type_name(s->type), STR_ARGS(all));
}

/* Mails that nobody asked for are not deleted, unless that is said too. */
static struct mailbox_done other_done(const struct source_config *s, enum config_id action,
	const char *folder, enum mailbox_action done)
{
	enum mailbox_action usual = done == MAILBOX_DELETE ? MAILBOX_LEAVE : done;
	return (struct mailbox_done){
		is_set(s, action) ? (enum mailbox_action)number(s, action) : usual, folder
	};
}

static void settle_done(struct source_config *s)
{
	enum mailbox_action done = (enum mailbox_action)number(s, KEY_DONE);
	const char *folder = config_source_text(s, KEY_DONE_FOLDER);
	const char *ignored = config_source_text(s, KEY_IGNORED_FOLDER);
	const char *failed = config_source_text(s, KEY_FAILED_FOLDER);
	s->done[OUTCOME_STORED] = s->done[OUTCOME_DUPLICATE] =
		(struct mailbox_done){ done, folder };
	s->done[OUTCOME_IGNORED] = other_done(s, KEY_IGNORED, ignored ? ignored : folder, done);
	s->done[OUTCOME_REJECTED] = other_done(s, KEY_FAILED, failed, done);
}

/* A folder that is read and moved to would be read for ever. */
static void check_circles(const struct source_config *s, struct faults *f)
{
	for (int o = 0; o < OUTCOME_COUNT; o++) {
		if (s->done[o].action != MAILBOX_MOVE || o == OUTCOME_DUPLICATE)
			continue;
		for (size_t i = 0; i < s->folder_count; i++) {
			if (same_folder(s->folders[i], s->done[o].folder))
				faults_add(f, s->origin,
					"source '%s' reads the folder %s and moves %s mail to "
					"it: it would go in circles",
					s->name, s->folders[i], outcome_name((enum outcome)o));
		}
	}
}

static void settle_server(struct source_config *s, struct faults *f)
{
	s->host = config_source_text(s, KEY_HOST);
	s->port = (unsigned)number(s, KEY_PORT);
	s->tls = (enum mailbox_tls)number(s, KEY_TLS);
	s->ca_file = config_source_text(s, KEY_CA_FILE);
	s->user = config_source_text(s, KEY_USER);
	s->auth = (enum mailbox_auth)number(s, KEY_AUTH);
	s->connect_s = (unsigned)number(s, KEY_CONNECT_TIMEOUT);
	s->command_s = (unsigned)number(s, KEY_COMMAND_TIMEOUT);
	if (s->host)
		check_host(s, f);
	settle_secret(s, f);
	if (s->type != SOURCE_IMAP)
		return;
	s->idle = number(s, KEY_IDLE) != 0;
	settle_folders(s);
	check_folders(s, f);
	check_circles(s, f);
}

bool config_source_settle(struct source_config *s, struct faults *f)
{
	size_t before = f->count;
	if (!is_set(s, KEY_TYPE)) {
		faults_add(f, s->origin,
			"source '%s' has no type: write type = imap (or pop3, maildir, mbox, "
			"directory)",
			s->name);
		return false;
	}
	s->type = (enum source_type)number(s, KEY_TYPE);
	check_applies(s, f);
	s->path = config_source_text(s, KEY_PATH);
	s->every_s = (unsigned)number(s, KEY_EVERY);
	settle_done(s);
	check_action(s, KEY_DONE, f);
	check_action(s, KEY_IGNORED, f);
	check_action(s, KEY_FAILED, f);
	if (s->type == SOURCE_IMAP || s->type == SOURCE_POP3)
		settle_server(s, f);
	return f->count == before;
}
