#include "day.h"
#include "imapcall.h"
#include "xalloc.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LOGOUT_S 5
#define CAPABILITIES_SHOWN 512

void imaplink_init(struct imaplink *l, struct outlet *out)
{
	const struct mailbox_options *o = out->opt;

	*l = (struct imaplink){
		.out = out,
		.peer = {
			.host = o->host,
			.port = o->port,
			.ca_file = o->ca_file,
			.plain = o->tls == MAILBOX_TLS_NONE,
			.seconds = o->connect_s,
			.protocol = "IMAP",
			.waits = outlet_waits,
			.waits_arg = out,
		},
		.command_s = o->command_s,
		.separator = '/',
	};
}

bool imaplink_up(const struct imaplink *l)
{
	return l->tls;
}

void imaplink_drop(struct imaplink *l)
{
	if (l->tls)
		tls_give_up(
			l->tls); /* mailimap_free would say goodbye, and wait for an answer */
	if (l->imap)
		mailimap_free(l->imap);
	tls_close(l->tls);
	free(l->selected);
	l->imap = NULL;
	l->tls = NULL;
	l->selected = NULL;
}

void imaplink_logout(struct imaplink *l)
{
	if (l->tls && l->imap) {
		tls_allow(l->tls, LOGOUT_S, SMALL_ANSWER);
		mailimap_logout(l->imap);
	}
	imaplink_drop(l);
}

/* --- Its making --- */

static int capabilities(struct imaplink *l, struct err *err)
{
	struct mailimap_connection_info *info = l->imap->imap_connection_info;
	int r;

	/* What was said before TLS or before the login counts no more. */
	if (info && info->imap_capability) {
		mailimap_capability_data_free(info->imap_capability);
		info->imap_capability = NULL;
	}
	r = imaplink_command(l, SMALL_ANSWER, STR("CAPABILITY"), err);
	if (r != 0)
		return r;
	l->has_move = imapcall_can(l, "MOVE");
	l->has_uidplus = imapcall_can(l, "UIDPLUS");
	l->has_idle = imapcall_can(l, "IDLE");
	return 0;
}

static int start_tls(struct imaplink *l, struct err *err)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	int r = tls_start(l->tls, err);

	if (r < 0)
		return r;
	buf_init(&text, KIB);
	tls_say_security(l->tls, &text);
	outlet_say(l->out, true, "%s", text.p);
	return 0;
}

static int greet(struct imaplink *l, struct err *err)
{
	int r;

	l->imap = mailimap_new(0, NULL);
	if (!l->imap)
		abort();
	imapcall_allow(l, SMALL_ANSWER);
	r = mailimap_connect(l->imap, tls_stream(l->tls));
	if (r == MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
		return 0;
	if (r != MAILIMAP_NO_ERROR_AUTHENTICATED)
		return imapcall_judge(l, r, STR_ABSENT, err);
	/* Then STARTTLS is not possible any more; and whose mails would these be? */
	return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
		"%s says that we are logged in already (PREAUTH), before TLS and login",
		l->peer.host);
}

static int upgrade(struct imaplink *l, struct err *err)
{
	int r = capabilities(l, err);

	if (r < 0)
		return r;
	if (r == LINK_NO || !imapcall_can(l, "STARTTLS"))
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"%s port %u offers no STARTTLS, or somebody on the way takes it out; "
			"nothing "
			"secret was sent; try tls implicit and port 993",
			l->peer.host, l->peer.port);
	imapcall_allow(l, SMALL_ANSWER);
	r = mailimap_starttls(l->imap);
	if (r != MAILIMAP_NO_ERROR && tls_failed(l->tls))
		return tls_why(l->tls, err);
	/* Bytes after the OK would be taken for the server's, although anybody could have put
	 * them there. */
	if (r != MAILIMAP_NO_ERROR || l->imap->imap_stream->read_buffer_len > 0)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"STARTTLS with %s failed%s; nothing secret was sent", l->peer.host,
			r == MAILIMAP_NO_ERROR ? ": it sent more before TLS began" : "");
	return start_tls(l, err);
}

