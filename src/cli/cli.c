#include "cli.h"

#include "check_set.h"
#include "log.h"
#include "rua.h"
#include "xalloc.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

const struct option_spec global_options[] = {
	{ "config", 'c', "FILE",
		"the configuration, or none (default $RUAD_CONFIG, else " CONFIG_FILE_DEFAULT
		")" },
	{ "db", 0, "FILE", "the database, instead of the configured one" },
	{ "json", 0, NULL, "print the API's document" },
	{ "csv", 0, NULL, "print comma-separated values" },
	{ "color", 0, "WHEN", "auto, always or never (NO_COLOR is honoured)" },
	{ "progress", 0, "WHEN", "progress line on standard error: auto, always or never" },
	{ "log-format", 0, "FORM", "lines of the log: logfmt (the default) or json" },
	{ "psl", 0, "FILE", "another Public Suffix List than the configured one" },
	{ "set", 0, "LIMIT=VALUE",
		"change a limit, e.g. mail_size=50M (see: ruad help limits)" },
	{ "quiet", 'q', NULL, "no talk but errors" },
	{ "verbose", 'v', NULL, "more talk; twice: everything" },
	{ "help", 'h', NULL, "what this command does" },
	{ NULL, 0, NULL, NULL },
};

int cli_fail(const struct err *err)
{
	fprintf(stderr, "ruad: %s\n", err->text);
	return exit_of(err);
}

int cli_usage(const struct cli *c, const char *fmt, ...)
{
	(void)c;
	va_list ap;
	va_start(ap, fmt);
	fputs("ruad: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return EX_USAGE;
}

int cli_open_store(struct cli *c, struct store **ret)
{
	struct err err = { 0 };
	if (store_open(c->database, STORE_READ, 5000, ret, &err) < 0)
		return cli_fail(&err);
	store_services(*ret, c->config.services);
	return EX_OK;
}

void cli_print(struct str text)
{
	fwrite(text.p, 1, text.n, stdout);
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		putchar('\n');
}

atomic_int cli_stop;

static void on_signal(int number)
{
	if (cli_stop)
		_exit(128 + number);
	cli_stop = 1;
}

void cli_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = 0 };
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static const struct command *command_find(const char *name)
{
	for (const struct command *c = command_table; c->name; c++) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}

static int no_such_command(const char *name)
{
	const char *suggestion = NULL;
	unsigned best = 4;
	for (const struct command *c = command_table; strlen(name) < 60 && c->name; c++) {
		unsigned d = str_distance(str_of(c->name), str_of(name));
		if (d < best) {
			best = d;
			suggestion = c->name;
		}
	}
	if (suggestion)
		fprintf(stderr, "ruad: '%.60s' is not a command. Did you mean '%s'?\n", name,
			suggestion);
	else
		fprintf(stderr, "ruad: '%.60s' is not a command. `ruad help` lists them.\n",
			name);
	return EX_USAGE;
}

static int take_limit(struct cli *c, const char *text, struct err *err)
{
	struct str value = str_of(text), name;
	str_cut(&value, '=', &name);
	const struct config_key *key = config_key_find(CONFIG_LIMITS, name);
	if (!key || str_absent(value))
		return FAIL(err, ERR_USAGE, NULL,
			"--set %s: no such limit, or no value (ruad help limits)", text);
	return config_set(&c->config, config_key_id(key), value.p, "--set", err);
}

static int take_flags(struct cli *c, struct err *err)
{
	static const struct {
		const char *option, *flag;
		enum config_id id;
	} flags[] = { { "db", "--db", KEY_DATABASE },
		{ "psl", "--psl", KEY_PUBLIC_SUFFIX_LIST } };
	const struct options *o = &c->options;
	int r = 0;
	for (size_t i = 0; r == 0 && i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *value = options_get(o, flags[i].option);
		if (value)
			r = config_set(&c->config, flags[i].id, value, flags[i].flag, err);
	}
	for (size_t i = 0; r == 0 && i < o->value_count; i++) {
		if (strcmp(o->values[i].name, "set") == 0)
			r = take_limit(c, o->values[i].value, err);
	}
	return r;
}

void cli_faults(struct cli *c, const struct faults *f, const char *prefix)
{
	size_t shown = f->count < FAULTS_MOST ? f->count : FAULTS_MOST;
	for (size_t i = 0; i < shown; i++) {
		struct str line = printable(c->arena, f->lines[i]);
		fprintf(stderr, "ruad: %s%.*s\n", prefix, STR_ARGS(line));
	}
	if (f->count > shown)
		fprintf(stderr, "ruad: %sand %zu more\n", prefix, f->count - shown);
}

int cli_settings(struct cli *c, bool tolerant)
{
	struct faults faults = { .arena = c->arena };
	struct err err = { 0 };
	const char *file = options_get(&c->options, "config");
	int r = config_load(c->arena, file, environ, &c->config, &faults);
	if (r < 0 && !tolerant) {
		cli_faults(c, &faults, "");
		return EX_CONFIG;
	}
	if (r < 0) {
		struct faults none = { .arena = c->arena };
		config_load(c->arena, "none", NULL, &c->config, &none);
	}
	if (take_flags(c, &err) < 0)
		return cli_fail(&err);
	c->limits = c->config.limits;
	c->database = c->config.database;
	c->psl_file = c->config.psl_file;
	return EX_OK;
}

