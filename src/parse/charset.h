/*
 * charset.h - the character encodings that a report may declare.
 *
 * Known are UTF-8, US-ASCII, UTF-16, and the one-byte encodings of the ISO 8859, Windows and
 * KOI8 families.  The tables are here, so that reading a report needs no file of the system.
 * Pure.
 */
#ifndef RUAD_CHARSET_H
#define RUAD_CHARSET_H

#include "str.h"

enum charset_kind { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_ASCII, CHARSET_UTF16, CHARSET_BYTE };

struct charset {
	enum charset_kind kind;
	const uint16_t
		*high; /* CHARSET_BYTE: the characters of the bytes 0x80 to 0xff; 0xfffd none */
};

/* By the name that stands in the XML declaration; case does not matter. */
struct charset charset_find(struct str name);

#endif
