#include "cli.h"

#include "flow.h"
#include "ingest.h"
#include "xalloc.h"

#include <string.h>
#include <unistd.h>

const struct option_spec import_options_spec[] = {
	{ "done", 0, "WHAT",
		"of a mail in a maildir, after the commit: leave (default), seen or move" },
	{ "done-folder", 0, "NAME", "where --done move puts mails (default Done)" },
	{ "failed-folder", 0, "NAME",
		"where --done move puts rejected mails (default Failed)" },
	{ "dry-run", 'n', NULL, "do everything but write" },
	{ "strict", 0, NULL, "exit 65 when an input was rejected" },
	{ "wait", 0, "SECONDS", "wait so long for another import to end (default 0)" },
	{ NULL, 0, NULL, NULL },
};

struct progress {
	struct cli *cli;
	uint64_t begun_ms, drawn_ms;
	bool shown;
};

static void progress_draw(void *arg, const struct import_totals *t, uint64_t total)
{
	struct progress *p = arg;
	uint64_t now = time_monotonic_ms();
	if (now - p->drawn_ms < 100)
		return;
	p->drawn_ms = now;
	p->shown = true;
	char of[32] = "";
	if (total)
		snprintf(of, sizeof(of), "/%llu", (unsigned long long)total);
	uint64_t spent = now - p->begun_ms;
	fprintf(stderr, "\r\033[K%llu%s read  %llu stored  %llu rejected  %llu/s",
		(unsigned long long)t->read, of,
		(unsigned long long)t->by_outcome[OUTCOME_STORED],
		(unsigned long long)t->by_outcome[OUTCOME_REJECTED],
		(unsigned long long)(spent ? t->read * 1000 / spent : 0));
	fflush(stderr);
}

static void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}

static void summary_text(const struct import_totals *t, double seconds)
{
	fprintf(stderr,
		"%llu inputs: %llu stored, %llu duplicate, %llu ignored, %llu rejected"
		" (%llu reports, %llu records, %llu messages) in %.1f s\n",
		(unsigned long long)t->inputs,
		(unsigned long long)t->by_outcome[OUTCOME_STORED],
		(unsigned long long)t->by_outcome[OUTCOME_DUPLICATE],
		(unsigned long long)t->by_outcome[OUTCOME_IGNORED],
		(unsigned long long)t->by_outcome[OUTCOME_REJECTED],
		(unsigned long long)t->reports, (unsigned long long)t->records,
		(unsigned long long)t->messages, seconds);
	if (t->by_outcome[OUTCOME_REJECTED])
		fputs("Why inputs were rejected: ruad show problems\n", stderr);
}

static void summary_json(const struct import_totals *t, double seconds)
{
	CLEANUP(buf)
	struct buf out;
	buf_init(&out, 4 * KIB);
	struct json j;
	json_init(&j, &out);
	json_open_object(&j);
	json_ku64(&j, "inputs", t->inputs);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		json_ku64(&j, outcome_name((enum outcome)o), t->by_outcome[o]);
	json_ku64(&j, "reports", t->reports);
	json_ku64(&j, "records", t->records);
	json_ku64(&j, "messages", t->messages);
	json_key(&j, "seconds");
	json_f64(&j, seconds, 3);
	json_close_object(&j);
	json_end(&j);
	cli_print(buf_view(&out));
}

static int open_source(
	struct cli *c, const struct ingest_options *opt, struct source **ret, struct err *err)
{
	char **paths = c->options.args;
	size_t n = c->options.arg_count;
	if (n == 1 && strcmp(paths[0], "-") == 0)
		return source_open_stdin(STDIN_FILENO, opt, ret, err);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(paths[i], "-") == 0)
			return FAIL(err, ERR_USAGE, NULL,
				"- (standard input) stands alone, without other paths");
	}
	return source_open_paths(paths, n, opt, ret, err);
}

static int report_end(struct cli *c, const struct import_totals *t, double seconds)
{
	int code = EX_OK;
	if (c->output == OUTPUT_JSON)
		summary_json(t, seconds);
	else if (c->progress || c->verbose)
		summary_text(t, seconds);
	if (code == EX_OK && t->interrupted) {
		fputs("ruad: interrupted; what was read so far is stored, run the import again "
		      "for the rest\n",
			stderr);
		code = EX_TEMPFAIL;
	}
	if (code == EX_OK && options_get(&c->options, "strict") &&
		t->by_outcome[OUTCOME_REJECTED])
		code = EX_DATAERR;
	return code;
}

static int import_into(struct cli *c, struct source *source, struct store *store)
{
	struct err err = { 0 };
	struct flow *flow = NULL;
	if (flow_new(&c->limits, c->psl_file, &flow, &err) < 0)
		return cli_fail(&err);
	struct progress progress = { .cli = c, .begun_ms = time_monotonic_ms() };
	struct import_options opt = { .dry_run = options_get(&c->options, "dry-run") != NULL,
		.stop = &cli_stop };
	if (c->progress) {
		opt.progress = progress_draw;
		opt.progress_arg = &progress;
	}
	struct import_totals totals = { 0 };
	cli_catch_signals();
	int r = flow_import(flow, store, source, &opt, &totals, &err);
	flow_free(flow);
	progress_end(&progress);
	double seconds = (double)(time_monotonic_ms() - progress.begun_ms) / 1000.0;
	int code = report_end(c, &totals, seconds);
	return r < 0 ? cli_fail(&err) : code;
}

int cmd_import(struct cli *c)
{
	struct err err = { 0 };
	struct ingest_options opt = { .limits = &c->limits,
		.done_folder = options_get(&c->options, "done-folder"),
		.failed_folder = options_get(&c->options, "failed-folder") };
	const char *done = options_get(&c->options, "done"),
		   *wait = options_get(&c->options, "wait");
	uint64_t wait_s = 0;
	if (c->options.arg_count == 0)
		return cli_usage(c, "import what? Name a maildir, an mbox, a folder or files, "
				    "or - for standard input");
	if (done && !done_action_from_name(str_of(done), &opt.done))
		return cli_usage(c, "--done is leave, seen or move, not '%.40s'", done);
	if (wait && (!str_to_u64(str_of(wait), &wait_s) || wait_s > 86400))
		return cli_usage(c, "--wait takes seconds, 0 to 86400, not '%.40s'", wait);
	struct source *source = NULL;
	if (open_source(c, &opt, &source, &err) < 0)
		return cli_fail(&err);
	struct store *store = NULL;
	int code;
	if (store_open(c->database, STORE_WRITE, (unsigned)wait_s * 1000, &store, &err) < 0)
		code = cli_fail(&err);
	else
		code = import_into(c, source, store);
	store_close(store);
	source_close(source);
	return code;
}
