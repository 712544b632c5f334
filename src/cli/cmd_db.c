#include "document.h"
#include "flow.h"
#include "keeping.h"
#include "meter.h"
#include "show.h"
#include "verbs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define OPEN_WAIT_MS 5000
#define MIGRATE_WAIT_MS 300000 /* an import that was begun before an upgrade may end */
#define FOUND_MOST 10000       /* differences in the JSON document */

const struct option_spec db_options_spec[] = {
	{ "force", 0, NULL, "backup, migrate --backup: replace a file that is there already" },
	{ "backup", 0, "FILE",
		"migrate: before an upgrade, copy the database as it is into FILE" },
	{ "older-than", 0, "AGE",
		"prune: reports, their records, and inputs, e.g. 400d (default: keep)" },
	{ "sums-older-than", 0, "AGE",
		"prune: daily sums (default: keep_sums, or as old as the records)" },
	{ "raw-older-than", 0, "AGE", "prune: original documents (default: keep_raw)" },
	{ "dry-run", 'n', NULL, "prune: count, and delete nothing" },
	{ NULL, 0, NULL, NULL },
};

/* One that is there: who wants to look after it does not want a new one. */
static int open_database(const struct cli *c, enum store_mode mode, unsigned wait_ms,
	struct store **ret, struct err *err)
{
	if (access(c->database, F_OK) < 0)
		mode = STORE_READ;
	return store_open(c->database, mode, wait_ms, ret, err);
}

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

/* --- verify --- */

struct found {
	const char *kind;
	struct str text;
	struct found *next;
};

struct verifying {
	struct cli *c;
	struct meter meter;
	struct flow *flow;
	struct found *first, **end; /* for JSON */
	uint64_t count;
};

static void say(void *arg, const char *kind, struct str text)
{
	struct verifying *v = arg;
	struct found *f;

	meter_end(&v->meter);
	if (v->c->output != OUTPUT_JSON) {
		printf("%s: %.*s\n", kind, STR_ARGS(text));
		return;
	}
	if (v->count++ >= FOUND_MOST)
		return;
	f = ARENA_NEW(v->c->arena, struct found);
	*f = (struct found){ kind, arena_str(v->c->arena, text), NULL };
	*v->end = f;
	v->end = &f->next;
}

static void judge(void *arg, struct arena *a, const struct policy *policy,
	const struct record *rec, struct verdict *ret)
{
	const struct verifying *v = arg;

	flow_judge(v->flow, a, policy, rec, ret);
}

