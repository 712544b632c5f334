/*
 * lock.h - one import at a time: an advisory lock on <path>.lock, gone with the process.
 */
#ifndef RUAD_LOCK_H
#define RUAD_LOCK_H

#include "err.h"

/* *ret_fd holds the lock until it is closed.  ERR_TEMP "locked" after wait_ms. */
int lock_take(const char *path, unsigned wait_ms, int *ret_fd, struct err *err);

#endif
