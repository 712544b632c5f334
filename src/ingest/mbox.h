/*
 * mbox.h - the mails of an mbox file, one after the other.  Read only: nothing is locked,
 * marked or removed, so done does nothing.
 *
 * A mail begins at a line "From …" that stands at the start or after an empty line and before a
 * header field.  (That a header must follow keeps "From here on …" in a text from cutting a
 * mail in two; writers that put ">" before such lines need no undoing, since a report does not
 * depend on it.)
 *
 * One mail at a time is in memory, at most limits.mail_size; a larger one is given as an input
 * that cannot be read, reason "mail-too-large", and passed over.  Locator: path:offset of its
 * "From " line.
 */
#ifndef RUAD_MBOX_H
#define RUAD_MBOX_H

#include "ingest.h"

/* Do these first bytes of a file (five are enough) begin an mbox? */
bool mbox_is(struct str first_bytes);

/* path is for people.  blob: the file; its fd, if any, is closed with the source when owned is
 * true. */
void mbox_open(const char *path, struct blob blob, bool owned, const struct limits *limits,
	struct source **ret);

#endif
