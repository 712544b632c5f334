/* The configuration: files, their mistakes, the environment, what overrides what, sources. */
#include "check.h"

#include "config.h"
#include "config_file.h"
#include "config_text.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUA "source rua { type = imap host = h.example user = u password_file = /p "

/* --- The table --- */

#define NAMER(what) \
	static const char *what##_name_of(int v) \
	{ \
		return mailbox_##what##_name((enum mailbox_##what)v); \
	}
NAMER(tls)
NAMER(auth)
NAMER(action)

static const struct {
	enum config_id id;
	int count;
	const char *(*name)(int value);
} choices[] = { { KEY_TLS, MAILBOX_TLS_COUNT, tls_name_of },
	{ KEY_AUTH, MAILBOX_AUTH_COUNT, auth_name_of },
	{ KEY_DONE, MAILBOX_ACTION_COUNT, action_name_of },
	{ KEY_IGNORED, MAILBOX_ACTION_COUNT, action_name_of },
	{ KEY_FAILED, MAILBOX_ACTION_COUNT, action_name_of } };

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		assert_non_null(key->name);
		check(key->name, key->text && *key->text);
		check(key->name, (key->section == CONFIG_SOURCE) ==
					 (i >= KEY_OF_SOURCES && i < KEY_OF_SENDERS));
		check(key->name, (key->section == CONFIG_SENDER) == (i >= KEY_OF_SENDERS));
		check(key->name, (key->applies != 0) == (key->section == CONFIG_SOURCE));
		check(key->name, config_key_find(key->section, str_of(key->name)) == key);
		check(key->name, key->def || key->sample || key->def_number || key->least == 0);
		if (!key->def || key->type == CONFIG_LIST)
			continue;
		const char *values[] = { key->def };
		struct setting s = { .key = key, .values = values, .value_count = 1 };
		struct faults none = { 0 };
		check(key->name, config_setting_read(&s, &none));
	}
	for (size_t i = 0; i < COUNT(choices); i++) {
		const struct config_key *key = &config_keys[choices[i].id];
		for (int v = 0; v < choices[i].count; v++)
			check_str(
				key->name, str_of(key->choices[v]), str_of(choices[i].name(v)));
		check(key->name, !key->choices[choices[i].count]);
	}
}

/* --- Texts that the library would not read as they are written --- */

static const struct {
	const char *name, *text;
	const char *value; /* of database; NULL: an error */
	const char *message;
	int line;
} texts[] = {
	{ "plain", "database = /a", "/a", NULL, 0 },
	{ "quoted", "database = \"/a\"", "/a", NULL, 0 },
	{ "all that shells like", "database = \"/a;b#c$d$$ e`f`!%&*()|+\"",
		"/a;b#c$d$$ e`f`!%&*()|+", NULL, 0 },
	{ "variable in double quotes", "database = \"/a${HOME}b\"", "/a${HOME}b", NULL, 0 },
	{ "variable in single quotes", "database = '/a${HOME}b'", "/a${HOME}b", NULL, 0 },
	{ "variable with default", "database = \"/${HOME:-x}\"", "/${HOME:-x}", NULL, 0 },
	{ "backslashes", "database = \"/a\\nb\\0c\\x00\\101\\\\d\"", "/a\\nb\\0c\\x00\\101\\d",
		NULL, 0 },
	{ "backslashes, single quotes", "database = '/a\\nb\\\\c'", "/a\\nb\\c", NULL, 0 },
	{ "quotes in quotes", "database = \"/a\\\"b'c\"", "/a\"b'c", NULL, 0 },
	{ "single in single", "database = '/a\\'b\"c'", "/a'b\"c", NULL, 0 },
	{ "goes on in the next line", "database = \"/a\\\nb\"", "/ab", NULL, 0 },
	{ "comments", "# a { \" ' \n// b }\n/* c\n\" */database = /* d */ /a # e", "/a", NULL,
		0 },
	{ "two slashes in a word", "database = /a//b", "/a//b", NULL, 0 },
	{ "CR LF", "\r\ndatabase = /a\r\n", "/a", NULL, 0 },
	{ "byte order mark",
		"\xef\xbb\xbf"
		"database = /a",
		"/a", NULL, 0 },
	{ "letters beyond ASCII", "database = \"/\xc3\xa4\"", "/\xc3\xa4", NULL, 0 },
	{ "nothing", "", "/var/lib/ruad/ruad.db", NULL, 0 },
	{ "open section", "database = /a\nweb {\nlisten = x\n\n", NULL, "'}' is missing", 2 },
	{ "open list", RUA "\n folders = { INBOX\n }", NULL, "'}' is missing", 1 },
	{ "open quote", "\ndatabase = \"/a\n\n", NULL, "quote that begins here", 2 },
	{ "open single quote", "\n\ndatabase = '/a\n\n", NULL, "quote that begins here", 3 },
	{ "open comment", "database = /a\n/* x\n", NULL, "comment that begins here", 2 },
	{ "NUL", "data\0base = /a", NULL, "NUL", 1 },
	{ "control character", "\n\ndatabase = \"/\x1b[2J\"", NULL, "control character", 3 },
	{ "lone CR", "database = \"/a\rb\"", NULL, "control character", 1 },
	{ "tab in a value", "database = \"/a\tb\"", NULL, "control character", 1 },
	{ "value over two lines", "database = \"/a\nb\"", NULL, "end of the line", 2 },
	{ "not UTF-8", "\n\ndatabase = \"/\xe4\"", NULL, "not UTF-8", 3 },
	{ "variable without quotes", "database = ${HOME}", NULL, "quote the value", 1 },
	{ "error behind a comment", "/*\n\n*/\ndatabase = /a*", NULL, "'*'", 4 },
	{ "star without quotes", "database = /a*", NULL, "'*'", 1 },
	{ "plus without quotes", RUA "}\nsource b { user = a+b }", NULL, "'+'", 2 },
	{ "appending", RUA "folders += { INBOX } }", NULL, "'+='", 1 },
	{ "closed too often", "web { } }", NULL, "unexpected closing brace", 1 },
	{ "include", "include(\"/etc/passwd\")", NULL, "'('", 1 },
	{ "into a section from outside", "web { }\n\"web|listen\" = x", NULL, "web", 2 },
	{ "no value", "database =\n", NULL, "the file ends", 2 },
	{ "empty value", "database = \"\"", NULL, "is empty", 1 },
	{ "no equal sign", "database /a", NULL, "equal sign", 1 },
	{ "list where there is none", "database = {/a}", NULL, "unexpected token", 1 },
	{ "too deep", "web { web { web { web { web { } } } } }", NULL, "inside each other", 1 },
};

