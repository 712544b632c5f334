#include "config_show.h"

#include "terminal.h"

#include <string.h>

#define MASK "***"
#define ORIGIN_COLUMN 48
#define COMMENT_WIDTH 76

/* --- Values --- */

/* As it is written in the file: in quotes, but for words and numbers. */
static struct str quoted(struct arena *a, struct str value)
{
	char *p = arena_alloc(a, value.n * 2 + 3, 1);
	size_t n = 0;
	p[n++] = '"';
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = value.p[i];
	}
	p[n++] = '"';
	return str_make(p, n);
}

static struct str number_shown(struct arena *a, const struct config_key *key, uint64_t v)
{
	static const struct {
		uint64_t factor;
		char letter;
	} units[] = { { GIB, 'G' }, { MIB, 'M' }, { KIB, 'K' } };
	for (size_t i = 0; key->type == CONFIG_SIZE && i < 3; i++) {
		if (v > 0 && v % units[i].factor == 0)
			return arena_printf(a, "%llu%c",
				(unsigned long long)(v / units[i].factor), units[i].letter);
	}
	return arena_printf(a, "%llu", (unsigned long long)v);
}

static bool is_text(const struct config_key *key)
{
	return key->type == CONFIG_TEXT || key->type == CONFIG_PATH || key->type == CONFIG_LIST;
}

/* What may be seen of value i: nothing of a password, of a program only its name. */
static struct str seen(const struct setting *s, size_t i)
{
	bool program = s->key->one_secret && s->key->type == CONFIG_LIST;
	return s->key->secret || (program && i > 0) ? STR(MASK) : str_of(s->values[i]);
}

static struct str list_shown(struct arena *a, const struct setting *s)
{
	struct str all = STR("{");
	for (size_t i = 0; i < s->value_count; i++)
		all = arena_printf(a, "%.*s%s%.*s", STR_ARGS(all), i ? ", " : "",
			STR_ARGS(quoted(a, seen(s, i))));
	return arena_printf(a, "%.*s}", STR_ARGS(all));
}

/* The value of a setting, or its default; absent: there is none. */
static struct str shown(struct arena *a, const struct config_key *key, const struct setting *s)
{
	if (!s->key && !key->def)
		return key->def_number || key->section == CONFIG_LIMITS
			       ? number_shown(a, key, key->def_number)
			       : STR_ABSENT;
	if (!s->key)
		return key->type == CONFIG_TEXT || key->type == CONFIG_PATH
			       ? quoted(a, str_of(key->def))
			       : str_of(key->def);
	if (key->type == CONFIG_LIST)
		return list_shown(a, s);
	return is_text(key) ? quoted(a, seen(s, 0)) : str_of(s->values[0]);
}

/* What a setting that is not written follows from others; NULL: from none. */
static const char *derived(const struct source_config *s, enum config_id id)
{
	switch (id) {
	case KEY_IGNORED:
		return mailbox_action_name(s->done[OUTCOME_IGNORED].action);
	case KEY_IGNORED_FOLDER:
		return s->done[OUTCOME_IGNORED].folder;
	case KEY_FAILED:
		return mailbox_action_name(s->done[OUTCOME_REJECTED].action);
	default:
		return NULL;
	}
}

/* --- Text --- */

/* source: NULL for settings outside of sources. */
static void show_line(struct arena *a, const struct config_key *key, const struct setting *s,
	const struct source_config *source, FILE *f)
{
	struct str value = shown(a, key, s), line, origin = origin_text(a, s->origin);
	const char *indent = key->section == CONFIG_TOP ? "" : "    ";
	const char *follows = source && !s->key ? derived(source, config_key_id(key)) : NULL;
	if (follows)
		value = is_text(key) ? quoted(a, str_of(follows)) : str_of(follows);
	if (str_absent(value) && !key->def_told)
		return;
	if (str_absent(value))
		line = arena_printf(a, "%s# %s: %s", indent, key->name, key->def_told);
	else
		line = arena_printf(
			a, "%s%s = %.*s", indent, key->name, STR_ARGS(printable(a, value)));
	size_t columns = columns_of(line);
	fprintf(f, "%.*s%*s# %.*s\n", STR_ARGS(line),
		(int)(columns < ORIGIN_COLUMN ? ORIGIN_COLUMN - columns : 1), "",
		STR_ARGS(printable(a, origin)));
}

