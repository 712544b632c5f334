/*
 * qp.h - quoted-printable (RFC 2045 section 6.7), read piece by piece.
 *
 * Lenient: an "=" that begins neither an octet nor a soft line break stands for itself,
 * lower-case digits are taken.  Blanks before a line break are dropped, line breaks stay as
 * they are.  Pure, linear.
 */
#ifndef RUAD_QP_H
#define RUAD_QP_H

#include "str.h"

struct qp {
	struct str in; /* must outlive the decoder */
	size_t at;
	size_t blanks_end; /* blanks before this belong to the text */
};

void qp_init(struct qp *q, struct str in);
/* The next bytes, up to n; fewer only at the end. */
size_t qp_read(struct qp *q, char *out, size_t n);

/* The octet that two hexadecimal digits at p say, or -1. */
int qp_octet(const char *p);

#endif
