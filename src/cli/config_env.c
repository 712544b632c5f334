#include "config_env.h"

#include <string.h>

#define PREFIX STR("RUAD_SOURCE_")

/* "rua-mailbox" -> "RUA_MAILBOX" */
static struct str capitals(struct arena *a, struct str name)
{
	char *p = (char *)arena_cstr(a, name);
	for (size_t i = 0; i < name.n; i++) {
		if (p[i] == '-' || p[i] == '.')
			p[i] = '_';
		else if (p[i] >= 'a' && p[i] <= 'z')
			p[i] = (char)(p[i] - 'a' + 'A');
	}
	return str_make(p, name.n);
}

/* "RUA_MAILBOX" -> "rua-mailbox" */
static struct str title_form(struct arena *a, struct str name)
{
	struct str s = arena_str_lower(a, name);
	char *p = (char *)s.p;
	for (size_t i = 0; i < s.n; i++) {
		if (p[i] == '_')
			p[i] = '-';
	}
	return s;
}

struct variable {
	struct str name, value;
	struct origin origin;
};

static void put_list(struct config_layer *l, const struct config_key *key, const char *title,
	const struct variable *v)
{
	struct str rest = v->value, head;
	bool more = false;
	while (str_cut(&rest, ',', &head)) {
		config_layer_put(l, key, title, head, more, v->origin);
		more = true;
	}
}

static void put(struct config_layer *l, const struct config_key *key, const char *title,
	const struct variable *v)
{
	if (key->secret)
		faults_add(l->faults, v->origin,
			"a password does not belong in the environment, which is handed on to "
			"every program that ruad starts and shown by ps and container tools: "
			"use %s_FILE with the name of a file",
			v->origin.name);
	else if (key->type == CONFIG_LIST)
		put_list(l, key, title, v);
	else
		config_layer_put(l, key, title, v->value, false, v->origin);
}

static const struct config_key *find_key(struct arena *a, struct str name)
{
	for (size_t i = KEY_OF_SOURCES; i < KEY_OF_SENDERS; i++) {
		if (str_eq(capitals(a, str_of(config_keys[i].name)), name))
			return &config_keys[i];
	}
	return NULL;
}

/* The source of a file whose name, in capitals, is the longest that rest begins with. */
static const char *known_title(
	struct config_layer *l, const struct variable *v, struct str rest, struct str *ret_key)
{
	const char *best = NULL;
	size_t best_n = 0;
	for (size_t i = 0; i < l->title_count; i++) {
		struct str form = capitals(l->arena, str_of(l->titles[i].name));
		if (!str_starts(rest, form) || rest.n <= form.n + 1 || rest.p[form.n] != '_')
			continue;
		if (best && form.n == best_n)
			faults_add(l->faults, v->origin,
				"it could mean the source %s or %s; set it in the file", best,
				l->titles[i].name);
		if (form.n < best_n)
			continue;
		best = l->titles[i].name;
		best_n = form.n;
	}
	*ret_key = best ? str_from(rest, best_n + 1) : STR_ABSENT;
	return best;
}

static void unknown_key(
	struct config_layer *l, const struct variable *v, const char *title, struct str name)
{
	const char *near = config_key_nearest(CONFIG_SOURCE, arena_str_lower(l->arena, name));
	struct str form = near ? capitals(l->arena, str_of(near)) : STR("");
	faults_add(l->faults, v->origin, "no such option of source %s%s%.*s%s", title,
		near ? ". Did you mean …_" : "", STR_ARGS(form), near ? "?" : "");
}

/* The longest name of a setting that rest ends with. */
static const struct config_key *ending(struct arena *a, struct str rest, struct str *ret_title)
{
	const struct config_key *best = NULL;
	size_t best_n = 0;
	for (size_t i = KEY_OF_SOURCES; i < KEY_OF_SENDERS; i++) {
		struct str form = capitals(a, str_of(config_keys[i].name));
		if (form.n <= best_n || rest.n < form.n + 2 || !str_ends(rest, form) ||
			rest.p[rest.n - form.n - 1] != '_')
			continue;
		best = &config_keys[i];
		best_n = form.n;
	}
	if (best)
		*ret_title = str_make(rest.p, rest.n - best_n - 1);
	return best;
}

static void source_variable(struct config_layer *l, const struct variable *v, size_t files)
{
	struct str rest = str_from(v->name, PREFIX.n), name;
	size_t all = l->title_count;
	l->title_count = files; /* those that this layer made are not known by their form */
	const char *title = known_title(l, v, rest, &name);
	l->title_count = all;
	if (title) {
		const struct config_key *key = find_key(l->arena, name);
		if (key)
			put(l, key, title, v);
		else
			unknown_key(l, v, title, name);
		return;
	}
	const struct config_key *key = ending(l->arena, rest, &name);
	if (!key) {
		faults_add(l->faults, v->origin,
			"ends in no setting of a source: write RUAD_SOURCE_<NAME>_<SETTING>, "
			"such as RUAD_SOURCE_RUA_HOST");
		return;
	}
	struct str made = title_form(l->arena, name);
	config_layer_title(l, made, v->origin);
	put(l, key, made.p, v);
}

static void unknown_web(struct config_layer *l, const struct variable *v)
{
	const char *near = NULL;
	unsigned best = 4;
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		struct str env = str_of(config_keys[i].env);
		unsigned d =
			str_absent(env) || v->name.n > 60 ? best : str_distance(env, v->name);
		if (d < best) {
			best = d;
			near = config_keys[i].env;
		}
	}
	faults_add(l->faults, v->origin, "no setting of section web has this variable%s%s%s",
		near ? ". Did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Others that begin with RUAD_ may belong to whoever started us; of the web server a misspelt
 * one could leave it open. */
static void other_variable(struct config_layer *l, const struct variable *v)
{
	for (size_t i = 0; i < KEY_OF_SOURCES; i++) {
		if (!config_keys[i].env || !str_eq(str_of(config_keys[i].env), v->name))
			continue;
		put(l, &config_keys[i], NULL, v);
		return;
	}
	if (str_starts(v->name, STR("RUAD_WEB_")))
		unknown_web(l, v);
}

void config_env_read(char *const *vars, struct config_layer *layer)
{
	size_t files = layer->title_count;
	layer->layer++;
	for (; vars && *vars; vars++) {
		struct str rest = str_of(*vars), name;
		if (!str_starts(rest, STR("RUAD_")))
			continue;
		str_cut(&rest, '=', &name);
		if (str_empty(rest))
			continue;
		struct variable v = { .name = name,
			.value = rest,
			.origin = { ORIGIN_ENV, arena_cstr(layer->arena, name), 0 } };
		if (str_starts(name, PREFIX))
			source_variable(layer, &v, files);
		else
			other_variable(layer, &v);
	}
}
