#include "fetchchild.h"

#include "boxoptions.h"
#include "protocol.h"
#include "xalloc.h"

#include <unistd.h>

#define SETUP_MOST (64 * MIB)
#define ALLOWED_MOST 100000 /* mails */

/* --- What it has to do --- */

struct fetchchild {
	struct outlet out;
	struct arena arena;
	struct mailbox_options opt;
	struct boxstate state;
	const struct protocol *protocol;
	void *p;
	uint64_t round;
	bool ended; /* the round */
};

static bool understand_setup(struct fetchchild *c, struct str bytes)
{
	struct str account, text;
	size_t *folder;

	if (boxoptions_take(&bytes, &c->arena, &c->opt, NULL) < 0)
		return false;
	account = wire_take_str(&bytes);
	text = wire_take_str(&bytes);
	if (str_absent(bytes) ||
		boxstate_parse(text, arena_cstr(&c->arena, account), &c->state, NULL) < 0)
		return false;
	folder = ARENA_ARRAY(&c->arena, size_t, c->opt.folder_count);
	for (size_t i = 0; i < c->opt.folder_count; i++)
		folder[i] = boxstate_folder(&c->state, c->opt.folders[i]);
	c->out.opt = &c->opt;
	c->out.state = &c->state;
	c->out.folder = folder;
	return true;
}

static bool set_up(struct fetchchild *c)
{
	CLEANUP(buf)
	struct buf setup;
	struct frame f;

	buf_init(&setup, SETUP_MOST);
	for (f = outlet_order(&c->out); f.type == ORDER_SETUP && f.bytes.n > 0;
		f = outlet_order(&c->out))
		buf_str(&setup, f.bytes);
	return f.type == ORDER_SETUP && !setup.full && understand_setup(c, buf_view(&setup));
}

/* --- Mails --- */

static void end_round(struct fetchchild *c)
{
	c->ended = true;
	c->out.allowed = 0;
}

static void give_mail(struct fetchchild *c)
{
	struct err err = { 0 };
	int r = c->protocol->next(c->p, &err);

	c->out.allowed--;
	switch (r) {
	case 0:
		outlet_answer(&c->out, EVENT_END, STR(""));
		end_round(c);
		break;
	case 1:
		outlet_answer(&c->out, EVENT_WHOLE, STR(""));
		break;
	case 2:
		outlet_failure(&c->out, EVENT_UNREAD, &err);
		break;
	case 3:
		outlet_failure(&c->out, EVENT_PUT_OFF, &err);
		break;
	default:
		outlet_failure(&c->out, EVENT_FAIL, &err);
		end_round(c);
	}
}

static void allow(struct fetchchild *c, struct str bytes)
{
	uint64_t round = wire_take_u64(&bytes), mails = wire_take_u64(&bytes);

	if (str_absent(bytes) || mails > ALLOWED_MOST - c->out.allowed)
		_exit(1);
	if (round != c->round) {
		c->round = round;
		c->ended = false;
		c->out.allowed = 0;
	}
	if (!c->ended)
		c->out.allowed += mails;
}

/* What is on its way already comes before another order. */
static void give_under_way(struct fetchchild *c)
{
	c->out.hurry = true;
	while (c->out.allowed > 0 && c->protocol->under_way && c->protocol->under_way(c->p))
		give_mail(c);
	c->out.hurry = false;
}

/* --- Orders --- */

static void answer(struct fetchchild *c, int r, enum event event, const struct err *err)
{
	CLEANUP(buf)
	struct buf b = { 0 };

	if (r < 0) {
		outlet_failure(
			&c->out, event == EVENT_SETTLED ? EVENT_NOT_SETTLED : EVENT_FAIL, err);
		return;
	}
	buf_init(&b, KIB);
	wire_put_u64(&b, (uint64_t)r);
	outlet_answer(&c->out, event, buf_view(&b));
}

/* The order is a copy: to carry it out may take a login, and the password comes by the same
 * wire. */
static void settle(struct fetchchild *c, struct str bytes)
{
	CLEANUP(buf)
	struct buf copy;
	struct settlement s;
	struct err err = { 0 };

	buf_init(&copy, WIRE_MOST);
	buf_str(&copy, bytes);
	if (!settlement_take(buf_view(&copy), &s))
		_exit(1);
	give_under_way(c);
	answer(c, c->protocol->settle(c->p, &s, &err), EVENT_SETTLED, &err);
}

static void wait_for_mail(struct fetchchild *c, struct str bytes)
{
	struct err err = { 0 };
	uint64_t seconds = wire_take_u64(&bytes);

	if (seconds > UINT32_MAX)
		seconds = UINT32_MAX;
	answer(c, c->protocol->wait(c->p, (unsigned)seconds, &err), EVENT_WOKE, &err);
}

static void quit(struct fetchchild *c)
{
	struct err err = { 0 };

	answer(c, c->protocol->close(c->p, &err), EVENT_END, &err);
	outlet_flush(&c->out);
	_exit(0);
}

static void obey(struct fetchchild *c, const struct frame *f)
{
	struct err err = { 0 };

	switch ((enum order)f->type) {
	case ORDER_NEXT:
		allow(c, f->bytes);
		return;
	case ORDER_SETTLE:
		settle(c, f->bytes);
		break;
	case ORDER_WAIT:
		wait_for_mail(c, f->bytes);
		break;
	case ORDER_TEST:
		c->out.testing = true;
		answer(c, c->protocol->test(c->p, &err), EVENT_END, &err);
		break;
	case ORDER_QUIT:
		quit(c);
		break;
	case ORDER_SETUP:
	case ORDER_SECRET:
	default:
		_exit(1);
	}
	outlet_flush(&c->out);
}

static void run(void) __attribute__((noreturn));
static void run(void)
{
	static struct fetchchild c;

	arena_init(&c.arena);
	wire_init(&c.out.wire, ANEW_FD);
	if (!set_up(&c))
		_exit(1);
	c.protocol = c.opt.protocol == MAILBOX_IMAP ? &imap_protocol : &pop3_protocol;
	c.p = c.protocol->open(&c.out);
	for (;;) {
		struct frame f;

		while (c.out.allowed > 0 && !outlet_order_came(&c.out))
			give_mail(&c);
		f = outlet_order(&c.out);
		obey(&c, &f);
	}
}

/* --- Its main --- */

const struct anew fetchchild_kind = { .name = "ruad-fetch",
	.what = "the process that reads mailboxes" };

static bool possible;

bool fetchchild_possible(void)
{
	return possible;
}

void fetch_main(int argc, char **argv)
{
	possible = true;
	if (!anew_is(&fetchchild_kind, argc, argv))
		return;
	if (!anew_seclude(&fetchchild_kind))
		_exit(1);
	run();
}
