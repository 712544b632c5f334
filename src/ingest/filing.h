/*
 * filing.h - moves a mail inside a maildir, or into a folder beside it, without ever replacing
 * a file.
 */
#ifndef RUAD_FILING_H
#define RUAD_FILING_H

#include "err.h"
#include "str.h"

/*
 * new_fd or cur_fd holds name; file it as cur/<unique>:2,<flags>S.
 * 0 done, or nothing to do any more; ERR_CONFIG no permission or read-only; ERR_TEMP full;
 * ERR_IO.
 */
int filing_seen(int from_fd, bool in_new, int cur_fd, const char *name, struct err *err);

/*
 * "DMARC/Done" or ".DMARC.Done" is the Maildir++ folder ".DMARC.Done" of the maildir at
 * root_path.  When that maildir is a Maildir++ folder itself (".Reports"), it is
 * ".Reports.DMARC.Done" beside it, as mail programs show subfolders.  *ret: a malloc'ed path
 * relative to the maildir. ERR_CONFIG: no folder name.
 */
int filing_folder(const char *root_path, const char *folder, char **ret, struct err *err);

/* Move from_fd/name to <root>/folder/<sub>/name; the folder is made when it is not there.  As
 * above. */
int filing_move(int from_fd, const char *name, int root_fd, const char *folder, const char *sub,
	struct err *err);

#endif
