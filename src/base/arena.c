#include "arena.h"

#include "xalloc.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Ordinary blocks double from BLOCK_FIRST to BLOCK_MOST, so a small unit of work stays small
 * and a large one does not call malloc often.  What would not fit well in an ordinary block has
 * one of its own, behind the newest, whose free rest stays in use.
 */
#define BLOCK_FIRST ((size_t)8 * 1024)
#define BLOCK_MOST ((size_t)1024 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_ON_RESET false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEP_ON_RESET false
#endif
#endif
#ifndef KEEP_ON_RESET
#define KEEP_ON_RESET true /* under AddressSanitizer a use after the reset must show */
#endif

struct arena_block {
	struct arena_block *next; /* older */
	size_t size_bytes;	  /* of data */
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void blocks_free(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_release(struct arena *a)
{
	blocks_free(a->blocks);
	arena_init(a);
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;

	if (!KEEP_ON_RESET || !keep || keep->size_bytes > BLOCK_MOST) {
		arena_release(a);
		return;
	}
	blocks_free(keep->next);
	keep->next = NULL;
	a->at = keep->data;
	a->end = keep->data + keep->size_bytes;
	a->used_bytes = 0;
}

static void block_push(struct arena *a)
{
	size_t size = a->blocks ? a->blocks->size_bytes * 2 : BLOCK_FIRST;
	struct arena_block *b;

	/* The newest may be one of its own, of any size. */
	if (size < BLOCK_FIRST || size > 2 * BLOCK_MOST)
		size = BLOCK_FIRST;
	if (size > BLOCK_MOST)
		size = BLOCK_MOST;
	b = xrealloc(NULL, 1, sizeof(*b) + size);
	b->size_bytes = size;
	b->next = a->blocks;
	a->blocks = b;
	a->at = b->data;
	a->end = b->data + size;
}

/* The memory comes zeroed from the system, which costs nothing for large ones. */
static void *block_own(struct arena *a, size_t bytes)
{
	struct arena_block *b = xcalloc(1, sizeof(*b) + bytes);

	b->size_bytes = bytes;
	if (a->blocks) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		a->blocks = b;
		a->at = a->end = b->data + bytes;
	}
	return b->data;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return xcalloc(SIZE_MAX, SIZE_MAX); /* logs and aborts */
	bytes = bytes ? (bytes + mask) & ~mask : mask + 1;
	a->used_bytes += bytes;
	if (bytes > (size_t)(a->end - a->at)) {
		if (bytes > BLOCK_FIRST / 4)
			return block_own(a, bytes);
		block_push(a);
	}
	p = a->at;
	a->at += bytes;
	return memset(p, 0, bytes);
}

#define MORE_FIRST 4 /* elements; a power of two, as every size is */

void *arena_more(struct arena *a, void *list, size_t n, size_t size)
{
	void *more;

	if (n > 0 && (n < MORE_FIRST || (n & (n - 1)) != 0))
		return list;
	more = arena_alloc(a, n ? 2 * n : MORE_FIRST, size);
	if (n > 0)
		memcpy(more, list, n * size);
	return more;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p;

	if (!s.p)
		return STR_ABSENT;
	assert(s.n < SIZE_MAX);
	p = arena_alloc(a, s.n + 1, 1);
	memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

struct str arena_str_lower(struct arena *a, struct str s)
{
	char *p;

	if (!s.p)
		return STR_ABSENT;
	assert(s.n < SIZE_MAX);
	p = arena_alloc(a, s.n + 1, 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = char_lower(s.p[i]);
	return (struct str){ p, s.n };
}

const char *arena_cstr(struct arena *a, struct str s)
{
	return s.p ? arena_str(a, s).p : "";
}

struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char shortish[512];
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(shortish, sizeof(shortish), fmt, ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1, 1);
	if ((size_t)n < sizeof(shortish))
		memcpy(p, shortish, (size_t)n);
	else
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
