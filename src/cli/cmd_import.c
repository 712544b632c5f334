#include "document.h"
#include "feed.h"
#include "keeping.h"
#include "log.h"
#include "meter.h"
#include "progress.h"
#include "shelter.h"
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
	{ "wait", 0, "TIME",
		"wait so long for another import to end: 60, 60s or 5m (default 0)" },
	{ NULL, 0, NULL, NULL },
};

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
	CLEANUP(document)
	struct document d;
	struct json *j = &d.json;
	struct err err;
	document_begin(&d);
	json_open_object(j);
	json_ku64(j, "inputs", t->inputs);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		json_ku64(j, outcome_name((enum outcome)o), t->by_outcome[o]);
	json_ku64(j, "reports", t->reports);
	json_ku64(j, "records", t->records);
	json_ku64(j, "messages", t->messages);
	json_key(j, "seconds");
	json_f64(j, seconds, 3);
	json_close_object(j);
	(void)document_print(&d, &err); /* a dozen numbers fit */
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

/* Of every import that this command does. */
static struct import_options options_of(const struct cli *c)
{
	return (struct import_options){ .dry_run = options_get(&c->options, "dry-run") != NULL,
		.stop = &cli_stop };
}

/* --- Paths and standard input --- */

static int open_paths(
	struct cli *c, const struct ingest_options *opt, struct source **ret, struct err *err)
{
	char **paths = c->options.args;
	size_t n = c->options.arg_count;

	if (n == 1 && strcmp(paths[0], "-") == 0)
		return source_open_stdin(STDIN_FILENO, opt, ret, err);
	for (size_t i = 0; i < n; i++)
		if (strcmp(paths[i], "-") == 0)
			return FAIL(err, ERR_USAGE, NULL,
				"- (standard input) stands alone, without other paths");
	return source_open_paths(paths, n, opt, ret, err);
}

static int import_source(struct cli *c, struct importer *imp, struct source *source)
{
	struct progress *progress = c->progress ? progress_new(STR_ABSENT, 1) : NULL;
	struct import_options opt = options_of(c);
	uint64_t begun_ms = time_monotonic_ms();
	struct import_totals totals = { 0 };
	struct err err = { 0 };
	int r, code;

	if (progress) {
		opt.progress = progress_tell;
		opt.progress_arg = progress_part(progress, 0);
	}
	r = importer_run(imp, source, opt, &totals, &err);
	progress_free(progress);
	code = report_end(c, &totals, (double)(time_monotonic_ms() - begun_ms) / 1000.0);
	return r < 0 ? cli_fail(&err) : code;
}

static int import_paths(struct cli *c, struct importer *imp, unsigned wait_ms)
{
	struct ingest_options opt = { .limits = &c->limits };
	const char *done = options_get(&c->options, "done");
	enum done_action action = DONE_LEAVE;
	struct source *source = NULL;
	struct err err = { 0 };
	int code;

	if (done && !done_action_from_name(str_of(done), &action))
		return cli_usage(c, "--done is leave, seen or move, not '%.40s'", done);
	ingest_done(&opt, action);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		opt.folder[i] = options_get(
			&c->options, i == OUTCOME_REJECTED ? "failed-folder" : "done-folder");
	if (open_paths(c, &opt, &source, &err) < 0)
		return cli_fail(&err);
	if (importer_enter(imp, wait_ms, &cli_stop, &err) < 0) {
		code = cli_fail(&err);
	} else {
		code = import_source(c, imp, source);
		importer_leave(imp);
	}
	source_close(source);
	return code;
}

/* --- Configured sources, several at once --- */

#define AT_ONCE 8

struct job {
	const struct source_config *source;
	struct import_options opt;
	struct import_totals totals;
	struct err err;
	int r;
};

struct jobs {
	struct cli *c;
	struct importer *imp;
	struct job *job;
	size_t n;
	atomic_size_t next;
};

static void *work(void *arg)
{
	struct jobs *jobs = arg;
	size_t i;

	while ((i = jobs->next++) < jobs->n && !cli_stop) {
		struct job *job = &jobs->job[i];
		struct source *source = NULL;

		job->r = feed_import(jobs->imp, job->source, &jobs->c->limits, &job->opt,
			&source, &job->totals, &job->err);
		source_close(source);
	}
	return NULL;
}