struct box { /* what a test needs to read a configuration */
	struct arena arena;
	struct faults faults;
	struct config config;
	char folder[64], file[96];
};

static void box_init(struct box *b)
{
	arena_init(&b->arena);
	b->faults = (struct faults){ .arena = &b->arena };
	snprintf(b->folder, sizeof(b->folder), "/tmp/ruad-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->file, sizeof(b->file), "%s/ruad.conf", b->folder);
}

static void box_release(struct box *b)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", b->folder);
	assert_int_equal(system(command), 0);
	arena_release(&b->arena);
}
#define box_cleanup box_release

static void write_file(const char *path, struct str text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(text.p, 1, text.n, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int load(struct box *b, struct str text, char *const *vars)
{
	write_file(b->file, text, 0600);
	b->faults.count = 0;
	return config_load(&b->arena, b->file, vars, &b->config, &b->faults);
}

static struct str fault(const struct box *b, size_t i)
{
	return i < b->faults.count ? b->faults.lines[i] : STR("(none)");
}

static void check_fault(
	const char *name, const struct box *b, size_t i, int line, const char *message)
{
	char place[128];
	struct str text = fault(b, i);
	snprintf(place, sizeof(place), "%s:%d: ", b->file, line);
	if (!str_starts(text, str_of(place)) || !str_contains(text, str_of(message)))
		fail_msg("%s: '%.*s' is not '%s…%s…'", name, STR_ARGS(text), place, message);
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *name = texts[i].name;
		struct str text = strcmp(name, "NUL") == 0 ? STR("data\0base = /a")
							   : str_of(texts[i].text);
		CLEANUP(box)
		struct box b;
		box_init(&b);
		int r = load(&b, text, NULL);
		if (!texts[i].value) {
			check_int(name, r, ERR_CONFIG);
			check_fault(name, &b, 0, texts[i].line, texts[i].message);
			continue;
		}
		if (r < 0)
			fail_msg("%s: %.*s", name, STR_ARGS(fault(&b, 0)));
		check_str(name, str_of(b.config.database), str_of(texts[i].value));
	}
}

static void test_lines_are_counted(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	box_init(&b);
	assert_int_equal(load(&b,
				 STR("# one\n/* two\n three */ # x\n\n'database' = \"/a\\\n"
				     "b\" // y\nweb { # z\nlisten = x }\n"),
				 NULL),
		0);
	assert_int_equal(b.config.settings[KEY_DATABASE].origin.line, 6);
	assert_int_equal(b.config.settings[KEY_WEB_LISTEN].origin.line, 8);
	assert_string_equal(b.config.settings[KEY_DATABASE].origin.name, b.file);
}

/* --- Mistakes --- */

static const struct mistake {
	const char *name, *text, *message;
	int line;
} mistakes[] = {
	{ "unknown", "\nsource x { type = imap\n tpye = imap }",
		"no such option 'tpye'. Did you mean 'type'?", 3 },
	{ "unknown, nothing near", "zzzzzzzz = 1", "no such option 'zzzzzzzz'", 1 },
	{ "unknown list", "web { zzzzzzzz = { a, b } }", "no such option 'zzzzzzzz'", 1 },
	{ "unknown section", "domain example.com { a = b }", "no such option 'domain'", 1 },
	{ "section nearly right", "sources x { type = imap }", "Did you mean 'source'?", 1 },
	{ "in the wrong place", "listen = x", "but in a section web", 1 },
	{ "in the wrong section", "web { database = /a }", "outside of sections", 1 },
	{ "section in a section", RUA "\nsource b { type = imap }\n}",
		"'}' of that one missing", 2 },
	{ "twice", "database = /a\n\ndatabase = /b", "set twice; the first time in", 3 },
	{ "twice in a source", RUA "\nhost = b }", "host is set twice", 2 },
	{ "list twice", RUA "folders = { a, b }\nfolders = { c } }", "folders is set twice",
		2 },
	{ "twice over two sections", "web { listen = a }\nweb { listen = b }",
		"listen is set twice", 2 },
	{ "title twice", RUA "}\n" RUA "}", "second section of this name in one file: 'rua'",
		2 },
	{ "no number", "web { threads = many }", "threads is a number, not 'many'", 1 },
	{ "negative", "web { threads = -1 }", "threads is a number, not '-1'", 1 },
	{ "not decimal", "web { threads = 0x10 }", "threads is a number", 1 },
	{ "too much", "web { threads = 65 }", "threads is 1 to 64, not 65", 1 },
	{ "too little", "limits { mail_size = 1K }", "mail_size is 65536 to", 1 },
	{ "far too much", "limits { mail_size = 99999999999999999999 }",
		"mail_size is a number", 1 },
	{ "time without unit", RUA "connect_timeout = 30 }", "a time with its unit", 1 },
	{ "short time", RUA "every = 30s }", "every is 60 seconds to", 1 },
	{ "neither yes nor no", RUA "idle = true }", "idle is no or yes, not 'true'", 1 },
	{ "no choice", RUA "tls = ssl }", "tls is implicit, starttls or none, not 'ssl'", 1 },
	{ "relative path", "database = ruad.db", "begins with '/'", 1 },
	{ "home", "database = \"~/ruad.db\"", "begins with '/'", 1 },
	{ "no type", "source x { host = a }", "source 'x' has no type", 1 },
	{ "nothing in it", "\n\nsource x { }", "source 'x' has no type", 3 },
	{ "no host", "source x {\ntype = imap user = u password_file = /p }",
		"source 'x' has no host", 2 },
	{ "no user", "source x { type = pop3 host = h password_file = /p }",
		"source 'x' has no user", 1 },
	{ "no path", "source x { type = mbox }", "source 'x' has no path", 1 },
	{ "no password", "source x { type = imap host = h user = u }",
		"source 'x' has no password", 1 },
	{ "no token", "source x { type = imap host = h user = u auth = xoauth2 }",
		"has no token_command, which auth = xoauth2 needs", 1 },
	{ "password for a token", RUA "auth = oauthbearer }",
		"wants a token_command, not password_file", 1 },
	{ "token for a password",
		"source x { type = imap host = h user = u token_command = {a} }",
		"wants a password, not token_command", 1 },
	{ "two secrets", RUA "\npassword_credential = x }", "and also password_file", 2 },
	{ "credential elsewhere",
		"source x { type = imap host = h user = u password_credential = a/b }",
		"without '/'", 1 },
	{ "key of another type", "source x { type = maildir path = /m\nhost = h }",
		"host does not apply to source 'x', whose type is maildir (it is for imap, "
		"pop3)",
		2 },
	{ "folders of POP3",
		"source x { type = pop3 host = h user = u password_file = /p\nfolders = a }",
		"folders does not apply", 2 },
	{ "move with POP3",
		"source x { type = pop3 host = h user = u password_file = /p\ndone = move }",
		"done = move cannot be with type = pop3, but leave, delete", 2 },
	{ "failed = seen with POP3",
		"source x { type = pop3 host = h user = u password_file = /p\nfailed = seen }",
		"failed = seen cannot be", 2 },
	{ "delete with a maildir", "source x { type = maildir path = /m done = delete }",
		"but leave, seen, move", 1 },
	{ "seen with an mbox", "source x { type = mbox path = /m done = seen }", "but leave",
		1 },
	{ "failed of an mbox", "source x { type = mbox path = /m failed = leave }",
		"failed does not apply", 1 },
	{ "ignored = delete with a maildir",
		"source x { type = maildir path = /m\nignored = delete }",
		"ignored = delete cannot be", 2 },
	{ "in circles", RUA "folders = { INBOX, Done } done = move }", "in circles", 1 },
	{ "in circles when it failed", RUA "failed = move failed_folder = INBOX }",
		"in circles", 1 },
	{ "folder twice", RUA "folders = { a, b, a } }", "has a twice", 1 },
	{ "URL for a host",
		"source x { type = imap host = imap://h user = u password_file=/p }",
		"not a URL", 1 },
	{ "port in the host", "source x { type = imap host = h:143 user = u password_file=/p }",
		"write port = 143", 1 },
	{ "title with a slash", "source a/b { type = mbox path = /m }",
		"cannot be the name of a source", 1 },
	{ "title of dots", "source '..' { type = mbox path = /m }",
		"cannot be the name of a source", 1 },
	{ "title that is an option", "source -x { type = mbox path = /m }",
		"cannot be the name of a source", 1 },
	{ "empty title", "source '' { type = mbox path = /m }",
		"cannot be the name of a source", 1 },
	{ "long title",
		"source aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa {"
		" type = mbox path = /m }",
		"cannot be the name of a source", 1 },
	{ "no title", "source { type = mbox }", "missing title", 1 },
	{ "password of two words",
		"source x { type = imap host = h user = u\npassword = geheim wort }",
		"password is more than one word: put it in quotes", 2 },
};

/* Faults of senders are told when the file can be read as a whole. */
static const struct mistake sender_mistakes[] = {
	{ "no match", "sender X { mark = ours }", "sender X has no match", 1 },
	{ "no name", "sender '' { match = {'dkim:a.example'} }", "is no name for a sender", 1 },
	{ "name without a letter", "sender '--' { match = {'dkim:a.example'} }",
		"is no name for a sender", 1 },
	{ "no pattern", "sender X {\nmatch = {'a.example'} }", "'a.example' is no pattern", 2 },
	{ "no network", "sender X { match = {'ip:192.0.2.300'} }", "is no pattern", 1 },
	{ "no domain", "sender X { match = {'dkim:com'} }", "is no pattern", 1 },
	{ "the same pattern", "sender X { match = {'dkim:a.example', 'dkim:a.example'} }",
		"'dkim:a.example' stands there twice", 1 },
	{ "pattern of two",
		"sender X { match = {'spf:a.example'} }\n"
		"sender Y { match = {'spf:a.example'} }",
		"stands there twice: X, Y", 2 },
	{ "other mark", "sender X { match = {'spf:a.example'}\nmark = mine }",
		"mark is undecided, ours or not_ours", 2 },
	{ "no file", "services_file = /nowhere/services.txt",
		"services_file /nowhere/services.txt cannot be read", 1 },
};

static void test_sender_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sender_mistakes); i++) {
		const struct mistake *m = &sender_mistakes[i];
		CLEANUP(box)
		struct box b;
		box_init(&b);
		check_int(m->name, load(&b, str_of(m->text), NULL), ERR_CONFIG);
		check_fault(m->name, &b, 0, m->line, m->message);
	}
}

