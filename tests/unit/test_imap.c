#include "check.h"
#include "ingest_test.h"
#include "mail_server.h"
#include "mailbox.h"

#include <time.h>

#define PASSWORD "open sesame 7"
#define TOKEN "token-fresh-enough"

/* --- A server that does what it should, but where a hook says otherwise --- */

enum then { GO_ON, CLOSE, STALL, FLOOD };

struct hook {
	/* Begin of the command without its tag; "": the greeting; "BODY 2": in place of that
	 * mail, and if there is a tag in it the command ends there. */
	const char *match;
	const char *reply; /* %T is the tag; NULL: nothing */
	enum then then;
	int connection; /* 0: all */
};

struct fake {
	unsigned mails, validity;
	const char *capabilities; /* NULL: the usual ones */
	struct hook hooks[8];
};

#define USUAL "IMAP4rev1 SASL-IR IDLE MOVE UIDPLUS AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"

static void say_with_tag(int fd, const char *text, const char *tag)
{
	for (const char *at; (at = strstr(text, "%T")); text = at + 2) {
		server_say(fd, text, (size_t)(at - text));
		server_text(fd, tag);
	}
	server_text(fd, text);
}

static void do_hook(int fd, const struct hook *h, const char *tag)
{
	if (h->reply)
		say_with_tag(fd, h->reply, tag);
	if (h->then == CLOSE)
		_exit(0);
	if (h->then == STALL)
		server_stall(fd);
	while (h->then == FLOOD)
		server_text(fd, "* 1 FETCH (FLAGS (\\Seen \\Answered \\Flagged))\r\n");
}

static const struct hook *hooked(
	int fd, const struct fake *f, int connection, const char *tag, const char *command)
{
	for (size_t i = 0; i < 8 && f->hooks[i].match; i++) {
		const struct hook *h = &f->hooks[i];
		bool same = h->match[0] ? strncmp(command, h->match, strlen(h->match)) == 0
					: !command[0];

		if (!same || (h->connection != 0 && h->connection != connection))
			continue;
		do_hook(fd, h, tag);
		return h;
	}
	return NULL;
}

static bool in_set(unsigned uid, const char *set)
{
	struct str rest = str_of(set), part, first;

	rest.n = strcspn(set, " ");
	while (str_cut(&rest, ',', &part)) {
		uint64_t a = 0, b;

		str_cut(&part, ':', &first);
		str_to_u64(first, &a);
		b = a;
		if (!str_absent(part))
			str_to_u64(part, &b);
		if (uid >= a && uid <= b)
			return true;
	}
	return false;
}

/* False: the command has ended. */
static bool say_mail(
	int fd, const struct fake *f, int connection, const char *tag, unsigned uid)
{
	char body[16], text[64], line[256];
	const struct hook *h;

	snprintf(body, sizeof(body), "BODY %u", uid);
	h = hooked(fd, f, connection, tag, body);
	if (h)
		return !h->reply || !strstr(h->reply, "%T");
	snprintf(text, sizeof(text), "Subject: %u\r\n\r\nmail %u\r\n", uid, uid);
	snprintf(line, sizeof(line), "* %u FETCH (UID %u BODY[] {%zu}\r\n%s)\r\n", uid, uid,
		strlen(text), text);
	server_text(fd, line);
	return true;
}

static void answer(
	int fd, const struct fake *f, int connection, const char *tag, const char *command)
{
	const char *set = strncmp(command, "UID ", 4) == 0 ? strchr(command + 4, ' ') : NULL;
	struct buf b;

	buf_init(&b, MIB);
	if (strncmp(command, "CAPABILITY", 10) == 0)
		buf_printf(
			&b, "* CAPABILITY %s\r\n", f->capabilities ? f->capabilities : USUAL);
	if (strncmp(command, "LIST", 4) == 0)
		buf_printf(&b, "* LIST (\\Noselect) \"/\" \"\"\r\n");
	if (strncmp(command, "EXAMINE", 7) == 0 || strncmp(command, "SELECT", 6) == 0)
		buf_printf(&b,
			"* %u EXISTS\r\n* OK [UIDVALIDITY %u] ok\r\n* OK [UIDNEXT %u] ok\r\n",
			f->mails, f->validity ? f->validity : 7, f->mails + 1);
	if (strncmp(command, "UID SEARCH UID ", 15) == 0) {
		buf_str(&b, STR("* SEARCH"));
		for (unsigned uid = 1; uid <= f->mails; uid++)
			if (in_set(uid, command + 15))
				buf_printf(&b, " %u", uid);
		buf_str(&b, STR("\r\n"));
	}
	for (unsigned uid = 1; strncmp(command, "UID FETCH", 9) == 0 && uid <= f->mails;
		uid++) {
		if (!in_set(uid, set + 1))
			continue;
		if (strstr(command, "BODY.PEEK")) {
			if (!say_mail(fd, f, connection, tag, uid))
				return;
			continue;
		}
		buf_printf(&b,
			"* %u FETCH (UID %u RFC822.SIZE 20 INTERNALDATE "
			"\"24-Nov-2026 13:00:00 +0100\")\r\n",
			uid, uid);
	}
	if (strncmp(command, "LOGOUT", 6) == 0)
		buf_str(&b, STR("* BYE\r\n"));
	buf_printf(&b, "%s OK done\r\n", tag);
	server_say(fd, b.p, b.n);
	buf_release(&b);
}

