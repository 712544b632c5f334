/*
 * terminal.h - text for people: colour, marks, and strangers' strings made harmless.
 *
 * Control characters (ESC above all) of foreign text become visible escapes, so a report cannot
 * steer a terminal.  Colour is for meanings, never alone; NO_COLOR and --color are honoured.
 */
#ifndef RUAD_TERMINAL_H
#define RUAD_TERMINAL_H

#include "arena.h"

#include <stdio.h>

enum tone { TONE_PLAIN, TONE_OK, TONE_WARN, TONE_BAD, TONE_MUTED, TONE_BOLD };

struct terminal {
	bool color;	      /* on standard output */
	bool utf8;	      /* marks as ✓ ✕ ▲ →, else as + x ! > */
	unsigned width;	      /* of standard output; 0: not a terminal, no cutting */
	bool err_is_terminal; /* standard error: progress line */
};

/* color: "auto", "always", "never" or NULL. */
void terminal_init(struct terminal *t, const char *color);
const char *tone_on(const struct terminal *t, enum tone tone);
const char *tone_off(const struct terminal *t, enum tone tone);
const char *mark_ok(const struct terminal *t);
const char *mark_bad(const struct terminal *t);

/* A copy in which control characters, C1 controls and bytes that are not UTF-8 are \xNN. */
struct str printable(struct arena *a, struct str s);
/* Columns that the text takes (wcwidth). */
size_t columns_of(struct str s);
/* The start of s in at most columns, with an ellipsis when it was cut. */
struct str columns_cut(struct arena *a, struct str s, size_t columns);

/* 98,311 and 95.9% (>99.9%, <0.1%; 100% and 0% only when exact; "-" of nothing) */
struct str number_text(struct arena *a, uint64_t n);
struct str percent_text(struct arena *a, uint64_t part, uint64_t whole);

#endif