static void test_senders(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	struct sender_name name;
	struct ip ip;
	char buf[IP_TEXT];
	box_init(&b);
	check_int("load",
		load(&b,
			STR("sender 'Our \"CRM\"' { match = {'dkim:Example.NET', "
			    "'ip:192.0.2.0/28'}\n mark = ours }\n"
			    "sender b { match = {'spf:esp.example'} }"),
			NULL),
		0);
	assert_int_equal(b.config.sender_count, 2);
	services_name(b.config.services, STR("example.net"), NAMED_BY_DKIM, NULL, buf, &name);
	check_str("key", name.key, STR("our-crm"));
	check_str("name", name.name, STR("Our \"CRM\""));
	assert_int_equal(name.service->word, WORD_OURS);
	ip_parse(STR("192.0.2.9"), &ip);
	services_name(b.config.services, STR_ABSENT, NAMED_BY_ADDRESS, &ip, buf, &name);
	check_str("address", name.key, STR("our-crm"));
	services_name(b.config.services, STR("amazonses.com"), NAMED_BY_SPF, NULL, buf, &name);
	check_str("built in", name.key, STR("amazon-ses"));
	assert_true(!digest_eq(
		services_digest(b.config.services), services_digest(services_default())));
}

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		CLEANUP(box)
		struct box b;
		box_init(&b);
		check_int(
			mistakes[i].name, load(&b, str_of(mistakes[i].text), NULL), ERR_CONFIG);
		check_fault(mistakes[i].name, &b, 0, mistakes[i].line, mistakes[i].message);
		for (size_t k = 0; k < b.faults.count; k++)
			check(mistakes[i].name, !str_contains(fault(&b, k), STR("wort'")));
	}
}

