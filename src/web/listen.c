#include "listen.h"

#include "xalloc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_BACKLOG 1024
#define UNIX_MODE 0660

static_assert(
	LISTEN_PATH_MOST < sizeof(((struct sockaddr_un *)0)->sun_path), "a path must fit");

/* --- What is written --- */

static int bad_address(struct str text, struct err *err)
{
	return FAIL(err, ERR_CONFIG, NULL,
		"'%.*s' is no address to listen on: write 127.0.0.1:8425, [::1]:8425 or "
		"unix:/run/ruad/web.sock.",
		STR_ARGS(str_first(text, 120)));
}

static int parse_path(struct str text, struct listen_address *ret, struct err *err)
{
	struct str path = str_from(text, 5);

	if (str_empty(path) || path.p[0] != '/')
		return bad_address(text, err);
	if (path.n > LISTEN_PATH_MOST)
		return FAIL(err, ERR_CONFIG, NULL,
			"The path of a unix socket has at most %d bytes, which '%.*s…' has "
			"not.",
			LISTEN_PATH_MOST, STR_ARGS(str_first(path, 60)));
	*ret = (struct listen_address){ .unix_socket = true, .local = true };
	memcpy(ret->text, path.p, path.n);
	return 0;
}

static bool split(struct str text, struct str *ret_host, uint16_t *ret_port)
{
	ptrdiff_t at = -1;
	uint64_t port;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == ':')
			at = (ptrdiff_t)i;
	if (at <= 0 || !str_to_u64(str_from(text, (size_t)at + 1), &port) || port > 65535)
		return false;
	*ret_host = str_make(text.p, (size_t)at);
	*ret_port = (uint16_t)port;
	return true;
}

static void set_ip(struct listen_address *a, const struct ip *ip)
{
	char text[IP_TEXT];
	struct str s = ip_text(ip, text);

	a->ip = *ip;
	a->local = ip_is_loopback(ip);
	snprintf(a->text, sizeof(a->text), ip->n == 16 ? "[%.*s]" : "%.*s", STR_ARGS(s));
}

int listen_parse(struct str text, struct listen_address *ret, struct err *err)
{
	struct listen_address a = { 0 };
	struct str name;
	struct ip ip = { 0 };

	if (str_starts(text, STR("unix:")))
		return parse_path(text, ret, err);
	if (!split(text, &name, &a.port))
		return bad_address(text, err);
	if (str_eq_nocase(name, STR("localhost")))
		name = STR("127.0.0.1");
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = str_make(name.p + 1, name.n - 2);
	else if (str_index(name, ':') >= 0)
		return bad_address(text, err);
	if (!ip_parse(name, &ip))
		return bad_address(text, err);
	set_ip(&a, &ip);
	*ret = a;
	return 0;
}

/* --- Internet sockets --- */

static socklen_t socket_address(const struct listen_address *a, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){ 0 };
	if (a->ip.n == 16) {
		struct sockaddr_in6 *s = (struct sockaddr_in6 *)ret;

		s->sin6_family = AF_INET6;
		s->sin6_port = htons(a->port);
		memcpy(&s->sin6_addr, a->ip.b, 16);
		return sizeof(*s);
	}
	struct sockaddr_in *s = (struct sockaddr_in *)ret;

	s->sin_family = AF_INET;
	s->sin_port = htons(a->port);
	memcpy(&s->sin_addr, a->ip.b, 4);
	return sizeof(*s);
}

static int bind_failed(const struct listen_address *a, int error, struct err *err)
{
	unsigned port = a->port;

	if (error == EADDRINUSE)
		return FAIL(err, ERR_CONFIG, NULL,
			"Port %u of %s is in use, perhaps by another 'ruad serve'. "
			"'ss -ltnp sport = :%u' shows the process; --listen chooses another "
			"port.",
			port, a->text, port);
	if (error == EACCES)
		return FAIL(err, ERR_CONFIG, NULL,
			"Port %u may only be opened by root; choose one above 1023.", port);
	return FAIL(err, ERR_CONFIG, NULL, "Cannot listen on %s:%u: %s.", a->text, port,
		strerror(error));
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

static int open_internet(const struct listen_address *a, struct listening *ret, struct err *err)
{
	CLEANUP(close_fd)
	int fd = -1;
	struct sockaddr_storage address;
	socklen_t n = socket_address(a, &address);
	int one = 1;

	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return bind_failed(a, errno, err);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, n) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return bind_failed(a, errno, err);
	*ret = (struct listening){ .fd = fd, .address = *a };
	ret->address.port = bound_port(fd);
	fd = -1;
	return 0;
}

