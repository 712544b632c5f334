#include "systemd.h"

#include "str.h"
#include "xalloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FIRST_SOCKET 3

static bool variable_number(const char *name, uint64_t *ret)
{
	const char *value = getenv(name);
	return value && str_to_u64(str_of(value), ret);
}

static void forget(void)
{
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

int systemd_sockets(int ret[SYSTEMD_SOCKETS_MOST], size_t *ret_count, struct err *err)
{
	uint64_t pid = 0, count = 0;
	bool ours = variable_number("LISTEN_PID", &pid) && pid == (uint64_t)getpid() &&
		    variable_number("LISTEN_FDS", &count);
	*ret_count = 0;
	forget();
	if (!ours)
		return 0;
	if (count > SYSTEMD_SOCKETS_MOST)
		return FAIL(err, ERR_CONFIG, NULL,
			"systemd hands over %llu sockets; %d are possible",
			(unsigned long long)count, SYSTEMD_SOCKETS_MOST);
	for (int i = 0; i < (int)count; i++) {
		int fd = FIRST_SOCKET + i;
		int flags = fcntl(fd, F_GETFL);
		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
			fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return FAIL(err, ERR_CONFIG, NULL,
				"systemd promised socket %d, which is not there", fd);
		ret[i] = fd;
	}
	*ret_count = (size_t)count;
	return 0;
}

void systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	CLEANUP(close_fd)
	int fd = -1;
	if (n < 2 || n >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, n);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* a name without a file */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

void systemd_notify_reloading(void)
{
	struct timespec now;
	char text[96];
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	systemd_notify(text);
}
