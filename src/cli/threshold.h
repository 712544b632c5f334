/*
 * threshold.h - the ranges of monitoring plugins: which values alert.  Pure.
 *
 *   10      below 0 or above 10     10:     below 10     ~:10    above 10
 *   10:20   outside of 10 to 20     @10:20  inside, the ends too
 *
 * Numbers are decimal and may have a unit of their kind: s, m, h, d for times (else seconds),
 * K, M, G, T for sizes (else bytes; K is 1024).
 */
#ifndef RUAD_THRESHOLD_H
#define RUAD_THRESHOLD_H

#include "arena.h"
#include "err.h"

enum threshold_kind { THRESHOLD_NUMBER, THRESHOLD_SECONDS, THRESHOLD_BYTES };

struct threshold {
	bool set;	  /* else nothing alerts */
	bool inside;	  /* alerts inside of the range */
	double low, high; /* may be infinite */
};

/* ERR_USAGE: no range; the text says what is one. */
int threshold_parse(
	const char *text, enum threshold_kind kind, struct threshold *ret, struct err *err);
bool threshold_alerts(const struct threshold *t, double value);
/* In base units: "98:", "216000", "@10:20"; "" when it is not set. */
struct str threshold_text(struct arena *a, const struct threshold *t);

#endif
