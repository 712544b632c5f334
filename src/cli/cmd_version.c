#include "cli.h"

#include "flow.h"

int cmd_version(struct cli *c)
{
	struct err err = { 0 };
	if (c->options.arg_count > 0)
		return cli_usage(c, "version takes no argument '%.60s'", c->options.args[0]);
	printf("ruad %s\n", RUAD_VERSION);
	printf("schema %lld\n", (long long)store_schema_version());
	printf("sqlite %s\n", store_library_version());
	struct flow *flow = NULL;
	if (flow_new(&c->limits, c->psl_file, &flow, &err) < 0)
		return cli_fail(&err);
	struct str psl = flow_psl_version(flow);
	printf("public suffix list %.*s\n", STR_ARGS(psl));
	flow_free(flow);
	return EX_OK;
}
