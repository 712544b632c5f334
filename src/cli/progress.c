#include "progress.h"

#include "day.h"
#include "xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define REDRAW_MS 100

struct progress {
	pthread_mutex_t lock;
	struct str what;
	uint64_t begun_ms, drawn_ms;
	bool shown;
	size_t n;
	struct progress_part parts[];
};

struct progress *progress_new(struct str what, size_t parts)
{
	struct progress *p =
		xcalloc(1, sizeof(*p) + (parts ? parts : 1) * sizeof(struct progress_part));

	pthread_mutex_init(&p->lock, NULL);
	p->what = what;
	p->begun_ms = time_monotonic_ms();
	p->n = parts;
	for (size_t i = 0; i < parts; i++)
		p->parts[i].all = p;
	return p;
}

struct progress_part *progress_part(struct progress *p, size_t i)
{
	assert(i < p->n);
	return &p->parts[i];
}

static void draw(struct progress *p, uint64_t now_ms)
{
	uint64_t read = 0, total = 0, stored = 0, rejected = 0;
	uint64_t spent = now_ms - p->begun_ms;
	char of[32] = "";

	for (size_t i = 0; i < p->n; i++) {
		const struct import_totals *t = &p->parts[i].totals;

		read += t->read;
		total += p->parts[i].total > t->read ? p->parts[i].total : t->read;
		stored += t->by_outcome[OUTCOME_STORED];
		rejected += t->by_outcome[OUTCOME_REJECTED];
	}
	if (total > read)
		snprintf(of, sizeof(of), "/%llu", (unsigned long long)total);
	fprintf(stderr, "\r\033[K%.*s%s%llu%s read  %llu stored  %llu rejected  %llu/s",
		STR_ARGS(p->what), p->what.n ? "  " : "", (unsigned long long)read, of,
		(unsigned long long)stored, (unsigned long long)rejected,
		(unsigned long long)(spent ? read * 1000 / spent : 0));
	fflush(stderr);
}

void progress_tell(void *part, const struct import_totals *t, uint64_t total)
{
	struct progress_part *of = part;
	struct progress *p = of->all;
	uint64_t now = time_monotonic_ms();

	pthread_mutex_lock(&p->lock);
	of->totals = *t;
	of->total = total;
	if (now - p->drawn_ms >= REDRAW_MS) {
		p->drawn_ms = now;
		p->shown = true;
		draw(p, now);
	}
	pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	if (p->shown)
		fputs("\r\033[K", stderr);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
