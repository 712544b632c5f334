#include "config.h"

#include "config_admission.h"
#include "config_env.h"
#include "config_file.h"
#include "config_sender.h"
#include "config_source.h"
#include "config_web.h"
#include "keeping.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAGMENTS "conf.d"
#define FILES_MOST 1000

/* --- Which files --- */

struct config_reader {
	struct config_layer layer;
	const char **files;
	size_t file_count;
	const char *folder; /* of fragments, if it was read */
};

static bool read_file(struct config_reader *r, const char *path)
{
	if (!config_file_read(path, &r->layer))
		return false;
	r->files[r->file_count++] = path;
	return true;
}

static int is_fragment(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(str_of(e->d_name), STR(".conf"));
}

/* By bytes, not by the language of who runs it. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool folder_safe(struct config_reader *r, const char *folder)
{
	struct stat st;
	struct origin at = { ORIGIN_FILE, folder, 0 };
	if (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (!(st.st_mode & S_IWOTH))
		return true;
	faults_add(r->layer.faults, at,
		"everybody can write into this folder, and so have any program run: chmod o-w "
		"%s",
		folder);
	return false;
}

static void read_fragments(struct config_reader *r, const char *main_file)
{
	struct arena *a = r->layer.arena;
	struct str file = str_of(main_file);
	while (file.n > 0 && file.p[file.n - 1] != '/')
		file.n--;
	const char *folder = arena_printf(a, "%.*s%s", STR_ARGS(file), FRAGMENTS).p;
	struct dirent **entries = NULL;
	if (!folder_safe(r, folder))
		return;
	r->folder = folder;
	int n = scandir(folder, &entries, is_fragment, by_name);
	if (n < 0)
		faults_add(r->layer.faults, (struct origin){ ORIGIN_FILE, folder, 0 },
			"cannot be read: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		if (i < FILES_MOST)
			read_file(r, arena_printf(a, "%s/%s", folder, entries[i]->d_name).p);
		free(entries[i]);
	}
	if (n > FILES_MOST)
		faults_add(r->layer.faults, (struct origin){ ORIGIN_FILE, folder, 0 },
			"there are %d files, more than %d", n, FILES_MOST);
	free(entries);
}

static const char *variable(char *const *vars, struct str name)
{
	for (; vars && *vars; vars++) {
		struct str rest = str_of(*vars), head;
		if (str_cut(&rest, '=', &head) && str_eq(head, name) && !str_empty(rest))
			return rest.p;
	}
	return NULL;
}

static void read_files(struct config_reader *r, const char *file, char *const *vars)
{
	const char *asked = file ? file : variable(vars, STR("RUAD_CONFIG"));
	const char *path = asked ? asked : CONFIG_FILE_DEFAULT;
	r->files = ARENA_ARRAY(r->layer.arena, const char *, FILES_MOST + 2);
	if (str_eq(str_of(path), STR("none")))
		return;
	path = arena_cstr(r->layer.arena, str_of(path));
	if (!read_file(r, path) && asked)
		faults_add(r->layer.faults, (struct origin){ ORIGIN_FILE, path, 0 },
			"there is no such file, though %s asks for it",
			file ? "--config" : "RUAD_CONFIG");
	read_fragments(r, path);
}

/* --- What is in force --- */

struct source_config *config_source(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->source_count; i++) {
		if (strcmp(c->sources[i].name, name) == 0)
			return &c->sources[i];
	}
	return NULL;
}

/* A source begins, for people, with its first setting. */
static void begin_sources(struct config *c, const struct config_layer *l)
{
	c->source_count = l->title_count;
	c->sources = ARENA_ARRAY(c->arena, struct source_config, l->title_count + 1);
	for (size_t i = 0; i < l->title_count; i++) {
		c->sources[i].name = l->titles[i].name;
		c->sources[i].origin = l->titles[i].origin;
	}
	for (size_t i = l->setting_count; i > 0; i--) {
		const struct setting *s = &l->settings[i - 1];
		struct source_config *source = s->source ? config_source(c, s->source) : NULL;
		if (source)
			source->origin = s->origin;
	}
}

/* Of several secrets the one of the last place counts, not all of them. */
static void forget_secrets(struct source_config *source, unsigned layer)
{
	for (size_t i = 0; i < SOURCE_KEYS; i++) {
		struct setting *s = &source->settings[i];
		if (s->key && s->key->one_secret && s->layer < layer)
			*s = (struct setting){ 0 };
	}
}

static void merge(struct config *c, const struct config_layer *l, struct faults *f)
{
	begin_sources(c, l);
	config_senders_begin(c, l);
	for (size_t i = 0; i < l->setting_count; i++) {
		struct setting s = l->settings[i];
		enum config_id id = config_key_id(s.key);
		if (!config_setting_read(&s, f))
			continue;
		if (id < KEY_OF_SOURCES) {
			c->settings[id] = s;
			continue;
		}
		if (id >= KEY_OF_SENDERS) {
			config_sender_take(c, &s);
			continue;
		}
		struct source_config *source = config_source(c, s.source);
		if (!source)
			continue; /* a name that cannot be, which was told */
		if (s.key->one_secret)
			forget_secrets(source, s.layer);
		source->settings[id - KEY_OF_SOURCES] = s;
	}
}

