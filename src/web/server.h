/*
 * server.h - the transport below web.h: libmicrohttpd, its limits, and a watchdog for slow
 * clients.
 *
 * libmicrohttpd's own timeout is idle time only, so that one byte now and then holds a
 * connection for ever; the watchdog (watch.h) ends a connection whose request is not complete,
 * or whose answer is not taken, in time, and makes room when there is a crowd.
 */
#ifndef RUAD_SERVER_H
#define RUAD_SERVER_H

#include "web.h"

struct server_limits {
	unsigned connections;  /* at once, of one address; more wait in the kernel's queue */
	unsigned crowd;	       /* of all addresses: from here on newcomers end the idlest */
	unsigned memory_bytes; /* of one connection: request line and headers */
	unsigned idle_seconds; /* without a byte in either direction */
	unsigned request_ms;   /* from the first byte, or the end of the answer before, to the
				  end of the request */
	unsigned answer_ms;    /* from the end of the request until the answer is sent */
	unsigned slow_ms;      /* an answer that takes longer may be ended in a crowd */
	unsigned stop_ms;      /* how long web_stop waits for answers */
};
extern const struct server_limits server_limits_default;

int server_start(const struct web_options *opt, const struct server_limits *limits,
	struct web **ret, struct err *err);

#endif
