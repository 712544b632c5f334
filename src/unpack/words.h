/*
 * words.h - text of mail headers for people: encoded words (RFC 2047), character sets, clean
 * UTF-8.
 *
 * What comes out is well-formed UTF-8 on one line: control characters are blanks, what cannot
 * be read is U+FFFD.  Character sets outside a fixed list are not converted, so that a mail
 * cannot make the C library load what it likes.  Looks at the first 8 KiB only.
 */
#ifndef RUAD_WORDS_H
#define RUAD_WORDS_H

#include "arena.h"

/* Clean, trimmed, and cut to max_bytes. */
struct str words_clean(struct arena *a, struct str s, size_t max_bytes);

/* The same for bytes in a character set; unknown or empty: UTF-8. */
struct str words_convert(
	struct arena *a, struct str bytes, struct str charset, size_t max_bytes);

/* The same with encoded words decoded: "=?utf-8?B?…?=".  Absent stays absent. */
struct str words_decode(struct arena *a, struct str raw, size_t max_bytes);

#endif
