#include "options.h"

static const struct option_spec *find_long(const struct option_spec *specs, struct str name)
{
	for (; specs && specs->name; specs++) {
		if (str_eq(str_of(specs->name), name))
			return specs;
	}
	return NULL;
}

static const struct option_spec *find_letter(const struct option_spec *specs, char letter)
{
	for (; specs && specs->name; specs++) {
		if (specs->letter && specs->letter == letter)
			return specs;
	}
	return NULL;
}

static void nearest(
	const struct option_spec *specs, struct str name, unsigned *best, const char **ret)
{
	for (; specs && specs->name; specs++) {
		unsigned d = str_distance(str_of(specs->name), name);
		if (d < *best) {
			*best = d;
			*ret = specs->name;
		}
	}
}

static int unknown(const struct option_spec *global, const struct option_spec *own,
	const char *const *filters, struct str name, struct err *err)
{
	const char *suggestion = NULL;
	unsigned best = 4;
	if (name.n < 60) {
		nearest(own, name, &best, &suggestion);
		nearest(global, name, &best, &suggestion);
		for (; filters && *filters; filters++) {
			unsigned d = str_distance(str_of(*filters), name);
			if (d < best) {
				best = d;
				suggestion = *filters;
			}
		}
	}
	if (suggestion)
		return FAIL(err, ERR_USAGE, "unknown-option",
			"--%.*s is not an option here. Did you mean --%s?", STR_ARGS(name),
			suggestion);
	return FAIL(err, ERR_USAGE, "unknown-option", "--%.*s is not an option here",
		STR_ARGS(name));
}

static void put(struct arena *a, struct options *o, const char *name, const char *value)
{
	struct option_value *grown = ARENA_ARRAY(a, struct option_value, o->value_count + 1);
	for (size_t i = 0; i < o->value_count; i++)
		grown[i] = o->values[i];
	grown[o->value_count] = (struct option_value){ name, value };
	o->values = grown;
	o->value_count++;
}

/* "source-ip" -> "source_ip" */
static struct str filter_form(struct arena *a, struct str name)
{
	char *p = (char *)arena_cstr(a, name);
	for (size_t i = 0; i < name.n; i++) {
		if (p[i] == '-')
			p[i] = '_';
	}
	return str_make(p, name.n);
}

static bool is_filter(const char *const *filters, struct str name)
{
	for (; filters && *filters; filters++) {
		if (str_eq(str_of(*filters), name))
			return true;
	}
	return false;
}

struct words {
	char **next, **end;
};

static int take_value(struct words *w, struct str shown, const char *inline_value,
	const char **ret, struct err *err)
{
	if (inline_value) {
		*ret = inline_value;
		return 0;
	}
	if (w->next == w->end)
		return FAIL(
			err, ERR_USAGE, "value-missing", "%.*s wants a value", STR_ARGS(shown));
	*ret = *w->next++;
	return 0;
}

static int parse_long(struct arena *a, char *word, struct words *w,
	const struct option_spec *global, const struct option_spec *own, struct query *query,
	const char *const *filters, struct options *o, struct err *err)
{
	struct str name = str_of(word + 2);
	ptrdiff_t equals = str_index(name, '=');
	const char *inline_value = NULL;
	if (equals >= 0) {
		inline_value = name.p + equals + 1;
		name = str_first(name, (size_t)equals);
	}
	struct str shown = str_make(word, name.n + 2);
	const char *value = "";
	const struct option_spec *spec = find_long(own, name);
	if (!spec)
		spec = find_long(global, name);
	if (spec) {
		if (!spec->value && inline_value)
			return FAIL(err, ERR_USAGE, "value-unwanted", "%.*s takes no value",
				STR_ARGS(shown));
		int r = spec->value ? take_value(w, shown, inline_value, &value, err) : 0;
		if (r == 0)
			put(a, o, spec->name, value);
		return r;
	}
	struct str filter = filter_form(a, name);
	if (!query || !is_filter(filters, filter))
		return unknown(global, own, filters, name, err);
	int r = take_value(w, shown, inline_value, &value, err);
	if (r < 0)
		return r;
	const char *suggestion;
	return query_set(query, filter, str_of(value), filters, &suggestion, err);
}

static int parse_letter(struct arena *a, char *word, struct words *w,
	const struct option_spec *global, const struct option_spec *own, struct options *o,
	struct err *err)
{
	const struct option_spec *spec = find_letter(own, word[1]);
	if (!spec)
		spec = find_letter(global, word[1]);
	if (!spec)
		return FAIL(
			err, ERR_USAGE, "unknown-option", "%.20s is not an option here", word);
	const char *value = "";
	if (!spec->value && word[2])
		return FAIL(err, ERR_USAGE, "unknown-option",
			"%.20s: write one option after the other", word);
	int r = spec->value
			? take_value(w, str_of(word), word[2] ? word + 2 : NULL, &value, err)
			: 0;
	if (r == 0)
		put(a, o, spec->name, value);
	return r;
}

int options_parse(struct arena *a, int argc, char **argv, const struct option_spec *global,
	const struct option_spec *own, struct query *query, const char *const *filters,
	struct options *ret, struct err *err)
{
	struct options o = { .args = ARENA_ARRAY(a, char *, (size_t)argc + 1) };
	struct words w = { argv, argv + argc };
	bool ended = false;
	while (w.next < w.end) {
		char *word = *w.next++;
		int r = 0;
		if (ended || word[0] != '-' || word[1] == '\0')
			o.args[o.arg_count++] = word;
		else if (word[1] == '-' && word[2] == '\0')
			ended = true;
		else if (word[1] == '-')
			r = parse_long(a, word, &w, global, own, query, filters, &o, err);
		else
			r = parse_letter(a, word, &w, global, own, &o, err);
		if (r < 0)
			return r;
	}
	*ret = o;
	return 0;
}

const char *options_get(const struct options *o, const char *name)
{
	for (size_t i = o->value_count; i > 0; i--) {
		if (str_eq(str_of(o->values[i - 1].name), str_of(name)))
			return o->values[i - 1].value;
	}
	return NULL;
}

void options_print(FILE *f, const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		char left[64];
		if (specs->letter)
			snprintf(left, sizeof(left), "-%c, --%s%s%s", specs->letter,
				specs->name, specs->value ? " " : "",
				specs->value ? specs->value : "");
		else
			snprintf(left, sizeof(left), "    --%s%s%s", specs->name,
				specs->value ? " " : "", specs->value ? specs->value : "");
		fprintf(f, "  %-28s %s\n", left, specs->text);
	}
}
