/*
 * spool.h - bytes that can be read only once (standard input) made readable anywhere: in memory
 * up to a size, beyond it in a file without a name in TMPDIR (or /tmp), which goes with its
 * descriptor.
 */
#ifndef RUAD_SPOOL_H
#define RUAD_SPOOL_H

#include "reader.h"

/*
 * Read fd to its end.  *ret: in memory (malloc'ed, free mem.p) or with an fd to close.
 * ERR_LIMIT reason "mail-too-large": more than most_bytes; ERR_INPUT reason "read-failed";
 * ERR_TEMP: no file could be made in TMPDIR, or it is full.
 */
int spool_read(
	int fd, uint64_t memory_bytes, uint64_t most_bytes, struct blob *ret, struct err *err);

#endif
