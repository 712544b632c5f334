#include "coverage.h"

#include "day.h"

#include <assert.h>

void coverage_moments(const struct coverage_cell *cells, size_t count, int64_t first,
	size_t days, struct coverage_moment *ret)
{
	uint64_t volume = 0, reported = 0;
	size_t in = 0, out = 0; /* cells[out … in) are those of the days before */

	for (size_t i = 0; i < days; i++) {
		int64_t day = first + (int64_t)i;

		for (; in < count && cells[in].day < day; in++) {
			volume += cells[in].messages;
			reported += cells[in].reports > 0;
		}
		for (; out < in && cells[out].day < day - COVERAGE_DAYS_BEFORE; out++) {
			volume -= cells[out].messages;
			reported -= cells[out].reports > 0;
		}
		ret[i] = (struct coverage_moment){
			.cell = in < count && cells[in].day == day ? &cells[in] : NULL,
			.expected = reported * 100 >=
				    COVERAGE_DAYS_BEFORE * COVERAGE_EXPECTED_PERCENT,
			.volume = volume,
		};
	}
}

const char *cell_state_name(enum cell_state s)
{
	static const char *const names[] = { "none", "reported", "pending", "missing" };

	assert((unsigned)s < sizeof(names) / sizeof(names[0]));
	return names[s];
}

static bool reported(const struct coverage_moment *m)
{
	return m->cell && m->cell->reports > 0;
}

enum cell_state coverage_state(const struct coverage_moment *m, int64_t day, int64_t now_at)
{
	if (reported(m))
		return CELL_REPORTED;
	if (!m->expected || day > day_of(now_at))
		return CELL_NONE;
	return now_at - day_start(day + 1) < COVERAGE_PENDING_SECONDS ? CELL_PENDING
								      : CELL_MISSING;
}

void coverage_day_add(struct coverage_day *d, const struct coverage_moment *m)
{
	if (m->cell) {
		d->messages += m->cell->messages;
		d->reports += m->cell->reports;
	}
	if (!m->expected)
		return;
	d->expected++;
	d->expected_volume += m->volume;
	if (!reported(m))
		return;
	d->arrived++;
	d->arrived_volume += m->volume;
}

/* part / whole >= percent / 100, without overflow at any count. */
static bool reaches(uint64_t part, uint64_t whole, unsigned percent)
{
	return (double)part * 100 >= (double)whole * percent;
}

bool coverage_day_complete(const struct coverage_day *d)
{
	if (d->expected == 0)
		return false;
	/* Reporters that never saw a message count by their number. */
	if (d->expected_volume == 0)
		return reaches(d->arrived, d->expected, COVERAGE_COMPLETE_PERCENT);
	return reaches(d->arrived_volume, d->expected_volume, COVERAGE_COMPLETE_PERCENT);
}

size_t coverage_run(const struct coverage_cell *cells, size_t count)
{
	size_t n = 0;

	while (n < count && cells[n].reporter == cells[0].reporter)
		n++;
	return n;
}

#define COMPLETE_DAYS_MOST 64

bool coverage_complete(const struct coverage_cell *cells, size_t count, int64_t first,
	size_t days, int64_t *ret_day)
{
	struct coverage_moment moments[COMPLETE_DAYS_MOST];
	struct coverage_day sums[COMPLETE_DAYS_MOST] = { 0 };
	bool expected = false;
	int64_t newest = first - 1;

	assert(days <= COMPLETE_DAYS_MOST);
	for (size_t at = 0, n; at < count; at += n) {
		n = coverage_run(cells + at, count - at);
		coverage_moments(cells + at, n, first, days, moments);
		for (size_t i = 0; i < days; i++)
			coverage_day_add(&sums[i], &moments[i]);
	}
	for (size_t i = 0; i < days; i++) {
		expected |= sums[i].expected > 0;
		if (coverage_day_complete(&sums[i]))
			newest = first + (int64_t)i;
	}
	if (expected)
		*ret_day = newest;
	return expected;
}
