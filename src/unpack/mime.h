/*
 * mime.h - the parts of a mail, one after the other (RFC 2045, 2046, 5322), bounded and linear.
 *
 * In: the bytes of a mail.  Out: its leaves in order, each as a slice of encoded bytes.
 * Multiparts of any nesting and mails inside mails are entered, also mails that are encoded
 * although they must not be. The mail returned in a feedback report or a bounce is not entered:
 * it is a leaf.
 *
 * Lenient where mail is: all three line ends, an mbox "From " line, missing end boundaries,
 * missing blank lines, boundaries with blanks behind them.  A multipart without a boundary is a
 * leaf. Limits: mime_depth, mime_parts, mime_header; mails decoded inside the mail together:
 * mail_size.
 *
 * Life: mime_new -> (mime_begin -> mime_next until 0 or an error) … -> mime_free.
 */
#ifndef RUAD_MIME_H
#define RUAD_MIME_H

#include "bounds.h"
#include "header.h"
#include "payload.h"

struct mime_part {
	struct str type;	/* lower case; never absent */
	struct str name;	/* of the attachment, for people; or absent */
	enum encoding encoding; /* as declared */
	struct str raw;		/* the bytes, encoded */
	bool in_report;		/* directly in a multipart/report … */
	struct str report_type; /* … of this type, in lower case; absent when it does not say */
	bool complaint;		/* a mail that Hotmail passes on as a complaint; not entered */
	unsigned number;	/* of the leaf in its mail, from 1 */
};

struct mime;

struct mime *mime_new(const struct limits *limits);
void mime_free(struct mime *m);

/* text and the arena must last until the next mime_begin; parts are allocated in the arena. */
void mime_begin(struct mime *m, struct str text, struct arena *a);

/* The header of the mail itself. */
const struct header *mime_header(const struct mime *m);

/*
 * The next leaf.  1, 0 end, ERR_LIMIT: mime-too-deep, mime-too-many-parts, mime-malformed (a
 * header that is too large); the walk cannot go on then.
 */
int mime_next(struct mime *m, struct mime_part *ret, struct err *err);

/* The part is the mail as a whole: there is no multipart. */
bool mime_single(const struct mime *m);

#endif
