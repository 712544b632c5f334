/* `ruad input`: a problem is tried again, or set aside. */
#include "document.h"
#include "importer.h"
#include "verbs.h"

#include <unistd.h>

#define WRITE_WAIT_MS 5000

const struct option_spec input_options_spec[] = {
	{ "release", 0, NULL, "of retry: what was held back because of its mail is let in" },
	{ "wait", 0, "TIME", "wait so long for an import to end: 60, 60s or 5m (default 0)" },
	{ NULL, 0, NULL, NULL },
};

static int missing(const char *id)
{
	fprintf(stderr, "ruad: there is no input %.40s (ruad show problems lists them)\n", id);
	return EX_NOINPUT;
}

static int bad_id(struct cli *c, const char *id)
{
	return cli_usage(c, "an input is named by its id, a number, not '%.40s'", id);
}

/* Who names one of its inputs does not want a new database. */
static int look_for_database(struct cli *c)
{
	struct store *store = NULL;
	int code = access(c->database, F_OK) < 0 ? cli_open_store(c, &store) : EX_OK;

	store_close(store);
	return code;
}

/* --- Again --- */

static void print_entry(struct cli *c, const struct kept_entry *e)
{
	const struct reason *reason = e->in.reason ? reason_find(str_of(e->in.reason)) : NULL;
	struct str part = printable(c->arena, e->in.part),
		   detail = printable(c->arena, e->in.detail);

	printf("input %lld", (long long)e->id);
	if (!str_empty(part))
		printf(" [%.*s]", STR_ARGS(part));
	printf(": %s%s", e->changed ? "" : "still ", outcome_name(e->in.outcome));
	if (e->in.report)
		printf(", report %lld", (long long)e->in.report);
	if (reason)
		printf(" (%s): %s", reason->code, reason->sentence);
	if (!str_empty(detail))
		printf(" %.*s", STR_ARGS(detail));
	putchar('\n');
}

/* The same documents as the API has of an input. */
static int print_json(struct cli *c, const struct retry_result *result, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct store *store = NULL;
	struct doc_context doc;
	int r = store_open(c->database, STORE_READ, WRITE_WAIT_MS, &store, err);

	if (r < 0)
		return r;
	doc = document_context(c, store);
	document_begin(&d);
	json_open_object(&d.json);
	json_kcstr(&d.json, "outcome", outcome_name(result->outcome));
	json_kbool(&d.json, "changed", result->changed);
	json_kopen_array(&d.json, "inputs");
	for (size_t i = 0; i < result->count && r >= 0; i++)
		r = doc_input(&doc, result->entries[i].id, &d.json, err);
	json_close_array(&d.json);
	json_close_object(&d.json);
	store_close(store);
	return r < 0 ? r : document_print(&d, err);
}

static int retry_in(
	struct cli *c, struct importer *imp, int64_t id, const char *text, unsigned wait_ms)
{
	const struct import_options opt = { .stop = &cli_stop,
		.release = options_get(&c->options, "release") != NULL };
	struct retry_result result;
	struct err err = { 0 };
	int r;

	cli_catch_signals();
	if (importer_enter(imp, wait_ms, &cli_stop, &err) < 0)
		return cli_fail(&err);
	r = importer_retry(imp, id, opt, c->arena, &result, &err);
	importer_leave(imp);
	if (r == 0)
		return missing(text);
	if (r > 0 && c->output == OUTPUT_JSON)
		r = print_json(c, &result, &err);
	if (r < 0)
		return cli_fail(&err);
	for (size_t i = 0; c->output == OUTPUT_TEXT && !c->quiet && i < result.count; i++)
		print_entry(c, &result.entries[i]);
	return result.outcome == OUTCOME_REJECTED ? EX_DATAERR : EX_OK;
}

static int input_retry(struct cli *c, const char *text)
{
	struct importer *imp = NULL;
	struct err err = { 0 };
	unsigned wait_ms;
	int64_t id;
	int code = cli_wait(c, &wait_ms);

	if (code != EX_OK)
		return code;
	if (!doc_id(str_of(text), &id))
		return bad_id(c, text);
	code = look_for_database(c);
	if (code != EX_OK)
		return code;
	if (importer_new(c->database, &c->limits, c->psl_file, &imp, &err) < 0)
		return cli_fail(&err);
	importer_admit(imp, c->config.admissions, c->config.source_count + 1);
	code = retry_in(c, imp, id, text, wait_ms);
	importer_free(imp);
	return code;
}

/* --- Aside --- */

static int set_aside(struct cli *c, const char *text, int64_t at)
{
	struct store *store = NULL;
	struct err err = { 0 };
	int64_t id;
	int r, code;

	if (!doc_id(str_of(text), &id))
		return bad_id(c, text);
	code = look_for_database(c);
	if (code != EX_OK)
		return code;
	r = store_open(c->database, STORE_SHARED, WRITE_WAIT_MS, &store, &err);
	if (r == 0)
		r = store_dismiss(store, id, at, &err);
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	return r == 0 ? missing(text) : EX_OK;
}

static int input_dismiss(struct cli *c, const char *text)
{
	return set_aside(c, text, c->now_at);
}

static int input_reopen(struct cli *c, const char *text)
{
	return set_aside(c, text, 0);
}

int cmd_input(struct cli *c)
{
	static const struct verb verbs[] = { { "retry", "ID", "wait release", true,
						     input_retry },
		{ "dismiss", "ID", NULL, false, input_dismiss },
		{ "reopen", "ID", NULL, false, input_reopen }, { .name = NULL } };

	return verbs_run(c, verbs);
}