static int connect_to(struct imaplink *l, struct err *err)
{
	CLEANUP(buf)
	struct buf text = { 0 };
	int r;

	outlet_pulse(l->out);
	r = tls_connect(&l->peer, &l->tls, err);
	if (r < 0)
		return r;
	buf_init(&text, KIB);
	tls_say_address(l->tls, &text);
	outlet_say(l->out, true, "connected to %s at %s", l->peer.host, text.p);
	return l->out->opt->tls == MAILBOX_TLS_IMPLICIT ? start_tls(l, err) : 0;
}

static void learn_separator(struct imaplink *l)
{
	struct err ignored;
	clistiter *i;

	if (imaplink_command(l, SMALL_ANSWER, STR("LIST \"\" \"\""), &ignored) != 0)
		return;
	i = clist_begin(l->imap->imap_response_info->rsp_mailbox_list);
	if (i) {
		const struct mailimap_mailbox_list *list = clist_content(i);

		if (list->mb_delimiter > ' ' && list->mb_delimiter < 0x7f)
			l->separator = list->mb_delimiter;
	}
}

static void say_capabilities(struct imaplink *l)
{
	CLEANUP(buf)
	struct buf text;

	buf_init(&text, CAPABILITIES_SHOWN);
	imapcall_put_capabilities(l, false, &text);
	outlet_say(
		l->out, true, "the server can: %s", text.n ? text.p : "nothing that it tells");
}

static int open_steps(struct imaplink *l, struct err *err)
{
	int r = connect_to(l, err);

	if (r == 0)
		r = greet(l, err);
	if (r == 0 && l->out->opt->tls == MAILBOX_TLS_STARTTLS)
		r = upgrade(l, err);
	if (r == 0)
		r = capabilities(l, err);
	if (r == 0)
		r = imapcall_login(l, err);
	if (r == 0) {
		outlet_say(l->out, true, "logged in as %s", l->out->opt->user);
		r = capabilities(l, err);
	}
	if (r == 0) {
		say_capabilities(l);
		learn_separator(l);
	}
	return r;
}

int imaplink_open(struct imaplink *l, struct err *err)
{
	int r;

	assert(!l->tls);
	r = open_steps(l, err);
	if (r == 0 && imaplink_up(l))
		return 0;
	imaplink_drop(l);
	if (r == 0 || r == LINK_NO)
		return FAIL(
			err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s refuses to work", l->peer.host);
	return r;
}

/* --- IDLE --- */

/* Until the server or an order speaks, or time is over. */
static void wait_both(struct imaplink *l, unsigned seconds)
{
	uint64_t until = time_monotonic_ms() + 1000ULL * seconds, now;

	while ((now = time_monotonic_ms()) < until) {
		struct pollfd p[] = {
			{ .fd = tls_fd(l->tls), .events = POLLIN },
			{ .fd = l->out->wire.fd, .events = POLLIN },
		};

		if (l->imap->imap_stream->read_buffer_len > 0 || tls_pending(l->tls) ||
			wire_pending(&l->out->wire))
			return;
		if (poll(p, 2, (int)(until - now)) > 0)
			return;
	}
}

int imaplink_idle(struct imaplink *l, unsigned seconds, struct err *err)
{
	uint32_t before = l->mails;
	int r = imaplink_command(l, SMALL_ANSWER, STR("NOOP"), err);

	/* libetpan's IDLE hangs on what the server says before its "+": NOOP lets it speak
	 * first. */
	if (r == 0 && l->imap->imap_selection_info->sel_exists == before) {
		imapcall_allow(l, SMALL_ANSWER);
		r = imapcall_judge(l, mailimap_idle(l->imap), STR_ABSENT, err);
		if (r == 0) {
			wait_both(l, seconds);
			imapcall_allow(l, SMALL_ANSWER);
			r = imapcall_judge(l, mailimap_idle_done(l->imap), STR_ABSENT, err);
		}
	}
	if (r != 0)
		return r < 0 ? r : ERR_TEMP;
	l->mails = l->imap->imap_selection_info->sel_exists;
	return l->mails != before;
}
