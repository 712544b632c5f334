/*
 * sniff.h - what the first bytes of something say it is.
 *
 * Names and declared types are not asked.  XML may be UTF-8, UTF-16 or of an 8-bit character
 * set, with a byte order mark, and with up to 1 KiB of white space before it.  Pure, linear.
 */
#ifndef RUAD_SNIFF_H
#define RUAD_SNIFF_H

#include "str.h"

#define SNIFF_BYTES 4096

enum magic {
	MAGIC_EMPTY, /* nothing, or white space only */
	MAGIC_GZIP,
	MAGIC_ZIP,
	MAGIC_FEEDBACK, /* XML: the first element, or the document type, is feedback */
	MAGIC_XML,	/* declared as XML; another first element, or none so far */
	MAGIC_MARKUP,	/* begins with "<", undeclared */
	MAGIC_HTML,	/* XHTML too */
	MAGIC_TLSRPT,	/* JSON with the members of an SMTP TLS report (RFC 8460) */
	MAGIC_MAIL,	/* header fields, one of them a well-known one */
	MAGIC_OTHER
};

/* head: the first SNIFF_BYTES, or all there is. */
enum magic sniff(struct str head);

#endif
