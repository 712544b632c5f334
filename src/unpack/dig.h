/*
 * dig.h - from some bytes, through the archives they may be, to what lies inside.
 *
 * In: one file or mail part, as a stream.  Out, one after the other: each thing found that is
 * not an archive itself, as a stream with its magic, and what could not be unpacked, with the
 * reason.  Gzip is streamed; a zip is read where it lies when that is a blob, else it is first
 * brought into memory (up to mail_size). Members of a zip that are no report and do not call
 * themselves one are passed over, unless nothing else is there. Limits: archive_nesting,
 * archive_members (of all zips inside each other), ratio, document_size, mail_size.
 *
 * Life: dig_new -> (dig_begin -> dig_next until 0) … -> dig_free.
 */
#ifndef RUAD_DIG_H
#define RUAD_DIG_H

#include "arena.h"
#include "bounds.h"
#include "reader.h"
#include "sniff.h"

struct dig;

/* Where to dig. */
struct ground {
	struct reader *in;	 /* from its first byte */
	const struct blob *blob; /* the same bytes, when they lie somewhere; or NULL */
	uint64_t packed_bytes;	 /* their number, at most */
	struct str path;	 /* for people; absent for a whole input */
};

struct find {
	enum magic magic;	/* never gzip or zip */
	unsigned nesting;	/* archives around it */
	struct str path;	/* "a.zip/b.xml"; absent for a whole */
	struct reader *content; /* valid until the next call; fails with archive-too-large after
				   document_size */
	struct err err; /* code < 0: it is not to be had, and content is NULL.  Inside an
			 * archive this includes not-a-report and empty. */
};

struct dig *dig_new(const struct limits *limits);
void dig_free(struct dig *d);

/* ground->in and blob must stay until the last dig_next; paths are allocated in the arena. */
void dig_begin(struct dig *d, const struct ground *ground, struct arena *a);
int dig_next(struct dig *d, struct find *ret); /* 1, or 0 at the end */
/* Notes of the last find, bits 1 << enum note_code; complete when its content was read to the
 * end. */
unsigned dig_notes(const struct dig *d);

/* Can this be a report? */
bool magic_is_document(enum magic magic);

#endif
