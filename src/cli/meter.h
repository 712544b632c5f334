/*
 * meter.h - the one line on a terminal that says how far long work on a database is.
 *
 * Drawn at most ten times a second, on standard error, and gone at the end.
 */
#ifndef RUAD_METER_H
#define RUAD_METER_H

#include "care.h"

struct meter {
	bool on;
	uint64_t drawn_ms; /* 0: there is no line */
};

/* doing: "copied"; total 0: not known. */
void meter_tell(struct meter *m, const char *doing, uint64_t done, uint64_t total);
/* A care (care.h) that is stopped by signals and, when m is on, drawn. */
struct care meter_care(struct meter *m);
void meter_end(struct meter *m);

#endif