static void test_all_mistakes_are_told(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	box_init(&b);
	assert_int_equal(load(&b,
				 STR("databse = /a\nweb { threads = 0\nlistn = x }\n"
				     "source x { tpye = imap\nport = 0\ntpye = imap }\n"
				     "source y { tpye = imap }\n"),
				 NULL),
		ERR_CONFIG);
	check_fault("unknown", &b, 0, 1, "'database'");
	check_fault("value", &b, 1, 3, "'listen'");
	check_fault("in a source", &b, 2, 4, "'type'");
	check_fault("again", &b, 3, 6, "'type'");
	check_fault("in another", &b, 4, 7, "'type'");
	check_fault("values after names", &b, 5, 2, "threads is 1 to 64");
	check_fault("values after names", &b, 6, 5, "port is 1 to 65535");
	assert_int_equal(b.faults.count, 7);
	assert_int_equal(
		load(&b, STR("source x { type = imap }\nsource y { type = maildir }\n"), NULL),
		ERR_CONFIG);
	assert_int_equal(b.faults.count, 4); /* host, user, password; path */
}

static void test_many_mistakes(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	CLEANUP(buf)
	struct buf text;
	buf_init(&text, MIB);
	for (int i = 0; i < 500; i++)
		buf_printf(&text, "nonsense%d = 1\n", i);
	box_init(&b);
	assert_int_equal(load(&b, buf_view(&text), NULL), ERR_CONFIG);
	assert_true(b.faults.count >= 20);
	buf_clear(&text);
	for (int i = 0; i < 500; i++)
		buf_printf(&text, "database = /a\n");
	assert_int_equal(load(&b, buf_view(&text), NULL), ERR_CONFIG);
	assert_int_equal(b.faults.count, 499);
}

