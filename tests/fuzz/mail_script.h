/*
 * mail_script.h - a mail server that says what it is told to, whatever it is asked; for
 * fuzz_pop3.c and fuzz_imap.c, each of which includes it once.
 *
 * The functions of tls.h and outlet.h that a protocol uses stand here, so that no socket and no
 * process is needed.  A line "%%" is the end of a connection: what follows is the next one's;
 * "%T" is the tag of the last command.  What the protocol tells must have its order.
 */
#ifndef RUAD_MAIL_SCRIPT_H
#define RUAD_MAIL_SCRIPT_H

#include "protocol.h"
#include "sasl.h"
#include "tls.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static void check(bool holds)
{
	if (!holds)
		abort();
}

static struct str script;
static unsigned connections; /* so far */
static bool mail_open;	     /* outlet_mail was called */
static uint64_t mail_bytes;

#define CONNECTIONS_MOST 8

/* --- tls.h --- */

#define TAG_MOST 20

struct tls {
	struct str says;
	uint64_t budget;
	bool failed;
	char tag[TAG_MOST]; /* the first word of what was written last */
};

int tls_connect(const struct tls_peer *peer, struct tls **ret, struct err *err)
{
	ptrdiff_t end = str_find(script, STR("\n%%\n"));

	if (++connections > CONNECTIONS_MOST)
		return FAIL(err, ERR_CONFIG, MAILBOX_UNAVAILABLE, "%s is gone", peer->host);
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->tag[0] = '*';
	(*ret)->says = end < 0 ? script : str_make(script.p, (size_t)end + 1);
	script = end < 0 ? STR("") : str_from(script, (size_t)end + 4);
	return 0;
}

int tls_start(struct tls *t, struct err *err)
{
	(void)t;
	(void)err;
	return 0;
}

void tls_close(struct tls *t)
{
	free(t);
}

void tls_allow(struct tls *t, unsigned seconds, uint64_t bytes)
{
	(void)seconds;
	t->budget = bytes;
}

void tls_credit(struct tls *t, uint64_t bytes, uint64_t waited_ms)
{
	(void)waited_ms;
	t->budget += bytes;
}

/* What comes next, as one piece: never beyond an answer that has a tag, which must be read by
 * who waits for it. */
static struct str piece_of(struct tls *t, size_t n)
{
	struct str piece = str_make(t->says.p, t->says.n % 97 + 1);
	ptrdiff_t end;

	piece.n = piece.n < n ? piece.n : n;
	piece.n = piece.n < t->says.n ? piece.n : t->says.n;
	end = str_find(str_from(piece, 1), STR("%T"));
	if (end >= 0)
		piece.n = (size_t)end + 1;
	end = str_index(piece, '\n');
	if (end >= 0)
		piece.n = (size_t)end + 1;
	return piece;
}

ssize_t tls_read(struct tls *t, void *p, size_t n)
{
	bool tag = str_starts(t->says, STR("%T"));
	struct str piece = tag ? str_first(str_of(t->tag), n) : piece_of(t, n);

	if (t->failed || t->says.n == 0 || piece.n > t->budget) {
		t->failed = true;
		return -1;
	}
	memcpy(p, piece.p, piece.n);
	t->says = str_from(t->says, tag ? 2 : piece.n);
	t->budget -= piece.n;
	return (ssize_t)piece.n;
}

ssize_t tls_write(struct tls *t, const void *p, size_t n)
{
	struct str text = str_make(p, n), word;

	str_cut(&text, ' ', &word);
	if (word.n > 0 && word.n < TAG_MOST) {
		memcpy(t->tag, word.p, word.n);
		t->tag[word.n] = '\0';
	}
	return t->failed ? -1 : (ssize_t)n;
}

int tls_fd(const struct tls *t)
{
	(void)t;
	return -1;
}

bool tls_pending(const struct tls *t)
{
	return t->says.n > 0;
}

void tls_give_up(struct tls *t)
{
	t->failed = true;
}

void tls_overrun(struct tls *t)
{
	t->failed = true;
}

bool tls_failed(const struct tls *t)
{
	return t->failed;
}

