#include "period.h"

#include "day.h"

#include <assert.h>

/* Times beyond these are no times of mail; the sums below stay far from overflow. */
#define AT_LEAST (-(INT64_C(1) << 50))
#define AT_MOST (INT64_C(1) << 50)

static int64_t clamp(int64_t at)
{
	return at < AT_LEAST ? AT_LEAST : at > AT_MOST ? AT_MOST : at;
}

bool period_possible(int64_t begin_at, int64_t end_at)
{
	return begin_at >= 1 && end_at >= begin_at && end_at <= PERIOD_LAST_SECOND &&
	       end_at - begin_at <= PERIOD_MOST_SECONDS;
}

void period_of(int64_t begin_at, int64_t end_at, struct period *ret)
{
	struct period p = { .begin_at = clamp(begin_at), .end_at = clamp(end_at) };
	int64_t first, last;

	if (p.end_at < p.begin_at)
		p.end_at = p.begin_at;
	if (p.end_at - day_start(day_of(p.end_at)) == DAY_SECONDS - 1)
		p.end_at++;
	p.middle_day = day_of(p.begin_at + (p.end_at - p.begin_at) / 2);
	p.first_day = p.last_day = p.middle_day;
	if (p.end_at - p.begin_at > PERIOD_LONG_SECONDS) {
		first = day_of(p.begin_at);
		last = day_of(p.end_at - 1);
		if (last - first < PERIOD_DAYS_MOST) {
			p.first_day = first;
			p.last_day = last;
			p.spread = true;
		}
	}
	*ret = p;
}

/* Days that have the same seconds of the period, and so the same share. */
struct stretch {
	int64_t from, to; /* half-open, counted from the first day */
	uint64_t whole, remainder;
};

/*
 * messages * seconds / total without overflow: total is below 2^27, seconds at most a day.
 */
static void stretch_share(
	struct stretch *s, uint64_t messages, uint64_t seconds, uint64_t total)
{
	uint64_t rest = messages % total * seconds;

	s->whole = messages / total * seconds + rest / total;
	s->remainder = rest % total;
}

/* Largest remainder first; insertion keeps the earlier days first among equals. */
static void stretches_sort(struct stretch *s, int n)
{
	for (int i = 1; i < n; i++) {
		for (int k = i; k > 0 && s[k].remainder > s[k - 1].remainder; k--) {
			struct stretch swap = s[k];

			s[k] = s[k - 1];
			s[k - 1] = swap;
		}
	}
}

void period_share(const struct period *p, uint64_t messages, uint64_t *ret_share)
{
	int64_t days = p->last_day - p->first_day + 1;
	uint64_t total = (uint64_t)(p->end_at - p->begin_at), left = messages;
	/* All days between the first and the last are whole, so three stretches are enough. */
	struct stretch s[3] = { { .from = 0, .to = 1 }, { .from = 1, .to = days - 1 },
		{ .from = days - 1, .to = days } };

	if (!p->spread) {
		ret_share[0] = messages;
		return;
	}
	assert(days > 1 && days <= PERIOD_DAYS_MOST);
	stretch_share(
		&s[0], messages, (uint64_t)(day_start(p->first_day + 1) - p->begin_at), total);
	stretch_share(&s[1], messages, DAY_SECONDS, total);
	stretch_share(&s[2], messages, (uint64_t)(p->end_at - day_start(p->last_day)), total);
	for (int i = 0; i < 3; i++) {
		for (int64_t d = s[i].from; d < s[i].to; d++) {
			ret_share[d] = s[i].whole;
			left -= s[i].whole;
		}
	}
	stretches_sort(s, 3);
	for (int i = 0; i < 3; i++)
		for (int64_t d = s[i].from; d < s[i].to && left > 0; d++, left--)
			ret_share[d]++;
	assert(left == 0);
}
