#include "imapcall.h"
#include "sasl.h"
#include "xalloc.h"

#include <string.h>

#define OFFERS_SHOWN 512

static bool asked_to_go_on(const struct imaplink *l)
{
	return l->imap->imap_stream_buffer->len > 0 &&
	       l->imap->imap_stream_buffer->str[0] == '+';
}

/* AUTHENTICATE, with the message in the first line when the server takes it (SASL-IR, RFC
 * 4959). */
static int authenticate(struct imaplink *l, enum mailbox_auth auth, struct str message)
{
	bool at_once = imapcall_can(l, "SASL-IR");
	CLEANUP(secret)
	struct buf line;
	int r;

	sasl_room(&line, message.n + 64);
	buf_printf(&line, "AUTHENTICATE %s%s", sasl_name(auth), at_once ? " " : "");
	if (at_once)
		buf_str(&line, message);
	r = mailimap_send_current_tag(l->imap);
	if (r == MAILIMAP_NO_ERROR)
		r = imapcall_say(l, buf_view(&line));
	if (r == MAILIMAP_NO_ERROR && !at_once && asked_to_go_on(l))
		r = imapcall_say(l, message);
	/* A refusal of OAuth comes as a challenge, to be answered with nothing. */
	if (r == MAILIMAP_NO_ERROR && asked_to_go_on(l))
		r = imapcall_say(l, STR(""));
	if (r == MAILIMAP_NO_ERROR)
		r = imapcall_verdict(l, MAILIMAP_ERROR_LOGIN);
	if (r == MAILIMAP_NO_ERROR)
		l->imap->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return r;
}

/* What was sent lies in the library's buffer until it is needed for something else. */
static void wipe_sent(struct imaplink *l)
{
	mailstream *s = l->imap ? l->imap->imap_stream : NULL;

	if (s && s->write_buffer_len == 0)
		explicit_bzero(s->write_buffer, s->buffer_max_size);
}

static int present(
	struct imaplink *l, enum mailbox_auth auth, struct str secret, struct err *err)
{
	const struct mailbox_options *o = l->out->opt;
	CLEANUP(secret)
	struct buf message = { 0 };

	imapcall_allow(l, SMALL_ANSWER);
	if (auth == MAILBOX_AUTH_LOGIN)
		return imapcall_judge(
			l, mailimap_login(l->imap, o->user, secret.p), secret, err);
	sasl_room(&message, 2 * SECRET_MOST + 4 * strlen(o->user) + 1024);
	sasl_message(auth, o->user, secret, o->host, o->port, &message);
	return imapcall_judge(l, authenticate(l, auth, buf_view(&message)), secret, err);
}

static bool plain_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

/* Does the server take this kind of login? */
static int check_auth(struct imaplink *l, enum mailbox_auth auth, struct err *err)
{
	CLEANUP(buf)
	struct buf offered;

	buf_init(&offered, OFFERS_SHOWN);
	if (auth == MAILBOX_AUTH_LOGIN) {
		if (!imapcall_can(l, "LOGINDISABLED"))
			return 0;
		return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
			"%s takes no LOGIN; set auth to plain, xoauth2 or oauthbearer",
			l->peer.host);
	}
	if (imapcall_can_login(l, sasl_name(auth)))
		return 0;
	imapcall_put_capabilities(l, true, &offered);
	return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
		"%s takes no login with %s; it offers: %s", l->peer.host, sasl_name(auth),
		offered.n ? offered.p : "nothing but LOGIN");
}

static int refused(const struct imaplink *l, struct err *err)
{
	const char *code = imaplink_code(l);
	struct err said = *err;

	if (imapcall_passing(code))
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s takes no logins now: %s",
			l->peer.host, said.text);
	return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
		"login of %s refused: %s; check user and %s", l->out->opt->user, said.text,
		protocol_secret_setting(l->out->opt));
}

int imapcall_login(struct imaplink *l, struct err *err)
{
	enum mailbox_auth auth = l->out->opt->auth;
	bool token = auth == MAILBOX_AUTH_XOAUTH2 || auth == MAILBOX_AUTH_OAUTHBEARER;
	int r = LINK_NO;

	for (int fresh = 0; r == LINK_NO && fresh <= token; fresh++) {
		CLEANUP(secret)
		struct buf secret;

		sasl_room(&secret, SECRET_MOST);
		outlet_pulse(l->out);
		r = protocol_secret(l->out, fresh, &secret, err);
		if (r < 0)
			return r;
		/* LOGIN has quotes around the password, which hold ASCII only. */
		if (auth == MAILBOX_AUTH_LOGIN &&
			!(plain_ascii(buf_view(&secret)) &&
				plain_ascii(str_of(l->out->opt->user))))
			auth = MAILBOX_AUTH_PLAIN;
		r = check_auth(l, auth, err);
		if (r == 0)
			r = present(l, auth, buf_view(&secret), err);
		wipe_sent(l);
	}
	return r == LINK_NO ? refused(l, err) : r;
}