static int verify_json(const struct verifying *v, const struct verified *sum, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;

	document_begin(&d);
	json_open_object(j);
	json_ku64(j, "schema", 1);
	json_kstr(j, "kind", STR("verify"));
	json_ku64(j, "problems", sum->problems);
	json_ku64(j, "verdicts_judged", sum->verdicts);
	json_kopen_array(j, "checks");
	for (size_t i = 0; i < sum->kind_count; i++) {
		json_open_object(j);
		json_kstr(j, "check", str_of(sum->kinds[i].name));
		json_ku64(j, "problems", sum->kinds[i].problems);
		json_close_object(j);
	}
	json_close_array(j);
	json_kopen_array(j, "found");
	for (const struct found *f = v->first; f; f = f->next) {
		json_open_object(j);
		json_kstr(j, "check", str_of(f->kind));
		json_kstr(j, "text", f->text);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
	return document_print(&d, err);
}

/* Where the only differences are verdicts, nothing is damaged. */
static void verify_advice(const struct cli *c, const struct verified *sum)
{
	uint64_t verdicts = 0;

	for (size_t i = 0; i < sum->kind_count; i++) {
		const struct verified_kind *k = &sum->kinds[i];

		if (k->problems > 0)
			fprintf(stderr, "ruad: %s: %llu\n", k->name,
				(unsigned long long)k->problems);
		if (strcmp(k->name, "verdicts") == 0)
			verdicts = k->problems;
	}
	if (verdicts == sum->problems)
		fputs("ruad: verdicts differ after an upgrade of ruad or of the Public Suffix "
		      "List: `ruad reparse` brings them up to date\n",
			stderr);
	else
		fprintf(stderr,
			"ruad: %llu problem%s in %s. Keep a copy of the file; restore a "
			"backup, or import the mailbox into a new database\n",
			(unsigned long long)sum->problems, sum->problems == 1 ? "" : "s",
			c->database);
}

static int verify_told(
	struct cli *c, const struct verifying *v, const struct verified *sum, struct err *err)
{
	if (c->output == OUTPUT_JSON && verify_json(v, sum, err) < 0)
		return cli_fail(err);
	if (sum->problems > 0) {
		verify_advice(c, sum);
		return EX_DATAERR;
	}
	if (!c->quiet && c->output != OUTPUT_JSON)
		printf("ok: structure, sums, %llu verdicts and originals agree\n",
			(unsigned long long)sum->verdicts);
	return EX_OK;
}

static int db_verify(struct cli *c, const char *argument)
{
	struct verifying v = { .c = c, .meter.on = c->progress };
	struct verify_options opt = { .say = say, .arg = &v, .judge = judge, .judge_arg = &v };
	struct verified sum;
	struct store *store = NULL;
	struct err err = { 0 };
	int code = cli_open_store(c, &store), r;

	(void)argument;
	if (code != EX_OK)
		return code;
	cli_catch_signals();
	v.end = &v.first;
	opt.care = meter_care(&v.meter);
	r = flow_new(&c->limits, c->psl_file, &v.flow, &err);
	if (r == 0)
		r = store_verify(store, &opt, &sum, &err);
	meter_end(&v.meter);
	store_close(store);
	flow_free(v.flow);
	return r < 0 ? cli_fail(&err) : verify_told(c, &v, &sum, &err);
}

/* --- backup, migrate --- */

static int db_backup(struct cli *c, const char *argument)
{
	struct meter meter = { .on = c->progress };
	struct backup_options opt = { .care = meter_care(&meter),
		.replace = options_get(&c->options, "force") != NULL };
	struct err err = { 0 };
	uint64_t bytes = 0;
	int r;

	if (strcmp(argument, "-") == 0)
		return cli_usage(c, "db backup writes a file, which is checked before it takes "
				    "its place; not standard output");
	cli_catch_signals();
	r = store_backup(c->database, argument, &opt, &bytes, &err);
	meter_end(&meter);
	if (r < 0)
		return cli_fail(&err);
	if (!c->quiet)
		printf("%s: %llu bytes, checked\n", argument, (unsigned long long)bytes);
	return EX_OK;
}

static int migrate(struct cli *c)
{
	struct store *store = NULL;
	struct err err = { 0 };

	if (store_open(c->database, STORE_WRITE, MIGRATE_WAIT_MS, &store, &err) < 0)
		return cli_fail(&err);
	if (!c->quiet && store_schema_found(store) < store_schema_version())
		printf("%s: version %lld is now %lld\n", c->database,
			(long long)store_schema_found(store),
			(long long)store_schema_version());
	store_close(store);
	return EX_OK;
}

static int db_migrate(struct cli *c, const char *argument)
{
	const char *to = options_get(&c->options, "backup");
	struct meter meter = { .on = c->progress };
	struct backup_options opt = { .care = meter_care(&meter),
		.only_older = true,
		.replace = options_get(&c->options, "force") != NULL };
	struct err err = { 0 };
	uint64_t bytes;
	int r = 0;

	(void)argument;
	if (access(c->database, F_OK) < 0 && errno == ENOENT)
		return EX_OK; /* it will be made as it should be */
	cli_catch_signals();
	if (to)
		r = store_backup(c->database, to, &opt, &bytes, &err);
	meter_end(&meter);
	return r < 0 ? cli_fail(&err) : migrate(c);
}

/* --- prune --- */

static int take_age(struct cli *c, const char *flag, uint64_t *ret)
{
	const char *text = options_get(&c->options, flag);
	uint64_t seconds;

	if (!text)
		return EX_OK;
	if (!config_duration(str_of(text), &seconds) || seconds < DAY_SECONDS ||
		seconds > KEEP_MOST_S)
		return cli_usage(c, "--%s is a time of a day or more such as 400d, not '%.40s'",
			flag, text);
	*ret = seconds;
	return EX_OK;
}

static int prune_ages(struct cli *c, struct store_ages *ret)
{
	struct keeping k = keeping_of(&c->config);
	const char *wrong;

	if (take_age(c, "older-than", &k.records) != EX_OK ||
		take_age(c, "sums-older-than", &k.sums) != EX_OK ||
		take_age(c, "raw-older-than", &k.raw) != EX_OK)
		return EX_USAGE;
	if (options_get(&c->options, "sums-older-than"))
		k.sums_set = true;
	wrong = keeping_wrong(&k);
	if (wrong)
		return cli_usage(c, "%s", wrong);
	if (k.records == 0 && k.raw == 0)
		return cli_usage(c, "prune what? Say how old (--older-than 400d), or set keep "
				    "in the configuration");
	*ret = keeping_ages(&k, c->now_at);
	return EX_OK;
}

static void day_or_never(struct json *j, const char *key, int64_t day)
{
	if (day == STORE_NOTHING_OLD)
		json_knull(j, key);
	else
		json_kday(j, key, day);
}

static int prune_json(bool dry, const struct store_ages *ages, const struct pruned *p,
	bool finished, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;

	document_begin(&d);
	json_open_object(j);
	json_ku64(j, "schema", 1);
	json_kstr(j, "kind", STR("prune"));
	json_kbool(j, "dry_run", dry);
	json_kbool(j, "finished", finished);
	day_or_never(j, "records_from", ages->records_from);
	day_or_never(j, "sums_from", ages->sums_from);
	day_or_never(j, "raw_from", ages->raw_from);
	json_ku64(j, "reports", p->reports);
	json_ku64(j, "records", p->records);
	json_ku64(j, "messages", p->messages);
	json_ku64(j, "originals", p->originals);
	json_ku64(j, "inputs", p->inputs);
	json_ku64(j, "sums", p->sums);
	json_ku64(j, "unused", p->unused);
	json_ku64(j, "steps", p->steps);
	json_ku64(j, "longest_ms", p->longest_ms);
	json_close_object(j);
	return document_print(&d, err);
}

static void prune_text(bool dry, const struct pruned *p)
{
	printf("%s%llu reports with %llu records (%llu messages), %llu originals, %llu "
	       "inputs, %llu rows of daily sums",
		dry ? "would delete " : "deleted ", (unsigned long long)p->reports,
		(unsigned long long)p->records, (unsigned long long)p->messages,
		(unsigned long long)p->originals, (unsigned long long)p->inputs,
		(unsigned long long)p->sums);
	if (dry)
		puts(", and what nothing refers to then");
	else
		printf(", %llu rows that nothing refers to; %llu steps, the longest %llu ms\n",
			(unsigned long long)p->unused, (unsigned long long)p->steps,
			(unsigned long long)p->longest_ms);
}

static int db_prune(struct cli *c, const char *argument)
{
	bool dry = options_get(&c->options, "dry-run") != NULL;
	struct meter meter = { .on = c->progress };
	struct care care = meter_care(&meter);
	struct store_ages ages;
	struct pruned pruned = { 0 };
	struct store *store = NULL;
	struct err err = { 0 }, unprinted = { 0 };
	int r, code = prune_ages(c, &ages);

	(void)argument;
	if (code != EX_OK)
		return code;
	cli_catch_signals();
	r = open_database(c, dry ? STORE_READ : STORE_SHARED, OPEN_WAIT_MS, &store, &err);
	if (r == 0)
		r = store_prune(store, &ages, dry, &care, &pruned, &err);
	meter_end(&meter);
	if (store && c->output == OUTPUT_JSON)
		code = prune_json(dry, &ages, &pruned, r == 0, &unprinted) < 0
			       ? cli_fail(&unprinted)
			       : EX_OK;
	else if (store && !c->quiet)
		prune_text(dry, &pruned);
	store_close(store);
	return r < 0 ? cli_fail(&err) : code;
}

/* --- vacuum --- */

static int db_vacuum(struct cli *c, const char *argument)
{
	struct meter meter = { .on = c->progress };
	struct care care = meter_care(&meter);
	struct vacuumed sizes = { 0 };
	struct store *store = NULL;
	struct err err = { 0 };
	int r;

	(void)argument;
	cli_catch_signals();
	r = open_database(c, STORE_WRITE, 0, &store, &err);
	if (r == 0)
		r = store_vacuum(store, &care, &sizes, &err);
	meter_end(&meter);
	store_close(store);
	if (r < 0)
		return cli_fail(&err);
	if (!c->quiet)
		printf("%s: %llu bytes before, %llu now\n", c->database,
			(unsigned long long)sizes.before_bytes,
			(unsigned long long)sizes.after_bytes);
	return EX_OK;
}

int cmd_db(struct cli *c)
{
	static const struct verb verbs[] = { { "status", NULL, NULL, true, db_status },
		{ "verify", NULL, NULL, true, db_verify },
		{ "backup", "FILE", "force", false, db_backup },
		{ "prune", NULL, "older-than sums-older-than raw-older-than dry-run", true,
			db_prune },
		{ "vacuum", NULL, NULL, false, db_vacuum },
		{ "migrate", NULL, "backup force", false, db_migrate }, { .name = NULL } };

	return verbs_run(c, verbs);
}
