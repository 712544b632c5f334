/* Scripts that complete the words of a command line, made from the same tables that parse them.
 */
#include "cli.h"
#include "doc.h"
#include "verbs.h"

#include <string.h>

/* One option of a command, or one filter. */
typedef void option_writer(
	FILE *f, const struct command *c, const char *name, const struct option_spec *spec);

static const char *dashes(const char *name, char *buffer, size_t size)
{
	size_t i = 0;

	for (; name[i] && i + 1 < size; i++)
		buffer[i] = name[i] == '_' ? '-' : name[i];
	buffer[i] = '\0';
	return buffer;
}

static void each_option(FILE *f, const struct command *c, option_writer *write)
{
	char name[64];

	for (const struct option_spec *o = c->options; o && o->name; o++)
		write(f, c, o->name, o);
	for (const char *const *q = c->filters; q && *q; q++)
		write(f, c, dashes(*q, name, sizeof(name)), NULL);
}

static bool is_word(struct str s)
{
	if (s.n == 0 || str_eq(s, STR("or")) || str_eq(s, STR("filters")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-')
			return false;
	return s.p[0] != '-';
}

/* What the usage offers to choose from: "status | verify | backup FILE" has three such words.
 */
static void usage_words(FILE *f, const struct command *c, void (*write)(FILE *, struct str))
{
	const char *p = c->usage;
	bool of_option = false;

	while (*p) {
		size_t n = strcspn(p, "|,[] ");
		struct str word = { p, n };

		if (n > 2 && strncmp(p, "--", 2) == 0)
			of_option = true;
		else if (is_word(word) && !of_option)
			write(f, word);
		p += n;
		if (*p == ']')
			of_option = false;
		p += *p != '\0';
	}
	if (c->run == cmd_show || c->run == cmd_export)
		for (const struct resource *r = resource_table; r->name; r++)
			if (c->run == cmd_show || r->columns)
				write(f, str_of(r->name));
	if (c->run == cmd_show || c->run == cmd_export)
		write(f, STR("problems"));
	if (c->run == cmd_help)
		for (const struct command *k = command_table; k->name; k++)
			write(f, str_of(k->name));
}

static void command_names(FILE *f, const char *between)
{
	for (const struct command *c = command_table; c->name; c++)
		fprintf(f, "%s%s", c == command_table ? "" : between, c->name);
}

static void spaced(FILE *f, struct str word)
{
	fprintf(f, " %.*s", STR_ARGS(word));
}

static void spaced_option(
	FILE *f, const struct command *c, const char *name, const struct option_spec *spec)
{
	(void)c;
	(void)spec;
	fprintf(f, " --%s", name);
}

static void spaced_globals(FILE *f)
{
	for (const struct option_spec *o = global_options; o->name; o++)
		fprintf(f, " --%s", o->name);
}

/* Words and options of the command in $command, as the variables of these names. */
static void shell_cases(FILE *f)
{
	for (const struct command *c = command_table; c->name; c++) {
		fprintf(f, "\t%s)\n\t\twords='", c->name);
		usage_words(f, c, spaced);
		fputs("'\n\t\toptions='", f);
		each_option(f, c, spaced_option);
		fputs("' ;;\n", f);
	}
}

static int for_bash(struct cli *c, const char *argument)
{
	(void)c;
	(void)argument;
	fputs("# bash completion of ruad: `ruad completion bash`\n_ruad() {\n"
	      "\tlocal word command= words= options=\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase $word in\n\t\t",
		stdout);
	command_names(stdout, "|");
	fputs(") command=$word; break ;;\n\t\tesac\n\tdone\n\tcase $command in\n\t'')\n"
	      "\t\twords='",
		stdout);
	command_names(stdout, " ");
	fputs("' ;;\n", stdout);
	shell_cases(stdout);
	fputs("\tesac\n\tcase $2 in\n\t-*) COMPREPLY=($(compgen -W \"$options", stdout);
	spaced_globals(stdout);
	fputs("\" -- \"$2\")) ;;\n\t*) COMPREPLY=($(compgen -W \"$words\" -- \"$2\")) ;;\n"
	      "\tesac\n}\ncomplete -o default -F _ruad ruad\n",
		stdout);
	return EX_OK;
}

static int for_zsh(struct cli *c, const char *argument)
{
	(void)c;
	(void)argument;
	fputs("#compdef ruad\n# zsh completion of ruad: `ruad completion zsh`\n_ruad() {\n"
	      "\tlocal word command= offered= options=\n"
	      "\tfor word in ${words[2,CURRENT-1]}; do\n\t\tcase $word in\n\t\t(",
		stdout);
	command_names(stdout, "|");
	fputs(") command=$word; break ;;\n\t\tesac\n\tdone\n"
	      "\tlocal words=\n\tcase $command in\n\t'')\n\t\twords='",
		stdout);
	command_names(stdout, " ");
	fputs("' ;;\n", stdout);
	shell_cases(stdout);
	fputs("\tesac\n\tif [[ $PREFIX == -* ]]; then\n\t\tcompadd -- ${=options}", stdout);
	spaced_globals(stdout);
	fputs("\n\telse\n\t\tcompadd -- ${=words}\n\t\t[[ -z $command ]] || _files\n\tfi\n}\n"
	      "if [[ $funcstack[1] == _ruad ]]; then _ruad \"$@\"; else compdef _ruad ruad; "
	      "fi\n",
		stdout);
	return EX_OK;
}

/* 'text' for fish, where only \ and ' mean something within. */
static void fish_quoted(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++)
		fprintf(f, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('\'', f);
}

static void fish_option(
	FILE *f, const struct command *c, const char *name, const struct option_spec *spec)
{
	fputs("complete -c ruad", f);
	if (c)
		fprintf(f, " -n '__fish_seen_subcommand_from %s'", c->name);
	fprintf(f, " -l %s%s", name, !spec || spec->value ? " -r" : "");
	if (spec && spec->letter)
		fprintf(f, " -s %c", spec->letter);
	fputs(" -d ", f);
	fish_quoted(f, spec ? spec->text : "filter");
	fputc('\n', f);
}

static int for_fish(struct cli *c, const char *argument)
{
	(void)c;
	(void)argument;
	puts("# fish completion of ruad: `ruad completion fish`");
	for (const struct option_spec *o = global_options; o->name; o++)
		fish_option(stdout, NULL, o->name, o);
	for (const struct command *k = command_table; k->name; k++) {
		fputs("complete -c ruad -f -n '__fish_use_subcommand' -a ", stdout);
		printf("%s -d ", k->name);
		fish_quoted(stdout, k->summary);
		printf("\ncomplete -c ruad -n '__fish_seen_subcommand_from %s' -a '", k->name);
		usage_words(stdout, k, spaced);
		puts("'");
		each_option(stdout, k, fish_option);
	}
	return EX_OK;
}

int cmd_completion(struct cli *c)
{
	static const struct verb verbs[] = { { "bash", NULL, NULL, false, for_bash },
		{ "zsh", NULL, NULL, false, for_zsh }, { "fish", NULL, NULL, false, for_fish },
		{ .name = NULL } };
	return verbs_run(c, verbs);
}
