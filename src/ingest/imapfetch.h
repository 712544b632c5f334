/*
 * imapfetch.h - reads the lines that a server answers UID FETCH … (UID BODY.PEEK[]) with (RFC
 * 3501 section 7).  Pure.
 *
 * The content of a mail goes by as a stream, so this is not left to libetpan, which hands out
 * content without saying of which mail it is, and takes each answer to end with its own tagged
 * line; servers that get several commands at once may send those lines later.
 */
#ifndef RUAD_IMAPFETCH_H
#define RUAD_IMAPFETCH_H

#include "str.h"

enum imapline_kind {
	IMAPLINE_BAD,	 /* not IMAP, or what we did not ask for */
	IMAPLINE_OTHER,	 /* of no interest: EXISTS, OK, … */
	IMAPLINE_FETCH,	 /* imapfetch_read goes on with rest */
	IMAPLINE_TAGGED, /* the end of a command */
	IMAPLINE_BYE
};

struct imapline {
	enum imapline_kind kind;
	struct str rest; /* FETCH: after the parenthesis; TAGGED, BYE: the text */
	/* TAGGED */
	int tag;
	bool ok, bad;	 /* neither: NO */
	struct str code; /* "TRYCREATE" of "[TRYCREATE]"; empty: none */
};

/* A line without its CRLF; the slices are of it. */
struct imapline imapline_read(struct str line);

/* One FETCH response; zeroed at its begin. */
struct imapfetch {
	uint32_t uid;	 /* 0: not told yet */
	unsigned bodies; /* BODY[] that came */
	uint64_t literal_bytes;
	struct str quoted; /* the content, when it came in quotes: see imapfetch_unquote; absent
			      else */
};

enum imapfetch_next {
	IMAPFETCH_BAD,
	IMAPFETCH_LITERAL, /* literal_bytes of content follow; the line after them is read next
			    */
	IMAPFETCH_DONE
};

enum imapfetch_next imapfetch_read(struct imapfetch *f, struct str rest);

/* Take the next byte of a quoted content: 0 to 255, or -1 at its end. */
int imapfetch_unquote(struct str *quoted);

#endif
