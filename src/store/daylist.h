/*
 * daylist.h - messages by day, as a list that grows, and its short form as bytes.  Pure.
 *
 * Life: zeroed -> daylist_add … -> daylist_settle -> read -> daylist_release.
 */
#ifndef RUAD_DAYLIST_H
#define RUAD_DAYLIST_H

#include "buf.h"

struct daylist_item {
	int64_t day;
	uint64_t messages;
};

struct daylist {
	struct daylist_item *items;
	size_t count, cap;
	bool rises; /* the days do, and none is there twice */
};

void daylist_add(struct daylist *l, int64_t day, uint64_t messages);
/* Rising days, each once. */
void daylist_settle(struct daylist *l);
void daylist_release(struct daylist *l); /* accepts an empty one */

#define DAYLIST_BYTES_MOST (64U << 20)
/* A settled one. */
void daylist_pack(const struct daylist *l, struct buf *out);
/* Adds what is packed.  False: it is none. */
bool daylist_unpack(struct daylist *l, struct str packed);

/* Of a packed one: days with messages, the most messages of a day, and the first such day. */
struct daylist_peak {
	uint64_t days, messages;
	int64_t day;
};
bool daylist_peak(struct str packed, struct daylist_peak *ret);

#endif