const char *config_text(const struct config *c, enum config_id id)
{
	return c->settings[id].key ? c->settings[id].values[0] : config_keys[id].def;
}

uint64_t config_number(const struct config *c, enum config_id id)
{
	return c->settings[id].key ? c->settings[id].number : config_keys[id].def_number;
}

static void settle(struct config *c, struct faults *f)
{
	c->database = config_text(c, KEY_DATABASE);
	c->psl_file = config_text(c, KEY_PUBLIC_SUFFIX_LIST);
	config_web_settle(c);
	config_admission_settle(c, f);
	limits_default(&c->limits);
#define LIMIT(name, def, least, most, unit, text) \
	c->limits.name = config_number(c, KEY_LIMIT_##name);
	LIMITS (LIMIT)
#undef LIMIT
#define RULE(name, def, least, most, text) \
	c->rules.changes.name = (unsigned)config_number(c, KEY_CHANGES_##name);
		CHANGE_RULES(RULE)
#undef RULE
#define RULE(name, def, least, most, text) \
	c->rules.readiness.name = (unsigned)config_number(c, KEY_READINESS_##name);
	READINESS_RULES(RULE)
#undef RULE
	c->rules.readiness.users_post_to_lists =
		(enum lists_use)config_number(c, KEY_USERS_POST_TO_LISTS);
}

int config_load(struct arena *a, const char *file, char *const *vars, struct config *ret,
	struct faults *faults)
{
	struct config_reader r = { .layer = { .arena = a, .faults = faults } };
	struct config c = { .arena = a };
	read_files(&r, file, vars);
	config_env_read(vars, &r.layer);
	merge(&c, &r.layer, faults);
	bool readable = faults->count == 0; /* else what is missing may only be misspelt */
	for (size_t i = 0; readable && i < c.source_count; i++)
		config_source_settle(&c.sources[i], faults);
	settle(&c, faults);
	if (readable)
		config_senders_settle(&c, faults);
	if (readable)
		keeping_settle(&c, faults);
	c.files = r.files;
	c.folder = r.folder;
	if (faults->count > 0)
		return ERR_CONFIG;
	*ret = c;
	return 0;
}

int config_set(struct config *c, enum config_id id, const char *value, const char *flag,
	struct err *err)
{
	struct faults faults = { .arena = c->arena };
	struct config_layer l = { .arena = c->arena, .faults = &faults, .layer = ~0U };
	struct origin origin = { ORIGIN_FLAG, flag, 0 };
	struct str rest = str_of(value), head = rest;
	bool list = config_keys[id].type == CONFIG_LIST;
	for (bool more = false; list ? str_cut(&rest, ',', &head) : !more; more = true)
		config_layer_put(&l, &config_keys[id], NULL, head, more, origin);
	if (faults.count == 0 && config_setting_read(&l.settings[0], &faults)) {
		c->settings[id] = l.settings[0];
		settle(c, &faults);
	}
	if (faults.count == 0)
		return 0;
	return FAIL(err, ERR_USAGE, NULL, "%.*s", STR_ARGS(faults.lines[0]));
}

/* --- Sources, for those who open them --- */

int config_source_find(const struct config *c, const char *name,
	const struct source_config **ret, struct err *err)
{
	const char *near = NULL;
	unsigned best = 4;
	*ret = config_source(c, name);
	if (*ret)
		return 0;
	for (size_t i = 0; i < c->source_count; i++) {
		const char *candidate = c->sources[i].name;
		unsigned d = str_distance(str_of(candidate), str_of(name));
		if (d < best) {
			best = d;
			near = candidate;
		}
	}
	if (near)
		return FAIL(err, ERR_USAGE, NULL,
			"no source is named '%.80s'. Did you mean '%s'?", name, near);
	return FAIL(err, ERR_USAGE, NULL, "no source is named '%.80s'; %s", name,
		c->source_count ? "`ruad config show` lists them" : "none is configured");
}

static int get_secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	return secret_get(arg, fresh, ret, err);
}

void config_mailbox(
	const struct source_config *s, const struct limits *limits, struct mailbox_options *ret)
{
	*ret = (struct mailbox_options){
		.name = s->name,
		.protocol = s->type == SOURCE_IMAP ? MAILBOX_IMAP : MAILBOX_POP3,
		.host = s->host,
		.port = s->port,
		.tls = s->tls,
		.ca_file = s->ca_file,
		.user = s->user,
		.auth = s->auth,
		.secret = get_secret,
		.secret_arg = (void *)&s->secret,
		.folders = s->folders,
		.folder_count = s->folder_count,
		.limits = limits,
		.connect_s = s->connect_s,
		.command_s = s->command_s,
	};
	memcpy(ret->done, s->done, sizeof(ret->done));
}

void config_ingest(
	const struct source_config *s, const struct limits *limits, struct ingest_options *ret)
{
	static const enum done_action actions[] = { [MAILBOX_LEAVE] = DONE_LEAVE,
		[MAILBOX_SEEN] = DONE_SEEN,
		[MAILBOX_MOVE] = DONE_MOVE,
		[MAILBOX_DELETE] = DONE_LEAVE };
	*ret = (struct ingest_options){ .name = s->name, .limits = limits };
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		ret->done[i] = actions[s->done[i].action];
		ret->folder[i] = s->done[i].folder;
	}
}
