#include "config_file.h"

#include "config_text.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <confuse.h>

#define UNKNOWN_MOST 20 /* names that are no settings, of which each is told */

/* libconfuse takes no argument for its callbacks, and is not reentrant either. */
static struct reading {
	struct config_layer *layer;
	const char *path;
	unsigned mode;
	/* Names that are no settings.  The library stops at the first; so it is made known to
	 * it, the file is read once more, and on_value tells it. */
	struct {
		char *name;
		enum config_section section;
	} unknown[UNKNOWN_MOST];
	size_t unknown_count;
	bool again;
	/* The value before, for what stands behind a password without quotes. */
	const struct config_key *last;
	int last_line;
} reading;

static struct origin here(const cfg_t *cfg)
{
	return (struct origin){ ORIGIN_FILE, reading.path, cfg->line };
}

static enum config_section section_of(const cfg_t *cfg)
{
	for (int i = CONFIG_WEB; i < CONFIG_SECTION_COUNT; i++) {
		if (strcmp(cfg->name, config_section_name((enum config_section)i)) == 0)
			return (enum config_section)i;
	}
	return CONFIG_TOP;
}

/* A name with '|' in quotes would reach into another section. */
static bool belongs(const cfg_t *cfg, const cfg_opt_t *opt)
{
	for (const cfg_opt_t *o = cfg->opts; o->name; o++) {
		if (o == opt)
			return true;
	}
	return false;
}

/* --- Errors --- */

/* The section in which a name would be right, or NULL. */
static const char *other_section(enum config_section section, struct str name)
{
	for (int i = CONFIG_WEB; i < CONFIG_SECTION_COUNT; i++) {
		if (i != (int)section && config_key_find((enum config_section)i, name))
			return config_section_name((enum config_section)i);
	}
	return NULL;
}

static bool is_section(struct str name)
{
	for (int i = CONFIG_WEB; i < CONFIG_SECTION_COUNT; i++) {
		if (str_eq(name, str_of(config_section_name((enum config_section)i))))
			return true;
	}
	return false;
}

static void tell_unknown(const cfg_t *cfg, const char *written)
{
	CLEANUP(free)
	char *copy = xmemdup0(written, strlen(written));
	struct str name = str_make(copy, config_text_restore(copy));
	struct faults *f = reading.layer->faults;
	enum config_section section = section_of(cfg);
	const char *near = config_key_nearest(section, name);
	const char *other = other_section(section, name);
	struct str shown = str_first(name, 60);
	for (int i = CONFIG_WEB; !near && section == CONFIG_TOP && i < CONFIG_SECTION_COUNT;
		i++) {
		const char *candidate = config_section_name((enum config_section)i);
		if (name.n < 60 && str_distance(str_of(candidate), name) < 3)
			near = candidate;
	}
	if (section != CONFIG_TOP && is_section(name))
		faults_add(f, here(cfg),
			"'%.*s' begins inside the section %s: is the '}' of that one missing?",
			STR_ARGS(shown), cfg->name);
	else if (other || config_key_find(CONFIG_TOP, name))
		faults_add(f, here(cfg), "'%.*s' does not belong here, but %s%s%s",
			STR_ARGS(shown), other ? "in a section " : "outside of sections",
			other ? other : "", other ? " { … }" : "");
	else if (near)
		faults_add(f, here(cfg), "no such option '%.*s'. Did you mean '%s'?",
			STR_ARGS(shown), near);
	else
		faults_add(f, here(cfg), "no such option '%.*s'", STR_ARGS(shown));
}

static const char *title_of(struct arena *a, const cfg_t *cfg)
{
	CLEANUP(free)
	char *copy = xmemdup0(cfg->title, strlen(cfg->title));
	return arena_cstr(a, str_make(copy, config_text_restore(copy)));
}

