#include "boxoptions.h"

#include "mutf7.h"
#include "wire.h"
#include "xalloc.h"

#include <string.h>

#define CONNECT_S 30
#define COMMAND_S 60
#define SECONDS_MOST 3600
#define WORD_MOST 1024 /* of a setting */
#define FOLDERS_MOST 1000

/* Control characters would end a command and begin another. */
static int check_word(const char *setting, const char *word, bool ascii, struct err *err)
{
	struct str s = str_of(word);

	if (s.n == 0)
		return FAIL(err, ERR_CONFIG, NULL, "%s is missing", setting);
	if (s.n > WORD_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "%s is too long", setting);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < ' ' || c == 0x7f)
			return FAIL(err, ERR_CONFIG, NULL, "%s has a control character in it",
				setting);
		if (ascii && (c >= 0x7f || c == ' '))
			return FAIL(err, ERR_CONFIG, NULL,
				"%s has a blank or a letter that is not ASCII; write names in "
				"their xn-- "
				"form",
				setting);
	}
	return 0;
}

static int check_folder(const char *setting, const char *name, struct err *err)
{
	CLEANUP(buf)
	struct buf b = { 0 };
	int r = check_word(setting, name, false, err);

	if (r < 0)
		return r;
	buf_init(&b, 8 * KIB);
	if (!mutf7_put(&b, str_of(name)) || b.full)
		return FAIL(err, ERR_CONFIG, NULL, "%s is not UTF-8", setting);
	return 0;
}

static int check_folders(const struct mailbox_options *o, struct err *err)
{
	for (size_t i = 0; i < o->folder_count; i++) {
		int r = check_folder("a name in folders", o->folders[i], err);

		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(o->folders[i], o->folders[j]) == 0)
				return FAIL(err, ERR_CONFIG, NULL, "folders names %s twice",
					o->folders[i]);
	}
	return 0;
}

static int check_done(
	const struct mailbox_options *o, const struct mailbox_done *done, struct err *err)
{
	int r;

	if ((unsigned)done->action >= MAILBOX_ACTION_COUNT)
		return FAIL(err, ERR_CONFIG, NULL, "done is none of leave, seen, move, delete");
	if (o->protocol == MAILBOX_POP3 && done->action != MAILBOX_LEAVE &&
		done->action != MAILBOX_DELETE)
		return FAIL(err, ERR_CONFIG, NULL,
			"POP3 has no folders and no flags: done is leave or "
			"delete, not %s",
			mailbox_action_name(done->action));
	if (done->action != MAILBOX_MOVE)
		return 0;
	r = check_folder("the folder for done = move", done->folder, err);
	for (size_t i = 0; r == 0 && i < o->folder_count; i++)
		if (strcmp(done->folder, o->folders[i]) == 0)
			return FAIL(err, ERR_CONFIG, NULL,
				"folder %s is read, and mails are moved to it: they would go "
				"in circles",
				done->folder);
	return r;
}

static int check_options(const struct mailbox_options *o, struct err *err)
{
	int r = check_word("the name of the source", o->name, false, err);

	if (r == 0)
		r = check_word("host", o->host, true, err);
	if (r == 0)
		r = check_word("user", o->user, false, err);
	if (r == 0 && o->ca_file)
		r = check_word("ca_file", o->ca_file, false, err);
	if (r == 0)
		r = check_folders(o, err);
	for (int i = 0; r == 0 && i < OUTCOME_COUNT; i++)
		r = check_done(o, &o->done[i], err);
	if (r < 0)
		return r;
	if (o->port > 65535)
		return FAIL(
			err, ERR_CONFIG, NULL, "port %u is not a port (1 to 65535)", o->port);
	if (o->connect_s > SECONDS_MOST || o->command_s > SECONDS_MOST)
		return FAIL(err, ERR_CONFIG, NULL, "a timeout has at most %d seconds",
			SECONDS_MOST);
	if ((unsigned)o->protocol >= MAILBOX_PROTOCOL_COUNT ||
		(unsigned)o->tls >= MAILBOX_TLS_COUNT ||
		(unsigned)o->auth >= MAILBOX_AUTH_COUNT)
		return FAIL(err, ERR_CONFIG, NULL, "type, tls or auth is not known");
	return 0;
}

/* --- A copy that is complete --- */

static const char *keep(struct arena *a, const char *s)
{
	return s ? arena_cstr(a, str_of(s)) : NULL;
}

static unsigned default_port(const struct mailbox_options *o)
{
	bool tls = o->tls == MAILBOX_TLS_IMPLICIT;

	if (o->protocol == MAILBOX_IMAP)
		return tls ? 993 : 143;
	return tls ? 995 : 110;
}

