#include "buf.h"

#include "xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64

static char nothing[1]; /* the text of a buffer without memory (cap == 0); never written */

void buf_init(struct buf *b, size_t max_bytes)
{
	if (max_bytes > SIZE_MAX / 4)
		max_bytes = SIZE_MAX / 4; /* room for the NUL and for doubling */
	*b = (struct buf){ .p = nothing, .max = max_bytes };
}

void buf_release(struct buf *b)
{
	if (b->cap > 0)
		free(b->p);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->full = false;
	if (b->cap > 0)
		b->p[0] = '\0';
}

/* Memory for n more bytes and the NUL; false: full. */
static bool buf_room(struct buf *b, size_t n)
{
	size_t cap;

	if (b->full || n > b->max - b->n) {
		b->full = true;
		return false;
	}
	if (b->n + n < b->cap)
		return true;
	cap = b->cap ? b->cap * 2 : BUF_FIRST;
	if (cap < b->n + n + 1)
		cap = b->n + n + 1;
	if (cap > b->max + 1)
		cap = b->max + 1;
	b->p = xrealloc(b->cap ? b->p : NULL, cap, 1);
	b->cap = cap;
	b->p[b->n] = '\0';
	return true;
}

bool buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_room(b, n))
		return false;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return true;
}

bool buf_str(struct buf *b, struct str s)
{
	return buf_add(b, s.p, s.n);
}

bool buf_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->n; /* with the NUL */
	va_list again;
	bool done;
	int n;

	va_copy(again, ap);
	n = vsnprintf(b->cap ? b->p + b->n : NULL, room, fmt, ap);
	assert(n >= 0);
	done = buf_room(b, (size_t)n);
	if (done) {
		if ((size_t)n >= room)
			vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	} else if (b->cap > 0) {
		b->p[b->n] = '\0';
	}
	va_end(again);
	return done;
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	bool done;

	va_start(ap, fmt);
	done = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return done;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (!buf_room(b, n))
		return NULL;
	/* Zeroed, so that there is a NUL after however many bytes the caller writes. */
	return memset(b->p + b->n, 0, n + 1);
}

struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p ? b->p : nothing, b->n };
}
