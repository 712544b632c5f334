/*
 * amount.h - numbers and shares inside sentences.  Pure; text is in the arena.
 */
#ifndef RUAD_AMOUNT_H
#define RUAD_AMOUNT_H

#include "arena.h"

struct str amount_text(struct arena *a, uint64_t n); /* 98,311 */
/* "1 message", "98,311 messages" */
struct str amount_count(struct arena *a, uint64_t n, const char *one, const char *many);
/* With one decimal; "100%" and "0%" only when exact, else ">99.9%" and "<0.1%".  Of nothing:
 * "–". */
struct str amount_share(struct arena *a, uint64_t part, uint64_t whole);
/* part / whole >= permille / 1000, at any size. */
bool amount_reaches(uint64_t part, uint64_t whole, unsigned permille);

#endif