static void test_many_sections(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	CLEANUP(buf)
	struct buf text;
	buf_init(&text, MIB);
	for (int i = 0; i < CONFIG_SECTIONS_MOST; i++)
		buf_printf(&text, "source s%d { type = mbox path = /m }\n", i);
	box_init(&b);
	assert_int_equal(load(&b, buf_view(&text), NULL), 0);
	assert_int_equal(b.config.source_count, CONFIG_SECTIONS_MOST);
	buf_str(&text, STR("web { }\n"));
	assert_int_equal(load(&b, buf_view(&text), NULL), ERR_CONFIG);
	check_fault("sections", &b, 0, CONFIG_SECTIONS_MOST + 1, "too many sections");
}

/* --- Files --- */

static void test_files(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	box_init(&b);
	b.faults.count = 0;
	assert_int_equal(config_load(&b.arena, b.file, NULL, &b.config, &b.faults), ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("no such file, though --config")));

	write_file(b.file, STR("database = /a\n"), 0606);
	b.faults.count = 0;
	assert_int_equal(config_load(&b.arena, b.file, NULL, &b.config, &b.faults), ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("chmod o-w")));

	b.faults.count = 0;
	assert_int_equal(
		config_load(&b.arena, b.folder, NULL, &b.config, &b.faults), ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("no regular file")));

	b.faults.count = 0;
	assert_int_equal(config_load(&b.arena, "none", NULL, &b.config, &b.faults), 0);
	assert_null(b.config.files[0]);
	assert_string_equal(b.config.database, "/var/lib/ruad/ruad.db");
	assert_string_equal(b.config.web.listen[0], "127.0.0.1:8425");
	assert_int_equal(b.config.web.threads, 2);
	struct limits limits;
	limits_default(&limits);
	assert_memory_equal(&limits, &b.config.limits, sizeof(limits));
}

static void test_size_of_a_file(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	CLEANUP(buf)
	struct buf text;
	buf_init(&text, 2 * MIB);
	box_init(&b);
	while (text.n < CONFIG_FILE_MOST)
		buf_str(&text, STR("# comment\n"));
	text.n = CONFIG_FILE_MOST;
	assert_int_equal(load(&b, buf_view(&text), NULL), 0);
	buf_char(&text, '\n');
	assert_int_equal(load(&b, buf_view(&text), NULL), ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("1 MiB")));
}

static void add_fragment(struct box *b, const char *name, const char *text)
{
	char path[192];
	snprintf(path, sizeof(path), "%s/conf.d", b->folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/conf.d/%s", b->folder, name);
	write_file(path, str_of(text), 0600);
}

static void test_fragments(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	box_init(&b);
	add_fragment(&b, "20.conf", "web { listen = b }");
	add_fragment(&b, "10.conf", "web { listen = a threads = 7 }");
	add_fragment(&b, "30.conf.bak", "web { listen = c }");
	add_fragment(&b, ".40.conf", "web { listen = d }");
	add_fragment(&b, "50.conf",
		"source rua { host = other.example folders = { x } }"
		"source local { type = maildir path = /m }");
	assert_int_equal(
		load(&b, STR("web { listen = z }\n" RUA "port = 10 folders = { a, b } }"),
			NULL),
		0);
	assert_string_equal(b.config.web.listen[0], "b");
	assert_int_equal(b.config.web.threads, 7);
	assert_int_equal(b.config.source_count, 2);
	const struct source_config *s = &b.config.sources[0];
	assert_string_equal(s->name, "rua");
	assert_string_equal(s->host, "other.example");
	assert_int_equal(s->port, 10);
	assert_int_equal(s->folder_count, 1);
	assert_string_equal(s->folders[0], "x");
	size_t files = 0;
	while (b.config.files[files])
		files++;
	assert_int_equal(files, 4);
	char folder[128];
	snprintf(folder, sizeof(folder), "%s/conf.d", b.folder);
	chmod(folder, 0777);
	b.faults.count = 0;
	assert_int_equal(config_load(&b.arena, b.file, NULL, &b.config, &b.faults), ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("can write into this folder")));
}

