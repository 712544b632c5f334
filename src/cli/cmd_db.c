#include "document.h"
#include "show.h"
#include "verbs.h"

static int db_status(struct cli *c, const char *argument)
{
	struct store *store = NULL;
	struct err err = { 0 };
	int code = cli_open_store(c, &store);
	(void)argument;
	if (code != EX_OK)
		return code;
	int r = query_end(&c->query, c->now_at, &err);
	if (r == 0 && c->output == OUTPUT_JSON)
		r = document_of(c, store, resource_find(STR("status")), &err);
	else if (r == 0)
		r = show_status(c, store, &err);
	store_close(store);
	return r < 0 ? cli_fail(&err) : EX_OK;
}

static void say(void *arg, struct str text)
{
	(void)arg;
	printf("%.*s\n", STR_ARGS(text));
}

static int db_verify(struct cli *c, const char *argument)
{
	struct store *store = NULL;
	struct err err = { 0 };
	uint64_t problems = 0;
	int code = cli_open_store(c, &store);
	(void)argument;
	if (code != EX_OK)
		return code;
	int r = store_verify(store, say, NULL, &problems, &err);
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	if (problems) {
		fprintf(stderr,
			"ruad: %llu problem%s in %s. Keep a copy of the file; restore a "
			"backup, or import the"
			" mailbox into a new database\n",
			(unsigned long long)problems, problems == 1 ? "" : "s", c->database);
		return EX_DATAERR;
	}
	if (!c->quiet)
		puts("ok: structure, sums and originals agree");
	return EX_OK;
}

int cmd_db(struct cli *c)
{
	static const struct verb verbs[] = { { "status", NULL, NULL, true, db_status },
		{ "verify", NULL, NULL, false, db_verify }, { .name = NULL } };
	return verbs_run(c, verbs);
}
