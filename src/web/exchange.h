/*
 * exchange.h - one HTTP request and its answer, as libmicrohttpd carries them.
 *
 * The functions are its callbacks; their first argument is the door that a connection came in
 * by.  What they do not know is in answer.h.
 */
#ifndef RUAD_EXCHANGE_H
#define RUAD_EXCHANGE_H

#include "answer.h"
#include "uploads.h"
#include "watch.h"

#include <microhttpd.h>
#include <stdatomic.h>

/* Of all doors of one server. */
struct exchanger {
	const struct answerer *answerer;
	struct watch *watch;
	struct uploads *uploads; /* NULL: no files are taken */
	unsigned idle_seconds;
	atomic_uint requests;
	unsigned salt; /* so that ids of two runs differ */
};

struct door {
	struct exchanger *exchanger;
	bool unix_socket;
};

void *exchange_target(void *door, const char *target, struct MHD_Connection *connection);
void exchange_completed(void *door, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code);
void exchange_connection(void *door, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code);
enum MHD_Result exchange_request(void *door, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_n,
	void **context);

#endif
