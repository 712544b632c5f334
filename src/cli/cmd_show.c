#include "exporting.h"
#include "kinds.h"
#include "show.h"

#include <string.h>

void show_help(FILE *f)
{
	kinds_print(f, false);
}

static const struct {
	const char *resource;
	int (*print)(struct cli *c, struct store *store, struct err *err);
} tables[] = {
	{ "summary", show_summary },
	{ "timeseries", show_timeseries },
	{ "domains", show_domains },
	{ "senders", show_senders },
	{ "sources", show_sources },
	{ "reporters", show_reporters },
	{ "coverage", show_coverage },
	{ "overrides", show_overrides },
	{ "changes", show_changes },
	{ "readiness", show_readiness },
	{ "keys", show_keys },
	{ "policies", show_policies },
	{ "records", show_records },
	{ "reports", show_reports },
	{ "inputs", show_inputs },
	{ "runs", show_runs },
	{ "status", show_status },
};

static int show_text(
	struct cli *c, struct store *store, const struct resource *resource, struct err *err)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (strcmp(tables[i].resource, resource->name) == 0)
			return tables[i].print(c, store, err);
	return FAIL(err, ERR_USAGE, NULL, "%s has no table; use --json", resource->name);
}

static int show_csv(
	struct cli *c, struct store *store, const struct resource *resource, struct err *err)
{
	struct outfile out;
	if (!resource->columns)
		return FAIL(
			err, ERR_USAGE, NULL, "%s has no CSV form; use --json", resource->name);
	if (outfile_open(&out, NULL, c->arena, err) < 0)
		return err->code;
	return export_rows_to(
		c, store, resource, EXPORT_CSV, &out, (struct export_told){ 0 }, err);
}

int cmd_show(struct cli *c)
{
	const struct resource *resource = NULL;
	struct store *store = NULL;
	struct err err = { 0 };
	if (kind_asked(c, false, &resource, &err) < 0)
		return cli_fail(&err);
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	int r = c->output == OUTPUT_JSON  ? document_of(c, store, resource, &err)
		: c->output == OUTPUT_CSV ? show_csv(c, store, resource, &err)
					  : show_text(c, store, resource, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}
