/*
 * histogram.h - how often something took how long; many threads may count at once.
 */
#ifndef RUAD_HISTOGRAM_H
#define RUAD_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS 16 /* at most */

/* Upper bounds in microseconds, rising; what is above all of them is counted too. */
struct histogram_scale {
	size_t count;
	uint64_t bounds_us[HISTOGRAM_BOUNDS];
};

struct histogram {
	const struct histogram_scale *scale;
	_Atomic uint64_t
		buckets[HISTOGRAM_BOUNDS + 1]; /* each for itself, not the lower ones */
	_Atomic uint64_t sum_us;
};

void histogram_init(struct histogram *h, const struct histogram_scale *scale);
void histogram_add(struct histogram *h, uint64_t us);
uint64_t histogram_count(const struct histogram *h);

#endif
