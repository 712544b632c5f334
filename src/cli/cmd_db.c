#include "cli.h"

#include "doc.h"
#include "feed.h"
#include "xalloc.h"

#include <string.h>

static void print_status(struct cli *c, const struct store_status *s)
{
	struct arena *a = c->arena;
	char first[DAY_TEXT], last[DAY_TEXT], run[TIME_TEXT];
	struct str reports = number_text(a, s->reports), records = number_text(a, s->records);
	struct str messages = number_text(a, s->messages),
		   bytes = number_text(a, s->size_bytes);
	struct str raw = number_text(a, s->raw_bytes), from = day_text(s->first_day, first);
	struct str to = day_text(s->last_day, last), at = time_plain(s->last_run_at, run);
	printf("database   %s\n", c->database);
	printf("schema     %lld (this program: %lld), generation %lld\n",
		(long long)s->schema_version, (long long)store_schema_version(),
		(long long)s->generation);
	printf("size       %.*s bytes, of it originals %.*s\n", STR_ARGS(bytes), STR_ARGS(raw));
	printf("content    %.*s reports, %.*s records, %.*s messages, %llu domains, %llu "
	       "sources\n",
		STR_ARGS(reports), STR_ARGS(records), STR_ARGS(messages),
		(unsigned long long)s->domains, (unsigned long long)s->sources);
	if (s->reports)
		printf("days       %.*s to %.*s\n", STR_ARGS(from), STR_ARGS(to));
	printf("inputs     %llu: %llu stored, %llu duplicate, %llu ignored, %llu rejected\n",
		(unsigned long long)s->inputs,
		(unsigned long long)s->by_outcome[OUTCOME_STORED],
		(unsigned long long)s->by_outcome[OUTCOME_DUPLICATE],
		(unsigned long long)s->by_outcome[OUTCOME_IGNORED],
		(unsigned long long)s->by_outcome[OUTCOME_REJECTED]);
	if (s->last_run_at)
		printf("last run   %.*s UTC\n", STR_ARGS(at));
	else
		printf("last run   none yet: ruad import /path/to/Maildir\n");
}

static int db_status(struct cli *c, struct store *store)
{
	struct err err = { 0 };
	if (c->output != OUTPUT_JSON) {
		struct store_status status = { 0 };
		if (store_status(store, &status, &err) < 0)
			return cli_fail(&err);
		print_status(c, &status);
		return EX_OK;
	}
	CLEANUP(buf)
	struct buf out;
	buf_init(&out, MIB);
	struct json j;
	json_init(&j, &out);
	struct flow *flow = NULL; /* only to know the Public Suffix List in force */
	if (flow_new(&c->limits, c->psl_file, &flow, &err) < 0)
		return cli_fail(&err);
	struct doc_context doc = { .store = store,
		.now_at = c->now_at,
		.arena = c->arena,
		.psl_version = flow_psl_version(flow) };
	doc.imports = feed_told(c->arena, &c->config, &doc.import_count);
	struct query q;
	query_init(&q, c->arena);
	int r = query_end(&q, c->now_at, &err);
	if (r == 0)
		r = resource_find(STR("status"))->write(&doc, &q, &j, &err);
	flow_free(flow);
	if (r < 0)
		return cli_fail(&err);
	json_end(&j);
	cli_print(buf_view(&out));
	return EX_OK;
}

static void say(void *arg, struct str text)
{
	(void)arg;
	printf("%.*s\n", STR_ARGS(text));
}

static int db_verify(struct cli *c, struct store *store)
{
	struct err err = { 0 };
	uint64_t problems = 0;
	if (store_verify(store, say, NULL, &problems, &err) < 0)
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
	const char *what = c->options.arg_count == 1 ? c->options.args[0] : "";
	bool verify = strcmp(what, "verify") == 0;
	if (!verify && strcmp(what, "status") != 0)
		return cli_usage(c, "db what? status or verify");
	struct store *store = NULL;
	int code = cli_open_store(c, &store);
	if (code != EX_OK)
		return code;
	code = verify ? db_verify(c, store) : db_status(c, store);
	store_close(store);
	return code;
}
