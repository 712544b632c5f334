/*
 * buf.h - bytes that grow, up to a maximum that is given at the start.
 *
 * Past the maximum nothing more is added, `full` is set and stays set: check once at the end.
 * An addition is made whole or not at all.
 * Life: buf_init(max) -> add … -> buf_release.  The bytes always have a NUL after them.
 */
#ifndef RUAD_BUF_H
#define RUAD_BUF_H

#include "str.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t n, cap, max;
	bool full;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b); /* accepts an empty one */
#define buf_cleanup buf_release
void buf_clear(struct buf *b); /* n = 0, full = false; memory is kept */

bool buf_add(struct buf *b, const void *p, size_t n); /* false: full */
bool buf_str(struct buf *b, struct str s);
bool buf_char(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Room for n more bytes at p + n, zeroed; the caller writes them and adds to n.  NULL: full. */
char *buf_reserve(struct buf *b, size_t n);
struct str buf_view(const struct buf *b); /* valid until the next change */

#endif
