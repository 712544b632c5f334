/*
 * files.h - one file, or all files below a folder in the order of their names, folders at their
 * place in it.  Below the given path no symbolic link is followed; FIFOs, sockets and devices,
 * and names that begin with '.', are passed over.  A folder with cur and new is read as a
 * maildir, a file that begins with "From " as an mbox.  A file that cannot be read is given as
 * such an input; it and the folders are never changed (but for maildirs, see there).
 */
#ifndef RUAD_FILES_H
#define RUAD_FILES_H

#include "ingest.h"

#define FILES_DEPTH 64 /* folders inside each other */

/* The path of a file that was found to be readable. */
void files_open_file(const char *path, const struct ingest_options *opt, struct source **ret);
/* An open folder, owned from now on.  window: as for maildirs. */
void files_open_folder(const char *path, int dir_fd, const struct ingest_options *opt,
	size_t window, struct source **ret);

#endif