static void test_password_in_a_file(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		bool ok;
	} modes[] = { { "0600", 0600, true }, { "0640", 0640, true }, { "0400", 0400, true },
		{ "0644", 0644, false }, { "0660", 0660, false }, { "0604", 0604, false } };
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		CLEANUP(box)
		struct box b;
		box_init(&b);
		write_file(b.file,
			STR("source x { type = imap host = h user = u password = 'a;b#c$d' }"),
			modes[i].mode);
		int r = config_load(&b.arena, b.file, NULL, &b.config, &b.faults);
		check_int(modes[i].name, r, modes[i].ok ? 0 : ERR_CONFIG);
		if (modes[i].ok)
			check_str(modes[i].name, str_of(b.config.sources[0].secret.value),
				STR("a;b#c$d"));
		else
			check(modes[i].name, str_contains(fault(&b, 0), STR("chmod 600")));
	}
}

/* --- Environment and flags --- */

static char *env_good[] = { (char *)"RUAD_DATABASE=/env", (char *)"RUAD_WEB_LISTEN=e:1",
	(char *)"RUAD_PUBLIC_SUFFIX_LIST=/psl", (char *)"RUAD_WEB_THREADS=9",
	(char *)"RUAD_NOW=2026-11-21T12:00:00Z", (char *)"RUAD_SOURCE_RUA_HOST=env.example",
	(char *)"RUAD_SOURCE_RUA_FOLDERS=a,b c",
	(char *)"RUAD_SOURCE_RUA_USER=", (char *)"RUAD_SOURCE_BOX_2_TYPE=pop3",
	(char *)"RUAD_SOURCE_BOX_2_HOST=pop.example", (char *)"RUAD_SOURCE_BOX_2_USER=v",
	(char *)"RUAD_SOURCE_BOX_2_PASSWORD_FILE=/q", NULL };

static void test_environment(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	struct err err = { 0 };
	box_init(&b);
	int r = load(&b, STR("database = /file web { threads = 3 }" RUA "}"), env_good);
	if (r < 0)
		fail_msg("%.*s", STR_ARGS(fault(&b, 0)));
	assert_string_equal(b.config.database, "/env");
	assert_string_equal(b.config.psl_file, "/psl");
	assert_string_equal(b.config.web.listen[0], "e:1");
	assert_int_equal(b.config.web.threads, 9);
	assert_int_equal(b.config.source_count, 2);
	assert_string_equal(b.config.sources[0].host, "env.example");
	assert_string_equal(b.config.sources[0].user, "u"); /* empty: not set */
	assert_int_equal(b.config.sources[0].folder_count, 2);
	assert_string_equal(b.config.sources[0].folders[1], "b c");
	assert_string_equal(b.config.sources[1].name, "box-2");
	assert_int_equal(b.config.sources[1].type, SOURCE_POP3);
	assert_string_equal(b.config.sources[1].secret.path, "/q");
	struct str origin = origin_text(&b.arena, b.config.settings[KEY_DATABASE].origin);
	check_str("origin", origin, STR("env RUAD_DATABASE"));

	assert_int_equal(config_set(&b.config, KEY_DATABASE, "flag.db", "--db", &err), 0);
	assert_string_equal(b.config.database, "flag.db");
	origin = origin_text(&b.arena, b.config.settings[KEY_DATABASE].origin);
	check_str("origin", origin, STR("flag --db"));
	assert_int_equal(config_set(&b.config, KEY_LIMIT_ratio, "1K", "--set", &err), 0);
	assert_int_equal(b.config.limits.ratio, 1024);
	assert_int_equal(
		config_set(&b.config, KEY_WEB_THREADS, "0", "--threads", &err), ERR_USAGE);
	assert_true(str_contains(str_of(err.text), STR("--threads: threads is 1 to 64")));
}

static const struct {
	const char *name, *variable, *message;
} bad_variables[] = {
	{ "unknown key", "RUAD_SOURCE_RUA_HOTS=x", "Did you mean …_HOST?" },
	{ "unknown key of the web server", "RUAD_WEB_USER_FILE=x",
		"Did you mean RUAD_WEB_USERS_FILE?" },
	{ "unknown source and key", "RUAD_SOURCE_X_Y=x", "ends in no setting of a source" },
	{ "only a key", "RUAD_SOURCE_HOST=x", "ends in no setting of a source" },
	{ "password", "RUAD_SOURCE_RUA_PASSWORD=x", "use RUAD_SOURCE_RUA_PASSWORD_FILE" },
	{ "bad value", "RUAD_SOURCE_RUA_PORT=many", "port is a number" },
	{ "source that lacks something", "RUAD_SOURCE_NEW_TYPE=imap", "source 'new' has no" },
	{ "bad number", "RUAD_WEB_THREADS=0", "threads is 1 to 64" },
	{ "control character", "RUAD_SOURCE_RUA_USER=a\x1b[2J", "control character" },
	{ "two secrets at once", "RUAD_SOURCE_RUA_PASSWORD_CREDENTIAL=x", NULL },
};