/* One of the threads is this one. */
static void work_at_once(struct jobs *jobs)
{
	pthread_t threads[AT_ONCE];
	size_t n = 0;

	while (n + 1 < AT_ONCE && n + 1 < jobs->n &&
		pthread_create(&threads[n], NULL, work, jobs) == 0)
		n++;
	work(jobs);
	while (n > 0)
		pthread_join(threads[--n], NULL);
}

static int report_jobs(const struct jobs *jobs, double seconds)
{
	struct import_totals sum = { 0 };
	int failed = EX_OK, code;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = &jobs->job[i];

		import_totals_add(&sum, &job->totals);
		if (job->r == 0)
			continue;
		fprintf(stderr, "ruad: %s: %s\n", job->source->name, job->err.text);
		failed = exit_worse(failed, exit_of(&job->err));
	}
	if (cli_stop)
		sum.interrupted = true;
	code = report_end(jobs->c, &sum, seconds);
	return exit_worse(failed, code);
}

static struct progress *show_progress(struct jobs *jobs)
{
	struct str what = str_of(jobs->job[0].source->name);
	struct progress *progress;

	if (!jobs->c->progress)
		return NULL;
	if (jobs->n > 1)
		what = arena_printf(jobs->c->arena, "%zu sources", jobs->n);
	progress = progress_new(what, jobs->n);
	for (size_t i = 0; i < jobs->n; i++) {
		jobs->job[i].opt.progress = progress_tell;
		jobs->job[i].opt.progress_arg = progress_part(progress, i);
	}
	return progress;
}

static int import_configured(struct cli *c, struct importer *imp,
	const struct source_config **sources, size_t n, unsigned wait_ms)
{
	struct jobs jobs = { .c = c, .imp = imp, .n = n };
	uint64_t begun_ms = time_monotonic_ms();
	struct progress *progress;
	struct err err = { 0 };

	jobs.job = ARENA_ARRAY(c->arena, struct job, n);
	for (size_t i = 0; i < n; i++)
		jobs.job[i] = (struct job){ .source = sources[i], .opt = options_of(c) };
	if (importer_enter(imp, wait_ms, &cli_stop, &err) < 0)
		return cli_fail(&err);
	progress = show_progress(&jobs);
	work_at_once(&jobs);
	progress_free(progress);
	importer_leave(imp);
	return report_jobs(&jobs, (double)(time_monotonic_ms() - begun_ms) / 1000.0);
}

/* --- Which? --- */

/* A word that is neither a source nor a path. */
static bool is_nothing(const char *word)
{
	return strcmp(word, "-") != 0 && !strchr(word, '/') && access(word, F_OK) != 0;
}

static int no_such(const struct cli *c, const char *word, struct err *err)
{
	const struct source_config *none;
	struct err source = { 0 };

	(void)config_source_find(&c->config, word, &none, &source);
	return FAIL(err, ERR_CONFIG, "no-input", "there is no file or folder %.80s, and %s",
		word, source.text);
}

/* The sources that are meant: all, those that are named, or none (*ret_n 0): there are paths.
 */
static int choose(
	struct cli *c, const struct source_config ***ret, size_t *ret_n, struct err *err)
{
	size_t args = c->options.arg_count, n = 0;
	const struct source_config **chosen = ARENA_ARRAY(
		c->arena, const struct source_config *, args + c->config.source_count + 1);

	for (size_t i = 0; args == 0 && i < c->config.source_count; i++)
		chosen[n++] = &c->config.sources[i];
	for (size_t i = 0; i < args; i++) {
		const char *word = c->options.args[i];

		chosen[n] = config_source(&c->config, word);
		if (chosen[n])
			n++;
		else if (c->config.source_count > 0 && is_nothing(word))
			return no_such(c, word, err);
	}
	if (args > 0 && n > 0 && n < args)
		return FAIL(err, ERR_USAGE, NULL,
			"name either configured sources or paths; a path that is called like a "
			"source is ./%.60s",
			chosen[0]->name);
	*ret = chosen;
	*ret_n = n;
	return 0;
}

