#include "dial.h"

#include "await.h"
#include "day.h"
#include "mailbox.h"
#include "xalloc.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void free_addresses_cleanup(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int look_up(const char *host, unsigned port, struct addrinfo **ret, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	char service[16];
	int r;

	snprintf(service, sizeof(service), "%u", port);
	r = getaddrinfo(host, service, &hints, ret);
	if (r == 0)
		return 0;
	if (r == EAI_NONAME)
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"there is no host %s; check the setting host, and DNS", host);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "the address of %s cannot be found: %s",
		host, r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
}

static bool is_loopback(const struct sockaddr *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;

	if (a->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Wait for the connection that was begun; 0 or an errno. */
static int wait_connected(int fd, uint64_t until_ms, int watch_fd)
{
	uint64_t now = time_monotonic_ms();
	int failed = 0, r;
	socklen_t n = sizeof(failed);

	r = await_fd(fd, POLLOUT, watch_fd, now < until_ms ? (int)(until_ms - now) : 0);
	if (r <= 0)
		return r < 0 ? -r : ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) == 0 ? failed : errno;
}

/* A command waits for nothing before it goes out; a dead peer is noticed within minutes. */
static void tune(int fd)
{
	int on = 1, idle = 60, every = 30, times = 4;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
}

/* 0, or an errno. */
static int try_one(const struct addrinfo *a, uint64_t until_ms, int watch_fd, int *ret)
{
	CLEANUP(close_fd)
	int fd = socket(
		a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	int r;

	if (fd < 0)
		return errno;
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		r = errno == EINPROGRESS ? wait_connected(fd, until_ms, watch_fd) : errno;
		if (r != 0)
			return r;
	}
	tune(fd);
	*ret = fd;
	fd = -1;
	return 0;
}

static void say_address(const struct addrinfo *a, char ret[DIAL_TEXT])
{
	if (getnameinfo(a->ai_addr, a->ai_addrlen, ret, DIAL_TEXT, NULL, 0, NI_NUMERICHOST) !=
		0)
		ret[0] = '\0';
}

/* Those that may be tried. */
static unsigned count(const struct addrinfo *list, bool loopback_only)
{
	unsigned n = 0;

	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n += !loopback_only || is_loopback(a->ai_addr);
	return n;
}

int dial(const char *host, unsigned port, bool loopback_only, unsigned seconds, int watch_fd,
	int *ret, char ret_address[DIAL_TEXT], struct err *err)
{
	CLEANUP(free_addresses)
	struct addrinfo *list = NULL;
	uint64_t until = time_monotonic_ms() + 1000ULL * seconds;
	int r = look_up(host, port, &list, err), failed = 0;
	unsigned left;

	if (r < 0)
		return r;
	left = count(list, loopback_only);
	for (const struct addrinfo *a = list; a && failed != ECANCELED; a = a->ai_next) {
		uint64_t now = time_monotonic_ms();

		if (loopback_only && !is_loopback(a->ai_addr))
			continue;
		/* An address that swallows everything leaves time for the others. */
		failed = try_one(
			a, now + (now < until ? (until - now) / left : 0), watch_fd, ret);
		left--;
		if (failed == 0) {
			say_address(a, ret_address);
			return 0;
		}
	}
	if (failed == 0)
		return FAIL(err, ERR_CONFIG, MAILBOX_TLS_REFUSED,
			"%s is not this machine: without TLS the password could be read on the "
			"way; "
			"set tls to implicit or starttls",
			host);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"cannot connect to %s port %u: %s; is the server running, and the port right?",
		host, port, strerror(failed));
}
