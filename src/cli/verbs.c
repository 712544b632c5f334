#include "verbs.h"

#include <string.h>

static const struct verb *find(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (strcmp(verbs->name, name) == 0)
			return verbs;
	return NULL;
}

/* Is name one of the words of list? */
static bool listed(const char *list, const char *name)
{
	struct str rest = str_of(list), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, str_of(name)))
			return true;
	return false;
}

/* An option that would have no effect is a mistake of who wrote it. */
static int refuse_others(const struct cli *c, const struct verb *verb)
{
	for (const struct option_spec *s = c->command->options; s && s->name; s++)
		if (options_get(&c->options, s->name) && !listed(verb->options, s->name))
			return cli_usage(c, "%s %s takes no --%s", c->command->name, verb->name,
				s->name);
	if (c->output == OUTPUT_JSON && !verb->json)
		return cli_usage(c, "%s %s has no JSON form", c->command->name, verb->name);
	return EX_OK;
}

int verbs_run(struct cli *c, const struct verb *verbs)
{
	const struct options *o = &c->options;
	const struct verb *verb = o->arg_count > 0 ? find(verbs, o->args[0]) : NULL;

	if (!verb)
		return cli_usage(c, "%s what? %s", c->command->name, c->command->usage);
	if (verb->argument && o->arg_count != 2)
		return cli_usage(
			c, "%s %s takes one %s", c->command->name, verb->name, verb->argument);
	if (!verb->argument && o->arg_count != 1)
		return cli_usage(c, "%s %s takes no argument", c->command->name, verb->name);
	if (refuse_others(c, verb) != EX_OK)
		return EX_USAGE;
	return verb->run(c, verb->argument ? o->args[1] : NULL);
}
