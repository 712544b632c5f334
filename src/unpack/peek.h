/*
 * peek.h - the first bytes of a stream, looked at before it is read from its beginning.
 *
 * An error that comes up while looking is told when the reader gets there, not before.
 */
#ifndef RUAD_PEEK_H
#define RUAD_PEEK_H

#include "reader.h"
#include "sniff.h"

struct peek {
	struct reader reader; /* first: &p.reader is the stream, from its first byte */
	struct reader *in;
	char head[SNIFF_BYTES];
	size_t head_n, at;
	int code; /* of the error that waits, or 0 */
	struct err err;
};

void peek_init(struct peek *p, struct reader *in);
struct str peek_head(const struct peek *p); /* SNIFF_BYTES, or all there is */

#endif
