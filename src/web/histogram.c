#include "histogram.h"

#include <assert.h>

void histogram_init(struct histogram *h, const struct histogram_scale *scale)
{
	assert(scale->count <= HISTOGRAM_BOUNDS);
	h->scale = scale;
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		atomic_init(&h->buckets[i], 0);
	atomic_init(&h->sum_us, 0);
}

void histogram_add(struct histogram *h, uint64_t us)
{
	size_t i = 0;

	while (i < h->scale->count && us > h->scale->bounds_us[i])
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= h->scale->count; i++)
		n += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
	return n;
}
