#include "config_table.h"

#include "carrier.h"
#include "web.h"

#include <assert.h>

#define IMAP (1u << SOURCE_IMAP)
#define POP3 (1u << SOURCE_POP3)
#define MAILDIR (1u << SOURCE_MAILDIR)
#define SERVER (IMAP | POP3)
#define PLACE (MAILDIR | 1u << SOURCE_MBOX | 1u << SOURCE_DIRECTORY)
#define ANY (SERVER | PLACE)

static const char *const section_names[] = { "", "web", "limits", "changes", "readiness",
	"source", "sender" };
static const char *const types[] = { "imap", "pop3", "maildir", "mbox", "directory", NULL };
/* The order of these is that of the enums in mailbox.h. */
static const char *const tls[] = { "implicit", "starttls", "none", NULL };
static const char *const auth[] = { "login", "plain", "xoauth2", "oauthbearer", NULL };
static const char *const web_auth[] = { "none", "basic", "proxy", NULL }; /* web.h */
/* The order of enum lists_use. */
static const char *const lists_use[] = { "unknown", "yes", "no", NULL };
static const char *const actions[] = { "leave", "seen", "move", "delete", NULL };

/* The order of enum unauthenticated. */
static const char *const unauthenticated[] = { "accept", "flag", "hold", NULL };
static const char *const other_domains[] = { "show", "ignore", NULL };

static const char *const marks[] = { "undecided", "ours", "not_ours", NULL }; /* mark.h */

