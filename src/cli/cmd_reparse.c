/* `ruad reparse`: all that is kept, read again with this program. */
#include "document.h"
#include "importer.h"
#include "meter.h"

#include <string.h>

#define EXAMPLES_MOST 5
#define FAILED_MOST 1000 /* that are listed one by one */

const struct option_spec reparse_options_spec[] = {
	{ "dry-run", 'n', NULL, "say what would change, and write nothing" },
	{ "domain", 0, "NAME", "only reports about this policy domain" },
	{ "report", 0, "ID", "only this report" },
	{ "since", 0, "DAY",
		"only reports of that day and later, and inputs first read since: 2026-11-24 "
		"or 90d" },
	{ "wait", 0, "TIME", "wait so long for an import to end: 60, 60s or 5m (default 0)" },
	{ NULL, 0, NULL, NULL },
};

/* What is told of in the summary. */
struct one {
	struct reparsed_one what; /* texts in the arena */
	struct one *next;
};

struct telling {
	struct cli *c;
	struct one *first[REPARSED_COUNT], **end[REPARSED_COUNT];
	uint64_t kept[REPARSED_COUNT];
	struct meter meter;
};

static void take_one(void *arg, const struct reparsed_one *one)
{
	struct telling *t = arg;
	uint64_t most = one->kind == REPARSED_FAILED ? FAILED_MOST : EXAMPLES_MOST;
	struct one *mine;

	if (t->kept[one->kind]++ >= most)
		return;
	mine = ARENA_NEW(t->c->arena, struct one);
	mine->what = *one;
	mine->what.detail = arena_str(t->c->arena, one->detail);
	*t->end[one->kind] = mine;
	t->end[one->kind] = &mine->next;
}

static void draw(void *arg, uint64_t done, uint64_t total)
{
	struct telling *t = arg;

	meter_tell(&t->meter, "read again", done, total);
}

/* --- The summary as JSON --- */

static void id_or_null(struct json *j, const char *key, int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	json_kstr(j, key, id ? str_of(text) : STR_ABSENT);
}

static void changes_key(struct json *j, unsigned changes)
{
	json_kopen_array(j, "changes");
	for (int i = 0; i < REVISION_COUNT; i++)
		if (changes & 1U << i)
			json_cstr(j, revision_name((enum revision)i));
	json_close_array(j);
}

static void one_json(struct json *j, const struct reparsed_one *one)
{
	json_open_object(j);
	json_kcstr(j, "kind", reparsed_name(one->kind));
	id_or_null(j, "report", one->report);
	id_or_null(j, "input", one->input);
	id_or_null(j, "into", one->into);
	changes_key(j, one->changes);
	json_kstr(j, "reason", one->reason ? str_of(one->reason) : STR_ABSENT);
	json_kstr(j, "detail", one->detail);
	json_close_object(j);
}

static int print_json(
	const struct telling *t, const struct reparse_totals *sum, bool dry, struct err *err)
{
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;

	document_begin(&d);
	json_open_object(j);
	json_kbool(j, "dry_run", dry);
	json_kbool(j, "interrupted", sum->interrupted);
	json_ku64(j, "reports", sum->reports);
	json_ku64(j, "unchanged", sum->same);
	json_ku64(j, "judged_from_rows", sum->by_rows);
	json_ku64(j, "changed", sum->kinds[REPARSED_CHANGED]);
	json_ku64(j, "merged", sum->kinds[REPARSED_MERGED]);
	json_ku64(j, "failed", sum->kinds[REPARSED_FAILED]);
	json_kopen_object(j, "changes");
	for (int i = 0; i < REVISION_COUNT; i++)
		json_ku64(j, revision_name((enum revision)i), sum->changes[i]);
	json_close_object(j);
	json_ku64(j, "inputs", sum->inputs);
	json_ku64(j, "inputs_unchanged", sum->inputs_same);
	json_ku64(j, "accepted", sum->kinds[REPARSED_ACCEPTED]);
	json_ku64(j, "other_reason", sum->kinds[REPARSED_ANOTHER]);
	json_kopen_array(j, "examples");
	for (int kind = 0; kind < REPARSED_COUNT; kind++)
		for (const struct one *one = t->first[kind]; one; one = one->next)
			one_json(j, &one->what);
	json_close_array(j);
	json_close_object(j);
	return document_print(&d, err);
}

/* --- The summary as text --- */

static void print_count(uint64_t n, const char *what)
{
	if (n > 0)
		printf("%10llu  %s\n", (unsigned long long)n, what);
}

static void print_one(struct cli *c, const struct reparsed_one *one)
{
	struct str detail = printable(c->arena, one->detail);

	printf("           ");
	if (one->report && one->kind != REPARSED_ACCEPTED)
		printf(" report %lld", (long long)one->report);
	if (one->input)
		printf(" input %lld", (long long)one->input);
	if (one->kind == REPARSED_ACCEPTED)
		printf(" is report %lld", (long long)one->report);
	if (one->into)
		printf(" is report %lld", (long long)one->into);
	for (int i = 0; i < REVISION_COUNT; i++)
		if (one->changes & 1U << i)
			printf(" %s", revision_name((enum revision)i));
	if (one->reason)
		printf(" %s", one->reason);
	if (!str_empty(detail))
		printf(": %.*s", STR_ARGS(detail));
	putchar('\n');
}

