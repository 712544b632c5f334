/*
 * server.h - the transport below web.h: libmicrohttpd, its limits, and a watchdog for slow
 * clients.
 *
 * libmicrohttpd's own timeout is idle time only, so that one byte now and then holds a
 * connection for ever; the watchdog ends a connection whose request is not complete, or whose
 * answer is not taken, in time.
 */
#ifndef RUAD_SERVER_H
#define RUAD_SERVER_H

#include "web.h"

struct server_limits {
	unsigned connections;  /* at once; more wait in the kernel's queue */
	unsigned memory_bytes; /* of one connection: request line and headers */
	unsigned idle_seconds; /* without a byte in either direction */
	unsigned request_ms; /* from the first byte, or the end of the answer before, to the end
				of the headers */
	unsigned answer_ms;  /* from the end of the headers until the answer is sent */
	unsigned stop_ms;    /* how long web_stop waits for answers */
};
extern const struct server_limits server_limits_default;

int server_start(const struct web_options *opt, const struct server_limits *limits,
	struct web **ret, struct err *err);

/* "127.0.0.1:8425", "[::1]:8425", "localhost:8425": loopback only, port 0 takes a free one. */
struct listen_address {
	struct str host; /* as it stands in a URL: "127.0.0.1", "[::1]" */
	bool v6;
	uint8_t ip[16];
	uint16_t port;
};
int listen_parse(struct str text, struct listen_address *ret, struct err *err);
/* A bound, listening socket; *ret_port is the real port.  ERR_CONFIG: port in use, or not
 * allowed. */
int listen_open(
	const struct listen_address *a, int *ret_fd, uint16_t *ret_port, struct err *err);

#endif
