#include "pop3.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3

static void *pop3_open(struct outlet *out)
{
	const struct mailbox_options *o = out->opt;
	struct pop3 *p = xcalloc(1, sizeof(*p));

	p->out = out;
	p->peer = (struct tls_peer){
		.host = o->host,
		.port = o->port,
		.ca_file = o->ca_file,
		.plain = o->tls == MAILBOX_TLS_NONE,
		.seconds = o->connect_s,
		.protocol = "POP3",
		.waits = outlet_waits,
		.waits_arg = out,
	};
	return p;
}

/* --- Mails --- */

/* The body, with the dots taken off: 1 whole, 2 never to be had, negative. */
static int read_body(struct pop3 *p, struct err *err)
{
	uint64_t most = p->out->opt->limits->mail_size, bytes = 0;
	struct popbody body = { 0 };
	struct str part;
	int r;

	while ((r = popline_body(&p->line, &body, &part)) > 0) {
		bytes += part.n;
		if (bytes > most) { /* the server said less; was it a broken transfer? */
			poplink_drop(p);
			p->too_large = true;
			return FAIL(err, ERR_TEMP, "mail-too-large",
				"the mail has more bytes than allowed (limit mail_size %llu)",
				(unsigned long long)most);
		}
		tls_credit(p->tls, part.n, outlet_body(p->out, part.p, part.n));
	}
	if (r < 0)
		return poplink_lost(p, err);
	if (bytes > 0)
		return 1;
	err_set(err, ERR_INPUT, "read-failed", "the server gives the mail without its content");
	return 2;
}

static int read_mail(struct pop3 *p, const struct popmail *m, struct err *err)
{
	struct boxmail mail = { .key = m->key, .size_bytes = m->size_bytes };
	uint64_t most = p->out->opt->limits->mail_size;
	int r;

	outlet_mail(p->out, &mail);
	if (m->size_bytes > most) {
		err_set(err, ERR_LIMIT, "mail-too-large",
			"the mail has %llu bytes (limit mail_size %llu)",
			(unsigned long long)m->size_bytes, (unsigned long long)most);
		return 2;
	}
	p->too_large = false;
	r = poplink_say_number(p, "RETR", m->number, err);
	if (r == 0)
		return read_body(p, err);
	if (r < 0)
		return r;
	err->code = ERR_INPUT;
	err->reason = "read-failed";
	return poplink_passing(p) ? 3 : 2;
}

static int give_mail(struct pop3 *p, struct err *err)
{
	struct key key = p->mails[p->at].key;
	unsigned number = p->mails[p->at].number;
	int r = read_mail(p, &p->mails[p->at], err);

	if (r < 0 && ++p->attempts < ATTEMPTS)
		return r;
	p->attempts = 0;
	if (r < 0 && p->too_large) {
		err->code = ERR_LIMIT;
		r = 2;
	}
	if (r >= 0)
		p->lost = 0;
	if (r < 0 || r == 3) {
		err_prefix(
			err, "mail %u could not be read, and is left for the next run", number);
		r = 3;
	}
	keymap_put(&p->given, &key, 1);
	if (p->tls)
		p->at++;
	return r;
}

/* The end of the session, at which the server deletes. */
static int quit(struct pop3 *p, struct err *err)
{
	int r = p->tls ? poplink_say(p, STR("QUIT"), NULL, err) : 0;

	poplink_drop(p);
	if (r == 0)
		return 0;
	err_prefix(err, "mails could not be deleted, and stay");
	err->reason = MAILBOX_NOT_FILED;
	return r < 0 ? r : err->code;
}

/* See imap.c. */
static int lost(struct pop3 *p, int r)
{
	if (r == ERR_CONFIG || !p->ready || ++p->lost >= PROTOCOL_LOST_MOST) {
		p->lost = 0;
		return r;
	}
	outlet_pause(p->out, protocol_backoff_ms(p->lost - 1));
	return 0;
}

static int pop3_next(void *protocol, struct err *err)
{
	struct pop3 *p = protocol;

	if (p->ended) {
		int r = quit(p, err);

		p->ended = false;
		if (r < 0)
			return r;
	}
	for (;;) {
		int r = poplink_up(p, err);

		while (r == 0 && p->at < p->n && !poplist_wanted(p, &p->mails[p->at]))
			p->at++;
		if (r == 0 && p->at == p->n) {
			p->ended = true;
			return 0;
		}
		if (r == 0)
			r = give_mail(p, err);
		if (r > 0)
			return r;
		r = lost(p, r);
		if (r < 0)
			return r;
	}
}

/* --- Deleting --- */

static int delete_mail(struct pop3 *p, const struct key *key, struct err *err)
{
	struct popmail *m = poplist_by_key(p, key);
	int r;

	if (!m || m->deleted)
		return 0;
	r = poplink_say_number(p, "DELE", m->number, err);
	if (r == 0)
		m->deleted = true;
	return r;
}

static int pop3_settle(void *protocol, const struct settlement *s, struct err *err)
{
	struct pop3 *p = protocol;
	struct str keys = s->mails, word;
	int r = s->action == MAILBOX_DELETE ? poplink_up(p, err) : 0;

	while (r == 0 && s->action == MAILBOX_DELETE && str_cut(&keys, ' ', &word)) {
		struct key key;

		if (key_parse(word, &key))
			r = delete_mail(p, &key, err);
	}
	if (r == 0)
		return 0;
	err_prefix(err, "mails could not be deleted, and stay");
	err->reason = MAILBOX_NOT_FILED;
	return r < 0 ? r : err->code;
}

static int pop3_wait(void *protocol, unsigned seconds, struct err *err)
{
	struct pop3 *p = protocol;
	int r = quit(p, err);

	if (r < 0)
		return r;
	outlet_order_comes(p->out, (int)(seconds < 86400 ? seconds : 86400) * 1000);
	return 0;
}

static int pop3_test(void *protocol, struct err *err)
{
	struct pop3 *p = protocol;
	int r = poplink_up(p, err);

	if (r < 0) {
		outlet_say(p->out, false, "%s", err->text);
		return r;
	}
	outlet_say(p->out, true, "the mailbox has %zu mails", p->n);
	return 0;
}

static int pop3_close(void *protocol, struct err *err)
{
	struct pop3 *p = protocol;
	int r = quit(p, err);

	keymap_release(&p->given);
	free(p);
	return r;
}

const struct protocol pop3_protocol = {
	.open = pop3_open,
	.next = pop3_next,
	.settle = pop3_settle,
	.wait = pop3_wait,
	.test = pop3_test,
	.close = pop3_close,
};
