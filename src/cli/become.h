/*
 * become.h - root becomes the user that a service should be.
 */
#ifndef RUAD_BECOME_H
#define RUAD_BECOME_H

#include "err.h"

#include <stddef.h>

/*
 * For good: user, group, no other groups, no capabilities; HOME, USER and LOGNAME are that
 * user's, and so are the sockets at these n paths.  Nothing when this is that user already.
 * ERR_CONFIG: there is no such user, or only root could become it.  Before the first thread.
 */
int become_user(const char *name, const char *const *sockets, size_t n, struct err *err);
/* Somebody else than root has no use for capabilities, once all sockets are open. */
void become_powerless(void);
/* The name of the user that this is, or its number: static memory, of this thread. */
const char *become_name(void);

#endif
