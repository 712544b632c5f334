#include "cli.h"

#include "outcome.h"

#include <string.h>

#define HELP_WIDTH 78

static void print_commands(FILE *f)
{
	fputs("ruad reads DMARC aggregate reports and answers: who sends as my domain, what "
	      "passes,\n"
	      "what fails and why.\n\nusage: ruad COMMAND [options]\n\n",
		f);
	for (const struct command *c = command_table; c->name; c++)
		fprintf(f, "  %-9s %s\n", c->name, c->summary);
	fputs("\nOptions of every command:\n", f);
	options_print(f, global_options);
	fputs("\nFirst steps:\n"
	      "  ruad import ~/Maildir      read your rua mailbox\n"
	      "  ruad show domains          what is in it\n"
	      "  ruad serve                 look at http://127.0.0.1:8425/\n",
		f);
}

static void print_filters(FILE *f, const char *const *names)
{
	size_t column = 0;
	fputs("\nFilters, each with a value (a,b is either; !a is not a):\n", f);
	for (; *names; names++) {
		size_t n = strlen(*names);
		if (column + n + 3 > HELP_WIDTH) {
			fputc('\n', f);
			column = 0;
		}
		fputs(column == 0 ? "  --" : " --", f);
		for (size_t k = 0; k < n; k++)
			fputc((*names)[k] == '_' ? '-' : (*names)[k], f);
		column += n + 3;
	}
	fputc('\n', f);
}

static void print_command(FILE *f, const struct command *c)
{
	fprintf(f, "usage: ruad %s %s\n\n%s\n", c->name, c->usage, c->summary);
	if (c->text)
		fprintf(f, "\n%s", c->text);
	if (c->more)
		c->more(f);
	if (c->options && c->options->name) {
		fputs("\nOptions:\n", f);
		options_print(f, c->options);
	}
	if (c->filters)
		print_filters(f, c->filters);
	fputs("\nOptions of every command:\n", f);
	options_print(f, global_options);
}

static void print_limits(FILE *f)
{
	fprintf(f, "%-16s %14s  %s\n", "limit", "default", "what it bounds");
	for (size_t i = 0; i < limit_count; i++)
		fprintf(f, "%-16s %14llu  %s%s%s%s\n", limit_table[i].name,
			(unsigned long long)limit_table[i].def, limit_table[i].text,
			*limit_table[i].unit ? " (" : "", limit_table[i].unit,
			*limit_table[i].unit ? ")" : "");
}

static void print_reasons(FILE *f)
{
	for (size_t i = 0; i < reason_count; i++)
		fprintf(f, "%-26s %-10s %s\n", reason_table[i].code,
			outcome_name(reason_table[i].outcome), reason_table[i].sentence);
}

int cmd_help(struct cli *c)
{
	if (c->options.arg_count == 0) {
		print_commands(stdout);
		return EX_OK;
	}
	if (c->options.arg_count > 1)
		return cli_usage(c, "help takes one command or topic");
	const char *topic = c->options.args[0];
	if (strcmp(topic, "limits") == 0) {
		print_limits(stdout);
		return EX_OK;
	}
	if (strcmp(topic, "reasons") == 0) {
		print_reasons(stdout);
		return EX_OK;
	}
	for (const struct command *k = command_table; k->name; k++) {
		if (strcmp(k->name, topic) == 0) {
			print_command(stdout, k);
			return EX_OK;
		}
	}
	return cli_usage(c, "no help on '%.60s'. `ruad help` lists the commands.", topic);
}
