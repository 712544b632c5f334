#include "pop3.h"
#include "sasl.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER (64 * KIB)
#define LINES_MOST 300000 /* of one answer: that many mails */

void poplink_drop(struct pop3 *p)
{
	tls_close(p->tls);
	p->tls = NULL;
	free(p->mails);
	p->mails = NULL;
	p->n = p->at = p->found_at = 0;
}

int poplink_lost(struct pop3 *p, struct err *err)
{
	int r = tls_why(p->tls, err);

	poplink_drop(p);
	return r;
}

/* The answer is in p->said and, until the next line is read, in *ret.  0, POP3_NO or negative.
 */
static int answer(struct pop3 *p, struct str *ret, struct err *err)
{
	struct str line;

	if (popline_read(&p->line, &line) < 0)
		return poplink_lost(p, err);
	snprintf(p->said, sizeof(p->said), "%.*s",
		STR_ARGS(str_first(line, sizeof(p->said) - 1)));
	if (ret)
		*ret = line;
	if (str_starts(line, STR("+")))
		return 0;
	if (str_starts(line, STR("-ERR"))) {
		char quote[256];

		protocol_quote(str_from(str_of(p->said), 4), STR_ABSENT, quote, sizeof(quote));
		err_set(err, ERR_CONFIG, NULL, "%s says no%s", p->peer.host, quote);
		return POP3_NO;
	}
	tls_give_up(p->tls);
	poplink_drop(p);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s answers what is not POP3",
		p->peer.host);
}

int poplink_say(struct pop3 *p, struct str line, struct str *ret, struct err *err)
{
	CLEANUP(secret)
	struct buf b;

	sasl_room(&b, line.n + 2);
	buf_str(&b, line);
	buf_str(&b, STR("\r\n"));
	outlet_pulse(p->out);
	tls_allow(p->tls, p->out->opt->command_s, ANSWER);
	p->lines = 0;
	for (size_t at = 0; at < b.n;) {
		ssize_t put = tls_write(p->tls, b.p + at, b.n - at);

		if (put < 0)
			return poplink_lost(p, err);
		at += (size_t)put;
	}
	return answer(p, ret, err);
}

int poplink_say_number(struct pop3 *p, const char *verb, unsigned number, struct err *err)
{
	char line[32];

	snprintf(line, sizeof(line), "%s %u", verb, number);
	return poplink_say(p, str_of(line), NULL, err);
}

int poplink_line(struct pop3 *p, struct str *ret, struct err *err)
{
	if (popline_read(&p->line, ret) < 0)
		return poplink_lost(p, err);
	if (++p->lines > LINES_MOST) {
		tls_overrun(p->tls);
		return poplink_lost(p, err);
	}
	tls_credit(p->tls, ret->n + 2, 0);
	return !str_eq(*ret, STR("."));
}

/* --- The connection --- */

static void learn(struct pop3 *p, struct str line)
{
	struct str word;

	str_cut(&line, ' ', &word);
	if (str_eq_nocase(word, STR("STLS")))
		p->has_stls = true;
	if (!str_eq_nocase(word, STR("SASL")))
		return;
	while (str_cut(&line, ' ', &word)) {
		p->has_plain = p->has_plain || str_eq_nocase(word, STR("PLAIN"));
		p->has_xoauth2 = p->has_xoauth2 || str_eq_nocase(word, STR("XOAUTH2"));
		p->has_oauthbearer =
			p->has_oauthbearer || str_eq_nocase(word, STR("OAUTHBEARER"));
	}
}

static int capabilities(struct pop3 *p, struct err *err)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	struct str line;
	int r = poplink_say(p, STR("CAPA"), NULL, err);

	p->has_stls = p->has_plain = p->has_xoauth2 = p->has_oauthbearer = p->told = false;
	if (r != 0)
		return r < 0 ? r : 0; /* an old server has no CAPA */
	p->told = true;
	buf_init(&text, 512);
	while ((r = poplink_line(p, &line, err)) > 0) {
		learn(p, line);
		if (line.n + text.n + 2 < 512)
			buf_printf(&text, "%s%.*s", text.n ? ", " : "", STR_ARGS(line));
	}
	if (r == 0)
		outlet_say(p->out, true, "the server can: %s",
			text.n ? text.p : "nothing that it tells");
	return r;
}

static int start_tls(struct pop3 *p, struct err *err)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	int r = tls_start(p->tls, err);

	if (r < 0)
		return r;
	buf_init(&text, KIB);
	tls_say_security(p->tls, &text);
	outlet_say(p->out, true, "%s", text.p);
	return 0;
}

static int upgrade(struct pop3 *p, struct err *err)
{
	int r = capabilities(p, err);

	if (r < 0)
		return r;
	if (!p->has_stls)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"%s port %u offers no STLS, or somebody on the way takes it out; "
			"nothing secret "
			"was sent; try tls implicit and port 995",
			p->peer.host, p->peer.port);
	r = poplink_say(p, STR("STLS"), NULL, err);
	if (r < 0)
		return r;
	/* Bytes after the +OK would be taken for the server's, although anybody could have put
	 * them there. */
	if (r != 0 || popline_pending(&p->line))
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"STLS with %s failed%s; nothing secret was sent", p->peer.host,
			r == 0 ? ": it sent more before TLS began" : "");
	return start_tls(p, err);
}

