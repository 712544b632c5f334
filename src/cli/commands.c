/* The table of subcommands; `ruad help` and the dispatcher read it. */
#include "cli.h"

const struct command command_table[] = {
	{ "import", "[SOURCE… | PATH… | -]",
		"read mails and reports into the database, then exit",
		"Without an argument all configured sources are read (man ruad.conf), several "
		"at "
		"once; SOURCE is the\n"
		"name of one. PATH is a maildir, an mbox, a mail, a report (.xml, .gz, .zip) "
		"or a "
		"folder of these; - is\n"
		"standard input: one mail or one document. Nothing is moved or flagged unless "
		"the "
		"configuration or\n"
		"--done says so.\n"
		"Rejected and duplicate inputs are recorded (ruad show problems) and are no "
		"failure. A source that\n"
		"cannot be read is a line on standard error; the others are read all the "
		"same.\n",
		import_options_spec, false, cmd_import, COMMAND_CONFIG },
	{ "parse", "FILE…", "print reports as JSON, one line each; nothing is stored",
		"A file that yields no report prints a line of kind \"error\", and the exit "
		"code is 65.\n",
		NULL, false, cmd_parse, COMMAND_CONFIG },
	{ "explain", "RECORD | FILE", "why a record passes or fails: the four questions",
		"RECORD is an id of `ruad show records` (17.3). FILE is a report or a mail; no "
		"database is needed.\n",
		NULL, false, cmd_explain, COMMAND_CONFIG },
	{ "show",
		"summary|domains|senders|sources|reporters|coverage|changes|keys|policies|"
		"records|"
		"reports|problems|runs "
		"[filters]",
		"tables of what is stored",
		"Without a range: the last 30 days; --range all is everything. For example:\n"
		"  ruad show records --domain example.com --result fail --range 7d\n",
		show_options_spec, true, cmd_show, COMMAND_CONFIG },
	{ "readiness", "DOMAIN [--target quarantine|reject]",
		"may a domain go to a stricter policy: the checklist",
		"Looks at the last complete days and says what is met and what is not, with "
		"the "
		"numbers, and what the\n"
		"policy would have done to the mail of these days. Without --target: to the "
		"next "
		"policy. The thresholds\n"
		"are settings (man ruad.conf, section readiness).\n",
		NULL, true, cmd_readiness, COMMAND_CONFIG },
	{ "report", "ID", "one report with its records", NULL, report_options_spec, false,
		cmd_report, COMMAND_CONFIG },
	{ "sender", "DOMAIN KEY",
		"one sender of a domain: what it is, and why it passes or fails",
		"KEY is what `ruad show senders` prints as key: the domain that names it, its "
		"address, or a service.\n"
		"  ruad sender example.com amazon-ses --range 90d\n",
		NULL, true, cmd_sender, COMMAND_CONFIG },
	{ "mark", "DOMAIN KEY ours|not-ours|undecided",
		"say whose a sender is; nothing in DNS changes",
		"What is said counts for the lists, for readiness and for changes. It goes "
		"before "
		"the mark that a\n"
		"section `sender` of the configuration has.\n"
		"  ruad mark example.com example.net ours --note 'our CRM'\n",
		mark_options_spec, false, cmd_mark, COMMAND_CONFIG },
	{ "digest", "", "a short report of the last day, week or month, to be mailed",
		"To standard output; numbers are those of the API. The period is that of the "
		"newest complete day, so\n"
		"the digest of a week is whole when it is made on the Tuesday after it. From "
		"crontab(5):\n"
		"  30 6 * * 2 ruad digest --domain example.com | mail -s DMARC postmaster\n",
		digest_options_spec, false, cmd_digest, COMMAND_CONFIG },
	{ "check", "freshness|import|pass-rate|changes|senders|store",
		"how it stands, for Icinga and Nagios: one line and an exit code",
		"freshness is the time since the newest report's period ended, import that "
		"since each source was last\n"
		"read without an error, pass-rate the share of messages that passed DMARC, "
		"changes the number of\n"
		"changes that need a look, store the size of the database. A RANGE alerts "
		"outside of it: 10 above 10,\n"
		"98: below 98, 10:20, @10:20 inside. Times may end in s, m, h or d, sizes in "
		"K, "
		"M, G or T.\n"
		"Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.\n"
		"  ruad check pass-rate --domain example.com -w 98: -c 95:\n",
		check_options_spec, false, cmd_check, COMMAND_CONFIG_BY_ITSELF },
	{ "db", "status|verify", "state of the database; check it from the ground up", NULL,
		NULL, false, cmd_db, COMMAND_CONFIG },
	{ "serve", "", "dashboard and JSON API over HTTP",
		"Serves until SIGTERM, and reads the configured sources that have `every` on "
		"schedule. On SIGHUP\n"
		"the users file and the TLS certificate are read again. An address that can be "
		"reached from other\n"
		"machines needs a login: auth and users_file in section web of ruad.conf(5), "
		"and `ruad user`.\n",
		serve_options_spec, false, cmd_serve, COMMAND_CONFIG },
	{ "source", "list | test NAME", "the configured sources of mail; try one",
		"test connects, logs in and looks into the folders, says step by step what "
		"worked "
		"and what to mend,\n"
		"and changes nothing.\n",
		NULL, false, cmd_source, COMMAND_CONFIG },
	{ "user", "add|passwd|remove NAME, list", "who may log in to the dashboard",
		"The password is asked for at a terminal, or is the first line of standard "
		"input. The users file is\n"
		"that of section web of the configuration, with auth = basic there.\n"
		"  ruad user add anna --scope read,mark\n",
		user_options_spec, false, cmd_user, COMMAND_CONFIG },
	{ "token", "add|revoke NAME, list", "keys of programs to the API",
		"A token is printed when it is made and never again; only its digest is kept, "
		"in the database. For example:\n"
		"  ruad token add prometheus --scope metrics --expires 365d\n"
		"  curl -H 'Authorization: Bearer ruad_…' https://dmarc.example.com/metrics\n",
		token_options_spec, false, cmd_token, COMMAND_CONFIG },
	{ "config", "check|show|example|services",
		"the configuration: look for mistakes, print it",
		"check says what is wrong with it, or looks wrong. show prints every setting "
		"that "
		"is in force and\n"
		"where it comes from. example prints a file to begin with:\n"
		"  ruad config example > /etc/ruad/ruad.conf; chmod 600 /etc/ruad/ruad.conf\n"
		"services prints the built-in rules that name sending services; edited, they "
		"are "
		"for services_file.\n",
		NULL, false, cmd_config, COMMAND_CONFIG_BY_ITSELF },
	{ "demo", "FOLDER",
		"write a maildir with made-up reports of the last weeks, to try ruad",
		"The folder must not exist or be empty. The same seed and day give the same "
		"mails.\n",
		demo_options_spec, false, cmd_demo, COMMAND_CONFIG_BY_ITSELF },
	{ "version", "", "versions of ruad and its libraries", NULL, NULL, false, cmd_version,
		COMMAND_CONFIG_IF_GOOD },
	{ "help", "[COMMAND | limits | reasons]", "this list, or more on one command", NULL,
		NULL, false, cmd_help, COMMAND_CONFIG_BY_ITSELF },
	{ NULL, NULL, NULL, NULL, NULL, false, NULL, COMMAND_CONFIG },
};
