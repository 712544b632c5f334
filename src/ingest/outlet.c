#include "outlet.h"

#include "await.h"
#include "day.h"
#include "sasl.h"
#include "xalloc.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SET_PART 2000 /* ranges in one frame */
#define PULSE_MS 1000

void settlement_put(struct buf *b, const struct settlement *s)
{
	wire_put_u64(b, s->folder);
	wire_put_u64(b, s->validity);
	wire_put_u64(b, s->action);
	wire_put_str(b, s->target);
	wire_put_u64(b, s->again);
	wire_put_str(b, s->mails);
}

bool settlement_take(struct str bytes, struct settlement *ret)
{
	ret->folder = wire_take_u64(&bytes);
	ret->validity = (uint32_t)wire_take_u64(&bytes);
	ret->action = (enum mailbox_action)wire_take_u64(&bytes);
	ret->target = wire_take_str(&bytes);
	ret->again = wire_take_u64(&bytes) != 0;
	ret->mails = wire_take_str(&bytes);
	return !str_absent(bytes) && (unsigned)ret->action < MAILBOX_ACTION_COUNT;
}

void boxmail_put(struct buf *b, const struct boxmail *m)
{
	wire_put_u64(b, m->folder);
	wire_put_u64(b, m->validity);
	wire_put_u64(b, m->uid);
	wire_put_str(b, str_make((const char *)m->key.b, sizeof(m->key.b)));
	wire_put_u64(b, m->size_bytes);
	wire_put_u64(b, (uint64_t)m->arrived_at);
}

bool boxmail_take(struct str bytes, struct boxmail *ret)
{
	struct str key;

	ret->folder = wire_take_u64(&bytes);
	ret->validity = (uint32_t)wire_take_u64(&bytes);
	ret->uid = (uint32_t)wire_take_u64(&bytes);
	key = wire_take_str(&bytes);
	ret->size_bytes = wire_take_u64(&bytes);
	ret->arrived_at = (int64_t)wire_take_u64(&bytes);
	if (str_absent(bytes) || key.n != sizeof(ret->key.b))
		return false;
	memcpy(ret->key.b, key.p, key.n);
	return true;
}

/* A reason is a static string on both sides. */
static const char *const reasons[] = {
	MAILBOX_UNAVAILABLE,
	MAILBOX_LOGIN_REFUSED,
	MAILBOX_TLS_REFUSED,
	MAILBOX_NO_FOLDER,
	MAILBOX_NOT_FILED,
	"mail-too-large",
	"read-failed",
	"no-permission",
	"no-input",
};

void failure_put(struct buf *b, const struct err *err)
{
	wire_put_u64(b, (uint64_t)-err->code);
	wire_put_str(b, str_of(err->reason));
	wire_put_str(b, str_of(err->text));
}

int failure_take(struct str bytes, struct err *err)
{
	uint64_t code = wire_take_u64(&bytes);
	struct str name = wire_take_str(&bytes), text = wire_take_str(&bytes);
	const char *reason = NULL;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (str_eq(name, str_of(reasons[i])))
			reason = reasons[i];
	if (str_absent(bytes) || code < 1 || code > -ERR_USAGE)
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "the fetching process failed");
	err_set(err, -(int)code, reason, "%.*s", STR_ARGS(text));
	return -(int)code;
}

/* --- The process --- */

struct boxfolder *outlet_folder_state(const struct outlet *o, size_t folder)
{
	return &o->state->folders[o->folder[folder]];
}

static void send_frame(struct outlet *o, enum event event, struct str bytes)
{
	size_t before = o->wire.out.n;

	if (wire_send(&o->wire, (uint8_t)event, bytes, NULL) < 0)
		_exit(0);
	o->went_out = o->went_out || o->wire.out.n < before;
}

void outlet_flush(struct outlet *o)
{
	if (o->wire.out.n == 0)
		return;
	if (wire_flush(&o->wire, NULL) < 0)
		_exit(0);
	o->told_at_ms = time_monotonic_ms();
	o->went_out = true;
}

int outlet_waits(void *outlet)
{
	struct outlet *o = outlet;

	outlet_flush(o);
	return o->wire.fd;
}

void outlet_answer(struct outlet *o, enum event event, struct str bytes)
{
	send_frame(o, event, bytes);
}

void outlet_pulse(struct outlet *o)
{
	if (time_monotonic_ms() - o->told_at_ms < PULSE_MS)
		return;
	send_frame(o, EVENT_PULSE, STR(""));
	outlet_flush(o);
}

void outlet_pause(struct outlet *o, unsigned ms)
{
	outlet_pulse(o);
	outlet_flush(o);
	if (await_pause(o->wire.fd, (int)ms) < 0)
		_exit(0);
}

void outlet_folder(struct outlet *o, size_t folder, uint32_t validity)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, KIB);
	wire_put_u64(&b, folder);
	wire_put_u64(&b, validity);
	send_frame(o, EVENT_FOLDER, buf_view(&b));
}

void outlet_found(struct outlet *o, uint64_t mails)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, KIB);
	wire_put_u64(&b, mails);
	send_frame(o, EVENT_FOUND, buf_view(&b));
}