static void show_section(
	const struct config *c, struct arena *a, enum config_section section, FILE *f)
{
	bool top = section == CONFIG_TOP;
	if (!top)
		fprintf(f, "\n%s {\n", config_section_name(section));
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		if (config_keys[i].section == section)
			show_line(a, &config_keys[i], &c->settings[i], NULL, f);
	}
	if (!top)
		fputs("}\n", f);
}

void config_show_text(const struct config *c, struct arena *a, FILE *f)
{
	for (size_t i = 0; c->files[i]; i++)
		fprintf(f, "# read: %.*s\n", STR_ARGS(printable(a, str_of(c->files[i]))));
	if (!c->files[0])
		fputs("# no file was read\n", f);
	for (int section = 0; section < CONFIG_SOURCE; section++)
		show_section(c, a, (enum config_section)section, f);
	for (size_t i = 0; i < c->source_count; i++) {
		const struct source_config *s = &c->sources[i];
		fprintf(f, "\nsource %s {\n", s->name);
		for (size_t k = 0; k < SOURCE_KEYS; k++) {
			const struct config_key *key = &config_keys[KEY_OF_SOURCES + k];
			if (config_key_applies(key, s->type))
				show_line(a, key, &s->settings[k], s, f);
		}
		fputs("}\n", f);
	}
	for (size_t i = 0; i < c->sender_count; i++) {
		const struct sender_config *s = &c->senders[i];
		fprintf(f, "\nsender %.*s {\n", STR_ARGS(quoted(a, str_of(s->name))));
		for (size_t k = 0; k < SENDER_KEYS; k++)
			show_line(
				a, &config_keys[KEY_OF_SENDERS + k], &s->settings[k], NULL, f);
		fputs("}\n", f);
	}
}

/* --- JSON --- */

/* A default list has one word: {"INBOX"} */
static void json_list(const struct config_key *key, const struct setting *s, struct json *j)
{
	struct str word = str_of(key->def);
	json_open_array(j);
	if (!s->key && word.n > 4)
		json_str(j, str_make(word.p + 2, word.n - 4));
	for (size_t i = 0; s->key && i < s->value_count; i++)
		json_str(j, seen(s, i));
	json_close_array(j);
}

static void json_value(const struct config_key *key, const struct setting *s,
	const struct source_config *source, struct json *j)
{
	bool number = key->type == CONFIG_NUMBER || key->type == CONFIG_SIZE;
	const char *follows = source && !s->key ? derived(source, config_key_id(key)) : NULL;
	json_key(j, "value");
	if (key->type == CONFIG_LIST && (s->key || key->def))
		json_list(key, s, j);
	else if (number && (s->key || key->def_number || key->section == CONFIG_LIMITS))
		json_u64(j, s->key ? s->number : key->def_number);
	else if (key->type == CONFIG_BOOL)
		json_bool(j, s->key ? s->number != 0 : strcmp(key->def, "yes") == 0);
	else if (s->key)
		json_str(j, seen(s, 0));
	else
		json_str(j, str_of(follows ? follows : key->def));
}

static void json_settings(struct arena *a, const struct setting *settings, size_t first,
	size_t end, const struct source_config *s, struct json *j)
{
	json_kopen_array(j, "settings");
	for (size_t i = first; i < end; i++) {
		const struct config_key *key = &config_keys[i];
		if (s && !config_key_applies(key, s->type))
			continue;
		json_open_object(j);
		json_kcstr(j, "name", key->name);
		if (!s)
			json_kcstr(j, "section", config_section_name(key->section));
		json_value(key, &settings[i - first], s, j);
		json_kstr(j, "origin", origin_text(a, settings[i - first].origin));
		json_close_object(j);
	}
	json_close_array(j);
}

