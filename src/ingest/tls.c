#include "tls.h"

#include "await.h"
#include "day.h"
#include "mailbox.h"
#include "tlsinner.h"
#include "xalloc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LEAST_BYTES_PER_MS 8
#define IN_BYTES (64 * 1024)

int tls_fail(struct tls *t, enum tls_failure failure, int why)
{
	if (t->failure == TLS_GOOD) {
		t->failure = failure;
		t->why = why;
	}
	return -1;
}

bool tls_failed(const struct tls *t)
{
	return t->failure != TLS_GOOD;
}

void tls_give_up(struct tls *t)
{
	tls_fail(t, TLS_GIVEN_UP, 0);
}

void tls_overrun(struct tls *t)
{
	tls_fail(t, TLS_BUDGET, 0);
}

int tls_why(const struct tls *t, struct err *err)
{
	const char *host = t->peer->host;

	switch (t->failure) {
	case TLS_TIMEOUT:
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s did not answer within %u s",
			host, t->seconds);
	case TLS_BUDGET:
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s sent far more than it was asked for", host);
	case TLS_SECURITY:
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"the TLS connection to %s broke: %s", host, gnutls_strerror(t->why));
	case TLS_SYSTEM:
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"the connection to %s broke: %s", host, strerror(t->why));
	case TLS_GOOD:
	case TLS_CLOSED:
	case TLS_GIVEN_UP:
		break;
	}
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s closed the connection", host);
}

/* --- Bytes --- */

void tls_allow(struct tls *t, unsigned seconds, uint64_t bytes)
{
	t->seconds = seconds;
	t->deadline_ms = time_monotonic_ms() + 1000ULL * seconds;
	t->budget_bytes = bytes;
}

void tls_credit(struct tls *t, uint64_t bytes, uint64_t waited_ms)
{
	t->budget_bytes += bytes;
	t->deadline_ms += bytes / LEAST_BYTES_PER_MS + waited_ms;
}

/* What should be done before a wait, however long it takes; the watch_fd of await.h. */
static int before_wait(struct tls *t)
{
	const struct tls_peer *peer = t->peer;
	uint64_t begun = time_monotonic_ms();
	int watch_fd = peer->waits ? peer->waits(peer->waits_arg) : -1;

	t->deadline_ms += time_monotonic_ms() - begun;
	return watch_fd;
}

/* 0 ready.  A silence may last seconds, however much time was earned. */
static int wait_ready(struct tls *t, short events)
{
	int watch_fd = before_wait(t), r;
	uint64_t now = time_monotonic_ms(), until = now + 1000ULL * t->seconds;

	if (until > t->deadline_ms)
		until = t->deadline_ms;
	r = await_fd(t->fd, events, watch_fd, now < until ? (int)(until - now) : 0);
	if (r > 0)
		return 0;
	if (r == -ECANCELED)
		return tls_fail(t, TLS_GIVEN_UP, 0);
	return r == 0 ? tls_fail(t, TLS_TIMEOUT, 0) : tls_fail(t, TLS_SYSTEM, -r);
}

int tls_said(struct tls *t, int r)
{
	if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED) {
		short events = gnutls_record_get_direction(t->session) ? POLLOUT : POLLIN;

		/* It has read a record that is not for us, and stops after it. */
		if (events == POLLIN && t->in_at < t->in_n)
			return 1;
		return wait_ready(t, events) < 0 ? -1 : 1;
	}
	if (!gnutls_error_is_fatal(r)) /* an alert or a new key; not for ever */
		return time_monotonic_ms() < t->deadline_ms ? 1 : tls_fail(t, TLS_TIMEOUT, 0);
	if (r == GNUTLS_E_PREMATURE_TERMINATION)
		return tls_fail(t, TLS_CLOSED, 0);
	return tls_fail(t, TLS_SECURITY, r);
}

static ssize_t read_secure(struct tls *t, void *p, size_t n)
{
	for (;;) {
		ssize_t r = gnutls_record_recv(t->session, p, n);

		if (r > 0)
			return r;
		if (r == 0)
			return tls_fail(t, TLS_CLOSED, 0);
		if (tls_said(t, (int)r) < 0)
			return -1;
	}
}

static ssize_t read_plain(struct tls *t, void *p, size_t n)
{
	for (;;) {
		ssize_t r = recv(t->fd, p, n, 0);

		if (r > 0)
			return r;
		if (r == 0 || errno == ECONNRESET)
			return tls_fail(t, TLS_CLOSED, 0);
		if (errno == EAGAIN && wait_ready(t, POLLIN) < 0)
			return -1;
		if (errno != EAGAIN && errno != EINTR)
			return tls_fail(t, TLS_SYSTEM, errno);
	}
}

