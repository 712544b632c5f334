/*
 * unpack.h - one input in, its documents out; content decides, never names or declared types.
 *
 * In: the bytes of a mail, or of a file that may be a mail, a report or an archive.  Out, one
 * after the other: every document found (XML, JSON or a feedback report), as a stream; and for
 * each part that looked like a report but could not be unpacked, a failed document with the
 * reason.  Text and HTML parts of a mail, pictures and other things are passed over.
 *
 * Mail is walked by mime.c (ours, bounded); gzip is zlib (CRC and length are checked), zip is
 * libarchive.  Bounds: limits.mail_size, mime_*, archive_*, document_size, ratio.
 *
 * Life: unpack_new(limits) -> (unpack_begin -> unpack_next until 0 -> …) -> unpack_free.
 */
#ifndef RUAD_UNPACK_H
#define RUAD_UNPACK_H

#include "arena.h"
#include "authres.h"
#include "bounds.h"
#include "source.h"

enum doc_kind {
	DOC_XML,      /* begins like XML: parse it */
	DOC_TLSRPT,   /* an SMTP TLS report (JSON) */
	DOC_ARF,      /* a failure report (Feedback-Type: auth-failure, or unknown) */
	DOC_FEEDBACK, /* another feedback report (abuse, opt-out …) */
	DOC_NONE, /* the input holds no document at all: reason no-report-in-mail, not-a-report,
		     empty */
	DOC_FAILED /* could not be unpacked: err says why */
};

struct doc {
	enum doc_kind kind;
	struct str part; /* attachment and member name as a path for people ("a.zip/b.xml"),
			    absent for a whole */
	struct reader *content; /* DOC_XML: the text, from its first byte; valid until the next
				 * call. A read may fail with archive-truncated,
				 * archive-corrupt, archive-too-large … */
	struct err err;		/* DOC_NONE, DOC_FAILED: reason and text */
	unsigned notes; /* bits 1 << enum note_code (container-trailing is known only at the
			   end) */
};

/* What the mail says of itself; all absent for a plain file. */
struct mail_head {
	bool is_mail;
	struct str from, subject, message_id; /* RFC 2047 decoded, one line, cut to 256 bytes */
	struct authres authres;		      /* what mail->receivers say of it */
};

struct unpack;

struct unpack *unpack_new(const struct limits *limits);
void unpack_free(struct unpack *u);

/*
 * Begin with an input; what lies in *mail must stay until the end.  Negative: the input as a
 * whole cannot be used (mail-too-large, read-failed); nothing more to ask then.
 */
int unpack_begin(struct unpack *u, const struct mail *mail, struct err *err);

/* Valid until the next unpack_begin. */
const struct mail_head *unpack_head(const struct unpack *u);

/*
 * The next document.  1, or 0 at the end.  At least one document is given for each input
 * (DOC_NONE when there is nothing).  The rest of an unread document is passed over.
 */
int unpack_next(struct unpack *u, struct doc *ret);

/* Notes of the document that unpack_next gave last, complete once its content was read to the
 * end. */
unsigned unpack_notes(const struct unpack *u);

#endif
