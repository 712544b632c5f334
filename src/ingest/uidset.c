#include "uidset.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void uidset_release(struct uidset *s)
{
	free(s->ranges);
	*s = (struct uidset){ 0 };
}

void uidset_clear(struct uidset *s)
{
	s->n = 0;
}

void uidset_copy(struct uidset *s, const struct uidset *from)
{
	if (s->cap < from->n) {
		s->cap = from->n;
		s->ranges = xrealloc(s->ranges, s->cap, sizeof(*s->ranges));
	}
	if (from->n > 0)
		memcpy(s->ranges, from->ranges, from->n * sizeof(*s->ranges));
	s->n = from->n;
}

/* The first range whose last is not below uid; n when there is none. */
static size_t find(const struct uidset *s, uint32_t uid)
{
	size_t low = 0, high = s->n;

	if (s->n > 0 && s->ranges[s->n - 1].last < uid)
		return s->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ranges[middle].last < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct uidset *s, size_t at, uint32_t first, uint32_t last)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 8;
		s->ranges = xrealloc(s->ranges, s->cap, sizeof(*s->ranges));
	}
	memmove(s->ranges + at + 1, s->ranges + at, (s->n - at) * sizeof(*s->ranges));
	s->ranges[at] = (struct uidrange){ first, last };
	s->n++;
}

static void erase(struct uidset *s, size_t at)
{
	s->n--;
	memmove(s->ranges + at, s->ranges + at + 1, (s->n - at) * sizeof(*s->ranges));
}

void uidset_add(struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);
	bool joins_left, joins_right;

	assert(uid > 0);
	if (at < s->n && s->ranges[at].first <= uid)
		return;
	joins_left = at > 0 && s->ranges[at - 1].last == uid - 1;
	joins_right = at < s->n && s->ranges[at].first - 1 == uid;
	if (joins_left && joins_right) {
		s->ranges[at - 1].last = s->ranges[at].last;
		erase(s, at);
	} else if (joins_left) {
		s->ranges[at - 1].last = uid;
	} else if (joins_right) {
		s->ranges[at].first = uid;
	} else {
		insert(s, at, uid, uid);
	}
}

void uidset_remove(struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);
	struct uidrange *r;

	if (at == s->n || s->ranges[at].first > uid)
		return;
	r = &s->ranges[at];
	if (r->first == uid && r->last == uid) {
		erase(s, at);
	} else if (r->first == uid) {
		r->first++;
	} else if (r->last == uid) {
		r->last--;
	} else {
		uint32_t last = r->last;

		r->last = uid - 1;
		insert(s, at + 1, uid + 1, last);
	}
}

/* Add to left what of r is not in other, whose ranges before *at lie below r. */
static void outside(
	struct uidset *left, struct uidrange r, const struct uidset *other, size_t *at)
{
	while (*at < other->n && other->ranges[*at].last < r.first)
		(*at)++;
	for (size_t i = *at; i < other->n && other->ranges[i].first <= r.last; i++) {
		const struct uidrange *o = &other->ranges[i];

		if (o->first > r.first)
			insert(left, left->n, r.first, o->first - 1);
		if (o->last >= r.last)
			return;
		r.first = o->last + 1;
	}
	insert(left, left->n, r.first, r.last);
}

void uidset_remove_set(struct uidset *s, const struct uidset *other)
{
	struct uidset left = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++)
		outside(&left, s->ranges[i], other, &at);
	uidset_release(s);
	*s = left;
}

bool uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t at = find(s, uid);

	return at < s->n && s->ranges[at].first <= uid;
}

uint64_t uidset_count(const struct uidset *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += (uint64_t)s->ranges[i].last - s->ranges[i].first + 1;
	return n;
}

bool uidset_after(const struct uidset *s, uint32_t after, uint32_t *ret)
{
	size_t at;

	if (after == UINT32_MAX)
		return false;
	at = find(s, after + 1);
	if (at == s->n)
		return false;
	*ret = s->ranges[at].first > after ? s->ranges[at].first : after + 1;
	return true;
}

void uidset_print(const struct uidset *s, struct buf *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct uidrange *r = &s->ranges[i];

		buf_printf(ret, i ? ",%u" : "%u", r->first);
		if (r->last > r->first)
			buf_printf(ret, ":%u", r->last);
	}
}

static bool number(struct str text, uint32_t *ret)
{
	uint64_t v;

	if (!str_to_u64(text, &v) || v == 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

bool uidset_parse(struct uidset *s, struct str text)
{
	struct str part;

	while (str_cut(&text, ',', &part)) {
		uint32_t first, last;
		struct str head;

		str_cut(&part, ':', &head);
		if (!number(head, &first))
			return false;
		last = first;
		if (!str_absent(part) && !number(part, &last))
			return false;
		if (last < first || (s->n > 0 && first <= s->ranges[s->n - 1].last))
			return false;
		if (s->n > 0 && first == s->ranges[s->n - 1].last + 1)
			s->ranges[s->n - 1].last = last;
		else
			insert(s, s->n, first, last);
	}
	return true;
}
