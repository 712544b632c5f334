/*
 * systemd.h - what a service manager hands over and wants to hear, by its protocols alone:
 * sockets (LISTEN_FDS) and states (NOTIFY_SOCKET).
 */
#ifndef RUAD_SYSTEMD_H
#define RUAD_SYSTEMD_H

#include "err.h"

#include <stddef.h>

#define SYSTEMD_SOCKETS_MOST 16

/*
 * Sockets that were opened for this process; none when it is not so.  They become close-on-exec
 * and do not block.  The variables are removed, so that no child takes them for its own.
 * ERR_CONFIG: more than SYSTEMD_SOCKETS_MOST.
 */
int systemd_sockets(int ret[SYSTEMD_SOCKETS_MOST], size_t *ret_count, struct err *err);

/* "READY=1" and the like; nothing when nobody listens. */
void systemd_notify(const char *state);
/* RELOADING=1, with the time that Type=notify-reload wants. */
void systemd_notify_reloading(void);

#endif