static void test_bad_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad_variables); i++) {
		CLEANUP(box)
		struct box b;
		char *vars[] = { (char *)bad_variables[i].variable, NULL };
		box_init(&b);
		int r = load(&b, STR(RUA "}"), vars);
		if (!bad_variables[i].message) {
			/* The one of the later place counts. */
			check_int(bad_variables[i].name, r, 0);
			check_int(bad_variables[i].name, b.config.sources[0].secret.kind,
				SECRET_CREDENTIAL);
			continue;
		}
		check_int(bad_variables[i].name, r, ERR_CONFIG);
		check(bad_variables[i].name, str_starts(fault(&b, 0), STR("RUAD_")));
		check(bad_variables[i].name,
			str_contains(fault(&b, 0), str_of(bad_variables[i].message)));
	}
}

static void test_titles_in_the_environment(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	char *vars[] = { (char *)"RUAD_SOURCE_A_B_PATH=/two", (char *)"RUAD_SOURCE_A_PATH=/one",
		NULL };
	char *unclear[] = { (char *)"RUAD_SOURCE_A_B_PATH=/x", NULL };
	box_init(&b);
	assert_int_equal(load(&b,
				 STR("source A.b { type = mbox path = /m }"
				     "source a { type = mbox path = /m }"),
				 vars),
		0);
	assert_string_equal(b.config.sources[0].path, "/two");
	assert_string_equal(b.config.sources[1].path, "/one");
	assert_int_equal(load(&b,
				 STR("source a-b { type = mbox path = /m }"
				     "source a.b { type = mbox path = /m }"),
				 unclear),
		ERR_CONFIG);
	assert_true(str_contains(fault(&b, 0), STR("could mean the source a-b or a.b")));
}

/* --- Sources --- */

static void test_source(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	struct mailbox_options opt = { 0 };
	const struct source_config *s = NULL;
	struct err err = { 0 };
	box_init(&b);
	assert_int_equal(load(&b, STR(RUA "}"), NULL), 0);
	assert_int_equal(config_source_find(&b.config, "rua", &s, &err), 0);
	config_mailbox(s, &b.config.limits, &opt);
	assert_string_equal(opt.name, "rua");
	assert_int_equal(opt.protocol, MAILBOX_IMAP);
	assert_int_equal(opt.port, 0);
	assert_int_equal(opt.tls, MAILBOX_TLS_IMPLICIT);
	assert_int_equal(opt.auth, MAILBOX_AUTH_LOGIN);
	assert_null(opt.ca_file);
	assert_int_equal(opt.folder_count, 1);
	assert_string_equal(opt.folders[0], "INBOX");
	assert_int_equal(opt.connect_s, 30);
	assert_int_equal(opt.command_s, 60);
	assert_ptr_equal(opt.limits, &b.config.limits);
	assert_true(s->idle);
	assert_int_equal(s->every_s, 0);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		assert_int_equal(opt.done[o].action, MAILBOX_LEAVE);
	assert_int_equal(s->secret.kind, SECRET_FILE);
	assert_int_equal(config_source_find(&b.config, "rau", &s, &err), ERR_USAGE);
	assert_true(str_contains(str_of(err.text), STR("Did you mean 'rua'?")));
}

static void test_source_with_everything(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	struct mailbox_options opt = { 0 };
	box_init(&b);
	assert_int_equal(
		load(&b,
			STR("source x { type = imap host = h user = u port = 1143 tls = "
			    "starttls "
			    "auth = xoauth2 token_command = {get, \"a b\"} ca_file = /ca "
			    "folders = {A, \"B/c\"} connect_timeout = 5s command_timeout = 2m "
			    "every = 1h idle = no }"),
			NULL),
		0);
	const struct source_config *s = &b.config.sources[0];
	config_mailbox(s, &b.config.limits, &opt);
	assert_int_equal(opt.port, 1143);
	assert_int_equal(opt.tls, MAILBOX_TLS_STARTTLS);
	assert_int_equal(opt.auth, MAILBOX_AUTH_XOAUTH2);
	assert_string_equal(opt.ca_file, "/ca");
	assert_int_equal(opt.folder_count, 2);
	assert_string_equal(opt.folders[1], "B/c");
	assert_int_equal(opt.connect_s, 5);
	assert_int_equal(opt.command_s, 120);
	assert_int_equal(s->every_s, 3600);
	assert_false(s->idle);
	assert_int_equal(s->secret.kind, SECRET_TOKEN);
	assert_string_equal(s->secret.argv[0], "get");
	assert_string_equal(s->secret.argv[1], "a b");
	assert_null(s->secret.argv[2]);
}

