/*
 * packing.h - reports and records as bytes, between the process that reads mails and the one
 * that keeps what was found.
 *
 * Numbers are those of wire.h, texts have their length before them, absent is not empty.
 * Whoever takes does not trust: a length beyond the end, a text that is no UTF-8 or has a NUL,
 * an enumerator that does not exist, a period that cannot be make the bytes bad, and stay so.
 * Pure.
 */
#ifndef RUAD_PACKING_H
#define RUAD_PACKING_H

#include "arena.h"
#include "bounds.h"
#include "buf.h"
#include "carrier.h"
#include "err.h"
#include "verdict.h"

void pack_i64(struct buf *b, int64_t v);
void pack_str(struct buf *b, struct str s);

/* All of a report but its notes. */
void pack_report(struct buf *b, const struct report *r);
void pack_notes(struct buf *b, const struct note *notes, size_t n);
void pack_record(struct buf *b, const struct record *rec, const struct verdict *v);
void pack_carrier(struct buf *b, const struct carrier *c);
/* Why something was refused, and what is known of it; partial may be NULL. */
void pack_refusal(struct buf *b, const struct report *partial, const struct err *why);

struct packed {
	struct str rest;
	bool bad;
	const struct limits *limits;
};

uint64_t packed_u64(struct packed *p);
int64_t packed_i64(struct packed *p);
struct str packed_str(struct packed *p);   /* a slice */
struct str packed_bytes(struct packed *p); /* the same; it may be any bytes */
/* Is all of it taken, and was all of it good? */
bool packed_end(const struct packed *p);

/* Arrays come from a, texts are slices.  False: bad. */
bool packed_report(struct packed *p, struct arena *a, struct report *ret);
bool packed_notes(struct packed *p, struct arena *a, struct report *ret);
bool packed_record(
	struct packed *p, struct arena *a, struct record *ret, struct verdict *ret_verdict);
bool packed_carrier(struct packed *p, struct carrier *ret);
/* ret_known: there is a partial one. */
bool packed_refusal(
	struct packed *p, struct report *ret_partial, bool *ret_known, struct err *ret_why);

#endif
