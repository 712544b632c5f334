/*
 * header.h - header fields of a mail or part (RFC 5322, 2045, 2183, 2231), leniently.
 *
 * In: a header block.  Out: the few fields that unpacking needs, unfolded.  Of a field that
 * stands several times the first counts.  Pure, linear.
 */
#ifndef RUAD_HEADER_H
#define RUAD_HEADER_H

#include "arena.h"

/* What a line of a header block is. */
enum header_line {
	HEADER_FIELD,	/* begins a field */
	HEADER_FOLDED,	/* goes on with the field before */
	HEADER_SKIPPED, /* the "From " line of an mbox, or a field without a name */
	HEADER_BLANK,	/* ends the header; not part of the body */
	HEADER_OTHER	/* ends the header; the body begins with it */
};
enum header_line header_line(struct str line);

/* The next field of a block from *at on, with the lines that belong to it; false: no more. */
bool header_next(struct str block, size_t *at, struct str *ret_field);

/* Values without line breaks; absent when the field is missing. */
struct header {
	struct str block; /* all of it */
	struct str type, encoding, disposition;
	struct str from, subject, message_id;
	bool complaint; /* a mail that Hotmail passes on as a complaint
			   (X-HmXmrOriginalRecipient) */
};
void header_parse(struct arena *a, struct str block, struct header *ret);

/* "type/subtype" of a Content-Type value in lower case; fallback when there is none. */
struct str header_media_type(struct arena *a, struct str value, struct str fallback);

/*
 * A parameter of a Content-Type or Content-Disposition value: quoted or not, in one piece or
 * several, with or without a character set.  Absent when it is not there.  Bytes as they are,
 * unless RFC 2231 names a character set.
 */
struct str header_param(struct arena *a, struct str value, struct str name);

/* The name of an attachment, for people; absent when it has none. */
struct str header_file_name(struct arena *a, const struct header *h);

#endif
