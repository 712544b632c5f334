/*
 * gzip.h - a gzip stream as a reader over a reader (RFC 1952, zlib).
 *
 * Members that follow each other are one text; other bytes behind the end are passed over and
 * remembered.  Checksum and length are verified, which shows at the end: what was read before
 * an error must not be trusted. Errors: archive-truncated, archive-corrupt, archive-too-large
 * (ratio), archive-too-many-members; and those of the reader below.
 *
 * Life: gunzip_new -> (gunzip_begin -> read) … -> gunzip_free.  Limits: ratio, archive_members.
 */
#ifndef RUAD_GZIP_H
#define RUAD_GZIP_H

#include "bounds.h"
#include "expansion.h"
#include "reader.h"

struct gunzip;

struct gunzip *gunzip_new(const struct limits *limits);
void gunzip_free(struct gunzip *g);
/* in and x are used until the end is read or another stream is begun. */
struct reader *gunzip_begin(struct gunzip *g, struct reader *in, struct expansion *x);
/* Bytes followed the end; known when the end was read. */
bool gunzip_trailing(const struct gunzip *g);

#endif
