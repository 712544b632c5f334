/*
 * dial.h - a TCP connection to a named host, within a time.
 */
#ifndef RUAD_DIAL_H
#define RUAD_DIAL_H

#include "err.h"

#include <stdbool.h>

#define DIAL_TEXT 64

/*
 * Each address of the host is tried in turn; *ret is a non-blocking socket, ret_address where
 * it leads, as text. loopback_only: other addresses than this machine's own loopback are not
 * tried, ERR_CONFIG reason tls-refused when there is none.  watch_fd: see await.h; looking up
 * the name is not ended by it.  ERR_TEMP reason source-unavailable: no such name, refused, no
 * answer.
 */
int dial(const char *host, unsigned port, bool loopback_only, unsigned seconds, int watch_fd,
	int *ret, char ret_address[DIAL_TEXT], struct err *err);

#endif