static void serve(int fd, int n, const void *arg)
{
	const struct fake *f = arg;

	char tag[16] = "";

	if (!hooked(fd, f, n, "", ""))
		server_text(fd, "* OK hello\r\n");
	for (;;) {
		const char *line = server_hear(fd), *command = strchr(line, ' ');

		if (!command) { /* what follows a "+" */
			say_with_tag(fd,
				line[0] ? "%T OK done\r\n" : "%T NO it was not good\r\n", tag);
			continue;
		}
		snprintf(tag, sizeof(tag), "%.*s", (int)(command - line), line);
		if (!hooked(fd, f, n, tag, command + 1))
			answer(fd, f, n, tag, command + 1);
	}
}

/* --- The client's side --- */

static int secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)err;
	buf_str(ret, fresh ? STR(TOKEN) : STR(PASSWORD));
	return 0;
}

static struct mailbox_options box(const struct mail_server *s)
{
	static struct limits small;

	limits_default(&small);
	small.mail_size = 200000;
	return (struct mailbox_options){ .name = "box",
		.host = "127.0.0.1",
		.port = s->port,
		.tls = MAILBOX_TLS_NONE,
		.user = "me",
		.secret = secret,
		.limits = &small,
		.connect_s = 2,
		.command_s = 1 };
}

static struct source *open_box(const struct mailbox_options *o, const char *checkpoint)
{
	struct source *s;
	struct err err = { 0 };

