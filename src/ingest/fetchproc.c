#include "fetchproc.h"

#include "boxoptions.h"
#include "day.h"
#include "fetchchild.h"
#include "sasl.h"
#include "xalloc.h"

#include <assert.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 60000
#define END_MS 3000
#define QUIT_IMAP_MS 8000

/* How long it may say nothing, or take nothing. */
static int patience_ms(const struct fetchproc *p)
{
	return (int)(2 * (p->opt->connect_s + p->opt->command_s)) * 1000 + GRACE_MS;
}

/* --- Its start --- */

static int send_setup(struct fetchproc *p, const struct boxstate *state, struct err *err)
{
	CLEANUP(buf)
	struct buf setup, text;
	struct str rest;
	int r = 0;

	buf_init(&setup, SIZE_MAX);
	buf_init(&text, SIZE_MAX);
	boxstate_print(state, true, &text);
	boxoptions_put(&setup, p->opt);
	wire_put_str(&setup, str_of(state->account));
	wire_put_str(&setup, buf_view(&text));
	buf_release(&text);
	for (rest = buf_view(&setup); r == 0 && rest.n > 0;) {
		struct str part = str_make(rest.p, rest.n < WIRE_MOST ? rest.n : WIRE_MOST);

		r = fetchproc_order(p, ORDER_SETUP, part, err);
		rest = str_from(rest, part.n);
	}
	return r < 0 ? r : fetchproc_order(p, ORDER_SETUP, STR(""), err);
}

int fetchproc_start(struct fetchproc *p, const struct boxstate *state, struct err *err)
{
	int pair[2], r;
	pid_t pid;

	assert(fetchchild_possible()); /* see mailbox.h */
	if (p->pid > 0)
		return 0;
	r = anew_pair(pair, err);
	if (r < 0)
		return r;
	r = anew_start(&fetchchild_kind, p->opt->name, &pair[1], 1, &pid, err);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	p->pid = pid;
	wire_init(&p->wire, pair[0]);
	p->wire.send_ms = patience_ms(p);
	return send_setup(p, state, err);
}

/* --- Its end --- */

/* Its end is waited for so long.  How it ended, as of waitpid. */
static int reap(struct fetchproc *p, unsigned ms)
{
	int status;

	wire_release(&p->wire); /* it ends when it sees that */
	status = anew_reap(p->pid, ms);
	p->pid = 0;
	return status;
}

/* It is gone; say how. */
static int ended(struct fetchproc *p, struct err *err)
{
	int status = reap(p, END_MS);

	if (WIFSIGNALED(status))
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"the process that reads %s crashed (signal %d, %s)", p->opt->host,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"the process that reads %s ended unexpectedly (status %d)", p->opt->host,
		WEXITSTATUS(status));
}

/* --- Words --- */

int fetchproc_order(struct fetchproc *p, enum order order, struct str bytes, struct err *err)
{
	p->heard_at_ms = time_monotonic_ms();
	if (wire_send(&p->wire, (uint8_t)order, bytes, err) < 0 ||
		wire_flush(&p->wire, err) < 0)
		return ended(p, err);
	return 0;
}

/* EVENT_SECRET. */
static int tell_secret(struct fetchproc *p, struct str question, struct err *err)
{
	const struct mailbox_options *o = p->opt;
	CLEANUP(secret)
	struct buf secret, bytes;
	struct err why = { 0 };
	int r;

	sasl_room(&secret, SECRET_MOST);
	sasl_room(&bytes, SECRET_MOST + KIB);
	r = o->secret(o->secret_arg, wire_take_u64(&question) != 0, &secret, &why);
	if (r == 0 && secret.full)
		r = FAIL(&why, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
			"the password for %s is too long", o->user);
	wire_put_u64(&bytes, r == 0);
	if (r == 0)
		wire_put_str(&bytes, buf_view(&secret));
	else
		failure_put(&bytes, &why);
	sasl_wipe(&secret);
	r = fetchproc_order(p, ORDER_SECRET, buf_view(&bytes), err);
	if (r == 0)
		wire_wipe(&p->wire);
	return r;
}

/* Nothing came for ms. */
static int silent(struct fetchproc *p, struct err *err)
{
	if (time_monotonic_ms() - p->heard_at_ms < (uint64_t)patience_ms(p))
		return 0;
	reap(p, 0);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "the process that reads %s hangs",
		p->opt->host);
}

int fetchproc_listen(struct fetchproc *p, int ms, struct frame *ret, struct err *err)
{
	for (;;) {
		int r = wire_receive(&p->wire, ms < 0 ? patience_ms(p) : ms, ret, err);

		if (r == ERR_TEMP)
			return silent(p, err);
		if (r != 1)
			return ended(p, err);
		p->heard_at_ms = time_monotonic_ms();
		if (ret->type != EVENT_SECRET)
			return 1;
		r = tell_secret(p, ret->bytes, err);
		if (r < 0)
			return r;
	}
}

int fetchproc_mad(struct fetchproc *p, struct err *err)
{
	reap(p, 0);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"the process that reads %s says what it must not", p->opt->host);
}

/* POP3 deletes at the end of its session: that is worth waiting for. */
static int quit_ms(const struct fetchproc *p)
{
	return p->opt->protocol == MAILBOX_POP3 ? (int)p->opt->command_s * 1000 + END_MS
						: QUIT_IMAP_MS;
}

void fetchproc_stop(struct fetchproc *p, bool politely)
{
	struct frame f;
	struct err ignored;

	if (p->pid == 0)
		return;
	if (politely && wire_send(&p->wire, ORDER_QUIT, STR(""), &ignored) == 0 &&
		wire_flush(&p->wire, &ignored) == 0) {
		uint64_t until = time_monotonic_ms() + (uint64_t)quit_ms(p), now;

		while ((now = time_monotonic_ms()) < until &&
			wire_receive(&p->wire, (int)(until - now), &f, &ignored) == 1)
			; /* until it closes its end */
	}
	reap(p, END_MS);
}
