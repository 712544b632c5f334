/*
 * meter.h - the one line on a terminal that says how far the care of a database is (care.h).
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

/* A care that is stopped by signals and, when m is on, drawn. */
struct care meter_care(struct meter *m);
void meter_end(struct meter *m);

#endif