const struct config_key config_keys[KEY_COUNT] = {
	[KEY_DATABASE] = { .name = "database",
		.type = CONFIG_PATH,
		.def = "/var/lib/ruad/ruad.db",
		.env = "RUAD_DATABASE",
		.text = "the database" },
	[KEY_PUBLIC_SUFFIX_LIST] = { .name = "public_suffix_list",
		.type = CONFIG_PATH,
		.def_told = "the system's",
		.env = "RUAD_PUBLIC_SUFFIX_LIST",
		.sample = "/etc/ruad/public_suffix_list.dat",
		.text = "another Public Suffix List than the system's" },
	[KEY_SERVICES_FILE] = { .name = "services_file",
		.type = CONFIG_PATH,
		.def_told = "built in: `ruad config services` prints them",
		.env = "RUAD_SERVICES_FILE",
		.sample = "/etc/ruad/services.txt",
		.text = "other rules by which sending services get their names" },
	[KEY_DOMAINS] = { .name = "domains",
		.type = CONFIG_LIST,
		.def_told = "whatever reports are about",
		.env = "RUAD_DOMAINS",
		.sample = "{\"example.com\", \"example.org\"}",
		.text = "your domains: the overview lists others that reports are about in a "
			"table of their own" },
	[KEY_OTHER_DOMAINS] = { .name = "other_domains",
		.type = CONFIG_CHOICE,
		.def = "show",
		.choices = other_domains,
		.env = "RUAD_OTHER_DOMAINS",
		.text = "reports about domains that are not in domains and not below one of "
			"them: show stores them, ignore does not" },
	[KEY_AUTHSERV_ID] = { .name = "authserv_id",
		.type = CONFIG_LIST,
		.def_told = "none: nothing is known of the mails",
		.env = "RUAD_AUTHSERV_ID",
		.sample = "{\"mx.example.com\"}",
		.text = "the name of your own mail server in the Authentication-Results that "
			"it writes: what it found out about a mail speaks for the report in "
			"it, or against it" },
	[KEY_UNAUTHENTICATED] = { .name = "unauthenticated",
		.type = CONFIG_CHOICE,
		.def = "flag",
		.def_number = UNAUTHENTICATED_FLAG,
		.choices = unauthenticated,
		.env = "RUAD_UNAUTHENTICATED",
		.text = "reports of mails that are not authenticated, or not the reporter's: "
			"accept them, flag them, or hold them back until somebody says so" },
	[KEY_RUN_AS] = { .name = "user",
		.type = CONFIG_TEXT,
		.def_told = "whoever starts it",
		.env = "RUAD_USER",
		.sample = "ruad",
		.text = "the user that `ruad serve` becomes when root starts it, once its "
			"addresses are open and its certificate is read" },
	[KEY_KEEP] = { .name = "keep",
		.type = CONFIG_DURATION,
		.def = "0",
		.zero = true,
		.least = 30 * 86400,
		.most = KEEP_MOST_S,
		.env = "RUAD_KEEP",
		.sample = "400d",
		.text = "how long reports with their records, and what became of inputs, are "
			"kept; 0: for ever" },
	[KEY_KEEP_SUMS] = { .name = "keep_sums",
		.type = CONFIG_DURATION,
		.def_told = "as keep",
		.zero = true,
		.least = 30 * 86400,
		.most = KEEP_MOST_S,
		.env = "RUAD_KEEP_SUMS",
		.sample = "0",
		.text = "how long daily sums are kept, of which charts and totals are made: "
			"at least as long as keep; 0: for ever" },
	[KEY_KEEP_RAW] = { .name = "keep_raw",
		.type = CONFIG_DURATION,
		.def = "0",
		.zero = true,
		.least = 86400,
		.most = KEEP_MOST_S,
		.env = "RUAD_KEEP_RAW",
		.sample = "90d",
		.text = "how long original documents are kept, of reports and of inputs that "
			"were not stored; 0: as long as keep" },
	[KEY_WEB_LISTEN] = { .name = "listen",
		.section = CONFIG_WEB,
		.type = CONFIG_LIST,
		.def = "{\"127.0.0.1:8425\"}",
		.env = "RUAD_WEB_LISTEN",
		.text = "where `ruad serve` listens: addresses with a port, and unix sockets "
			"as "
			"unix:/path" },
	[KEY_WEB_THREADS] = { .name = "threads",
		.section = CONFIG_WEB,
		.type = CONFIG_NUMBER,
		.def_number = 2,
		.least = 1,
		.most = 64,
		.env = "RUAD_WEB_THREADS",
		.text = "threads that answer requests, for each address" },
	[KEY_WEB_PUBLIC_URL] = { .name = "public_url",
		.section = CONFIG_WEB,
		.type = CONFIG_TEXT,
		.def_told = "what is listened on",
		.env = "RUAD_WEB_PUBLIC_URL",
		.sample = "https://dmarc.example.com/",
		.text = "the address under which readers reach it, behind a reverse proxy "
			"perhaps; it may have a path" },
	[KEY_WEB_AUTH] = { .name = "auth",
		.section = CONFIG_WEB,
		.type = CONFIG_CHOICE,
		.def = "none",
		.choices = web_auth,
		.env = "RUAD_WEB_AUTH",
		.text = "who may come in: none asks nobody and needs loopback addresses or "
			"unix "
			"sockets, basic asks for a user of users_file, proxy trusts the "
			"reverse "
			"proxy in front" },
	[KEY_WEB_USERS_FILE] = { .name = "users_file",
		.section = CONFIG_WEB,
		.type = CONFIG_PATH,
		.def_told = "none",
		.env = "RUAD_WEB_USERS_FILE",
		.sample = "/etc/ruad/users",
		.text = "with auth = basic: the file that `ruad user` writes" },
	[KEY_WEB_PROXY_HEADER] = { .name = "proxy_header",
		.section = CONFIG_WEB,
		.type = CONFIG_TEXT,
		.def = WEB_PROXY_HEADER,
		.env = "RUAD_WEB_PROXY_HEADER",
		.text = "with auth = proxy: the header in which it tells the user" },
	[KEY_WEB_PROXY_ADDRESSES] = { .name = "proxy_addresses",
		.section = CONFIG_WEB,
		.type = CONFIG_LIST,
		.def_told = "none; unix sockets are always trusted",
		.env = "RUAD_WEB_PROXY_ADDRESSES",
		.sample = "{\"192.0.2.10\"}",
		.text = "addresses and networks that reverse proxies come from: their word "
			"is "
			"taken for who the visitor is and where from, and nobody else's" },
	[KEY_WEB_TLS_CERT] = { .name = "tls_cert",
		.section = CONFIG_WEB,
		.type = CONFIG_PATH,
		.def_told = "no TLS",
		.env = "RUAD_WEB_TLS_CERT",
		.sample = "/etc/ruad/tls/fullchain.pem",
		.text = "the certificate for HTTPS with those of its authorities, in PEM" },
	[KEY_WEB_TLS_KEY] = { .name = "tls_key",
		.section = CONFIG_WEB,
		.type = CONFIG_PATH,
		.def_told = "no TLS",
		.env = "RUAD_WEB_TLS_KEY",
		.sample = "/etc/ruad/tls/privkey.pem",
		.text = "its key, in PEM" },
	[KEY_WEB_UPLOAD] = { .name = "upload",
		.section = CONFIG_WEB,
		.type = CONFIG_BOOL,
		.def = "no",
		.env = "RUAD_WEB_UPLOAD",
		.text = "reports may be handed in over HTTP (POST /api/v1/inputs) by who has "
			"the "
			"scope import" },
#define LIMIT(limit, default, lowest, highest, unit, sentence) \
	[KEY_LIMIT_##limit] = { .name = #limit, \
		.section = CONFIG_LIMITS, \
		.type = sizeof(unit) > 1 ? CONFIG_SIZE : CONFIG_NUMBER, \
		.def_number = (default), \
		.least = (lowest), \
		.most = (highest), \
		.text = sentence },
	LIMITS (LIMIT)
#undef LIMIT
#define THRESHOLD(id, rule, in_section, default, lowest, highest, sentence) \
	[id] = { .name = #rule, \
		.section = in_section, \
		.type = CONFIG_NUMBER, \
		.def_number = (default), \
		.least = (lowest), \
		.most = (highest), \
		.text = sentence },
#define RULE(rule, default, lowest, highest, sentence) \
	THRESHOLD(KEY_CHANGES_##rule, rule, CONFIG_CHANGES, default, lowest, highest, sentence)
		CHANGE_RULES(RULE)
#undef RULE
#define RULE(rule, default, lowest, highest, sentence) \
	THRESHOLD(KEY_READINESS_##rule, rule, CONFIG_READINESS, default, lowest, highest, \
		sentence)
			READINESS_RULES(RULE)
#undef RULE
#undef THRESHOLD
				[KEY_USERS_POST_TO_LISTS] = { .name = "users_post_to_lists",
					.section = CONFIG_READINESS,
					.type = CONFIG_CHOICE,
					.def = "unknown",
					.choices = lists_use,
					.text = "do your users post to mailing lists? unknown, "
						"yes or no" },
	[KEY_TYPE] = { .name = "type",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.choices = types,
		.applies = ANY,
		.required = true,
		.sample = "imap",
		.text = "where the mail lies: imap, pop3, maildir, mbox, or a "
			"directory of files" },
	[KEY_PATH] = { .name = "path",
		.section = CONFIG_SOURCE,
		.type = CONFIG_PATH,
		.applies = PLACE,
		.required = true,
		.sample = "/var/mail/dmarc/Maildir",
		.text = "the maildir, mbox or directory" },
	[KEY_HOST] = { .name = "host",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.applies = SERVER,
		.required = true,
		.sample = "imap.example.com",
		.text = "the server, by the name that is in its certificate" },
	[KEY_PORT] = { .name = "port",
		.section = CONFIG_SOURCE,
		.type = CONFIG_NUMBER,
		.def_told = "the usual one of the protocol",
		.least = 1,
		.most = 65535,
		.applies = SERVER,
		.sample = "993",
		.text = "its port" },
	[KEY_TLS] = { .name = "tls",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def = "implicit",
		.choices = tls,
		.applies = SERVER,
		.text = "implicit, starttls, or none, which is for servers on this machine "
			"only" },
	[KEY_CA_FILE] = { .name = "ca_file",
		.section = CONFIG_SOURCE,
		.type = CONFIG_PATH,
		.def_told = "those of the system",
		.applies = SERVER,
		.sample = "/etc/ssl/certs/ca-certificates.crt",
		.text = "certificates of authorities to trust instead of the system's, in "
			"PEM" },
	[KEY_USER] = { .name = "user",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.applies = SERVER,
		.required = true,
		.sample = "dmarc@example.com",
		.text = "the name to log in with" },
	[KEY_AUTH] = { .name = "auth",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def = "login",
		.choices = auth,
		.applies = SERVER,
		.text = "how to log in: login or plain with a password, xoauth2 or oauthbearer "
			"with a token" },
	[KEY_PASSWORD_FILE] = { .name = "password_file",
		.section = CONFIG_SOURCE,
		.type = CONFIG_PATH,
		.applies = SERVER,
		.one_secret = true,
		.sample = "/etc/ruad/rua-mailbox.password",
		.text = "a file with the password, which nobody else may read (chmod 600)" },
	[KEY_PASSWORD_COMMAND] = { .name = "password_command",
		.section = CONFIG_SOURCE,
		.type = CONFIG_LIST,
		.applies = SERVER,
		.one_secret = true,
		.sample = "{\"pass\", \"show\", \"rua-mailbox\"}",
		.text = "or a program with its arguments, whose first line is the password" },
	[KEY_PASSWORD_CREDENTIAL] = { .name = "password_credential",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.applies = SERVER,
		.one_secret = true,
		.sample = "rua-mailbox",
		.text = "or a credential that systemd gives to the service (LoadCredential=)" },
	[KEY_PASSWORD] = { .name = "password",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.applies = SERVER,
		.secret = true,
		.one_secret = true,
		.sample = "secret",
		.text = "or the password itself, if this file has mode 0600 or 0640" },
	[KEY_TOKEN_COMMAND] = { .name = "token_command",
		.section = CONFIG_SOURCE,
		.type = CONFIG_LIST,
		.applies = SERVER,
		.one_secret = true,
		.sample = "{\"/usr/local/bin/mail-token\", \"dmarc@example.com\"}",
		.text = "for xoauth2 and oauthbearer: a program that prints an access token" },
	[KEY_FOLDERS] = { .name = "folders",
		.section = CONFIG_SOURCE,
		.type = CONFIG_LIST,
		.def = "{\"INBOX\"}",
		.applies = IMAP,
		.text = "the folders to read, with / between levels" },
	[KEY_CONNECT_TIMEOUT] = { .name = "connect_timeout",
		.section = CONFIG_SOURCE,
		.type = CONFIG_DURATION,
		.def = "30s",
		.least = 1,
		.most = 3600,
		.applies = SERVER,
		.text = "how long to wait for a connection" },
	[KEY_COMMAND_TIMEOUT] = { .name = "command_timeout",
		.section = CONFIG_SOURCE,
		.type = CONFIG_DURATION,
		.def = "60s",
		.least = 1,
		.most = 3600,
		.applies = SERVER,
		.text = "how long the server may say nothing" },
	[KEY_EVERY] = { .name = "every",
		.section = CONFIG_SOURCE,
		.type = CONFIG_DURATION,
		.def_told = "only by `ruad import`",
		.least = 60,
		.most = 30 * 86400,
		.applies = ANY,
		.sample = "15m",
		.text = "how often `ruad serve` reads it" },
	[KEY_IDLE] = { .name = "idle",
		.section = CONFIG_SOURCE,
		.type = CONFIG_BOOL,
		.def = "yes",
		.applies = IMAP,
		.text = "`ruad serve` reads new mail at once, where the server tells of it" },
	[KEY_DONE] = { .name = "done",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def = "leave",
		.choices = actions,
		.applies = ANY,
		.text = "what becomes of a mail whose reports are stored: leave it, mark it "
			"seen, "
			"move or delete it" },
	[KEY_DONE_FOLDER] = { .name = "done_folder",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.def = "Done",
		.applies = IMAP | MAILDIR,
		.text = "with done = move: the folder to move it to" },
	[KEY_IGNORED] = { .name = "ignored",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def_told = "as done, but leave where done = delete",
		.choices = actions,
		.applies = SERVER | MAILDIR,
		.sample = "leave",
		.text = "the same for mail without a report" },
	[KEY_IGNORED_FOLDER] = { .name = "ignored_folder",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.def_told = "as done_folder",
		.applies = IMAP | MAILDIR,
		.sample = "Done",
		.text = "with ignored = move: the folder to move it to" },
	[KEY_FAILED] = { .name = "failed",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def_told = "as done, but leave where done = delete",
		.choices = actions,
		.applies = SERVER | MAILDIR,
		.sample = "leave",
		.text = "the same for reports that could not be read" },
	[KEY_FAILED_FOLDER] = { .name = "failed_folder",
		.section = CONFIG_SOURCE,
		.type = CONFIG_TEXT,
		.def = "Failed",
		.applies = IMAP | MAILDIR,
		.text = "with failed = move: the folder to move it to" },
	[KEY_SOURCE_AUTHSERV_ID] = { .name = "authserv_id",
		.section = CONFIG_SOURCE,
		.type = CONFIG_LIST,
		.def_told = "as outside of sources",
		.applies = ANY,
		.sample = "{\"mx.example.com\"}",
		.text = "the name of the mail server before this source" },
	[KEY_SOURCE_UNAUTHENTICATED] = { .name = "unauthenticated",
		.section = CONFIG_SOURCE,
		.type = CONFIG_CHOICE,
		.def_told = "as outside of sources",
		.choices = unauthenticated,
		.applies = ANY,
		.sample = "flag",
		.text = "the same for this source" },
	[KEY_MATCH] = { .name = "match",
		.section = CONFIG_SENDER,
		.type = CONFIG_LIST,
		.required = true,
		.sample = "{\"dkim:esp.example\", \"spf:esp.example\", \"ip:192.0.2.0/28\"}",
		.text = "what its mail is known by: the domain of a DKIM signature, of MAIL "
			"FROM, "
			"or an address or network it comes from" },
	[KEY_MARK] = { .name = "mark",
		.section = CONFIG_SENDER,
		.type = CONFIG_CHOICE,
		.def = "undecided",
		.choices = marks,
		.text = "whose it is, where nobody has said so for a domain: ours, not_ours or "
			"undecided" },
};

const char *config_section_name(enum config_section section)
{
	assert((unsigned)section < CONFIG_SECTION_COUNT);
	return section_names[section];
}

const char *source_type_name(enum source_type type)
{
	assert((unsigned)type < SOURCE_TYPE_COUNT);
	return types[type];
}

enum config_id config_key_id(const struct config_key *key)
{
	assert(key >= config_keys && key < config_keys + KEY_COUNT);
	return (enum config_id)(key - config_keys);
}

const struct config_key *config_key_find(enum config_section section, struct str name)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (config_keys[i].section == section &&
			str_eq(str_of(config_keys[i].name), name))
			return &config_keys[i];
	}
	return NULL;
}

const char *config_key_nearest(enum config_section section, struct str name)
{
	const char *nearest = NULL;
	unsigned best = 4;
	for (size_t i = 0; name.n < 60 && i < KEY_COUNT; i++) {
		if (config_keys[i].section != section)
			continue;
		unsigned d = str_distance(str_of(config_keys[i].name), name);
		if (d < best && d < name.n) {
			best = d;
			nearest = config_keys[i].name;
		}
	}
	return nearest;
}

struct str config_key_default_item(const struct config_key *key)
{
	struct str def = str_of(key->def);
	assert(key->type == CONFIG_LIST && str_starts(def, STR("{\"")) && def.n > 4);
	return str_make(def.p + 2, def.n - 4);
}

bool config_key_applies(const struct config_key *key, enum source_type type)
{
	return key->section != CONFIG_SOURCE || (key->applies & 1u << type) != 0;
}
