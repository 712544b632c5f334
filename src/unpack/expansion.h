/*
 * expansion.h - how much an archive has grown, with everything that lies in it, however deep.
 *
 * Every decompressor of one input or mail part adds what it gives out to the same count, so
 * that archives inside archives, many members and members that share their bytes cannot get
 * past limits.ratio.
 */
#ifndef RUAD_EXPANSION_H
#define RUAD_EXPANSION_H

#include "bounds.h"
#include "err.h"

struct expansion {
	uint64_t packed_bytes, unpacked_bytes;
	uint64_t ratio; /* limits.ratio */
};

/* ERR_LIMIT archive-too-large once more than ratio times the packed size, and more than 1 MiB,
 * is out. */
int expansion_add(struct expansion *x, uint64_t bytes, struct err *err);

#endif