static void take(cfg_t *cfg, const cfg_opt_t *opt, const char *value)
{
	struct config_layer *l = reading.layer;
	enum config_section section = section_of(cfg);
	const struct config_key *key = config_key_find(section, str_of(opt->name));
	CLEANUP(free)
	char *copy = xmemdup0(value, strlen(value));
	struct str text = str_make(copy, config_text_restore(copy));
	struct origin origin = here(cfg);
	reading.last = key;
	reading.last_line = cfg->line;
	if (!key) {
		if (opt->nvalues <= 1) /* each list once */
			tell_unknown(cfg, opt->name);
		return;
	}
	if (!belongs(cfg, opt)) {
		faults_add(l->faults, origin, "%s belongs inside its section", key->name);
		return;
	}
	if (config_key_id(key) == KEY_PASSWORD && (reading.mode & 0137))
		faults_add(l->faults, origin,
			"password stands in a file that others can read (mode %04o): chmod 600 "
			"%s, or use password_file",
			reading.mode & 07777, reading.path);
	bool titled = section == CONFIG_SOURCE || section == CONFIG_SENDER;
	const char *title = titled ? title_of(l->arena, cfg) : NULL;
	/* A list begins with its first value; those of an earlier '=' were thrown away. */
	config_layer_put(l, key, title, text, opt->nvalues > 1, origin);
	if (key->secret)
		explicit_bzero(copy, text.n);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	take(cfg, opt, value);
	*(const char **)result = ""; /* what the library keeps of it */
	return 0;
}

/* Behind a password without quotes there may be the rest of it: not to be shown. */
static bool behind_secret(const cfg_t *cfg)
{
	if (!reading.last || !reading.last->secret || reading.last_line != cfg->line)
		return false;
	faults_add(reading.layer->faults, here(cfg),
		"what stands behind %s is more than one word: put it in quotes",
		reading.last->name);
	return true;
}

static bool is_unknown(enum config_section section, const char *name)
{
	for (size_t i = 0; i < reading.unknown_count; i++) {
		if (reading.unknown[i].section == section &&
			strcmp(reading.unknown[i].name, name) == 0)
			return true;
	}
	return false;
}

static void on_unknown(cfg_t *cfg, const char *name)
{
	enum config_section section = section_of(cfg);
	struct str text = str_of(name);
	if (behind_secret(cfg))
		return;
	if (reading.unknown_count == UNKNOWN_MOST || text.n == 0 || strpbrk(name, "|=") ||
		is_section(text) || is_unknown(section, name)) {
		tell_unknown(cfg, name);
		return;
	}
	reading.unknown[reading.unknown_count].name = xmemdup0(name, text.n);
	reading.unknown[reading.unknown_count++].section = section;
	reading.again = true;
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	struct faults *f = reading.layer->faults;
	char text[512];
	if (strcmp(fmt, "no such option '%s'") == 0) {
		on_unknown(cfg, va_arg(ap, const char *));
		return;
	}
	if (behind_secret(cfg))
		return;
	va_list copy;
	va_copy(copy, ap);
	vsnprintf(text, sizeof(text), fmt, copy);
	va_end(copy);
	if (strncmp(fmt, "missing equal sign", 18) == 0) {
		const char *name = va_arg(ap, const char *);
		if (is_unknown(section_of(cfg), name)) {
			tell_unknown(cfg, name); /* a section of that name, then */
			return;
		}
	}
	config_text_restore(text);
	if (strncmp(fmt, "found duplicate title", 21) == 0)
		faults_add(f, here(cfg), "a second section of this name in one file:%s",
			text + strlen("found duplicate title"));
	else if (strncmp(fmt, "premature end", 13) == 0)
		faults_add(f, here(cfg), "the file ends in the middle of a setting");
	else
		faults_add(f, here(cfg), "%s", text);
}

/* --- Reading --- */

static size_t describe(enum config_section section, cfg_opt_t *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		if (key->section != section)
			continue;
		if (key->type == CONFIG_LIST)
			ret[n++] = (cfg_opt_t)CFG_STR_LIST_CB(
				key->name, NULL, CFGF_NODEFAULT, on_value);
		else
			ret[n++] = (cfg_opt_t)CFG_STR_CB(
				key->name, NULL, CFGF_NODEFAULT, on_value);
	}
	for (size_t i = 0; i < reading.unknown_count; i++) {
		if (reading.unknown[i].section == section)
			ret[n++] = (cfg_opt_t)CFG_STR_LIST_CB(
				reading.unknown[i].name, NULL, CFGF_NODEFAULT, on_value);
	}
	return n;
}

/* Sources and senders are there even when nothing is set in them. */
static void take_titles(cfg_t *cfg, const char *name,
	void (*put)(struct config_layer *l, struct str title, struct origin origin))
{
	for (unsigned i = 0; i < cfg_size(cfg, name); i++) {
		cfg_t *section = cfg_getnsec(cfg, name, i);
		const char *title = title_of(reading.layer->arena, section);
		put(reading.layer, str_of(title), here(section));
	}
}

