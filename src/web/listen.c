/*
 * listen.c - the address that is listened on: loopback only, for there is no access control
 * yet.
 */
#include "ip.h"
#include "server.h"
#include "xalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_BACKLOG 128

static int bad_address(struct str text, struct err *err)
{
	return FAIL(err, ERR_CONFIG, NULL,
		"'%.*s' is no address to listen on: write 127.0.0.1:8425 or [::1]:8425.",
		STR_ARGS(text));
}

static bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->n == 4 ? ip->b[0] == 127 : ip->n == 16 && memcmp(ip->b, one, 16) == 0;
}

static int split(struct str text, struct str *ret_host, uint16_t *ret_port, struct err *err)
{
	ptrdiff_t at = -1;
	uint64_t port;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == ':')
			at = (ptrdiff_t)i;
	if (at <= 0 || !str_to_u64(str_from(text, (size_t)at + 1), &port) || port > 65535)
		return bad_address(text, err);
	*ret_host = str_make(text.p, (size_t)at);
	*ret_port = (uint16_t)port;
	return 0;
}

int listen_parse(struct str text, struct listen_address *ret, struct err *err)
{
	struct listen_address a = { 0 };
	struct str name;
	struct ip ip = { 0 };
	int r = split(text, &a.host, &a.port, err);

	if (r < 0)
		return r;
	if (str_eq_nocase(a.host, STR("localhost")))
		a.host = STR("127.0.0.1");
	name = a.host;
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = str_make(name.p + 1, name.n - 2);
	else if (str_index(name, ':') >= 0)
		return bad_address(text, err);
	if (!ip_parse(name, &ip))
		return bad_address(text, err);
	if (!ip_is_loopback(&ip))
		return FAIL(err, ERR_CONFIG, NULL,
			"'%.*s' can be reached from other machines, and there is no access "
			"control yet. "
			"Listen on 127.0.0.1 or [::1] and put a reverse proxy with a login in "
			"front.",
			STR_ARGS(text));
	a.v6 = ip.n == 16;
	memcpy(a.ip, ip.b, 16);
	*ret = a;
	return 0;
}

static socklen_t socket_address(const struct listen_address *a, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ 0 };
	if (a->v6) {
		struct sockaddr_in6 *s = (struct sockaddr_in6 *)ret;

		s->sin6_family = AF_INET6;
		s->sin6_port = htons(a->port);
		memcpy(&s->sin6_addr, a->ip, 16);
		return sizeof(*s);
	}
	struct sockaddr_in *s = (struct sockaddr_in *)ret;

	s->sin_family = AF_INET;
	s->sin_port = htons(a->port);
	memcpy(&s->sin_addr, a->ip, 4);
	return sizeof(*s);
}

static int bind_failed(const struct listen_address *a, int error, struct err *err)
{
	unsigned port = a->port;

	if (error == EADDRINUSE)
		return FAIL(err, ERR_CONFIG, NULL,
			"Port %u of %.*s is in use, perhaps by another 'ruad serve'. "
			"'ss -ltnp sport = :%u' shows the process; --listen chooses another "
			"port.",
			port, STR_ARGS(a->host), port);
	if (error == EACCES)
		return FAIL(err, ERR_CONFIG, NULL,
			"Port %u may only be opened by root; choose one above 1023.", port);
	return FAIL(err, ERR_CONFIG, NULL, "Cannot listen on %.*s:%u: %s.", STR_ARGS(a->host),
		port, strerror(error));
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage s;
	socklen_t n = sizeof(s);

	if (getsockname(fd, (struct sockaddr *)&s, &n) < 0)
		return 0;
	return ntohs(s.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&s)->sin6_port
					     : ((struct sockaddr_in *)&s)->sin_port);
}

int listen_open(
	const struct listen_address *a, int *ret_fd, uint16_t *ret_port, struct err *err)
{
	CLEANUP(close_fd)
	int fd = -1;
	struct sockaddr_storage address;
	socklen_t n = socket_address(a, &address);
	int one = 1;

	fd = socket(a->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bind_failed(a, errno, err);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, n) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return bind_failed(a, errno, err);
	*ret_port = bound_port(fd);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