void config_show_json(const struct config *c, struct arena *a, struct json *j)
{
	json_open_object(j);
	json_ku64(j, "schema", 1);
	json_kopen_array(j, "files");
	for (size_t i = 0; c->files[i]; i++)
		json_cstr(j, c->files[i]);
	json_close_array(j);
	json_settings(a, c->settings, 0, KEY_OF_SOURCES, NULL, j);
	json_kopen_array(j, "sources");
	for (size_t i = 0; i < c->source_count; i++) {
		const struct source_config *s = &c->sources[i];
		json_open_object(j);
		json_kcstr(j, "name", s->name);
		json_kcstr(j, "type", source_type_name(s->type));
		json_settings(a, s->settings, KEY_OF_SOURCES, KEY_OF_SENDERS, s, j);
		json_close_object(j);
	}
	json_close_array(j);
	json_kopen_array(j, "senders");
	for (size_t i = 0; i < c->sender_count; i++) {
		const struct sender_config *s = &c->senders[i];
		json_open_object(j);
		json_kcstr(j, "name", s->name);
		json_settings(a, s->settings, KEY_OF_SENDERS, KEY_COUNT, NULL, j);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

/* --- The example --- */

/* A comment, wrapped between words. */
static void comment(FILE *f, const char *indent, struct str text)
{
	size_t column = 0;
	struct str word;
	while (str_cut(&text, ' ', &word)) {
		if (column > 0 && column + word.n + 1 > COMMENT_WIDTH) {
			fputc('\n', f);
			column = 0;
		}
		if (column == 0) {
			fprintf(f, "%s#", indent);
			column = strlen(indent) + 1;
		}
		fprintf(f, " %.*s", STR_ARGS(word));
		column += word.n + 1;
	}
	fputc('\n', f);
}

/* active: the setting is in force; else it stands there behind a '#'. */
static void example_line(
	struct arena *a, const struct config_key *key, bool active, const char *indent, FILE *f)
{
	struct setting none = { 0 };
	struct str value = shown(a, key, &none);
	if (str_absent(value))
		value = key->type == CONFIG_TEXT || key->type == CONFIG_PATH
				? quoted(a, str_of(key->sample))
				: str_of(key->sample);
	struct str told = str_of(key->text);
	if (key->def_told)
		told = arena_printf(a, "%s (default: %s)", key->text, key->def_told);
	comment(f, indent, told);
	fprintf(f, "%s%s%s = %.*s\n", indent, active ? "" : "#", key->name, STR_ARGS(value));
}

static void example_section(struct arena *a, enum config_section section, FILE *f)
{
	bool top = section == CONFIG_TOP;
	if (!top)
		fprintf(f, "\n%s {\n", config_section_name(section));
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		if (config_keys[i].section == section)
			example_line(a, &config_keys[i], false, top ? "" : "    ", f);
	}
	if (!top)
		fputs("}\n", f);
}

static void example_source(struct arena *a, FILE *f)
{
	fputs("\n# A mailbox on a server. The name behind `source` is yours to choose.\n"
	      "source rua-mailbox {\n",
		f);
	for (size_t i = KEY_OF_SOURCES; i < KEY_OF_SENDERS; i++) {
		const struct config_key *key = &config_keys[i];
		if (config_key_applies(key, SOURCE_IMAP))
			example_line(
				a, key, key->required || i == KEY_PASSWORD_FILE, "    ", f);
	}
	fputs("}\n\n# A maildir on this machine.\n#source local {\n#    type = maildir\n", f);
	example_line(a, &config_keys[KEY_PATH], true, "#    ", f);
	fputs("#}\n", f);
}

static void example_sender(struct arena *a, FILE *f)
{
	fputs("\n# A sender with a name of your own, which goes before all others.\n"
	      "#sender \"Newsletter service\" {\n",
		f);
	for (size_t i = KEY_OF_SENDERS; i < KEY_COUNT; i++)
		example_line(a, &config_keys[i], true, "#    ", f);
	fputs("#}\n", f);
}

void config_example(FILE *f)
{
	struct arena a;
	arena_init(&a);
	fputs("# The configuration of ruad: /etc/ruad/ruad.conf, see ruad.conf(5).\n"
	      "# What stands behind a # is the default, or a sample where there is none.\n"
	      "# After a change: ruad config check\n\n",
		f);
	for (int section = 0; section < CONFIG_SOURCE; section++)
		example_section(&a, (enum config_section)section, f);
	example_sender(&a, f);
	example_source(&a, f);
	arena_release(&a);
}