static int connect_to(struct pop3 *p, struct err *err)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	char quote[256];
	int r;

	outlet_pulse(p->out);
	r = tls_connect(&p->peer, &p->tls, err);
	if (r < 0)
		return r;
	popline_init(&p->line, p->tls);
	buf_init(&text, KIB);
	tls_say_address(p->tls, &text);
	outlet_say(p->out, true, "connected to %s at %s", p->peer.host, text.p);
	if (p->out->opt->tls == MAILBOX_TLS_IMPLICIT)
		r = start_tls(p, err);
	if (r < 0)
		return r;
	tls_allow(p->tls, p->out->opt->command_s, ANSWER);
	r = answer(p, NULL, err);
	if (r != POP3_NO)
		return r;
	protocol_quote(str_from(str_of(p->said), 4), STR_ABSENT, quote, sizeof(quote));
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s takes no connections now%s",
		p->peer.host, quote);
}

/* --- Login --- */

static int user_and_pass(struct pop3 *p, struct str secret, struct err *err)
{
	CLEANUP(secret)
	struct buf line;
	int r;

	sasl_room(&line, secret.n + strlen(p->out->opt->user) + 16);
	buf_printf(&line, "USER %s", p->out->opt->user);
	r = poplink_say(p, buf_view(&line), NULL, err);
	if (r != 0)
		return r;
	buf_clear(&line);
	buf_str(&line, STR("PASS "));
	buf_str(&line, secret);
	return poplink_say(p, buf_view(&line), NULL, err);
}

/* The message goes in a line of its own: a command may have 255 bytes only. */
static int authenticate(
	struct pop3 *p, enum mailbox_auth auth, struct str secret, struct err *err)
{
	const struct mailbox_options *o = p->out->opt;
	CLEANUP(secret)
	struct buf message = { 0 };
	struct str line;
	char verb[32];
	int r;

	snprintf(verb, sizeof(verb), "AUTH %s", sasl_name(auth));
	r = poplink_say(p, str_of(verb), &line, err);
	if (r != 0)
		return r;
	sasl_room(&message, 2 * SECRET_MOST + 4 * strlen(o->user) + 1024);
	sasl_message(auth, o->user, secret, o->host, o->port, &message);
	r = poplink_say(p, buf_view(&message), &line, err);
	/* A refusal of OAuth comes as a challenge, to be answered with nothing. */
	if (r == 0 && str_starts(line, STR("+ ")))
		r = poplink_say(p, STR(""), &line, err);
	return r;
}

static int check_auth(const struct pop3 *p, struct err *err)
{
	enum mailbox_auth auth = p->out->opt->auth;
	bool has[MAILBOX_AUTH_COUNT] = { true, p->has_plain, p->has_xoauth2,
		p->has_oauthbearer };

	if (has[auth] || !p->told)
		return 0;
	return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED, "%s takes no login with %s",
		p->peer.host, sasl_name(auth));
}

bool poplink_passing(const struct pop3 *p)
{
	static const char *const codes[] = { "[IN-USE]", "[SYS/TEMP]", "[LOGIN-DELAY]" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strstr(p->said, codes[i]))
			return true;
	return false;
}

static int refused(const struct pop3 *p, struct str secret, struct err *err)
{
	char quote[256];

	protocol_quote(str_from(str_of(p->said), 4), secret, quote, sizeof(quote));
	if (poplink_passing(p))
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s takes no login of %s now%s",
			p->peer.host, p->out->opt->user, quote);
	return FAIL(err, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
		"login of %s refused by %s%s; check user and %s", p->out->opt->user,
		p->peer.host, quote, protocol_secret_setting(p->out->opt));
}

static int login(struct pop3 *p, struct err *err)
{
	enum mailbox_auth auth = p->out->opt->auth;
	bool token = auth == MAILBOX_AUTH_XOAUTH2 || auth == MAILBOX_AUTH_OAUTHBEARER;
	int r = check_auth(p, err);

	if (r < 0)
		return r;
	r = POP3_NO;
	for (int fresh = 0; r == POP3_NO && fresh <= token; fresh++) {
		CLEANUP(secret)
		struct buf secret;

		sasl_room(&secret, SECRET_MOST);
		outlet_pulse(p->out);
		r = protocol_secret(p->out, fresh, &secret, err);
		if (r < 0)
			return r;
		r = auth == MAILBOX_AUTH_LOGIN ? user_and_pass(p, buf_view(&secret), err)
					       : authenticate(p, auth, buf_view(&secret), err);
		if (r == POP3_NO)
			refused(p, buf_view(&secret), err);
	}
	if (r == POP3_NO)
		return err->code;
	if (r == 0)
		outlet_say(p->out, true, "logged in as %s", p->out->opt->user);
	return r;
}

int poplink_up(struct pop3 *p, struct err *err)
{
	int r;

	if (p->tls)
		return 0;
	r = connect_to(p, err);
	if (r == 0 && p->out->opt->tls == MAILBOX_TLS_STARTTLS)
		r = upgrade(p, err);
	if (r == 0)
		r = capabilities(p, err);
	if (r == 0)
		r = login(p, err);
	if (r == 0)
		r = poplist_read(p, err);
	if (r == 0) {
		p->ready = true;
		return 0;
	}
	if (r == POP3_NO) { /* it greets us so, or does not want to work */
		err->code = r = ERR_TEMP;
		err->reason = MAILBOX_UNAVAILABLE;
	}
	poplink_drop(p);
	return r;
}
