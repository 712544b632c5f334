/*
 * maildir.h - the mails of a maildir, new and cur, in the order of their unique names (which
 * begin with the time of arrival).
 *
 * Each mail that is there from begin to end is given exactly once, even while another program
 * (or our own done) moves mails from new to cur and changes flags: see names.h.  Subfolders in
 * the manner of Maildir++ (".Sub") are not read; give their path to read them.
 *
 * done, by opt->done of its outcome, never for a mail that could not be opened or read (the
 * next run tries again):
 *
 * - DONE_LEAVE: nothing.
 *
 * - DONE_SEEN: new/x becomes cur/x:2,S; in cur the flag S is added.
 *
 * - DONE_MOVE: moved into the Maildir++ folder beside that opt->folder names, which is
 *   made when first needed.  new or cur and the name stay as they are.
 *
 * A mail that somebody else moved or removed meanwhile is not an error.
 */
#ifndef RUAD_MAILDIR_H
#define RUAD_MAILDIR_H

#include "ingest.h"

/* Does the open folder have cur and new? */
bool maildir_is(int dir_fd);

/*
 * path is for people and for the locator; dir_fd is owned from now on, also after an error.
 * window: names held in memory, 0 for the default.  ERR_CONFIG: new or cur cannot be read, or a
 * name in opt is no folder name.
 */
int maildir_open(const char *path, int dir_fd, const struct ingest_options *opt, size_t window,
	struct source **ret, struct err *err);

#endif