ssize_t tls_read(struct tls *t, void *p, size_t n)
{
	ssize_t r;

	if (t->failure != TLS_GOOD)
		return -1;
	if (t->budget_bytes == 0)
		return tls_fail(t, TLS_BUDGET, 0);
	if (time_monotonic_ms() >= t->deadline_ms)
		return tls_fail(t, TLS_TIMEOUT, 0);
	if (n > t->budget_bytes)
		n = (size_t)t->budget_bytes;
	r = t->session ? read_secure(t, p, n) : read_plain(t, p, n);
	if (r > 0)
		t->budget_bytes -= (uint64_t)r;
	return r;
}

static ssize_t write_secure(struct tls *t, const void *p, size_t n)
{
	for (;;) {
		ssize_t r = gnutls_record_send(t->session, p, n);

		if (r >= 0)
			return r;
		if (tls_said(t, (int)r) < 0)
			return -1;
	}
}

static ssize_t write_plain(struct tls *t, const void *p, size_t n)
{
	for (;;) {
		ssize_t r = send(t->fd, p, n, MSG_NOSIGNAL);

		if (r >= 0)
			return r;
		if (errno == EAGAIN && wait_ready(t, POLLOUT) < 0)
			return -1;
		if (errno != EAGAIN && errno != EINTR)
			return tls_fail(t, TLS_SYSTEM, errno);
	}
}

ssize_t tls_write(struct tls *t, const void *p, size_t n)
{
	if (t->failure != TLS_GOOD)
		return -1;
	return t->session ? write_secure(t, p, n) : write_plain(t, p, n);
}

int tls_fd(const struct tls *t)
{
	return t->fd;
}

bool tls_pending(const struct tls *t)
{
	return t->session &&
	       (t->in_at < t->in_n || gnutls_record_check_pending(t->session) > 0);
}

bool tls_secure(const struct tls *t)
{
	return t->session;
}

/* --- The connection --- */

int tls_connect(const struct tls_peer *peer, struct tls **ret, struct err *err)
{
	struct tls *t;
	char address[DIAL_TEXT];
	int watch_fd = peer->waits ? peer->waits(peer->waits_arg) : -1, fd;
	int r = dial(peer->host, peer->port, peer->plain, peer->seconds, watch_fd, &fd, address,
		err);

	if (r < 0)
		return r;
	t = xcalloc(1, sizeof(*t));
	t->peer = peer;
	t->fd = fd;
	memcpy(t->address, address, sizeof(address));
	tls_allow(t, peer->seconds, 0);
	*ret = t;
	return 0;
}

void tls_drop_session(struct tls *t)
{
	if (t->session)
		gnutls_deinit(t->session);
	if (t->trust)
		gnutls_certificate_free_credentials(t->trust);
	free(t->in);
	t->session = NULL;
	t->trust = NULL;
	t->in = NULL;
	t->in_at = t->in_n = 0;
}

/* GnuTLS asks for five bytes, and then for the rest of the record. */
static ssize_t pull(gnutls_transport_ptr_t arg, void *p, size_t n)
{
	struct tls *t = arg;

	if (t->in_at == t->in_n) {
		ssize_t got = recv(t->fd, t->in, IN_BYTES, 0);

		if (got <= 0) {
			if (got < 0)
				gnutls_transport_set_errno(t->session, errno);
			return got;
		}
		t->in_at = 0;
		t->in_n = (size_t)got;
	}
	if (n > t->in_n - t->in_at)
		n = t->in_n - t->in_at;
	memcpy(p, t->in + t->in_at, n);
	t->in_at += n;
	return (ssize_t)n;
}

static gnutls_transport_ptr_t socket_of(const struct tls *t)
{
	return (gnutls_transport_ptr_t)(intptr_t)t->fd;
}

static int pull_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
	const struct tls *t = arg;

	return t->in_at < t->in_n ? 1 : gnutls_system_recv_timeout(socket_of(t), ms);
}

void tls_take_over(struct tls *t)
{
	t->in = xcalloc(IN_BYTES, 1);
	gnutls_transport_set_ptr2(t->session, t, socket_of(t));
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
}

void tls_close(struct tls *t)
{
	if (!t)
		return;
	if (t->session && t->failure == TLS_GOOD)
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
	tls_drop_session(t);
	close_fd_cleanup(&t->fd);
	free(t);
}

void tls_say_address(const struct tls *t, struct buf *ret)
{
	buf_printf(ret, "%s port %u", t->address, t->peer->port);
}