void outlet_mail(struct outlet *o, const struct boxmail *m)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, KIB);
	boxmail_put(&b, m);
	send_frame(o, EVENT_MAIL, buf_view(&b));
}

uint64_t outlet_body(struct outlet *o, const char *p, size_t n)
{
	uint64_t begun = time_monotonic_ms();

	for (size_t at = 0; at < n; at += WIRE_MOST) {
		size_t part = n - at < WIRE_MOST ? n - at : WIRE_MOST;

		send_frame(o, EVENT_BODY, str_make(p + at, part));
	}
	return time_monotonic_ms() - begun;
}

void outlet_gone(struct outlet *o, size_t folder, uint32_t validity, const struct uidset *uids)
{
	CLEANUP(buf)
	struct buf b, text;

	buf_init(&b, WIRE_MOST);
	buf_init(&text, WIRE_MOST);
	for (size_t i = 0; i < uids->n; i += SET_PART) {
		struct uidset part = { .ranges = uids->ranges + i,
			.n = uids->n - i < SET_PART ? uids->n - i : SET_PART };

		buf_clear(&b);
		buf_clear(&text);
		uidset_print(&part, &text);
		wire_put_u64(&b, folder);
		wire_put_u64(&b, validity);
		wire_put_str(&b, buf_view(&text));
		send_frame(o, EVENT_GONE, buf_view(&b));
	}
}

void outlet_gone_key(struct outlet *o, const struct key *key)
{
	send_frame(o, EVENT_GONE_KEY, str_make((const char *)key->b, sizeof(key->b)));
}

void outlet_failure(struct outlet *o, enum event event, const struct err *err)
{
	CLEANUP(buf)
	struct buf b;

	buf_init(&b, KIB);
	failure_put(&b, err);
	outlet_answer(o, event, buf_view(&b));
}

/* What a server says may be meant for the terminal that shows it. */
static void make_harmless(struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if ((uint8_t)b->p[i] < ' ' || b->p[i] == 0x7f)
			b->p[i] = '?';
}

void outlet_say(struct outlet *o, bool ok, const char *fmt, ...)
{
	CLEANUP(buf)
	struct buf b = { 0 }, text = { 0 };
	va_list ap;

	if (!o->testing)
		return;
	buf_init(&b, WIRE_MOST);
	buf_init(&text, WIRE_MOST / 2);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	make_harmless(&text);
	wire_put_u64(&b, ok);
	wire_put_str(&b, buf_view(&text));
	outlet_answer(o, EVENT_SAY, buf_view(&b));
	outlet_flush(o);
}

/* --- Orders --- */

/* The next frame; when there is nobody any more the process ends. */
static struct frame receive(struct outlet *o)
{
	struct frame f;

	outlet_flush(o);
	if (wire_receive(&o->wire, -1, &f, NULL) != 1)
		_exit(0);
	return f;
}

static struct waiting_order copy_order(const struct frame *f)
{
	return (struct waiting_order){
		.type = f->type, .bytes = xmemdup0(f->bytes.p, f->bytes.n), .n = f->bytes.n
	};
}

/* A copy: other frames may be received while it is carried out. */
struct frame outlet_order(struct outlet *o)
{
	free(o->taken.bytes);
	if (o->waiting_n == 0) {
		const struct frame f = receive(o);

		o->taken = copy_order(&f);
	} else {
		o->taken = o->waiting[0];
		o->waiting_n--;
		memmove(o->waiting, o->waiting + 1, o->waiting_n * sizeof(o->waiting[0]));
	}
	return (struct frame){ o->taken.type, str_make(o->taken.bytes, o->taken.n) };
}

bool outlet_order_comes(struct outlet *o, int ms)
{
	struct pollfd p = { .fd = o->wire.fd, .events = POLLIN };

	if (o->waiting_n > 0 || wire_pending(&o->wire))
		return true;
	if (ms > 0)
		outlet_flush(o);
	o->went_out = false;
	return poll(&p, 1, ms) > 0;
}

bool outlet_order_came(struct outlet *o)
{
	return o->waiting_n > 0 || wire_pending(&o->wire) ||
	       (o->went_out && outlet_order_comes(o, 0));
}

static void keep_order(struct outlet *o, const struct frame *f)
{
	if (o->waiting_n == WAITING_ORDERS)
		_exit(1);
	o->waiting[o->waiting_n++] = copy_order(f);
}

static int take_secret(struct str bytes, struct buf *ret, struct err *err)
{
	struct str secret;

	if (wire_take_u64(&bytes) == 0)
		return failure_take(bytes, err);
	secret = wire_take_str(&bytes);
	if (str_absent(bytes) || !buf_str(ret, secret))
		_exit(1);
	return 0;
}

int outlet_secret(struct outlet *o, bool fresh, struct buf *ret, struct err *err)
{
	CLEANUP(buf)
	struct buf b;
	struct frame f;
	int r;

	buf_init(&b, KIB);
	wire_put_u64(&b, fresh);
	send_frame(o, EVENT_SECRET, buf_view(&b));
	for (f = receive(o); f.type != ORDER_SECRET; f = receive(o))
		keep_order(o, &f);
	r = take_secret(f.bytes, ret, err);
	wire_wipe(&o->wire);
	return r;
}