static void read_once(struct str prepared)
{
	static cfg_opt_t options[CONFIG_SECTION_COUNT][KEY_COUNT + UNKNOWN_MOST + 8];
	for (int i = 0; i < CONFIG_SECTION_COUNT; i++) {
		size_t n = describe((enum config_section)i, options[i]);
		if (i == CONFIG_TOP) {
			options[i][n++] =
				(cfg_opt_t)CFG_SEC("web", options[CONFIG_WEB], CFGF_NODEFAULT);
			options[i][n++] = (cfg_opt_t)CFG_SEC(
				"changes", options[CONFIG_CHANGES], CFGF_NODEFAULT);
			options[i][n++] = (cfg_opt_t)CFG_SEC(
				"readiness", options[CONFIG_READINESS], CFGF_NODEFAULT);
			options[i][n++] = (cfg_opt_t)CFG_SEC(
				"limits", options[CONFIG_LIMITS], CFGF_NODEFAULT);
			options[i][n++] = (cfg_opt_t)CFG_SEC("source", options[CONFIG_SOURCE],
				CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
			options[i][n++] = (cfg_opt_t)CFG_SEC("sender", options[CONFIG_SENDER],
				CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
		}
		options[i][n] = (cfg_opt_t)CFG_END();
	}
	cfg_t *cfg = cfg_init(options[CONFIG_TOP], CFGF_NONE);
	FILE *f = fmemopen((void *)prepared.p, prepared.n, "r");
	if (!cfg || !f)
		abort(); /* out of memory, as xalloc.h has it */
	cfg_set_error_function(cfg, on_error);
	reading.again = false;
	reading.last = NULL;
	cfg_parse_fp(cfg, f);
	fclose(f);
	take_titles(cfg, "source", config_layer_title);
	take_titles(cfg, "sender", config_layer_sender);
	cfg_free(cfg);
}

static void read_prepared(struct str prepared)
{
	struct config_layer *l = reading.layer;
	size_t faults = l->faults->count, settings = l->setting_count, titles = l->title_count;
	do {
		l->faults->count = faults;
		l->setting_count = settings;
		l->title_count = titles;
		read_once(prepared);
	} while (reading.again);
	for (size_t i = 0; i < reading.unknown_count; i++)
		free(reading.unknown[i].name);
}

void config_file_parse(
	struct str text, const char *path, unsigned mode, struct config_layer *layer)
{
	CLEANUP(buf)
	struct buf prepared;
	struct err err = { 0 };
	buf_init(&prepared, CONFIG_PREPARED_MOST);
	layer->layer++;
	reading = (struct reading){ .layer = layer, .path = path, .mode = mode };
	if (config_text_prepare(text, &prepared, &err) < 0)
		faults_add(layer->faults, (struct origin){ ORIGIN_FILE, path, (int)err.line },
			"%s", err.text);
	else if (prepared.n > 0)
		read_prepared(buf_view(&prepared));
	if (prepared.p)
		explicit_bzero(prepared.p, prepared.cap);
}

/* --- The file --- */

static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, st) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* All of it, or a byte more than there may be.  False: errno says why. */
static bool read_all(int fd, struct buf *ret)
{
	char *p = buf_reserve(ret, CONFIG_FILE_MOST + 1);
	while (ret->n <= CONFIG_FILE_MOST) {
		ssize_t n = read(fd, p + ret->n, CONFIG_FILE_MOST + 1 - ret->n);
		if (n == 0)
			return true;
		if (n > 0)
			ret->n += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}

bool config_file_read(const char *path, struct config_layer *layer)
{
	struct origin at = { ORIGIN_FILE, path, 0 };
	struct stat st = { 0 };
	CLEANUP(close_fd)
	int fd = open_file(path, &st);
	CLEANUP(buf)
	struct buf text;
	buf_init(&text, CONFIG_FILE_MOST + 1);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return false;
	if (fd < 0 && errno == EACCES)
		faults_add(layer->faults, at,
			"user %u may not read it: run ruad as the user that may, or with "
			"--config none",
			(unsigned)geteuid());
	else if (fd < 0)
		faults_add(layer->faults, at, "cannot be read: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		faults_add(layer->faults, at, "is no regular file");
	else if (st.st_mode & S_IWOTH)
		faults_add(layer->faults, at,
			"can be written by everybody, who could so have any program run: "
			"chmod o-w %s",
			path);
	else if (!read_all(fd, &text))
		faults_add(layer->faults, at, "cannot be read: %s", strerror(errno));
	else
		config_file_parse(buf_view(&text), path, (unsigned)st.st_mode & 07777, layer);
	if (text.p)
		explicit_bzero(text.p, text.cap);
	return true;
}
