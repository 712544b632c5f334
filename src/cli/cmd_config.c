#include "config_show.h"
#include "document.h"
#include "verbs.h"
#include "xalloc.h"

static int config_check(struct cli *c, const char *argument)
{
	struct faults warnings = { .arena = c->arena };
	int code = cli_settings(c, false);
	(void)argument;
	if (code != EX_OK)
		return code;
	size_t n = c->config.source_count;
	config_lint(&c->config, &warnings);
	cli_faults(c, &warnings, "warning: ");
	if (!c->quiet)
		printf("configuration is good: %zu source%s\n", n, n == 1 ? "" : "s");
	return EX_OK;
}

static int show_json(struct cli *c)
{
	CLEANUP(document)
	struct document d;
	struct err err = { 0 };
	document_begin(&d);
	config_show_json(&c->config, c->arena, &d.json);
	return document_print(&d, &err) < 0 ? cli_fail(&err) : EX_OK;
}

static int config_show(struct cli *c, const char *argument)
{
	int code = cli_settings(c, false);
	(void)argument;
	if (code != EX_OK)
		return code;
	if (c->output == OUTPUT_JSON)
		return show_json(c);
	config_show_text(&c->config, c->arena, stdout);
	return EX_OK;
}

static int print_example(struct cli *c, const char *argument)
{
	(void)c;
	(void)argument;
	config_example(stdout);
	return EX_OK;
}

static int print_services(struct cli *c, const char *argument)
{
	(void)c;
	(void)argument;
	cli_print(services_builtin());
	return EX_OK;
}

int cmd_config(struct cli *c)
{
	static const struct verb verbs[] = { { "check", NULL, NULL, false, config_check },
		{ "show", NULL, NULL, true, config_show },
		{ "example", NULL, NULL, false, print_example },
		{ "services", NULL, NULL, false, print_services }, { .name = NULL } };
	return verbs_run(c, verbs);
}
