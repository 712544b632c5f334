/*
 * coding.h - answers in gzip (RFC 1952, zlib): whole ones, and streams while they are sent.
 *
 * A stream takes constant memory, some 300 KiB, and each piece of it is flushed, so that a slow
 * one still moves.  Out of memory aborts, as everywhere.
 */
#ifndef RUAD_CODING_H
#define RUAD_CODING_H

#include "answer.h"

#define CODING_LEAST 1024 /* bytes; a shorter body does not gain */

/* Does a body of this media type become shorter? */
bool coding_helps(struct str type);
/* Bytes that never change, as small as can be, in a; absent: they do not become smaller. */
struct str coding_smallest(struct str bytes, struct arena *a);
/* A body, in its place.  ERR_IO, ERR_LIMIT: there was no room; it is as it was. */
int coding_body(struct body *b, struct err *err);
/* The same, of bytes that stay where they are. */
int coding_bytes(struct str bytes, struct body *ret, struct err *err);
/* A stream that takes from another one, and closes it at its end. */
struct answer_stream *coding_stream(struct answer_stream *inner);

#endif
