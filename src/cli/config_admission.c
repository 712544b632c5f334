#include "config_admission.h"

#define RECEIVERS_MOST 2048 /* bytes of all names */

/* The names, with blanks between; each is one word. */
static struct str names_of(struct config *c, const struct setting *s, struct faults *f)
{
	struct str all = STR("");

	for (size_t i = 0; i < s->value_count; i++) {
		struct str name = str_trim(str_of(s->values[i]));

		if (name.n == 0 || str_index(name, ' ') >= 0 || str_index(name, ';') >= 0)
			faults_add(f, s->origin,
				"authserv_id is a name such as mx.example.com, not '%.*s'",
				STR_ARGS(str_first(name, 60)));
		all = arena_printf(
			c->arena, "%.*s%s%.*s", STR_ARGS(all), i ? " " : "", STR_ARGS(name));
	}
	if (all.n > RECEIVERS_MOST)
		faults_add(f, s->origin, "authserv_id has more than %d bytes", RECEIVERS_MOST);
	return all;
}

static void settle_source(struct config *c, const struct source_config *s,
	struct admission *ret, struct faults *f)
{
	const struct setting *names = &s->settings[KEY_SOURCE_AUTHSERV_ID - KEY_OF_SOURCES];
	const struct setting *word = &s->settings[KEY_SOURCE_UNAUTHENTICATED - KEY_OF_SOURCES];

	*ret = c->admissions[0];
	ret->source = str_of(s->name);
	if (names->key)
		ret->receivers = names_of(c, names, f);
	if (word->key)
		ret->unauthenticated = (enum unauthenticated)word->number;
}

void config_admission_settle(struct config *c, struct faults *f)
{
	c->admissions = ARENA_ARRAY(c->arena, struct admission, c->source_count + 1);
	c->admissions[0] = (struct admission){
		.receivers = names_of(c, &c->settings[KEY_AUTHSERV_ID], f),
		.unauthenticated = (enum unauthenticated)config_number(c, KEY_UNAUTHENTICATED),
		.domains = c->web.domains,
		.domain_count = c->web.domain_count,
		.only_ours = config_number(c, KEY_OTHER_DOMAINS) != 0,
	};
	for (size_t i = 0; i < c->source_count; i++)
		settle_source(c, &c->sources[i], &c->admissions[i + 1], f);
}

static bool is_set(const struct config *c, enum config_id id)
{
	return c->settings[id].key != NULL;
}

static void lint_source(const struct config *c, size_t i, struct faults *warnings)
{
	const struct source_config *s = &c->sources[i];
	const struct setting *word = &s->settings[KEY_SOURCE_UNAUTHENTICATED - KEY_OF_SOURCES];

	if (word->key && c->admissions[i + 1].receivers.n == 0)
		faults_add(warnings, word->origin,
			"unauthenticated of source '%s' has no effect: there is no authserv_id",
			s->name);
}

void config_admission_lint(const struct config *c, struct faults *warnings)
{
	const struct admission *all = c->admissions;
	bool believed = all[0].receivers.n > 0;

	if (all[0].only_ours && all[0].domain_count == 0)
		faults_add(warnings, c->settings[KEY_OTHER_DOMAINS].origin,
			"other_domains = ignore has no effect: domains does not say which are "
			"yours");
	for (size_t i = 0; i < c->source_count; i++) {
		lint_source(c, i, warnings);
		believed = believed || all[i + 1].receivers.n > 0;
	}
	if (is_set(c, KEY_UNAUTHENTICATED) && !believed)
		faults_add(warnings, c->settings[KEY_UNAUTHENTICATED].origin,
			"unauthenticated has no effect: there is no authserv_id");
}
