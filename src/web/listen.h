/*
 * listen.h - addresses that are listened on: "127.0.0.1:8425", "[::1]:8425", "localhost:8425",
 * "0.0.0.0:8425", "unix:/run/ruad/web.sock".
 *
 * Port 0 takes a free one.  [::] is IPv6 alone.  A unix socket gets mode 0660; one that nobody
 * listens on any more is replaced, and ours is removed at the end.
 */
#ifndef RUAD_LISTEN_H
#define RUAD_LISTEN_H

#include "err.h"
#include "ip.h"
#include "str.h"

#include <sys/types.h>

#define LISTEN_PATH_MOST 107 /* bytes of the path of a unix socket */

struct listen_address {
	char text[LISTEN_PATH_MOST + 8]; /* as it stands in a URL: "127.0.0.1", "[::1]"; or the
					    path */
	bool unix_socket;
	bool local; /* cannot be reached from other machines */
	struct ip ip;
	uint16_t port;
};
/* ERR_CONFIG: the text says how to write one. */
int listen_parse(struct str text, struct listen_address *ret, struct err *err);

struct listening {
	int fd;			       /* -1: none */
	struct listen_address address; /* with the real port */
	dev_t dev; /* of a unix socket that is ours to remove; ino 0: none */
	ino_t ino;
};
/* ERR_CONFIG: in use, or not allowed. */
int listen_open(const struct listen_address *a, struct listening *ret, struct err *err);
/* A socket that listens already (of systemd).  ERR_CONFIG: it does not, or is no stream. */
int listen_inherit(int fd, struct listening *ret, struct err *err);
/* Closes fd unless it is -1, and removes the socket's file. */
void listen_close(struct listening *l);

#endif
