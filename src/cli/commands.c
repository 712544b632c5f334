/* The table of subcommands; `ruad help` and the dispatcher read it. */
#include "cli.h"

const struct command command_table[] = {
	{ "import", "PATH… | -", "read mails and reports into the database, then exit",
		"PATH is a maildir, an mbox, a mail, a report (.xml, .gz, .zip) or a folder of "
		"these; - is\n"
		"standard input: one mail or one document. Nothing is moved or flagged unless "
		"--done says so.\n"
		"Rejected and duplicate inputs are recorded (ruad show problems) and are no "
		"failure.\n",
		import_options_spec, false, cmd_import },
	{ "parse", "FILE…", "print reports as JSON, one line each; nothing is stored",
		"A file that yields no report prints a line of kind \"error\", and the exit "
		"code is 65.\n",
		NULL, false, cmd_parse },
	{ "explain", "RECORD | FILE", "why a record passes or fails: the four questions",
		"RECORD is an id of `ruad show records` (17.3). FILE is a report or a mail; no "
		"database is needed.\n",
		NULL, false, cmd_explain },
	{ "show",
		"summary|domains|senders|sources|reporters|records|reports|problems|runs "
		"[filters]",
		"tables of what is stored",
		"Without a range: the last 30 days; --range all is everything. For example:\n"
		"  ruad show records --domain example.com --result fail --range 7d\n",
		show_options_spec, true, cmd_show },
	{ "report", "ID", "one report with its records", NULL, report_options_spec, false,
		cmd_report },
	{ "db", "status|verify", "state of the database; check it from the ground up", NULL,
		NULL, false, cmd_db },
	{ "serve", "", "dashboard and JSON API over HTTP",
		"Serves until SIGTERM. The address must be a loopback address; put a reverse "
		"proxy with access\n"
		"control in front to reach it from elsewhere.\n",
		serve_options_spec, false, cmd_serve },
	{ "demo", "FOLDER",
		"write a maildir with made-up reports of the last weeks, to try ruad",
		"The folder must not exist or be empty. The same seed and day give the same "
		"mails.\n",
		demo_options_spec, false, cmd_demo },
	{ "version", "", "versions of ruad and its libraries", NULL, NULL, false, cmd_version },
	{ "help", "[COMMAND | limits | reasons]", "this list, or more on one command", NULL,
		NULL, false, cmd_help },
	{ NULL, NULL, NULL, NULL, NULL, false, NULL },
};
