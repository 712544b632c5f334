#include "cli.h"

#include "config_show.h"
#include "xalloc.h"

#include <string.h>

static int config_check(struct cli *c)
{
	struct faults warnings = { .arena = c->arena };
	size_t n = c->config.source_count;
	config_lint(&c->config, &warnings);
	cli_faults(c, &warnings, "warning: ");
	if (!c->quiet)
		printf("configuration is good: %zu source%s\n", n, n == 1 ? "" : "s");
	return EX_OK;
}

static void show_json(struct cli *c)
{
	CLEANUP(buf)
	struct buf out;
	struct json j;
	buf_init(&out, 64 * MIB);
	json_init(&j, &out);
	config_show_json(&c->config, c->arena, &j);
	json_end(&j);
	cli_print(buf_view(&out));
}

static int config_show(struct cli *c)
{
	if (c->output == OUTPUT_JSON)
		show_json(c);
	else
		config_show_text(&c->config, c->arena, stdout);
	return EX_OK;
}

int cmd_config(struct cli *c)
{
	const char *what = c->options.arg_count == 1 ? c->options.args[0] : "";
	bool check = strcmp(what, "check") == 0;
	if (strcmp(what, "example") == 0) {
		config_example(stdout);
		return EX_OK;
	}
	if (strcmp(what, "services") == 0) {
		cli_print(services_builtin());
		return EX_OK;
	}
	if (!check && strcmp(what, "show") != 0)
		return cli_usage(c, "config what? check, show, example or services");
	int code = cli_settings(c, false);
	if (code != EX_OK)
		return code;
	return check ? config_check(c) : config_show(c);
}
