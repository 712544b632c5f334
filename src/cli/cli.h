/*
 * cli.h - what every subcommand gets: the parsed line, the settings in force, the terminal.
 *
 * Answers go to standard output, talk to standard error.  A command returns an exit code
 * (exits.h).
 */
#ifndef RUAD_CLI_H
#define RUAD_CLI_H

#include "bounds.h"
#include "config.h"
#include "day.h"
#include "exits.h"
#include "options.h"
#include "query.h"
#include "store.h"
#include "terminal.h"

#include <stdatomic.h>

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_CSV };

struct cli {
	struct arena *arena;
	const struct command *command;
	struct options options;
	struct query query;
	struct config config; /* what follows from it and the flags: */
	struct limits limits;
	const char *database, *psl_file;
	struct terminal terminal;
	enum output output;
	bool quiet;
	int verbose;
	bool progress; /* a line on standard error */
	int64_t now_at;
};

enum command_config {
	COMMAND_CONFIG,		 /* wants it, and does not run when there is a mistake in it */
	COMMAND_CONFIG_IF_GOOD,	 /* runs without it then */
	COMMAND_CONFIG_BY_ITSELF /* none, or the command calls cli_settings */
};

#define FORM_JSON (1u << OUTPUT_JSON)
#define FORM_CSV (1u << OUTPUT_CSV)

struct command {
	const char *name;  /* NULL ends the table */
	const char *usage; /* what stands behind the name */
	const char *summary;
	const char *text;      /* more for --help; may be NULL */
	void (*more)(FILE *f); /* NULL, or prints of --help what is known elsewhere */
	const struct option_spec *options;
	const char *const *filters; /* names of query.h that it takes, ended by NULL; or NULL */
	unsigned forms;		    /* of its answer, beside text: FORM_JSON, FORM_CSV */
	int (*run)(struct cli *c);
	enum command_config config;
};
extern const struct command command_table[];
extern const struct option_spec global_options[];

/* The whole program: dispatches to a command; returns the exit code. */
int cli_main(int argc, char **argv);

int cmd_import(struct cli *c);
int cmd_parse(struct cli *c);
int cmd_explain(struct cli *c);
int cmd_show(struct cli *c);
int cmd_export(struct cli *c);
int cmd_readiness(struct cli *c);
int cmd_report(struct cli *c);
int cmd_sender(struct cli *c);
int cmd_ip(struct cli *c);
int cmd_search(struct cli *c);
int cmd_mark(struct cli *c);
int cmd_reparse(struct cli *c);
int cmd_input(struct cli *c);
int cmd_db(struct cli *c);
int cmd_serve(struct cli *c);
int cmd_source(struct cli *c);
int cmd_user(struct cli *c);
int cmd_token(struct cli *c);
extern const struct option_spec user_options_spec[], token_options_spec[];
int cmd_demo(struct cli *c);
int cmd_config(struct cli *c);
int cmd_check(struct cli *c);
int cmd_digest(struct cli *c);
int cmd_init(struct cli *c);
int cmd_completion(struct cli *c);
int cmd_version(struct cli *c);
int cmd_help(struct cli *c);

extern const struct option_spec mark_options_spec[], reparse_options_spec[],
	input_options_spec[];
extern const struct option_spec db_options_spec[];
extern const struct option_spec check_options_spec[], digest_options_spec[];
extern const struct option_spec import_options_spec[], export_options_spec[],
	report_options_spec[], serve_options_spec[], demo_options_spec[];
extern const char *const readiness_filters[], *const sender_filters[], *const ip_filters[];
/* What `ruad show` and `ruad export` can be asked for, a list for --help. */
void show_help(FILE *f);
void export_help(FILE *f);

/* "ruad: text" on standard error; returns the exit code of err. */
int cli_fail(const struct err *err);
int cli_usage(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Read the configuration, and put the flags of every command over it: config, limits, database
 * and psl_file of *c.  Says what is wrong itself; returns the exit code.  tolerant: a bad
 * configuration counts as none.
 */
int cli_settings(struct cli *c, bool tolerant);
/* Lines about the configuration on standard error. */
void cli_faults(struct cli *c, const struct faults *f, const char *prefix);
/* --wait of the command line, in milliseconds; the exit code. */
int cli_wait(const struct cli *c, unsigned *ret_ms);
/* Open the database for reading, or say why not. */
int cli_open_store(struct cli *c, struct store **ret);
/* Print a finished document, with a line end.  Whether it arrived is found out when the command
 * ends. */
void cli_print(struct str text);

/* Set by SIGINT and SIGTERM once cli_catch_signals was called; a second signal ends the process
 * at once. */
extern atomic_int cli_stop;
void cli_catch_signals(void);

#endif
