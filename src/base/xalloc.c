#include "xalloc.h"

#include "log.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*ending)(void);

void xalloc_on_exhausted(void (*end)(void))
{
	ending = end;
}

/* log_line() does not allocate, so it works here. */
_Noreturn void xalloc_exhausted(size_t n, size_t size)
{
	if (ending)
		ending();
	log_line(LOG_LEVEL_ERROR, "memory.exhausted", LOG_INT("items", n),
		LOG_INT("size_bytes", size));
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		xalloc_exhausted(n, size);
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t bytes;
	void *q;

	if (__builtin_mul_overflow(n, size, &bytes))
		xalloc_exhausted(n, size);
	q = realloc(p, bytes ? bytes : 1); /* realloc of 0 bytes may free */
	if (!q)
		xalloc_exhausted(n, size);
	return q;
}

char *xmemdup0(const void *p, size_t n)
{
	char *q;

	if (n == SIZE_MAX)
		xalloc_exhausted(n, 1);
	q = malloc(n + 1);
	if (!q)
		xalloc_exhausted(n, 1);
	if (n > 0)
		memcpy(q, p, n);
	q[n] = '\0';
	return q;
}

void *xalloc_zlib(void *unused, unsigned n, unsigned size)
{
	(void)unused;
	return xcalloc(n, size);
}

void xfree_zlib(void *unused, void *p)
{
	(void)unused;
	free(p);
}

void free_cleanup(void *pp)
{
	void *p;

	/* pp is the address of a pointer of any type; copying its bytes is the portable way. */
	memcpy(&p, pp, sizeof(p));
	free(p);
}

void close_fd_cleanup(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}