static void print_kind(const struct telling *t, const struct reparse_totals *sum,
	enum reparsed kind, const char *what)
{
	uint64_t listed = 0;

	print_count(sum->kinds[kind], what);
	for (int i = 0; kind == REPARSED_CHANGED && i < REVISION_COUNT; i++)
		if (sum->changes[i])
			printf("%22llu  %s: %s\n", (unsigned long long)sum->changes[i],
				revision_name((enum revision)i),
				revision_what((enum revision)i));
	for (const struct one *one = t->first[kind]; one; one = one->next, listed++)
		print_one(t->c, &one->what);
	if (t->kept[kind] > listed)
		printf("            and %llu more\n",
			(unsigned long long)(t->kept[kind] - listed));
}

static void print_text(const struct telling *t, const struct reparse_totals *sum, bool dry)
{
	if (dry)
		puts("nothing is written; this would be:");
	printf("%10llu  reports read again", (unsigned long long)sum->reports);
	if (sum->by_rows)
		printf(", %llu of them judged from their rows",
			(unsigned long long)sum->by_rows);
	putchar('\n');
	print_count(sum->same, "as they were");
	print_kind(t, sum, REPARSED_CHANGED, "changed");
	print_kind(t, sum, REPARSED_MERGED, "the same as another one, with which they are one");
	print_kind(t, sum, REPARSED_FAILED,
		"refused now: what is stored of them stays, and is judged again");
	print_count(sum->inputs, "rejected inputs read again");
	print_count(sum->inputs_same, "rejected as before");
	print_kind(t, sum, REPARSED_ACCEPTED, "stored now");
	print_kind(t, sum, REPARSED_ANOTHER, "not stored for another reason");
}

/* --- The command --- */

static int read_since(struct cli *c, int64_t *ret)
{
	const char *since = options_get(&c->options, "since");
	uint64_t s;

	*ret = INT64_MIN;
	if (!since || day_parse(str_of(since), ret))
		return EX_OK;
	if (!config_duration(str_of(since), &s) || s > 36500ULL * 86400)
		return cli_usage(
			c, "--since is a day (2026-11-24) or a time (90d), not '%.40s'", since);
	*ret = day_of(c->now_at) - (int64_t)(s / 86400);
	return EX_OK;
}

static int read_options(struct cli *c, struct reparse_options *ret)
{
	const char *domain = options_get(&c->options, "domain"),
		   *report = options_get(&c->options, "report");
	int code = read_since(c, &ret->since_day);

	if (code != EX_OK)
		return code;
	if (c->options.arg_count > 0)
		return cli_usage(c, "reparse takes no argument '%.60s'", c->options.args[0]);
	ret->domain = domain ? arena_str_lower(c->arena, str_of(domain)) : STR_ABSENT;
	if (report && !doc_id(str_of(report), &ret->report))
		return cli_usage(c, "--report is the id of a report, not '%.40s'", report);
	ret->dry_run = options_get(&c->options, "dry-run") != NULL;
	return EX_OK;
}

static int finish(struct telling *t, const struct reparse_totals *sum, bool dry)
{
	struct cli *c = t->c;
	struct err err = { 0 };

	if (c->output == OUTPUT_JSON) {
		if (print_json(t, sum, dry, &err) < 0)
			return cli_fail(&err);
	} else if (!c->quiet) {
		print_text(t, sum, dry);
	}
	if (sum->interrupted) {
		fputs("ruad: interrupted; run it again for the rest\n", stderr);
		return EX_TEMPFAIL;
	}
	return sum->kinds[REPARSED_FAILED] ? EX_DATAERR : EX_OK;
}

static int reparse(
	struct cli *c, struct importer *imp, struct reparse_options *opt, unsigned wait_ms)
{
	struct telling t = { .c = c, .meter.on = c->progress };
	struct reparse_totals sum = { 0 };
	struct err err = { 0 };
	int r;

	for (int i = 0; i < REPARSED_COUNT; i++)
		t.end[i] = &t.first[i];
	opt->stop = &cli_stop;
	opt->progress = draw;
	opt->told = take_one;
	opt->arg = &t;
	cli_catch_signals();
	if (importer_enter(imp, wait_ms, &cli_stop, &err) < 0)
		return cli_fail(&err);
	r = importer_reparse(imp, *opt, &sum, &err);
	importer_leave(imp);
	meter_end(&t.meter);
	return r < 0 ? cli_fail(&err) : finish(&t, &sum, opt->dry_run);
}

int cmd_reparse(struct cli *c)
{
	struct reparse_options opt = { 0 };
	struct importer *imp = NULL;
	struct store *store = NULL;
	struct err err = { 0 };
	unsigned wait_ms;
	int code = cli_wait(c, &wait_ms);

	if (code == EX_OK)
		code = read_options(c, &opt);
	if (code == EX_OK) /* it must be there: nothing is made */
		code = cli_open_store(c, &store);
	store_close(store);
	if (code != EX_OK)
		return code;
	if (importer_new(c->database, &c->limits, c->psl_file, &imp, &err) < 0)
		return cli_fail(&err);
	importer_admit(imp, c->config.admissions, c->config.source_count + 1);
	code = reparse(c, imp, &opt, wait_ms);
	importer_free(imp);
	return code;
}
