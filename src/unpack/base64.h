/*
 * base64.h - base64 as it is found in mail (RFC 2045 section 6.8), read piece by piece.
 *
 * Lenient: bytes that are not of the alphabet are passed over, padding may be missing, and
 * blocks that were encoded one by one may follow each other.  Behind padding, though, the first
 * line with a foreign byte ends it: that is the footer of a mailing list.  Pure, linear.
 */
#ifndef RUAD_BASE64_H
#define RUAD_BASE64_H

#include "str.h"

struct base64 {
	struct str in; /* must outlive the decoder */
	size_t at;
	size_t clean; /* behind padding: what lies before this was looked at */
	uint32_t held;
	unsigned bits; /* of held that were not given out */
	bool padded;
};

void base64_init(struct base64 *d, struct str in);
/* The next bytes, up to n; fewer only at the end. */
size_t base64_read(struct base64 *d, char *out, size_t n);

#endif