/* --- Unix sockets --- */

static int unix_failed(const char *path, int error, struct err *err)
{
	if (error == EADDRINUSE)
		return FAIL(err, ERR_CONFIG, NULL,
			"%s is in use, perhaps by another 'ruad serve': 'ss -lxp' shows the "
			"process.",
			path);
	if (error == ENOENT)
		return FAIL(err, ERR_CONFIG, NULL,
			"Cannot listen on %s: make its folder first (with systemd: "
			"RuntimeDirectory=ruad).",
			path);
	return FAIL(err, ERR_CONFIG, NULL, "Cannot listen on %s: %s.", path, strerror(error));
}

/* A socket whose process is gone is in the way of a new one. */
static int remove_stale(const struct sockaddr_un *address, struct err *err)
{
	CLEANUP(close_fd)
	int fd = -1;
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return 0; /* bind says what is wrong, if anything is */
	if (!S_ISSOCK(st.st_mode))
		return FAIL(err, ERR_CONFIG, NULL,
			"%s is there and is no socket: remove it, or listen elsewhere.",
			address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return unix_failed(address->sun_path, errno, err);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED)
		return unix_failed(
			address->sun_path, errno == EACCES ? EACCES : EADDRINUSE, err);
	unlink(address->sun_path);
	return 0;
}

static int open_unix(const struct listen_address *a, struct listening *ret, struct err *err)
{
	CLEANUP(close_fd)
	int fd = -1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int r;

	memcpy(address.sun_path, a->text, strlen(a->text));
	r = remove_stale(&address, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Nobody can connect before listen(), so the mode is right in time. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return unix_failed(a->text, errno, err);
	if (chmod(a->text, UNIX_MODE) < 0 || lstat(a->text, &st) < 0 ||
		listen(fd, LISTEN_BACKLOG) < 0) {
		r = unix_failed(a->text, errno, err);
		unlink(a->text);
		return r;
	}
	*ret = (struct listening){
		.fd = fd, .address = *a, .dev = st.st_dev, .ino = st.st_ino
	};
	fd = -1;
	return 0;
}

int listen_open(const struct listen_address *a, struct listening *ret, struct err *err)
{
	return a->unix_socket ? open_unix(a, ret, err) : open_internet(a, ret, err);
}

/* --- Sockets of somebody else --- */

static bool number_is(int fd, int option, int want)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 && value == want;
}

static void take_internet(const struct sockaddr_storage *s, struct listen_address *a)
{
	struct ip ip = s->ss_family == AF_INET
			       ? ip_of_bytes(&((const struct sockaddr_in *)s)->sin_addr, 4)
			       : ip_of_bytes(&((const struct sockaddr_in6 *)s)->sin6_addr, 16);

	set_ip(a, &ip);
}

int listen_inherit(int fd, struct listening *ret, struct err *err)
{
	struct listening l = { .fd = fd };
	struct sockaddr_storage s = { 0 };
	socklen_t n = sizeof(s);

	if (getsockname(fd, (struct sockaddr *)&s, &n) < 0 ||
		!number_is(fd, SO_TYPE, SOCK_STREAM) || !number_is(fd, SO_ACCEPTCONN, 1))
		return FAIL(err, ERR_CONFIG, NULL,
			"Socket %d of systemd does not listen: the .socket unit needs "
			"ListenStream= and Accept=no.",
			fd);
	if (s.ss_family == AF_UNIX) {
		const char *path = ((struct sockaddr_un *)&s)->sun_path;

		l.address.unix_socket = l.address.local = true;
		snprintf(l.address.text, sizeof(l.address.text), "%.*s", LISTEN_PATH_MOST,
			path[0] ? path : "@");
	} else if (s.ss_family == AF_INET || s.ss_family == AF_INET6) {
		take_internet(&s, &l.address);
		l.address.port = bound_port(fd);
	} else {
		return FAIL(err, ERR_CONFIG, NULL,
			"Socket %d of systemd is neither IP nor a unix socket.", fd);
	}
	*ret = l;
	return 0;
}

void listen_close(struct listening *l)
{
	struct stat st;

	if (l->ino != 0 && lstat(l->address.text, &st) == 0 && st.st_dev == l->dev &&
		st.st_ino == l->ino)
		unlink(l->address.text);
	l->ino = 0;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