/* Whoever reads mail has no need of other files.  Silent: a job of every night has nothing to
 * tell when all is well; Status and -v say what holds. */
static int take_shelter(
	struct cli *c, const struct source_config **sources, size_t n, struct err *err)
{
	const char *done = options_get(&c->options, "done");
	bool changes = done && strcmp(done, "leave") != 0;
	struct enclosure e = { 0 };
	struct shelter shelter;
	int r = 0;

	shelter_init(&shelter, c);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = shelter_source(&shelter, sources[i], err);
	for (size_t i = 0; n == 0 && i < c->options.arg_count; i++)
		shelter_mail(&shelter, c->options.args[i], changes);
	if (r < 0)
		return r;
	shelter_enter(&shelter, &e);
	log_line(LOG_LEVEL_INFO, "import.confined",
		LOG_STR("seccomp", e.seccomp ? STR("yes") : STR("no")),
		LOG_STR("landlock", e.landlock ? STR("yes") : STR("no")));
	return 0;
}

static int import_with(struct cli *c, struct importer *imp, unsigned wait_ms)
{
	const struct source_config **sources = NULL;
	struct err err = { 0 };
	size_t n = 0;

	if (choose(c, &sources, &n, &err) < 0)
		return cli_fail(&err);
	if (n == 0 && c->options.arg_count == 0)
		return cli_usage(c,
			"import what? No source is configured (see: man ruad.conf). Name a "
			"maildir, an mbox, a folder or files, or - for standard input");
	if (n > 0 &&
		(options_get(&c->options, "done") || options_get(&c->options, "done-folder") ||
			options_get(&c->options, "failed-folder")))
		return cli_usage(c, "--done and its folders are for paths; for a configured "
				    "source set done, done_folder and failed_folder in the "
				    "configuration");
	cli_catch_signals();
	feed_guard_secrets(&c->config);
	if (take_shelter(c, sources, n, &err) < 0)
		return cli_fail(&err);
	return n > 0 ? import_configured(c, imp, sources, n, wait_ms)
		     : import_paths(c, imp, wait_ms);
}

int cli_wait(const struct cli *c, unsigned *ret_ms)
{
	const char *wait = options_get(&c->options, "wait");
	struct str text = str_of(wait);
	uint64_t s = 0;

	if (wait && ((!str_to_u64(text, &s) && !config_duration(text, &s)) || s > 86400))
		return cli_usage(c,
			"--wait takes seconds, or a time such as 90s or 5m, up to a day; not "
			"'%.40s'",
			wait);
	*ret_ms = (unsigned)s * 1000;
	return EX_OK;
}

/* What became too old, where the configuration says how long it is kept. */
static int prune_after(struct cli *c, int code)
{
	struct meter meter = { .on = c->progress };
	struct keeping keeping = keeping_of(&c->config);
	struct care care = meter_care(&meter);
	struct pruned pruned;
	struct err err = { 0 };
	int r;

	if (code == EX_USAGE || code == EX_TEMPFAIL || code == EX_CONFIG || cli_stop ||
		options_get(&c->options, "dry-run"))
		return EX_OK;
	r = keeping_prune(c->database, &keeping, &care, &pruned, &err);
	meter_end(&meter);
	/* It goes on with the next one. */
	if (r < 0 && !cli_stop)
		return cli_fail(&err);
	return EX_OK;
}

int cmd_import(struct cli *c)
{
	struct importer *imp = NULL;
	struct err err = { 0 };
	unsigned wait_ms;
	int code = cli_wait(c, &wait_ms);

	if (code != EX_OK)
		return code;
	if (importer_new(c->database, &c->limits, c->psl_file, &imp, &err) < 0)
		return cli_fail(&err);
	importer_keep(imp, config_number(&c->config, KEY_KEEP));
	importer_admit(imp, c->config.admissions, c->config.source_count + 1);
	code = import_with(c, imp, wait_ms);
	importer_free(imp);
	return exit_worse(code, prune_after(c, code));
}
