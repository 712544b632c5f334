/*
 * uu.h - uuencoded text (POSIX uuencode, historical algorithm), read piece by piece.
 *
 * What stands before the "begin" line is passed over; "end", an empty group or a line that
 * cannot be uuencoded ends it.  Short lines are filled with zeros.  Pure, linear.
 */
#ifndef RUAD_UU_H
#define RUAD_UU_H

#include "str.h"

struct uu {
	struct str in; /* must outlive the decoder */
	size_t at;
	bool begun, ended;
	char line[64]; /* decoded, not given out yet */
	size_t line_n, line_at;
};

void uu_init(struct uu *u, struct str in);
/* The next bytes, up to n; fewer only at the end. */
size_t uu_read(struct uu *u, char *out, size_t n);

/* Is this the line that begins uuencoded text: "begin 644 name"? */
bool uu_begin_line(struct str line);

#endif
