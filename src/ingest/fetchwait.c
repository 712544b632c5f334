/* Waiting for new mail, and trying a mailbox out. */
#include "day.h"
#include "fetcher.h"
#include "xalloc.h"

#include <assert.h>
#include <poll.h>

/* Until the process or wake_fd speaks: 1 the process, 0 not. */
static int wait_for_speech(struct fetcher *f, int wake_fd, uint64_t until_ms)
{
	struct pollfd p[] = {
		{ .fd = f->proc.wire.fd, .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};
	uint64_t now = time_monotonic_ms();
	uint64_t left = until_ms > now ? until_ms - now : 0;

	if (wire_pending(&f->proc.wire))
		return 1;
	if (poll(p, 2, left < INT32_MAX ? (int)left : INT32_MAX) <= 0)
		return 0;
	return p[1].revents ? 0 : p[0].revents != 0;
}

static int await_word(struct fetcher *f, int wake_fd, uint64_t until_ms, struct err *err)
{
	while (wait_for_speech(f, wake_fd, until_ms)) {
		struct err later = f->later;
		struct frame frame;
		int r = fetcher_hear(f, 0, &frame, err);

		if (r == FETCHER_GONE) {
			fetcher_forget(f);
			return ERR_TEMP;
		}
		if (r < 0)
			return r;
		if (r == EVENT_FAIL) {
			f->later = later; /* told now */
			return err->code;
		}
		if (r == EVENT_WOKE) {
			struct str bytes = frame.bytes;

			return wire_take_u64(&bytes) != 0;
		}
	}
	return 0;
}

int mailbox_wait(struct source *s, unsigned seconds, int wake_fd, struct err *err)
{
	struct fetcher *f = (struct fetcher *)s;
	uint64_t until = time_monotonic_ms() + 1000ULL * seconds;
	CLEANUP(buf)
	struct buf b = { 0 };
	int r;

	assert(fetcher_is_one(s) && f->out_n == 0);
	if (f->trouble.code != 0 || f->round_open || f->ahead.n > 0)
		return 1;
	r = fetcher_start(f, err);
	if (r == 0 && !f->waiting) {
		buf_init(&b, KIB);
		wire_put_u64(&b, seconds);
		r = fetchproc_order(&f->proc, ORDER_WAIT, buf_view(&b), err);
		f->waiting = r == 0;
	}
	return r < 0 ? r : await_word(f, wake_fd, until, err);
}

/* *ret_told: a step that failed was told. */
static int try_out(struct fetcher *f, int (*say)(void *arg, bool ok, struct str step),
	void *arg, bool *ret_told, struct err *err)
{
	int r = fetcher_start(f, err);

	if (r == 0)
		r = fetchproc_order(&f->proc, ORDER_TEST, STR(""), err);
	while (r >= 0) {
		struct frame frame;
		struct str bytes;
		bool ok;

		r = fetcher_hear(f, -1, &frame, err);
		if (r == FETCHER_GONE)
			return ERR_TEMP;
		if (r == EVENT_END)
			return 0;
		if (r == EVENT_FAIL)
			return err->code;
		if (r != EVENT_SAY)
			continue;
		bytes = frame.bytes;
		ok = wire_take_u64(&bytes) != 0;
		*ret_told = *ret_told || !ok;
		if (say(arg, ok, wire_take_str(&bytes)) != 0)
			return FAIL(err, ERR_TEMP, NULL, "stopped");
	}
	return r;
}

int fetcher_test(struct source *s, int (*say)(void *arg, bool ok, struct str step), void *arg,
	struct err *err)
{
	bool told = false;
	int r = try_out((struct fetcher *)s, say, arg, &told, err);

	/* No failure without a word. */
	if (r < 0 && !told)
		say(arg, false, str_of(err->text));
	return r;
}
