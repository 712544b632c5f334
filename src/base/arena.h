/*
 * arena.h - one owner for all that lives as long as one unit of work.
 *
 * A mail, a record, a request has an arena; what it needs is allocated there and ends with it.
 * Memory is zeroed.  Never returns NULL.
 * Life: arena_init -> allocate -> arena_reset to reuse, arena_release at the end.
 */
#ifndef RUAD_ARENA_H
#define RUAD_ARENA_H

#include "str.h"

#include <stdarg.h>

struct arena_block;
struct arena {
	struct arena_block *blocks; /* newest first */
	char *at, *end;
	size_t used_bytes; /* handed out since the last reset */
};

void arena_init(struct arena *a);
void arena_reset(struct arena *a);   /* keeps one block for reuse */
void arena_release(struct arena *a); /* accepts an empty or released arena */
#define arena_cleanup arena_release  /* CLEANUP(arena) struct arena a; after arena_init */

void *arena_alloc(struct arena *a, size_t n, size_t size)
	__attribute__((returns_nonnull)); /* aligned for any type */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), (n), sizeof(type)))
/*
 * An array that grows one by one, and doubles as it fills: room for one more behind n elements.
 * list is what it gave the last time (n elements were put there since), or NULL when n is 0.
 *
 *     list = ARENA_MORE(a, list, n);
 *     list[n++] = …;
 */
void *arena_more(struct arena *a, void *list, size_t n, size_t size)
	__attribute__((returns_nonnull));
#define ARENA_MORE(a, list, n) ((__typeof__(list))arena_more((a), (list), (n), sizeof(*(list))))

struct str arena_str(
	struct arena *a, struct str s); /* copy, NUL after it; absent stays absent */
struct str arena_str_lower(struct arena *a, struct str s); /* copy in lower case */
const char *arena_cstr(
	struct arena *a, struct str s); /* NUL-terminated copy; absent gives "" */
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#endif
