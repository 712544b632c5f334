#include "config_layer.h"

#include <stdio.h>
#include <string.h>

#define VALUE_MOST 4096
#define LIST_MOST 100
#define TITLE_MOST 64

struct str origin_text(struct arena *a, struct origin o)
{
	switch (o.kind) {
	case ORIGIN_FILE:
		return o.line > 0 ? arena_printf(a, "%s:%d", o.name, o.line)
				  : arena_printf(a, "%s", o.name);
	case ORIGIN_ENV:
		return arena_printf(a, "env %s", o.name);
	case ORIGIN_FLAG:
		return arena_printf(a, "flag %s", o.name);
	default:
		return STR("default");
	}
}

void faults_add(struct faults *f, struct origin at, const char *fmt, ...)
{
	if (f->count++ >= FAULTS_MOST)
		return;
	struct str place = at.kind == ORIGIN_FILE ? origin_text(f->arena, at) : str_of(at.name);
	va_list ap;
	va_start(ap, fmt);
	struct str text = arena_vprintf(f->arena, fmt, ap);
	va_end(ap);
	struct str *line = &f->lines[f->count - 1];
	*line = str_empty(place)
			? text
			: arena_printf(f->arena, "%.*s: %.*s", STR_ARGS(place), STR_ARGS(text));
}

static void *room(struct arena *a, void *old, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return old;
	*cap = *cap ? *cap * 2 : 16;
	void *grown = arena_alloc(a, *cap, size);
	if (count > 0)
		memcpy(grown, old, count * size);
	return grown;
}

/* What this layer has of the key already. */
static struct setting *find(
	struct config_layer *l, const struct config_key *key, const char *source)
{
	for (size_t i = l->setting_count; i > 0; i--) {
		struct setting *s = &l->settings[i - 1];
		if (s->layer != l->layer)
			break;
		if (s->key == key && str_eq(str_of(s->source), str_of(source)))
			return s;
	}
	return NULL;
}

static bool value_ok(struct config_layer *l, const struct config_key *key, struct str value,
	struct origin origin)
{
	const char *wrong = NULL;
	if (str_empty(value))
		wrong = "is empty";
	else if (value.n > VALUE_MOST)
		wrong = "is longer than 4096 bytes";
	else if (str_index(value, '\n') >= 0)
		wrong = "goes over the end of the line: is the closing quote missing?";
	for (size_t i = 0; !wrong && i < value.n; i++) {
		if ((uint8_t)value.p[i] < ' ' || value.p[i] == 0x7f)
			wrong = "has a control character in it";
	}
	if (!wrong && !str_utf8(value))
		wrong = "is not UTF-8";
	if (wrong)
		faults_add(l->faults, origin, "%s %s", key->name, wrong);
	return !wrong;
}

static void append(struct config_layer *l, struct setting *s, struct str value)
{
	if (s->value_count == LIST_MOST) {
		faults_add(l->faults, s->origin, "%s has more than %d values", s->key->name,
			LIST_MOST);
		return;
	}
	if (!s->values)
		s->values = ARENA_ARRAY(l->arena, const char *,
			s->key->type == CONFIG_LIST ? LIST_MOST + 1 : 1);
	s->values[s->value_count++] = arena_cstr(l->arena, value);
}

void config_layer_put(struct config_layer *l, const struct config_key *key, const char *source,
	struct str value, bool more, struct origin origin)
{
	struct setting *s = find(l, key, source);
	if (!value_ok(l, key, value, origin))
		return;
	if (s && more) {
		append(l, s, value);
		return;
	}
	if (s) {
		struct str first = origin_text(l->arena, s->origin);
		faults_add(l->faults, origin, "%s is set twice; the first time in %.*s",
			key->name, STR_ARGS(first));
		return;
	}
	l->settings = room(l->arena, l->settings, l->setting_count, &l->setting_room,
		sizeof(*l->settings));
	s = &l->settings[l->setting_count++];
	*s = (struct setting){
		.key = key, .source = source, .origin = origin, .layer = l->layer
	};
	append(l, s, value);
}

bool config_title_ok(struct str title)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	bool other = false; /* than dots */
	for (size_t i = 0; i < title.n; i++) {
		if (!strchr(allowed, title.p[i]) || title.p[i] == '\0')
			return false;
		other = other || title.p[i] != '.';
	}
	return title.n <= TITLE_MOST && other && title.p[0] != '-';
}