static void complete(
	const struct mailbox_options *o, struct arena *a, struct mailbox_options *ret)
{
	size_t n = o->protocol == MAILBOX_IMAP && o->folder_count > 0 ? o->folder_count : 1;
	const char **folders = ARENA_ARRAY(a, const char *, n);
	struct limits *limits = ARENA_NEW(a, struct limits);

	limits_default(limits);
	if (o->limits)
		*limits = *o->limits;
	for (size_t i = 0; i < n; i++)
		folders[i] = i < o->folder_count ? keep(a, o->folders[i]) : "INBOX";
	*ret = *o;
	ret->name = keep(a, o->name);
	ret->host = arena_str_lower(a, arena_str(a, str_of(o->host))).p;
	ret->port = o->port ? o->port : default_port(o);
	ret->ca_file = keep(a, o->ca_file);
	ret->user = keep(a, o->user);
	ret->folders = folders;
	ret->folder_count = n;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		ret->done[i].folder = keep(a, o->done[i].folder);
	ret->limits = limits;
	ret->connect_s = o->connect_s ? o->connect_s : CONNECT_S;
	ret->command_s = o->command_s ? o->command_s : COMMAND_S;
}

int boxoptions_complete(const struct mailbox_options *o, struct arena *a,
	struct mailbox_options *ret, struct err *err)
{
	int r = check_options(o, err);

	if (r < 0)
		return r;
	if (!o->secret)
		return FAIL(err, ERR_CONFIG, NULL, "no password is configured for %s", o->user);
	complete(o, a, ret);
	return check_options(ret, err); /* with the folder that is the default */
}

/* --- As bytes --- */

static void put_text(struct buf *b, const char *s)
{
	wire_put_u64(b, s != NULL);
	wire_put_str(b, str_of(s));
}

static const char *take_text(struct str *bytes, struct arena *a)
{
	bool there = wire_take_u64(bytes) != 0;
	struct str s = wire_take_str(bytes);

	return there ? arena_cstr(a, s) : NULL;
}

static unsigned take_unsigned(struct str *bytes)
{
	uint64_t v = wire_take_u64(bytes);

	return v < UINT32_MAX ? (unsigned)v : UINT32_MAX;
}

void boxoptions_put(struct buf *b, const struct mailbox_options *o)
{
	put_text(b, o->name);
	wire_put_u64(b, o->protocol);
	put_text(b, o->host);
	wire_put_u64(b, o->port);
	wire_put_u64(b, o->tls);
	put_text(b, o->ca_file);
	put_text(b, o->user);
	wire_put_u64(b, o->auth);
	wire_put_u64(b, o->folder_count);
	for (size_t i = 0; i < o->folder_count; i++)
		put_text(b, o->folders[i]);
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		wire_put_u64(b, o->done[i].action);
		put_text(b, o->done[i].folder);
	}
	wire_put_u64(b, o->limits->mail_size);
	wire_put_u64(b, o->connect_s);
	wire_put_u64(b, o->command_s);
}

static void take_folders(struct str *bytes, struct arena *a, struct mailbox_options *o)
{
	size_t n = wire_take_u64(bytes);
	const char **folders;

	if (n < 1 || n > FOLDERS_MOST)
		*bytes = STR_ABSENT;
	if (str_absent(*bytes))
		return;
	folders = ARENA_ARRAY(a, const char *, n);
	for (size_t i = 0; i < n; i++)
		folders[i] = take_text(bytes, a);
	o->folders = folders;
	o->folder_count = n;
}

int boxoptions_take(
	struct str *bytes, struct arena *a, struct mailbox_options *ret, struct err *err)
{
	struct limits *limits = ARENA_NEW(a, struct limits);
	struct mailbox_options o = { .limits = limits };

	limits_default(limits);
	o.name = take_text(bytes, a);
	o.protocol = (enum mailbox_protocol)take_unsigned(bytes);
	o.host = take_text(bytes, a);
	o.port = take_unsigned(bytes);
	o.tls = (enum mailbox_tls)take_unsigned(bytes);
	o.ca_file = take_text(bytes, a);
	o.user = take_text(bytes, a);
	o.auth = (enum mailbox_auth)take_unsigned(bytes);
	take_folders(bytes, a, &o);
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		o.done[i].action = (enum mailbox_action)take_unsigned(bytes);
		o.done[i].folder = take_text(bytes, a);
	}
	limits->mail_size = wire_take_u64(bytes);
	o.connect_s = take_unsigned(bytes);
	o.command_s = take_unsigned(bytes);
	if (str_absent(*bytes) || o.port == 0 || o.connect_s == 0 || o.command_s == 0)
		return FAIL(err, ERR_INPUT, NULL, "these are no options of a mailbox");
	*ret = o;
	return check_options(ret, err);
}
