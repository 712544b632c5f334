/*
 * decode.h - the bytes of a document in, well-formed UTF-8 out, in chunks.
 *
 * A byte order mark, white space before the first character and NUL bytes after the last are
 * taken away.  The encoding is what the bytes show (a byte order mark, UTF-16 without one),
 * else what the XML declaration says, else UTF-8.  Bytes that stand for nothing become U+FFFD;
 * what was done is told in the fields below.  An unknown encoding is accepted as long as the
 * bytes are UTF-8.
 *
 * Pure; constant in memory.
 * Life: decode_begin -> decode_next until 0 or an error.  Nothing to release.
 */
#ifndef RUAD_DECODE_H
#define RUAD_DECODE_H

#include "charset.h"
#include "reader.h"

#define DECODE_CHUNK 16384
#define DECODE_NAME 40 /* longest name of an encoding */

struct decode {
	struct reader *in;
	struct charset charset;
	bool strict;	 /* the encoding is unknown: bytes that are no UTF-8 end it */
	bool big_endian; /* of UTF-16 */
	bool started, begun, tail, ended;
	bool inside; /* something follows a NUL or Control-Z: told by the next call */
	size_t have; /* bytes at the start of raw that wait for the rest of their character */

	/* What was found, for notes.  Complete after the end. */
	bool bom;	    /* a byte order mark */
	bool leading;	    /* white space before the document */
	bool trailing_nul;  /* NUL bytes after the document */
	bool trailing_text; /* other bytes of no meaning there (Control-Z) */
	bool misfit;	    /* bytes do not fit the declared encoding */
	char declared[DECODE_NAME + 1];
	int64_t lines, columns; /* skipped before the document */

	uint8_t raw[DECODE_CHUNK];
	char out[DECODE_CHUNK * 3 + 16];
};

void decode_begin(struct decode *d, struct reader *in);

/*
 * The next chunk: 1, 0 end, negative error.  *ret is whole characters, never empty, without
 * NUL, and lasts until the next call.  The first one begins with "<". ERR_INPUT: empty,
 * not-a-report (it begins with something else), xml-encoding, xml-malformed (NUL inside); or
 * the reader's own error.
 */
int decode_next(struct decode *d, struct str *ret, struct err *err);

#endif