int tls_why(const struct tls *t, struct err *err)
{
	(void)t;
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "the server says nothing more");
}

void tls_say_address(const struct tls *t, struct buf *ret)
{
	(void)t;
	buf_str(ret, STR("nowhere"));
}

void tls_say_security(const struct tls *t, struct buf *ret)
{
	(void)t;
	buf_str(ret, STR("none"));
}

/* --- outlet.h --- */

struct boxfolder *outlet_folder_state(const struct outlet *o, size_t folder)
{
	return &o->state->folders[o->folder[folder]];
}

int outlet_waits(void *outlet)
{
	(void)outlet;
	return -1;
}

void outlet_pulse(struct outlet *o)
{
	(void)o;
}

void outlet_pause(struct outlet *o, unsigned ms)
{
	(void)o;
	(void)ms;
}

void outlet_folder(struct outlet *o, size_t folder, uint32_t validity)
{
	(void)validity; /* 0: the server has none */
	check(folder < o->opt->folder_count);
}

void outlet_found(struct outlet *o, uint64_t mails)
{
	(void)o;
	(void)mails;
}

void outlet_mail(struct outlet *o, const struct boxmail *m)
{
	check(m->folder < (o->opt->folder_count ? o->opt->folder_count : 1));
	mail_open = true;
	mail_bytes = 0;
}

uint64_t outlet_body(struct outlet *o, const char *p, size_t n)
{
	check(mail_open && p && n > 0);
	mail_bytes += n;
	check(mail_bytes <= o->opt->limits->mail_size);
	return 0;
}

void outlet_gone(struct outlet *o, size_t folder, uint32_t validity, const struct uidset *uids)
{
	(void)validity;
	check(folder < o->opt->folder_count && (uids->n == 0 || uids->ranges));
}

void outlet_gone_key(struct outlet *o, const struct key *key)
{
	check(keymap_get(&o->state->mails, key) != 0);
}

void outlet_failure(struct outlet *o, enum event event, const struct err *err)
{
	(void)o;
	check(event > 0 && err->code < 0 && err->text[0]);
}

/* Of a server's words, only what can be shown. */
void outlet_say(struct outlet *o, bool ok, const char *fmt, ...)
{
	(void)o;
	(void)ok;
	check(fmt[0] != '\0');
}

bool outlet_order_comes(struct outlet *o, int ms)
{
	(void)o;
	(void)ms;
	return true;
}

int outlet_secret(struct outlet *o, bool fresh, struct buf *ret, struct err *err)
{
	(void)o;
	(void)fresh;
	(void)err;
	buf_str(ret, STR("secret"));
	return 0;
}

/* --- A run --- */

#define MAILS_MOST 20

/* All that protocols can be asked for, once. */
static void ask(const struct protocol *protocol, struct outlet *out, struct str mails)
{
	const struct settlement settlement = {
		.validity = 7, .action = MAILBOX_DELETE, .again = true, .mails = mails
	};
	void *p = protocol->open(out);
	struct err err = { 0 };
	int r = 1;

	for (unsigned n = 0; r > 0 && n < MAILS_MOST; n++) {
		mail_open = false;
		out->allowed = MAILS_MOST;
		r = protocol->next(p, &err);
		check(r <= 0 || mail_open);
		check(r < 0 || r <= 3);
		check((r != 2 && r != 3 && r >= 0) || err.code < 0);
	}
	protocol->settle(p, &settlement, &err);
	protocol->wait(p, 1, &err);
	protocol->next(p, &err);
	protocol->test(p, &err);
	protocol->close(p, &err);
}

static void run_script(const struct protocol *protocol, struct mailbox_options *opt,
	struct str text, struct str mails)
{
	struct boxstate state;
	struct limits limits;
	struct err err;
	size_t folder;

	limits_default(&limits);
	limits.mail_size = 64 * KIB;
	opt->limits = &limits;
	check(boxstate_parse(STR_ABSENT, "a", &state, &err) == 0);
	folder = boxstate_folder(&state, "INBOX");
	struct outlet out = { .opt = opt, .state = &state, .folder = &folder };
	script = text;
	connections = 0;
	ask(protocol, &out, mails);
	boxstate_release(&state);
}

#endif
