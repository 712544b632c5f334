#include "daylist.h"

#include "tally.h"
#include "xalloc.h"

#include <stdlib.h>

void daylist_add(struct daylist *l, int64_t day, uint64_t messages)
{
	struct daylist_item *last = l->count > 0 ? &l->items[l->count - 1] : NULL;

	if (!last)
		l->rises = true;
	if (last && last->day == day) {
		last->messages += messages;
		return;
	}
	l->rises = l->rises && (!last || last->day < day);
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 4;
		l->items = xrealloc(l->items, l->cap, sizeof(*l->items));
	}
	l->items[l->count++] = (struct daylist_item){ day, messages };
}

static int by_day(const void *pa, const void *pb)
{
	const struct daylist_item *a = pa, *b = pb;

	return (a->day > b->day) - (a->day < b->day);
}

void daylist_settle(struct daylist *l)
{
	size_t n = 0;

	if (l->rises || l->count == 0)
		return;
	qsort(l->items, l->count, sizeof(*l->items), by_day);
	for (size_t i = 1; i < l->count; i++) {
		if (l->items[i].day == l->items[n].day)
			l->items[n].messages += l->items[i].messages;
		else
			l->items[++n] = l->items[i];
	}
	l->count = n + 1;
	l->rises = true;
}

void daylist_release(struct daylist *l)
{
	free(l->items);
	*l = (struct daylist){ 0 };
}

/* The first day with its sign in the lowest bit, then the steps. */
static uint64_t day_number(int64_t day)
{
	return day < 0 ? (uint64_t)(-(day + 1)) << 1 | 1 : (uint64_t)day << 1;
}

static int64_t number_day(uint64_t n)
{
	return n & 1 ? -(int64_t)(n >> 1) - 1 : (int64_t)(n >> 1);
}

void daylist_pack(const struct daylist *l, struct buf *out)
{
	for (size_t i = 0; i < l->count; i++) {
		unsigned char bytes[2 * NUMBER_BYTES];
		uint64_t step = i == 0 ? day_number(l->items[0].day)
				       : (uint64_t)(l->items[i].day - l->items[i - 1].day);
		uint64_t numbers[2] = { step, l->items[i].messages };

		buf_add(out, bytes, numbers_pack(numbers, 2, bytes));
	}
}

/* The next item of a packed list, after day; false: there is none. */
static bool item_next(struct str *packed, bool first, int64_t day, struct daylist_item *ret)
{
	uint64_t numbers[2];

	if (packed->n == 0 || !numbers_unpack(packed, numbers, 2))
		return false;
	ret->day = first ? number_day(numbers[0]) : day + (int64_t)numbers[0];
	ret->messages = numbers[1];
	return true;
}

bool daylist_unpack(struct daylist *l, struct str packed)
{
	struct daylist_item item = { 0 };
	bool first = true;

	while (item_next(&packed, first, item.day, &item)) {
		daylist_add(l, item.day, item.messages);
		first = false;
	}
	return packed.n == 0;
}

bool daylist_peak(struct str packed, struct daylist_peak *ret)
{
	struct daylist_item item = { 0 };
	struct daylist_peak peak = { 0 };
	bool first = true;

	while (item_next(&packed, first, item.day, &item)) {
		first = false;
		peak.days += item.messages > 0;
		if (item.messages <= peak.messages)
			continue;
		peak.messages = item.messages;
		peak.day = item.day;
	}
	*ret = peak;
	return packed.n == 0;
}