	if (source_open_mailbox(o, str_of(checkpoint), &s, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

static char last_state[4096];

static void remember_state(struct source *s)
{
	struct buf b;

	buf_init(&b, sizeof(last_state) - 1);
	s->ops->checkpoint(s, &b);
	snprintf(last_state, sizeof(last_state), "%.*s", (int)b.n, b.p);
	buf_release(&b);
}

/* Read to the end, all acknowledged with outcome at once; then the state is in last_state. */
static const char *read_box(
	const struct mailbox_options *o, const char *checkpoint, int outcome)
{
	struct source *s = open_box(o, checkpoint);
	const char *text;

	scratch[0] = '\0'; /* locators are not paths */
	text = drain(s, outcome);
	remember_state(s);
	source_close(s);
	return text;
}

#define MAIL(uid) "INBOX;UIDVALIDITY=7;UID=" #uid "=Subject: " #uid "\r/\r/mail " #uid "\r/\n"
#define ALL MAIL(1) MAIL(2) MAIL(3)
#define STATE "ruad-mailbox 1\naccount imap:me@127.0.0.1\n"

/* --- Transcripts --- */

static void transcripts(void **state)
{
	static const struct {
		const char *name;
		struct fake fake;
		const char *want;  /* begins so; NULL: exactly the three mails */
		const char *error; /* is in it; NULL: no error */
		const char *state; /* the last line of the checkpoint */
	} cases[] = {
		{ "good", { .mails = 3 }, ALL, NULL, "folder INBOX 7 3\n" },
		{ "empty", { .mails = 0 }, "", NULL, "folder INBOX 7 0\n" },
		{ "closed in a literal once",
			{ .mails = 3,
				.hooks = { { "BODY 2", "* 2 FETCH (UID 2 BODY[] {24}\r\nSubj",
					CLOSE, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "closed in a literal always",
			{ .mails = 3,
				.hooks = { { "BODY 2", "* 2 FETCH (UID 2 BODY[] {24}\r\nSubj",
					CLOSE, 0 } } },
			MAIL(1) MAIL(3),
			"INBOX, UID 2, could not be read, and is left for the next run",
			"folder INBOX 7 3 unsettled=2\n" },
		{ "a literal that lies",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {4000}\r\nshort)\r\n%T OK "
					"done\r\n",
					STALL, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "a literal beyond 32 bits",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {4294967299}\r\nSubject: "
					"2)\r\n%T OK done\r\n",
					GO_ON, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "a literal of 4 GB",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {4294967295}\r\nSubject: 2",
					CLOSE, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "the wrong mail",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 9 FETCH (UID 9 BODY[] {4}\r\nevil)\r\n%T OK "
					"done\r\n",
					GO_ON, 0 } } },
			MAIL(1) MAIL(3), "another mail than it was asked for",
			"folder INBOX 7 3 unsettled=2\n" },
		{ "a mail without UID",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (BODY[] {4}\r\nevil)\r\n%T OK done\r\n",
					GO_ON, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "the same mail twice",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {4}\r\nmore)\r\n* 2 FETCH "
					"(UID 2 BODY[] {4}\r\nevil)\r\n"
					"%T OK done\r\n",
					GO_ON, 1 } } },
			MAIL(1) "INBOX;UIDVALIDITY=7;UID=2=more\n" MAIL(3), NULL,
			"folder INBOX 7 3\n" },
		{ "two contents",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {4}\r\nevil BODY[] "
					"{4}\r\nevil)\r\n%T OK done\r\n",
					GO_ON, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "the ends of commands come late",
			{ .mails = 2,
				.hooks = { { "BODY 1",
						   "* 1 FETCH (UID 1 BODY[] \"one "
						   "\\\"\\\\\")\r\n",
						   GO_ON, 0 },
					{ "BODY 2",
						"* 9 EXPUNGE\r\n* 2 FETCH (FLAGS (a \"b)\" "
						"(c)) UID 2 "
						"BODY[] {3}\r\ntwo)\r\n8 OK done\r\n%T "
						"OK done\r\n",
						GO_ON, 0 } } },
			"INBOX;UIDVALIDITY=7;UID=1=one \"\\\nINBOX;UIDVALIDITY=7;UID=2=two\n",
			NULL, "folder INBOX 7 2\n" },
		{ "the end of a command that was not given",
			{ .mails = 3,
				.hooks = { { "BODY 2", "0 OK done\r\n%T OK done\r\n", GO_ON,
					1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "closed before the end of a command",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] {22}\r\nSubject: "
					"2\r\n\r\nmail 2\r\n)\r\n",
					CLOSE, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "the UID after the body",
			{ .mails = 1,
				.hooks = { { "BODY 1",
					"* 1 FETCH (BODY[] {5}\r\nhello UID 1)\r\n* 2 FETCH "
					"(FLAGS ())\r\n%T OK done\r\n",
					GO_ON, 0 } } },
			"INBOX;UIDVALIDITY=7;UID=1=hello\n", NULL, "folder INBOX 7 1\n" },
		{ "gone meanwhile",
			{ .mails = 3,
				.hooks = { { "BODY 2", "%T OK done\r\n", GO_ON, 0 },
					{ "UID SEARCH UID 2", "* SEARCH\r\n%T OK done\r\n",
						GO_ON, 0 } } },
			MAIL(1) MAIL(3), NULL, "folder INBOX 7 3\n" },
		{ "gone, as the server says",
			{ .mails = 3,
				.hooks = { { "BODY 2", "%T NO [EXPUNGEISSUED] some\r\n", GO_ON,
					0 } } },
			MAIL(1) MAIL(3), NULL, "folder INBOX 7 3\n" },
		{ "kept back",
			{ .mails = 3, .hooks = { { "BODY 2", "%T OK done\r\n", GO_ON, 0 } } },
			MAIL(1) MAIL(3), "does not give the mail, and does not say why",
			"folder INBOX 7 3 unsettled=2\n" },
		{ "left out of a batch",
			{ .mails = 3, .hooks = { { "BODY 2", NULL, GO_ON, 0 } } },
			MAIL(1) MAIL(3), "does not give the mail, and does not say why",
			"folder INBOX 7 3 unsettled=2\n" },
		{ "in another order",
			{ .mails = 3,
				.hooks = { { "BODY 1",
					"* 2 FETCH (UID 2 BODY[] {4}\r\nevil)\r\n"
					"* 1 FETCH (UID 1 BODY[] {4}\r\nevil)\r\n",
					GO_ON, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "facts of some mails only",
			{ .mails = 3,
				.hooks = { { "UID FETCH 1:3 (UID RFC822",
					"* 3 FETCH (UID 3 RFC822.SIZE 20)\r\n"
					"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n"
					"* 1 FETCH (UID 1 RFC822.SIZE 20)\r\n%T OK done\r\n",
					GO_ON, 0 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "facts of those that are there",
			{ .mails = 3,
				.hooks = { { "UID FETCH 1:3 (UID RFC822",
						   "* 3 FETCH (UID 3 RFC822.SIZE 20)\r\n"
						   "%T OK done\r\n",
						   GO_ON, 0 },
					{ "UID SEARCH UID 1:2", "* SEARCH 1\r\n%T OK done\r\n",
						GO_ON, 0 } } },
			MAIL(1) MAIL(3), NULL, "folder INBOX 7 3\n" },
		{ "no UIDNEXT",
			{ .mails = 3,
				.hooks = { { "EXAMINE",
						   "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
						   "%T OK done\r\n",
						   GO_ON, 0 },
					{ "FETCH 3 (UID)",
						"* 3 FETCH (UID 3)\r\n%T OK done\r\n", GO_ON,
						0 },
					{ "UID SEARCH UID 1:4294967295", "%T BAD\r\n", GO_ON,
						0 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "no UIDVALIDITY, and no end",
			{ .mails = 2,
				.hooks = { { "EXAMINE",
						   "* 2 EXISTS\r\n* OK [UIDNEXT 3] ok\r\n"
						   "%T OK done\r\n",
						   GO_ON, 0 },
					{ "BODY 2", NULL, CLOSE, 0 } } },
			"INBOX;UIDVALIDITY=0;UID=1=Subject: 1\r/\r/mail 1\r/\n",
			"again and again", NULL },
		{ "without content",
			{ .mails = 3,
				.hooks = { { "BODY 2",
					"* 2 FETCH (UID 2 BODY[] NIL)\r\n%T OK done\r\n", GO_ON,
					0 } } },
			MAIL(1) "INBOX;UIDVALIDITY=7;UID=2!read-failed\n" MAIL(3), NULL,
			"folder INBOX 7 3\n" },
		{ "refused",
			{ .mails = 3, .hooks = { { "BODY 2", "%T NO broken\r\n", GO_ON, 0 } } },
			MAIL(1) "INBOX;UIDVALIDITY=7;UID=2!read-failed\n" MAIL(3), NULL,
			"folder INBOX 7 3\n" },
		{ "refused for now",
			{ .mails = 3,
				.hooks = { { "BODY 2", "%T NO [INUSE] later\r\n", GO_ON,
					0 } } },
			MAIL(1) MAIL(3), "UID 2, could not be read",
			"folder INBOX 7 3 unsettled=2\n" },
		{ "too large, and said so",
			{ .mails = 2,
				.hooks = { { "UID FETCH 1:2 (UID RFC822",
					"* 1 FETCH (UID 1 RFC822.SIZE 200001)\r\n* 2 FETCH "
					"(UID 2 RFC822.SIZE 20)\r\n"
					"%T OK done\r\n",
					GO_ON, 0 } } },
			"INBOX;UIDVALIDITY=7;UID=1!mail-too-large\n" MAIL(2), NULL,
			"folder INBOX 7 2\n" },
		{ "a flood instead of sizes",
			{ .mails = 3,
				.hooks = { { "UID FETCH 1:3 (UID RFC822", NULL, FLOOD, 0 } } },
			"", "sent far more", "folder INBOX 7 0\n" },
		{ "a flood instead of a mail",
			{ .mails = 1, .hooks = { { "BODY 1", NULL, FLOOD, 0 } } }, "",
			"sent far more", "folder INBOX 7 1 unsettled=1\n" },
		{ "a date that is none",
			{ .mails = 3,
				.hooks = { { "UID FETCH 1:3 (UID RFC822.SIZE INT",
					"* 1 FETCH (UID 1 RFC822.SIZE 20 INTERNALDATE "
					"\"yesterday\")\r\n%T OK done\r\n",
					GO_ON, 0 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "stalled in a mail once",
			{ .mails = 3,
				.hooks = { { "BODY 2", "* 2 FETCH (UID 2 BODY[] {24}\r\nSub",
					STALL, 1 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "not IMAP",
			{ .hooks = { { "", "220 smtp.example.com ESMTP\r\n", STALL, 0 } } }, "",
			"answers what is not IMAP", NULL },
		{ "no greeting", { .hooks = { { "", NULL, STALL, 0 } } }, "",
			"did not answer within 1 s", NULL },
		{ "closed", { .hooks = { { "", NULL, CLOSE, 0 } } }, "",
			"closed the connection", NULL },
		{ "goodbye", { .hooks = { { "", "* BYE too many\r\n", CLOSE, 0 } } }, "",
			"ended the connection (it says: too many)", NULL },
		{ "logged in already", { .hooks = { { "", "* PREAUTH hello\r\n", GO_ON, 0 } } },
			"", "PREAUTH", NULL },
		{ "no capabilities told",
			{ .mails = 3,
				.hooks = { { "CAPABILITY", "%T OK done\r\n", GO_ON, 0 } } },
			ALL, NULL, "folder INBOX 7 3\n" },
		{ "wrong tag",
			{ .hooks = { { "CAPABILITY", "nonsense OK done\r\n", STALL, 0 } } }, "",
			"did not understand", NULL },
		{ "no LOGIN", { .capabilities = "IMAP4rev1 LOGINDISABLED AUTH=PLAIN" }, "",
			"set auth to plain", NULL },
		{ "wrong password",
			{ .hooks = { { "LOGIN", "%T NO [AUTHENTICATIONFAILED] go away\r\n",
				  GO_ON, 0 } } },
			"",
			"login of me refused: 127.0.0.1 says no (it says: go away); check user "
			"and password",
			NULL },
		{ "login not now",
			{ .hooks = { { "LOGIN", "%T NO [UNAVAILABLE] later\r\n", GO_ON, 0 } } },
			"", "takes no logins now", NULL },
		{ "the secret comes back",
			{ .hooks = { { "LOGIN", "%T NO not " PASSWORD " here\r\n", GO_ON,
				  0 } } },
			"", "refused: 127.0.0.1 says no; check", NULL },
		{ "no such folder",
			{ .hooks = { { "EXAMINE", "%T NO [NONEXISTENT] none\r\n", GO_ON,
				  0 } } },
			"", "there is no folder INBOX", NULL },
		/* A crash of the library is one of the fetching process. */
		{ "libetpan crashes",
			{ .mails = 3,
				.hooks = { { "EXAMINE",
					"* OK [PERMANENTFLAGS ({)] ok\r\n%T OK done\r\n", GO_ON,
					0 } } },
			"", "crashed (signal", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got = read_box(&o, "", OUTCOME_STORED), *said = server_stop(&s);
		size_t n = strlen(cases[i].want);

		if (strncmp(got, cases[i].want, n) != 0)
			fail_msg("%s: got\n%s", cases[i].name, got);
		if (cases[i].error ? !strstr(got + n, cases[i].error) : got[n] != '\0')
			fail_msg("%s: got\n%s", cases[i].name, got);
		if (cases[i].state && !str_ends(str_of(last_state), str_of(cases[i].state)))
			fail_msg("%s: state\n%s", cases[i].name, last_state);
		check(cases[i].name, !strstr(got, PASSWORD));
		check(cases[i].name, !strstr(said, "EXPUNGE") && !strstr(said, "STORE") &&
					     !strstr(said, "SELECT "));
		if (strstr(cases[i].name, "too large"))
			check(cases[i].name, !strstr(said, "FETCH 1 (UID BODY"));
	}
}

/* A mail that is larger than the server said: it is left when the limit is reached. */
static void larger_than_said(void **state)
{
	static char reply[400000];
	struct fake fake = { .mails = 2, .hooks = { { "BODY 1", reply, GO_ON, 0 } } };
	struct mail_server s;
	struct mailbox_options o;
	int n = snprintf(reply, sizeof(reply), "* 1 FETCH (UID 1 BODY[] {300000}\r\n");

	(void)state;
	memset(reply + n, 'x', 300000);
	snprintf(
		reply + n + 300000, sizeof(reply) - (size_t)n - 300000, ")\r\n%%T OK done\r\n");
	s = server_start(serve, &fake);
	o = box(&s);
	assert_string_equal(read_box(&o, "", OUTCOME_REJECTED),
		"INBOX;UIDVALIDITY=7;UID=1!mail-too-large\n" MAIL(2));
	server_stop(&s);
}

/* --- What is remembered --- */

static void goes_on(void **state)
{
	static const struct {
		const char *name, *checkpoint;
		unsigned validity;
		const char *want;
	} cases[] = {
		{ "new ones only", STATE "folder INBOX 7 2\n", 7, MAIL(3) },
		{ "nothing new", STATE "folder INBOX 7 3\n", 7, "" },
		{ "the unsettled first", STATE "folder INBOX 7 2 unsettled=1\n", 7,
			MAIL(1) MAIL(3) },
		{ "an unsettled one is gone", STATE "folder INBOX 7 3 unsettled=2,900\n", 7,
			MAIL(2) },
		{ "another UIDVALIDITY", STATE "folder INBOX 6 3\n", 7, ALL },
		{ "another account",
			"ruad-mailbox 1\naccount imap:you@127.0.0.1\nfolder INBOX 7 3\n", 7,
			ALL },
		{ "another folder", STATE "folder Other 7 3\n", 7, ALL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fake fake = { .mails = 3, .validity = cases[i].validity };
		struct mail_server s = server_start(serve, &fake);
		struct mailbox_options o = box(&s);

		check_str(cases[i].name,
			str_of(read_box(&o, cases[i].checkpoint, OUTCOME_STORED)),
			str_of(cases[i].want));
		check(cases[i].name, strstr(last_state, "folder INBOX 7 3\n") != NULL);
		server_stop(&s);
	}
}

/* UIDVALIDITY that changes between two connections of one run. */
static void validity_changes(void **state)
{
	const struct fake fake = { .mails = 2,
		.hooks = { { "BODY 2", NULL, CLOSE, 1 },
			{ "EXAMINE",
				"* 2 EXISTS\r\n* OK [UIDVALIDITY 8] ok\r\n* OK [UIDNEXT 3] "
				"ok\r\n%T OK done\r\n",
				GO_ON, 2 } } };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);

	(void)state;
	assert_string_equal(read_box(&o, "", OUTCOME_STORED),
		MAIL(1) "INBOX;UIDVALIDITY=8;UID=1=Subject: 1\r/\r/mail 1\r/\n"
			"INBOX;UIDVALIDITY=8;UID=2=Subject: 2\r/\r/mail 2\r/\n");
	assert_non_null(strstr(last_state, "folder INBOX 8 2\n"));
	server_stop(&s);
}

static void given_back(void **state)
{
	const struct fake fake = { .mails = 3 };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);

	(void)state;
	assert_string_equal(read_box(&o, "", -1), ALL);
	assert_string_equal(last_state, STATE "folder INBOX 7 3 unsettled=1:3\n");
	server_stop(&s);
}

/* What the checkpoint says while a batch is open. */
static void open_batch(void **state)
{
	static const struct {
		const char *name;
		bool move, announce;
		const char *want, *after;
	} cases[] = {
		{ "left alone", false, false, "folder INBOX 7 2 unsettled=1:2\n",
			"folder INBOX 7 2\n" },
		{ "left alone, announced", false, true, "folder INBOX 7 2\n",
			"folder INBOX 7 2\n" },
		{ "moved", true, false, "folder INBOX 7 2 unsettled=1:2\n",
			"folder INBOX 7 2\n" },
		{ "moved, announced", true, true, "folder INBOX 7 2 stored=1 rejected=2\n",
			"folder INBOX 7 2\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct fake fake = { .mails = 3 };
		struct mail_server server = server_start(serve, &fake);
		struct mailbox_options o = box(&server);
		struct source *s;
		struct mail mail[2];
		struct err err = { 0 };

		for (int d = 0; cases[i].move && d < OUTCOME_COUNT; d++)
			o.done[d] = (struct mailbox_done){ MAILBOX_MOVE, "Done" };
		s = open_box(&o, "");
		for (int m = 0; m < 2; m++) {
			assert_int_equal(s->ops->next(s, &mail[m], &err), 1);
			s->ops->drop(s, &mail[m]);
		}
		if (cases[i].announce) {
			s->ops->settles(s, mail[0].token, OUTCOME_STORED);
			s->ops->settles(s, mail[1].token, OUTCOME_REJECTED);
		}
		remember_state(s);
		check_str(cases[i].name, str_of(last_state + strlen(STATE)),
			str_of(cases[i].want));
		check_int(
			cases[i].name, s->ops->done(s, mail[0].token, OUTCOME_STORED, &err), 0);
		check_int(cases[i].name, s->ops->done(s, mail[1].token, OUTCOME_REJECTED, &err),
			0);
		remember_state(s);
		check_str(cases[i].name, str_of(last_state + strlen(STATE)),
			str_of(cases[i].after));
		source_close(s);
		check_int(cases[i].name, strstr(server_stop(&server), "UID MOVE") != NULL,
			cases[i].move);
	}
}

/* --- What is done with mails --- */

static void actions(void **state)
{
	static const struct {
		const char *name;
		enum mailbox_action action;
		struct fake fake;
		const char *checkpoint;
		const char *said[5]; /* in this order */
		const char *never, *error, *state;
	} cases[] = {
		{ "seen", MAILBOX_SEEN, { .mails = 3 }, "",
			{ "SELECT", "STORE 1 +FLAGS.SILENT (\\Seen)" }, "EXPUNGE", NULL,
			"folder INBOX 7 3\n" },
		{ "move", MAILBOX_MOVE, { .mails = 3 }, "",
			{ "SELECT", "UID MOVE 1 \"Done/Good\"" }, "EXPUNGE", NULL,
			"folder INBOX 7 3\n" },
		{ "move without MOVE", MAILBOX_MOVE,
			{ .mails = 3, .capabilities = "IMAP4rev1 UIDPLUS" }, "",
			{ "UID COPY 1 \"Done/Good\"", "UID STORE 1 +FLAGS.SILENT (\\Deleted)",
				"UID EXPUNGE 1" },
			" EXPUNGE\n", NULL, "folder INBOX 7 3\n" },
		{ "move without anything", MAILBOX_MOVE,
			{ .mails = 3, .capabilities = "IMAP4rev1" }, "", { "SELECT" },
			"EXPUNGE", "cannot remove single mails (it has no MOVE and no UIDPLUS)",
			"folder INBOX 7 3 stored=1:3\n" },
		{ "delete", MAILBOX_DELETE, { .mails = 3 }, "",
			{ "UID STORE 1 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 1" },
			" EXPUNGE\n", NULL, "folder INBOX 7 3\n" },
		{ "delete without UIDPLUS", MAILBOX_DELETE,
			{ .mails = 3, .capabilities = "IMAP4rev1 MOVE" }, "", { "SELECT" },
			"Deleted", "cannot remove single mails (it has no UIDPLUS)",
			"folder INBOX 7 3 stored=1:3\n" },
		{ "the folder is missing", MAILBOX_MOVE,
			{ .mails = 1,
				.hooks = { { "UID MOVE", "%T NO [TRYCREATE] none\r\n", GO_ON,
					0 } } },
			"",
			{ "UID MOVE 1", "CREATE \"Done/Good\"", "SUBSCRIBE \"Done/Good\"",
				"UID MOVE 1" },
			"EXPUNGE", "could not be filed away (move to Done/Good)",
			"folder INBOX 7 1 stored=1\n" },
		{ "another separator", MAILBOX_MOVE,
			{ .mails = 1,
				.hooks = { { "LIST", "* LIST () \".\" \"\"\r\n%T OK done\r\n",
					GO_ON, 0 } } },
			"", { "UID MOVE 1 \"Done.Good\"" }, NULL, NULL, "folder INBOX 7 1\n" },
		{ "closed after the order", MAILBOX_MOVE,
			{ .mails = 1, .hooks = { { "UID MOVE", NULL, CLOSE, 1 } } }, "",
			{ "UID MOVE 1", "UID SEARCH UID 1", "UID MOVE 1" }, NULL, NULL,
			"folder INBOX 7 1\n" },
		{ "owed", MAILBOX_MOVE, { .mails = 5 },
			STATE "folder INBOX 7 5 stored=2:3,90\n",
			{ "UID SEARCH UID 2:3,90", "UID MOVE 2:3 \"Done/Good\"" }, "FETCH",
			NULL, "folder INBOX 7 5\n" },
		{ "owed, and left alone now", MAILBOX_LEAVE, { .mails = 5 },
			STATE "folder INBOX 7 5 stored=2:3\n", { "EXAMINE" }, "MOVE", NULL,
			"folder INBOX 7 5\n" },
		{ "owed of another UIDVALIDITY", MAILBOX_MOVE, { .mails = 0 },
			STATE "folder INBOX 6 5 stored=2:3\n", { "SELECT" }, "MOVE",
			"made anew", "folder INBOX 7 0\n" },
		{ "owed without MOVE", MAILBOX_MOVE,
			{ .mails = 5,
				.capabilities = "IMAP4rev1 UIDPLUS",
				.hooks = { { "UID SEARCH UID 2:3 UNDELETED",
					"* SEARCH 3\r\n%T OK done\r\n", GO_ON, 0 } } },
			STATE "folder INBOX 7 5 stored=2:3\n",
			{ "UID SEARCH UID 2:3\n", "UID COPY 3 \"Done/Good\"", "STORE 2:3",
				"UID EXPUNGE 2:3" },
			" EXPUNGE\n", NULL, "folder INBOX 7 5\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got, *said;

		for (int d = 0; d < OUTCOME_COUNT; d++)
			o.done[d] = (struct mailbox_done){ cases[i].action,
				cases[i].action == MAILBOX_MOVE ? "Done/Good" : NULL };
		got = read_box(&o, cases[i].checkpoint, OUTCOME_STORED);
		if (cases[i].error ? !strstr(got, cases[i].error)
				   : strstr(got, "error") || strstr(got, "done:"))
			fail_msg("%s: got\n%s", cases[i].name, got);
		check_str(cases[i].name, str_of(last_state + strlen(STATE)),
			str_of(cases[i].state));
		said = server_stop(&s);
		check(cases[i].name, !cases[i].never || !strstr(said, cases[i].never));
		for (size_t j = 0; j < 5 && cases[i].said[j]; j++) {
			const char *at = strstr(said, cases[i].said[j]);

			if (!at)
				fail_msg("%s: no %s in\n%s", cases[i].name, cases[i].said[j],
					said);
			said = at + 1;
		}
	}
}

/* A whole batch is one order. */
static void batch_is_one_order(void **state)
{
	const struct fake fake = { .mails = 50 };
	struct mail_server server = server_start(serve, &fake);
	struct mailbox_options o = box(&server);
	struct source *s;
	struct mail mail[50];
	struct err err = { 0 };
	const char *said;

	(void)state;
	o.done[OUTCOME_STORED] = (struct mailbox_done){ MAILBOX_MOVE, "Done" };
	o.done[OUTCOME_REJECTED] = (struct mailbox_done){ MAILBOX_MOVE, "Failed" };
	s = open_box(&o, "");
	for (int i = 0; i < 50; i++) {
		assert_int_equal(s->ops->next(s, &mail[i], &err), 1);
		s->ops->drop(s, &mail[i]);
	}
	assert_int_equal(s->ops->total(s), 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(s->ops->done(s, mail[i].token,
					 i == 9 ? OUTCOME_REJECTED : OUTCOME_STORED, &err),
			0);
	assert_int_equal(s->ops->next(s, &mail[0], &err), 0);
	source_close(s);
	said = server_stop(&server);
	assert_non_null(strstr(said, "UID MOVE 1:9,11:50 \"Done\""));
	assert_non_null(strstr(said, "UID MOVE 10 \"Failed\""));
}

/* --- Logging in --- */

static void logins(void **state)
{
	static const struct {
		const char *name;
		enum mailbox_auth auth;
		struct fake fake;
		const char *said, *error;
	} cases[] = {
		{ "login", MAILBOX_AUTH_LOGIN, { .mails = 0 }, "LOGIN me \"" PASSWORD "\"",
			NULL },
		{ "plain", MAILBOX_AUTH_PLAIN, { .mails = 0 },
			"AUTHENTICATE PLAIN AG1lAG9wZW4gc2VzYW1lIDc=\n", NULL },
		{ "plain, two steps", MAILBOX_AUTH_PLAIN,
			{ .capabilities = "IMAP4rev1 AUTH=PLAIN",
				.hooks = { { "AUTHENTICATE", "+ \r\n", GO_ON, 0 } } },
			"AUTHENTICATE PLAIN\nAG1lAG9wZW4gc2VzYW1lIDc=\n", NULL },
		{ "plain, not offered", MAILBOX_AUTH_PLAIN,
			{ .capabilities = "IMAP4rev1 AUTH=LOGIN" }, NULL,
			"takes no login with PLAIN; it offers: LOGIN" },
		{ "oauth, the second token", MAILBOX_AUTH_XOAUTH2,
			{ .hooks = { { "AUTHENTICATE XOAUTH2 dXNlcj1tZQFhdXRoPUJlYXJlciBvcGVu",
				  "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", GO_ON, 0 } } },
			"AUTHENTICATE XOAUTH2 "
			"dXNlcj1tZQFhdXRoPUJlYXJlciB0b2tlbi1mcmVzaC1lbm91Z2gBAQ==\n",
			NULL },
		{ "oauth, no token", MAILBOX_AUTH_OAUTHBEARER,
			{ .hooks = { { "AUTHENTICATE", "%T NO [AUTHENTICATIONFAILED] no\r\n",
				  GO_ON, 0 } } },
			"AUTHENTICATE OAUTHBEARER", "login of me refused" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got, *said;

		o.auth = cases[i].auth;
		got = read_box(&o, "", OUTCOME_STORED);
		if (cases[i].error ? !strstr(got, cases[i].error) : got[0])
			fail_msg("%s: got\n%s", cases[i].name, got);
		said = server_stop(&s);
		if (cases[i].said && !strstr(said, cases[i].said))
			fail_msg("%s: said\n%s", cases[i].name, said);
		check(cases[i].name, !strstr(got, PASSWORD) && !strstr(got, TOKEN));
	}
}

/* STARTTLS that does not lead to TLS: nothing secret goes out. */
static void stripped(void **state)
{
	static const char with[] = "IMAP4rev1 STARTTLS AUTH=PLAIN";
	static const struct {
		const char *name;
		struct fake fake;
		const char *error;
	} cases[] = {
		{ "not offered", { .mails = 1 }, "offers no STARTTLS" },
		{ "refused",
			{ .capabilities = with,
				.hooks = { { "STARTTLS", "%T NO not today\r\n", GO_ON, 0 } } },
			"STARTTLS with 127.0.0.1 failed" },
		{ "not understood",
			{ .capabilities = with,
				.hooks = { { "STARTTLS", "%T BAD what\r\n", GO_ON, 0 } } },
			"STARTTLS with 127.0.0.1 failed" },
		{ "then plain text",
			{ .capabilities = with,
				.hooks = { { "STARTTLS", "%T OK go\r\n", GO_ON, 0 } } },
			"127.0.0.1" },
		{ "injected",
			{ .capabilities = with,
				.hooks = { { "STARTTLS",
					"%T OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
					GO_ON, 0 } } },
			"STARTTLS with 127.0.0.1 failed" },
		{ "closed",
			{ .capabilities = with, .hooks = { { "STARTTLS", NULL, CLOSE, 0 } } },
			"closed the connection" },
		{ "PREAUTH",
			{ .capabilities = with,
				.hooks = { { "", "* PREAUTH hello\r\n", GO_ON, 0 } } },
			"PREAUTH" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server s = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&s);
		const char *got, *said;

		o.tls = MAILBOX_TLS_STARTTLS;
		o.auth = MAILBOX_AUTH_PLAIN;
		got = read_box(&o, "", OUTCOME_STORED);
		if (!strstr(got, cases[i].error))
			fail_msg("%s: got\n%s", cases[i].name, got);
		said = server_stop(&s);
		check(cases[i].name, !strstr(said, "LOGIN") && !strstr(said, "AUTHENTICATE"));
	}
}

/* --- Waiting --- */

static void waiting(void **state)
{
	static const struct {
		const char *name;
		struct fake fake;
		unsigned seconds;
		int want, least_ms, most_ms;
	} cases[] = {
		{ "new mail",
			{ .mails = 3,
				.hooks = { { "IDLE", "+ idling\r\n* 4 EXISTS\r\n", GO_ON,
					0 } } },
			20, 1, 0, 5000 },
		{ "nothing new",
			{ .mails = 3, .hooks = { { "IDLE", "+ idling\r\n", GO_ON, 0 } } }, 1, 0,
			900, 5000 },
		{ "no IDLE", { .mails = 3, .capabilities = "IMAP4rev1" }, 1, 0, 900, 5000 },
		{ "closed", { .mails = 3, .hooks = { { "IDLE", NULL, CLOSE, 0 } } }, 1, 1, 900,
			5000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mail_server server = server_start(serve, &cases[i].fake);
		struct mailbox_options o = box(&server);
		struct source *s = open_box(&o, "");
		struct err err = { 0 };
		struct timespec begun, ended;
		long ms;
		int r;

		scratch[0] = '\0';
		check_str(cases[i].name, str_of(drain(s, OUTCOME_STORED)), STR(ALL));
		clock_gettime(CLOCK_MONOTONIC, &begun);
		r = mailbox_wait(s, cases[i].seconds, -1, &err);
		clock_gettime(CLOCK_MONOTONIC, &ended);
		ms = (ended.tv_sec - begun.tv_sec) * 1000 +
		     (ended.tv_nsec - begun.tv_nsec) / 1000000;
		/* The process answers when its time is over, which may be after ours. */
		check(cases[i].name,
			r == cases[i].want || (strcmp(cases[i].name, "closed") == 0 && r == 0));
		check(cases[i].name, ms >= cases[i].least_ms && ms <= cases[i].most_ms);
		source_close(s);
		server_stop(&server);
	}
}

/* Somebody else wants something: the wait ends at once, and the source goes on as ever. */
static void woken(void **state)
{
	const struct fake fake = { .mails = 3,
		.hooks = { { "IDLE", "+ idling\r\n", GO_ON, 0 } } };
	struct mail_server server = server_start(serve, &fake);
	struct mailbox_options o = box(&server);
	struct source *s = open_box(&o, "");
	struct err err = { 0 };
	int fds[2];

	(void)state;
	scratch[0] = '\0';
	assert_string_equal(drain(s, OUTCOME_STORED), ALL);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(mailbox_wait(s, 60, fds[0], &err), 0);
	assert_string_equal(drain(s, OUTCOME_STORED), "");
	source_close(s);
	close(fds[0]);
	close(fds[1]);
	server_stop(&server);
}

/* --- The process that speaks with the server --- */

/* Of the process that waits for a server that says nothing: its parent is killed. */
static void ends_with_its_parent(void **state)
{
	const struct fake fake = { .hooks = { { "", NULL, STALL, 0 } } };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);
	time_t end = time(NULL) + 30;
	int status = -1;
	pid_t parent, fetcher = 0, r;
	char path[64];

	(void)state;
	o.command_s = 600;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	parent = fork();
	if (parent == 0) {
		struct source *source = open_box(&o, "");
		struct mail mail;

		source->ops->next(source, &mail, NULL);
		_exit(1);
	}
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	while (fetcher == 0 && time(NULL) < end) {
		FILE *f = fopen(path, "r");

		if (!f || fscanf(f, "%d", &fetcher) != 1)
			usleep(10000);
		if (f)
			fclose(f);
	}
	assert_true(fetcher > 0);
	usleep(200000); /* it shall wait for the greeting; but it ends whatever it does */
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	while ((r = waitpid(fetcher, &status, WNOHANG)) == 0 && time(NULL) < end)
		usleep(10000);
	assert_int_equal(r, fetcher);
	assert_true(WIFEXITED(status));
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	server_stop(&s);
}

/* How often the secret was asked for in this process, and in which one. */
static pid_t asked_in;

static int secret_here(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	asked_in = getpid();
	return secret(arg, fresh, ret, err);
}

static int no_secret(void *arg, bool fresh, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)fresh;
	(void)ret;
	return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED, "the command for it failed");
}

static void secrets(void **state)
{
	const struct fake fake = { .mails = 3 };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);
	const char *said;

	(void)state;
	o.secret = secret_here;
	assert_string_equal(read_box(&o, "", OUTCOME_STORED), ALL);
	assert_int_equal(asked_in, getpid());
	o.secret = no_secret;
	assert_non_null(strstr(read_box(&o, "", OUTCOME_STORED), "the command for it failed"));
	said = server_stop(&s);
	assert_null(strstr(strstr(said, "LOGIN") + 1, "LOGIN")); /* once: of the first */
}

/* Looking whether there is a mail does not wait for one, and what it cannot tell next tells. */
static void ready(void **state)
{
	const struct fake fake = { .mails = 2, .hooks = { { "LOGOUT", NULL, CLOSE, 0 } } };
	struct mail_server s = server_start(serve, &fake);
	struct mailbox_options o = box(&s);
	struct source *source = open_box(&o, "");
	struct mail mail;
	struct err err = { 0 };
	int mails = 0, r;

	(void)state;
	assert_int_equal(source->ops->ready(source, 0), 0); /* nothing was asked for yet */
	do {
		while (!source->ops->ready(source, 100))
			;
		r = source->ops->next(source, &mail, &err);
		if (r == 1) {
			source->ops->drop(source, &mail);
			source->ops->done(source, mail.token, OUTCOME_STORED, &err);
			mails++;
		}
	} while (r == 1);
	assert_int_equal(r, 0);
	assert_int_equal(mails, 2);
	source_close(source);
	server_stop(&s);
	source = open_box(&o, "");
	while (!source->ops->ready(source, 100))
		;
	assert_int_equal(source->ops->ready(source, 0), 1);
	assert_int_equal(source->ops->next(source, &mail, &err), ERR_TEMP);
	assert_string_equal(err.reason, MAILBOX_UNAVAILABLE);
	source_close(source);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcripts),
		cmocka_unit_test(larger_than_said),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(validity_changes),
		cmocka_unit_test(given_back),
		cmocka_unit_test(open_batch),
		cmocka_unit_test(actions),
		cmocka_unit_test(batch_is_one_order),
		cmocka_unit_test(logins),
		cmocka_unit_test(stripped),
		cmocka_unit_test(waiting),
		cmocka_unit_test(woken),
		cmocka_unit_test(ends_with_its_parent),
		cmocka_unit_test(secrets),
		cmocka_unit_test(ready),
	};

	fetch_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