static bool when_ok(const char *value)
{
	return !value || strcmp(value, "auto") == 0 || strcmp(value, "always") == 0 ||
	       strcmp(value, "never") == 0;
}

/* A form that a command does not have must not be passed over. */
static int settle_form(struct cli *c, struct err *err)
{
	bool json = options_get(&c->options, "json") != NULL,
	     csv = options_get(&c->options, "csv") != NULL;
	if (json && csv)
		return FAIL(err, ERR_USAGE, NULL, "choose one of --json and --csv");
	c->output = json ? OUTPUT_JSON : csv ? OUTPUT_CSV : OUTPUT_TEXT;
	if (c->output != OUTPUT_TEXT && !(c->command->forms & 1u << c->output))
		return FAIL(err, ERR_USAGE, NULL, "--%s: its answer has no %s form",
			json ? "json" : "csv", json ? "JSON" : "CSV");
	return 0;
}

static int settle_log(struct cli *c, struct err *err)
{
	const char *format = options_get(&c->options, "log-format");
	bool json = format && strcmp(format, "json") == 0;
	if (format && !json && strcmp(format, "logfmt") != 0)
		return FAIL(err, ERR_USAGE, NULL, "--log-format is logfmt or json");
	log_set_json(json);
	log_set_level(c->verbose > 1 ? LOG_LEVEL_DEBUG
		      : c->verbose   ? LOG_LEVEL_INFO
				     : LOG_LEVEL_WARN);
	return 0;
}

static int settle(struct cli *c, struct err *err)
{
	const struct options *o = &c->options;
	const char *color = options_get(o, "color"), *progress = options_get(o, "progress");
	if (!when_ok(color) || !when_ok(progress))
		return FAIL(err, ERR_USAGE, NULL,
			"--color and --progress are auto, always or never");
	if (options_get(o, "db") && !*options_get(o, "db"))
		return FAIL(err, ERR_USAGE, NULL, "--db wants the name of a file");
	c->quiet = options_get(o, "quiet") != NULL;
	for (size_t i = 0; i < o->value_count; i++)
		c->verbose += strcmp(o->values[i].name, "verbose") == 0;
	if (settle_log(c, err) < 0 || (!options_get(o, "help") && settle_form(c, err) < 0))
		return err->code;
	terminal_init(&c->terminal, color);
	c->progress = progress && strcmp(progress, "always") == 0;
	if (!progress || strcmp(progress, "auto") == 0)
		c->progress = c->terminal.err_is_terminal && !c->quiet;
	c->now_at = time_now();
	limits_default(&c->limits);
	return 0;
}

/* An answer that did not arrive is a failure, whatever the command itself said; told only once.
 */
static int flush_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (code == EX_IOERR)
		return code;
	fputs("ruad: standard output could not be written\n", stderr);
	return EX_IOERR;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	CLEANUP(arena)
	struct arena arena;
	arena_init(&arena);
	struct cli c = { .arena = &arena, .command = command };
	struct err err = { 0 };
	query_init(&c.query, &arena);
	if (options_parse(&arena, argc, argv, global_options, command->options,
		    command->filters ? &c.query : NULL, command->filters, &c.options,
		    &err) < 0 ||
		settle(&c, &err) < 0) {
		if (command->run == cmd_check)
			return check_refused(&arena, err.text);
		fprintf(stderr, "ruad %s: %s\n", command->name, err.text);
		return EX_USAGE;
	}
	if (options_get(&c.options, "help")) {
		c.options.args[0] = (char *)command->name;
		c.options.arg_count = 1;
		return flush_output(cmd_help(&c));
	}
	if (command->filters && query_end(&c.query, c.now_at, &err) < 0)
		return cli_fail(&err);
	if (command->config != COMMAND_CONFIG_BY_ITSELF) {
		int code = cli_settings(&c, command->config == COMMAND_CONFIG_IF_GOOD);
		if (code != EX_OK)
			return code;
	}
	return flush_output(command->run(&c));
}

int cli_main(int argc, char **argv)
{
	/* Who reads the answer may stop reading: no failure that anybody wants to hear of. */
	signal(SIGPIPE, SIG_DFL);
	if (argc < 2) {
		(void)run_command(command_find("help"), 0, argv);
		return EX_USAGE;
	}
	/* Global options may stand before the command. */
	int at = 1;
	while (at < argc && argv[at][0] == '-' && argv[at][1]) {
		if (strcmp(argv[at], "--version") == 0)
			argv[at] = (char *)"version";
		if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
			argv[at] = (char *)"help";
		if (argv[at][0] != '-')
			break;
		const struct option_spec *spec = global_options;
		for (; spec->name; spec++) {
			if (argv[at][1] == '-' ? strcmp(argv[at] + 2, spec->name) == 0
					       : argv[at][1] == spec->letter)
				break;
		}
		at += spec->name && spec->value ? 2 : 1;
	}
	if (at >= argc) {
		fputs("ruad: which command? `ruad help` lists them.\n", stderr);
		return EX_USAGE;
	}
	const struct command *command = command_find(argv[at]);
	if (!command)
		return no_such_command(argv[at]);
	rua_global_init();
	/* The command's name goes, what stood before it stays in front. */
	for (int i = at; i > 1; i--)
		argv[i] = argv[i - 1];
	int code = run_command(command, argc - 2, argv + 2);
	return command->run == cmd_check ? check_exit(code) : code;
}
