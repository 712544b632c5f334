#include "document.h"

static int print_json(struct str psl, struct err *err)
{
	CLEANUP(document)
	struct document d;

	document_begin(&d);
	json_open_object(&d.json);
	json_kcstr(&d.json, "version", RUAD_VERSION);
	json_ki64(&d.json, "schema", store_schema_version());
	json_kcstr(&d.json, "sqlite", store_library_version());
	json_kstr(&d.json, "public_suffix_list", psl);
	json_close_object(&d.json);
	return document_print(&d, err);
}

int cmd_version(struct cli *c)
{
	struct err err = { 0 };
	struct str psl;

	if (c->options.arg_count > 0)
		return cli_usage(c, "version takes no argument '%.60s'", c->options.args[0]);
	if (document_psl(c, &psl, &err) < 0)
		return cli_fail(&err);
	if (c->output == OUTPUT_JSON)
		return print_json(psl, &err) < 0 ? cli_fail(&err) : EX_OK;
	printf("ruad %s\nschema %lld\nsqlite %s\npublic suffix list %.*s\n", RUAD_VERSION,
		(long long)store_schema_version(), store_library_version(), STR_ARGS(psl));
	return EX_OK;
}
