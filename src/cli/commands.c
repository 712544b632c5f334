/* The table of subcommands; `ruad help` and the dispatcher read it. */
#include "cli.h"

/* clang-format off: a table, and lines of text as they are printed. */
const struct command command_table[] = {
	{ .name = "import",
		.usage = "[SOURCE… | PATH… | -]",
		.summary = "read mails and reports into the database, then exit",
		.text = "Without an argument all configured sources are read (man ruad.conf), "
			"several at\n"
			"once; SOURCE is the name of one. PATH is a maildir, an mbox, a mail, "
			"a report\n"
			"(.xml, .gz, .zip) or a folder of these; - is standard input: one mail "
			"or one\n"
			"document. Nothing is moved or flagged unless the configuration or "
			"--done says so.\n"
			"Rejected and duplicate inputs are recorded (ruad show problems) and "
			"are no\n"
			"failure. A source that cannot be read is a line on standard error; "
			"the others are\n"
			"read all the same.\n",
		.options = import_options_spec,
		.forms = FORM_JSON,
		.run = cmd_import },
	{ .name = "reparse",
		.usage = "[--dry-run] [--domain NAME | --report ID] [--since DAY]",
		.summary = "read all that is kept again, after an upgrade",
		.text = "Originals of stored reports, and the bytes of rejected inputs, go "
			"through the\n"
			"present program; reports without an original are judged again. Only "
			"differences\n"
			"are written, ids stay, and a report whose original is refused now "
			"stays as it is\n"
			"(exit code 65). After an interruption the next run finds the rest.\n"
			"  ruad reparse --dry-run\n",
		.options = reparse_options_spec,
		.forms = FORM_JSON,
		.run = cmd_reparse },
	{ .name = "input",
		.usage = "retry|dismiss|reopen ID",
		.summary = "a problem: read it again, or set it aside",
		.text = "ID is that of `ruad show problems`. retry puts the kept bytes "
			"through the present\n"
			"program, and stores what it finds. dismiss says that nobody needs to "
			"look at it;\n"
			"it stays in the list (ruad show inputs --dismissed true). reopen "
			"takes that back.\n",
		.options = input_options_spec,
		.forms = FORM_JSON,
		.run = cmd_input },
	{ .name = "parse",
		.usage = "FILE…",
		.summary = "print reports as JSON, one line each; nothing is stored",
		.text = "A file that yields no report prints a line of kind \"error\", and the "
			"exit code\n"
			"is 65.\n",
		.forms = FORM_JSON,
		.run = cmd_parse },
	{ .name = "explain",
		.usage = "RECORD | FILE…",
		.summary = "why a record passes or fails: the four questions",
		.text = "RECORD is an id of `ruad show records` (17.3). FILE is a report or a "
			"mail; no\n"
			"database is needed.\n",
		.forms = FORM_JSON,
		.run = cmd_explain },
	{ .name = "show",
		.usage = "WHAT [filters]",
		.summary = "tables of what is stored",
		.text = "Without a range: the last 30 days; --range all is everything. For "
			"example:\n"
			"  ruad show records --domain example.com --result fail --range 7d\n",
		.more = show_help,
		.filters = query_names,
		.forms = FORM_JSON | FORM_CSV,
		.run = cmd_show },
	{ .name = "export",
		.usage = "WHAT [--format csv|ndjson|json] [-o FILE] [filters]",
		.summary = "all rows of a list, for other programs",
		.text = "The bytes are those of the API's .csv and .ndjson. There is no page: "
			"all rows are\n"
			"written, unless --limit says less. Memory does not grow with them.\n"
			"  ruad export records --range all --format ndjson -o records.ndjson\n",
		.more = export_help,
		.options = export_options_spec,
		.filters = query_names,
		.forms = FORM_JSON | FORM_CSV,
		.run = cmd_export },
	{ .name = "readiness",
		.usage = "DOMAIN [--target quarantine|reject]",
		.summary = "may a domain go to a stricter policy: the checklist",
		.text = "Looks at the last complete days and says what is met and what is not, "
			"with the\n"
			"numbers, and what the policy would have done to the mail of these "
			"days. Without\n"
			"--target: to the next policy. The thresholds are settings (man "
			"ruad.conf, section\n"
			"readiness).\n",
		.filters = readiness_filters,
		.forms = FORM_JSON,
		.run = cmd_readiness },
	{ .name = "report",
		.usage = "ID",
		.summary = "one report with its records",
		.options = report_options_spec,
		.forms = FORM_JSON,
		.run = cmd_report },
	{ .name = "sender",
		.usage = "DOMAIN KEY",
		.summary = "one sender of a domain: what it is, and why it passes or fails",
		.text = "KEY is what `ruad show senders` prints as key: the domain that names "
			"it, its\n"
			"address, or a service.\n"
			"  ruad sender example.com amazon-ses --range 90d\n",
		.filters = sender_filters,
		.forms = FORM_JSON,
		.run = cmd_sender },
	{ .name = "ip",
		.usage = "ADDRESS | NETWORK",
		.summary = "an address or a network: what it sends, and whose it is",
		.text = "Of all domains. Of a network, its addresses too: as many as --limit "
			"says.\n"
			"  ruad ip 192.0.2.0/24 --range 90d\n",
		.filters = ip_filters,
		.forms = FORM_JSON,
		.run = cmd_ip },
	{ .name = "search",
		.usage = "TEXT",
		.summary = "what has this name: addresses, domains, reports, senders, keys",
		.text = "TEXT is an address or a network, a domain, the id of a report, a "
			"reporter, a\n"
			"sender, a DKIM selector or selector._domainkey.domain. It looks at "
			"all days, and\n"
			"prints the command that tells more of each hit.\n",
		.forms = FORM_JSON,
		.run = cmd_search },
	{ .name = "mark",
		.usage = "DOMAIN KEY ours|not-ours|undecided",
		.summary = "say whose a sender is; nothing in DNS changes",
		.text = "What is said counts for the lists, for readiness and for changes. It "
			"goes before\n"
			"the mark that a section `sender` of the configuration has.\n"
			"  ruad mark example.com example.net ours --note 'our CRM'\n",
		.options = mark_options_spec,
		.forms = FORM_JSON,
		.run = cmd_mark },
	{ .name = "digest",
		.usage = "[--domain NAME] [--period WHAT] [--format WHAT]",
		.summary = "a short report of the last day, week or month, to be mailed",
		.text = "To standard output; numbers are those of the API. The period is that "
			"of the\n"
			"newest complete day, so the digest of a week is whole when it is made "
			"on the\n"
			"Tuesday after it. From crontab(5):\n"
			"  30 6 * * 2 ruad digest --domain example.com | mail -s DMARC "
			"postmaster\n",
		.options = digest_options_spec,
		.run = cmd_digest },
	{ .name = "check",
		.usage = "freshness|import|pass-rate|changes|senders|store",
		.summary = "how it stands, for Icinga and Nagios: one line and an exit code",
		.text = "freshness is the time since the newest report's period ended, import "
			"that since\n"
			"each source was last read without an error, pass-rate the share of "
			"messages that\n"
			"passed DMARC, changes the number of changes that need a look, senders "
			"the number\n"
			"of senders that nobody has decided about, store the size of the "
			"database. A RANGE\n"
			"alerts outside of it: 10 above 10, 98: below 98, 10:20, @10:20 "
			"inside. Times may\n"
			"end in s, m, h or d, sizes in K, M, G or T.\n"
			"Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.\n"
			"  ruad check pass-rate --domain example.com -w 98: -c 95:\n",
		.options = check_options_spec,
		.run = cmd_check,
		.config = COMMAND_CONFIG_BY_ITSELF },
	{ .name = "db",
		.usage = "status | verify | backup FILE | prune | vacuum | migrate",
		.summary = "look after the database: check, copy, delete what is old",
		.text = "verify counts everything again, judges all records again, and says "
			"what differs.\n"
			"backup copies one moment of it, while others write. prune deletes "
			"what "
			"is older\n"
			"than the configuration (keep) or the options say, a little at a time. "
			"vacuum gives\n"
			"free space back to the disk. migrate upgrades the schema, as every "
			"import does.\n"
			"  ruad db backup /backup/ruad.db\n"
			"  ruad db prune --older-than 400d --dry-run\n",
		.options = db_options_spec,
		.forms = FORM_JSON,
		.run = cmd_db },
	{ .name = "serve",
		.usage = "",
		.summary = "dashboard and JSON API over HTTP",
		.text = "Serves until SIGTERM, and reads the configured sources that have "
			"`every` on\n"
			"schedule. On SIGHUP the users file and the TLS certificate are read "
			"again. An\n"
			"address that can be reached from other machines needs a login: auth "
			"and\n"
			"users_file in section web of ruad.conf(5), and `ruad user`.\n",
		.options = serve_options_spec,
		.run = cmd_serve },
	{ .name = "source",
		.usage = "list | test NAME",
		.summary = "the configured sources of mail; try one",
		.text = "test connects, logs in and looks into the folders, says step by step "
			"what worked\n"
			"and what to mend, and changes nothing.\n",
		.forms = FORM_JSON,
		.run = cmd_source },
	{ .name = "user",
		.usage = "add|passwd|remove NAME, or list",
		.summary = "who may log in to the dashboard",
		.text = "The password is asked for at a terminal, or is the first line of "
			"standard input.\n"
			"The users file is that of section web of the configuration, with auth "
			"= basic\n"
			"there.\n"
			"  ruad user add anna --scope read,mark\n",
		.options = user_options_spec,
		.forms = FORM_JSON,
		.run = cmd_user },
	{ .name = "token",
		.usage = "add|revoke NAME, or list",
		.summary = "keys of programs to the API",
		.text = "A token is printed when it is made and never again; only its digest "
			"is kept, in\n"
			"the database. For example:\n"
			"  ruad token add prometheus --scope metrics --expires 365d\n"
			"  curl -H 'Authorization: Bearer ruad_…' "
			"https://dmarc.example.com/metrics\n",
		.options = token_options_spec,
		.forms = FORM_JSON,
		.run = cmd_token },
	{ .name = "config",
		.usage = "check|show|example|services",
		.summary = "the configuration: look for mistakes, print it",
		.text = "check says what is wrong with it, or looks wrong. show prints every "
			"setting that\n"
			"is in force and where it comes from. example prints a file to begin "
			"with:\n"
			"  ruad config example > /etc/ruad/ruad.conf; chmod 600 "
			"/etc/ruad/ruad.conf\n"
			"services prints the built-in rules that name sending services; "
			"edited, they are\n"
			"for services_file.\n",
		.forms = FORM_JSON,
		.run = cmd_config,
		.config = COMMAND_CONFIG_BY_ITSELF },
	{ .name = "demo",
		.usage = "FOLDER",
		.summary =
			"write a maildir with made-up reports of the last weeks, to try ruad",
		.text = "The folder must not exist or be empty. The same seed and day give the "
			"same mails.\n",
		.options = demo_options_spec,
		.run = cmd_demo,
		.config = COMMAND_CONFIG_BY_ITSELF },
	{ .name = "init",
		.usage = "",
		.summary = "create an empty database, and say what to do next",
		.text = "One that is there stays as it is. ruad import and ruad serve create "
			"it as well.\n",
		.run = cmd_init },
	{ .name = "completion",
		.usage = "bash|zsh|fish",
		.summary = "a script that completes the words of this program in a shell",
		.text = "The Debian package has them installed. Elsewhere, for bash:\n"
			"  ruad completion bash > "
			"~/.local/share/bash-completion/completions/ruad\n",
		.run = cmd_completion,
		.config = COMMAND_CONFIG_BY_ITSELF },
	{ .name = "version",
		.usage = "",
		.summary = "versions of ruad and its libraries",
		.forms = FORM_JSON,
		.run = cmd_version,
		.config = COMMAND_CONFIG_IF_GOOD },
	{ .name = "help",
		.usage = "[COMMAND | limits | reasons]",
		.summary = "this list, or more on one command",
		.run = cmd_help,
		.config = COMMAND_CONFIG_BY_ITSELF },
	{ .name = NULL },
};
/* clang-format on */
