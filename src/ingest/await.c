#include "await.h"

#include "day.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>

int await_fd(int fd, short events, int watch_fd, int ms)
{
	uint64_t until = time_monotonic_ms() + (uint64_t)(ms > 0 ? ms : 0);

	for (;;) {
		struct pollfd p[] = {
			{ .fd = watch_fd, .events = POLLRDHUP },
			{ .fd = fd, .events = events },
		};
		uint64_t now = time_monotonic_ms();
		int r = poll(p, 2, now < until ? (int)(until - now) : 0);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0)
			return p[0].revents ? -ECANCELED : 1;
		if (r == 0)
			return 0;
	}
}

int await_pause(int watch_fd, int ms)
{
	return await_fd(-1, 0, watch_fd, ms);
}