void config_layer_title(struct config_layer *l, struct str title, struct origin origin)
{
	if (!config_title_ok(title)) {
		faults_add(l->faults, origin,
			"'%.*s' cannot be the name of a source: use 1 to %d letters, digits, "
			"'.', '_' and '-', and no '-' at the beginning",
			STR_ARGS(str_first(title, TITLE_MOST)), TITLE_MOST);
		return;
	}
	for (size_t i = 0; i < l->title_count; i++) {
		if (str_eq(str_of(l->titles[i].name), title))
			return;
	}
	l->titles =
		room(l->arena, l->titles, l->title_count, &l->title_room, sizeof(*l->titles));
	l->titles[l->title_count++] =
		(struct config_title){ arena_cstr(l->arena, title), origin };
}

void config_layer_sender(struct config_layer *l, struct str title, struct origin origin)
{
	for (size_t i = 0; i < l->sender_count; i++) {
		if (str_eq(str_of(l->senders[i].name), title))
			return;
	}
	l->senders = room(
		l->arena, l->senders, l->sender_count, &l->sender_room, sizeof(*l->senders));
	l->senders[l->sender_count++] =
		(struct config_title){ arena_cstr(l->arena, title), origin };
}

/* --- Types --- */

bool config_duration(struct str s, uint64_t *ret)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	for (size_t i = 0; s.n > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t v;
		if (s.p[s.n - 1] == units[i].letter)
			return str_to_u64(str_make(s.p, s.n - 1), &v) &&
			       !__builtin_mul_overflow(v, units[i].seconds, ret);
	}
	return false;
}

static bool read_word(const char *const *words, struct str s, uint64_t *ret)
{
	for (uint64_t i = 0; words[i]; i++) {
		if (!str_eq(str_of(words[i]), s))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static struct str words_text(struct arena *a, const char *const *words)
{
	struct str all = STR("");
	for (size_t i = 0; words[i]; i++)
		all = arena_printf(a, "%.*s%s%s", STR_ARGS(all),
			i == 0	       ? ""
			: words[i + 1] ? ", "
				       : " or ",
			words[i]);
	return all;
}

static bool read_number(struct setting *s, struct str value, struct faults *f)
{
	const struct config_key *key = s->key;
	bool duration = key->type == CONFIG_DURATION;
	bool plain = key->type == CONFIG_NUMBER && key->section != CONFIG_LIMITS;
	if (key->zero && str_eq(value, STR("0"))) {
		s->number = 0;
		return true;
	}
	bool ok = duration ? config_duration(value, &s->number)
		  : plain  ? str_to_u64(value, &s->number)
			   : limit_parse(value, &s->number);
	if (!ok) {
		faults_add(f, s->origin, "%s is %s, not '%.*s'", key->name,
			duration ? "a time with its unit such as 90s, 15m, 2h or 1d"
			: plain	 ? "a number"
				 : "a number, which may end in K, M or G",
			STR_ARGS(str_first(value, 60)));
		return false;
	}
	if (s->number >= key->least && s->number <= key->most)
		return true;
	faults_add(f, s->origin, "%s is %llu%s to %llu%s, not %.*s", key->name,
		(unsigned long long)key->least, duration ? " seconds" : "",
		(unsigned long long)key->most, duration ? " seconds" : "", STR_ARGS(value));
	return false;
}

static bool read_choice(
	struct setting *s, const char *const *words, struct str value, struct faults *f)
{
	if (read_word(words, value, &s->number))
		return true;
	struct str all = words_text(f->arena, words);
	faults_add(f, s->origin, "%s is %.*s, not '%.*s'", s->key->name, STR_ARGS(all),
		STR_ARGS(str_first(value, 60)));
	return false;
}

bool config_setting_read(struct setting *s, struct faults *f)
{
	static const char *const yes_no[] = { "no", "yes", NULL };
	struct str value = str_of(s->values[0]);
	switch (s->key->type) {
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_DURATION:
		return read_number(s, value, f);
	case CONFIG_CHOICE:
		return read_choice(s, s->key->choices, value, f);
	case CONFIG_BOOL:
		return read_choice(s, yes_no, value, f);
	case CONFIG_PATH:
		if (s->origin.kind != ORIGIN_FILE || value.p[0] == '/')
			return true;
		faults_add(f, s->origin, "%s is a path that begins with '/', not '%.*s'",
			s->key->name, STR_ARGS(str_first(value, 200)));
		return false;
	default:
		return true;
	}
}
