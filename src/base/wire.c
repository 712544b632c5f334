#include "wire.h"

#include "day.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_BYTES 5
#define FRAME_BYTES (HEAD_BYTES + WIRE_MOST)
#define IN_BYTES (4 * FRAME_BYTES)
#define U64_BYTES 10

void wire_init(struct wire *w, int fd)
{
	*w = (struct wire){ .fd = fd, .in = xcalloc(IN_BYTES, 1) };
	buf_init(&w->out, 2 * FRAME_BYTES);
	buf_reserve(&w->out, 2 * FRAME_BYTES); /* it never moves, so that it can be wiped */
}

void wire_release(struct wire *w)
{
	if (!w->in)
		return;
	close_fd_cleanup(&w->fd);
	explicit_bzero(w->out.p, w->out.cap);
	explicit_bzero(w->in, IN_BYTES);
	free(w->in);
	buf_release(&w->out);
	*w = (struct wire){ .fd = -1 };
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | p[i];
	return v;
}

/* Until the other side has room: ERR_IO after send_ms without any. */
static int await_room(struct wire *w, struct err *err)
{
	uint64_t until = time_monotonic_ms() + (uint64_t)w->send_ms, now;

	while ((now = time_monotonic_ms()) < until) {
		struct pollfd p = { .fd = w->fd, .events = POLLOUT };

		if (poll(&p, 1, (int)(until - now)) > 0)
			return 0;
	}
	return FAIL(err, ERR_IO, NULL, "the other process takes nothing");
}

int wire_flush(struct wire *w, struct err *err)
{
	const int flags = MSG_NOSIGNAL | (w->send_ms > 0 ? MSG_DONTWAIT : 0);
	size_t at = 0;

	while (at < w->out.n) {
		ssize_t put = send(w->fd, w->out.p + at, w->out.n - at, flags);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN && w->send_ms > 0) {
			if (await_room(w, err) < 0)
				return ERR_IO;
			continue;
		}
		if (put < 0)
			return FAIL(err, ERR_IO, NULL, "the other process is gone: %m");
		at += (size_t)put;
	}
	buf_clear(&w->out);
	return 0;
}

int wire_send(struct wire *w, uint8_t type, struct str bytes, struct err *err)
{
	uint8_t head[HEAD_BYTES] = { type };

	assert(bytes.n <= WIRE_MOST);
	put_u32(head + 1, (uint32_t)bytes.n);
	buf_add(&w->out, head, sizeof(head));
	buf_str(&w->out, bytes);
	assert(!w->out.full); /* never more than one frame beyond the mark */
	return w->out.n >= WIRE_MOST ? wire_flush(w, err) : 0;
}

/* How long is the frame that begins at in_at?  0: not known yet; more than FRAME_BYTES: none.
 */
static size_t frame_bytes(const struct wire *w)
{
	if (w->in_n - w->in_at < HEAD_BYTES)
		return 0;
	return (size_t)HEAD_BYTES + get_u32(w->in + w->in_at + 1);
}

bool wire_pending(const struct wire *w)
{
	size_t n = frame_bytes(w);

	return n > 0 && w->in_n - w->in_at >= n;
}

void wire_wipe(struct wire *w)
{
	assert(w->out.n == 0);
	explicit_bzero(w->out.p, w->out.cap);
	explicit_bzero(w->in, w->in_at);
	explicit_bzero(w->in + w->in_n, IN_BYTES - w->in_n);
}

/* Wait until something can be read: 1, 0 time is over. */
static int wait_input(struct wire *w, int timeout_ms, struct err *err)
{
	uint64_t until = time_monotonic_ms() + (timeout_ms > 0 ? (uint64_t)timeout_ms : 0);

	for (;;) {
		struct pollfd p = { .fd = w->fd, .events = POLLIN };
		uint64_t now = time_monotonic_ms();
		int left = timeout_ms < 0 ? -1 : now < until ? (int)(until - now) : 0;
		int r = poll(&p, 1, left);

		if (r > 0)
			return 1;
		if (r == 0)
			return 0;
		if (errno != EINTR)
			return FAIL(err, ERR_IO, NULL, "cannot wait for the other process: %m");
	}
}

/* More bytes after in_n: their number, 0 the end. */
static ssize_t fill(struct wire *w, int timeout_ms, struct err *err)
{
	ssize_t got;
	int r;

	if (w->in_at > 0) {
		memmove(w->in, w->in + w->in_at, w->in_n - w->in_at);
		w->in_n -= w->in_at;
		w->in_at = 0;
	}
	r = wait_input(w, timeout_ms, err);
	if (r < 0)
		return r;
	if (r == 0)
		return FAIL(err, ERR_TEMP, NULL, "the other process says nothing");
	do
		got = recv(w->fd, w->in + w->in_n, IN_BYTES - w->in_n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno != ECONNRESET)
		return FAIL(err, ERR_IO, NULL, "cannot hear the other process: %m");
	if (got <= 0)
		return 0;
	w->in_n += (size_t)got;
	return got;
}

int wire_receive(struct wire *w, int timeout_ms, struct frame *ret, struct err *err)
{
	size_t n;

	while (!wire_pending(w)) {
		ssize_t got;

		if (frame_bytes(w) > FRAME_BYTES)
			return FAIL(err, ERR_INPUT, NULL, "the other process sends no frames");
		got = fill(w, timeout_ms, err);
		if (got < 0)
			return (int)got;
		if (got == 0 && w->in_n == w->in_at)
			return 0;
		if (got == 0)
			return FAIL(err, ERR_IO, NULL, "the other process stopped in a frame");
	}
	n = frame_bytes(w);
	if (n > FRAME_BYTES)
		return FAIL(err, ERR_INPUT, NULL, "the other process sends no frames");
	ret->type = w->in[w->in_at];
	ret->bytes = str_make((const char *)w->in + w->in_at + HEAD_BYTES, n - HEAD_BYTES);
	w->in_at += n;
	return 1;
}

/* Seven bits in each byte, the lowest first. */
void wire_put_u64(struct buf *b, uint64_t v)
{
	uint8_t bytes[U64_BYTES];
	size_t n = 0;

	do {
		bytes[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v > 0);
	buf_add(b, bytes, n);
}

void wire_put_str(struct buf *b, struct str s)
{
	wire_put_u64(b, s.n);
	buf_str(b, s);
}

uint64_t wire_take_u64(struct str *bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes->n && i < U64_BYTES; i++) {
		uint8_t byte = (uint8_t)bytes->p[i];

		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		*bytes = str_from(*bytes, i + 1);
		return v;
	}
	*bytes = STR_ABSENT;
	return 0;
}

struct str wire_take_str(struct str *bytes)
{
	uint64_t n = wire_take_u64(bytes);
	struct str s;

	if (str_absent(*bytes) || n > bytes->n) {
		*bytes = STR_ABSENT;
		return STR("");
	}
	s = str_make(bytes->p, (size_t)n);
	*bytes = str_from(*bytes, (size_t)n);
	return s;
}
