/*
 * xalloc.h - memory that is always there.
 *
 * Out of memory logs one line and aborts: every unit of work is committed before it is
 * acknowledged, so the next run repeats what was lost (see flow.h).
 */
#ifndef RUAD_XALLOC_H
#define RUAD_XALLOC_H

#include <stddef.h>

/* Zeroed memory for n items of size bytes; overflow of the product aborts.  Free with free().
 */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Like realloc, for n items of size bytes. */
void *xrealloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* Copy of n bytes with a NUL after them. */
char *xmemdup0(const void *p, size_t n) __attribute__((malloc, returns_nonnull));

/* The same as zlib asks for them (zalloc, zfree). */
void *xalloc_zlib(void *unused, unsigned n, unsigned size);
void xfree_zlib(void *unused, void *p);

/* There is no memory for n items of size bytes: also for who learns it from a library. */
_Noreturn void xalloc_exhausted(size_t n, size_t size);
/* Do this instead of the line and abort(); it does not return.  NULL: as before. */
void xalloc_on_exhausted(void (*end)(void));

/*
 * Release by leaving the scope: `CLEANUP(close_fd) int fd = …;`
 * Each x_cleanup(T *) function accepts an empty object.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn##_cleanup)))

void free_cleanup(void *pp);	/* CLEANUP(free) char *p */
void close_fd_cleanup(int *fd); /* CLEANUP(close_fd) int fd; -1 is empty */

#endif