static const struct {
	const char *name, *text;
	enum mailbox_action stored, ignored, rejected;
	const char *stored_folder, *ignored_folder, *rejected_folder; /* NULL: never mind */
} dones[] = {
	{ "nothing", "", MAILBOX_LEAVE, MAILBOX_LEAVE, MAILBOX_LEAVE, NULL, NULL, NULL },
	{ "seen", "done = seen", MAILBOX_SEEN, MAILBOX_SEEN, MAILBOX_SEEN, NULL, NULL, NULL },
	{ "move", "done = move", MAILBOX_MOVE, MAILBOX_MOVE, MAILBOX_MOVE, "Done", "Done",
		"Failed" },
	{ "move, own folders", "done = move done_folder = a failed_folder = b", MAILBOX_MOVE,
		MAILBOX_MOVE, MAILBOX_MOVE, "a", "a", "b" },
	{ "three folders", "done = move ignored_folder = x", MAILBOX_MOVE, MAILBOX_MOVE,
		MAILBOX_MOVE, "Done", "x", "Failed" },
	{ "delete", "done = delete", MAILBOX_DELETE, MAILBOX_LEAVE, MAILBOX_LEAVE, NULL, NULL,
		NULL },
	{ "delete all", "done = delete ignored = delete failed = delete", MAILBOX_DELETE,
		MAILBOX_DELETE, MAILBOX_DELETE, NULL, NULL, NULL },
	{ "each its own", "done = seen ignored = leave failed = move", MAILBOX_SEEN,
		MAILBOX_LEAVE, MAILBOX_MOVE, NULL, NULL, "Failed" },
};

static void check_done(const char *name, struct mailbox_done got, enum mailbox_action action,
	const char *folder)
{
	check_int(name, got.action, action);
	if (folder)
		check_str(name, str_of(got.folder), str_of(folder));
}

static void test_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dones); i++) {
		CLEANUP(box)
		struct box b;
		char text[512];
		const char *name = dones[i].name;
		box_init(&b);
		snprintf(text, sizeof(text), RUA "%s }", dones[i].text);
		check_int(name, load(&b, str_of(text), NULL), 0);
		const struct mailbox_done *done = b.config.sources[0].done;
		check_done(name, done[OUTCOME_STORED], dones[i].stored, dones[i].stored_folder);
		check_done(
			name, done[OUTCOME_DUPLICATE], dones[i].stored, dones[i].stored_folder);
		check_done(
			name, done[OUTCOME_IGNORED], dones[i].ignored, dones[i].ignored_folder);
		check_done(name, done[OUTCOME_REJECTED], dones[i].rejected,
			dones[i].rejected_folder);
	}
}

static void test_maildir(void **state)
{
	(void)state;
	CLEANUP(box)
	struct box b;
	struct ingest_options opt = { 0 };
	box_init(&b);
	assert_int_equal(load(&b,
				 STR("source m { type = maildir path = /m done = move "
				     "failed_folder = Bad ignored = seen every = 1d }"),
				 NULL),
		0);
	config_ingest(&b.config.sources[0], &b.config.limits, &opt);
	assert_int_equal(opt.done[OUTCOME_STORED], DONE_MOVE);
	assert_string_equal(opt.folder[OUTCOME_STORED], "Done");
	assert_string_equal(opt.folder[OUTCOME_REJECTED], "Bad");
	assert_string_equal(b.config.sources[0].path, "/m");
	assert_int_equal(b.config.sources[0].every_s, 86400);
}

static void test_lint(void **state)
{
	static const char *const wanted[] = { "tls = none, which is refused unless",
		"/nowhere/p: is not there", "done = delete", "done_folder of source 'a' has no",
		"path of source 'b'", "folder of database", "'0.0.0.0:80'" };
	(void)state;
	CLEANUP(box)
	struct box b;
	box_init(&b);
	struct faults warnings = { .arena = &b.arena };
	assert_int_equal(load(&b,
				 STR("database = /nowhere/x.db web { listen = 0.0.0.0:80 } "
				     "source a { type = imap host = h "
				     "user = u password_file = /nowhere/p tls = none "
				     "done = delete done_folder = x }"
				     "source b { type = maildir path = /nowhere }"),
				 NULL),
		0);
	config_lint(&b.config, &warnings);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		bool found = false;
		for (size_t k = 0; k < warnings.count; k++)
			found = found || str_contains(warnings.lines[k], str_of(wanted[i]));
		check(wanted[i], found);
	}
	assert_int_equal(warnings.count, COUNT(wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_lines_are_counted),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_sender_mistakes),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_all_mistakes_are_told),
		cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_many_sections),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_size_of_a_file),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_password_in_a_file),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_bad_environment),
		cmocka_unit_test(test_titles_in_the_environment),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_source_with_everything),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_maildir),
		cmocka_unit_test(test_lint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
