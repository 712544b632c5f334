/*
 * outfile.h - where an answer goes: standard output, or a file that is there whole or not at
 * all.
 *
 * A file is written beside its place under another name and takes its place at the end, so who
 * reads it never sees half of it, and what was there before stays when something fails.  A
 * device or a pipe is written to as it is.
 * Life: outfile_open -> outfile_write … -> outfile_commit -> outfile_close.
 */
#ifndef RUAD_OUTFILE_H
#define RUAD_OUTFILE_H

#include "arena.h"
#include "err.h"

struct outfile {
	int fd;
	const char *shown; /* for messages: "standard output", or the path */
	const char *path;  /* the place that is taken at the end; NULL: there is none */
	const char *temporary;
};

/* path: NULL or "-" is standard output.  ERR_IO, with reason "cannot-create" when the file
 * could not be made.  Strings are kept in a. */
int outfile_open(struct outfile *o, const char *path, struct arena *a, struct err *err);
int outfile_write(
	struct outfile *o, struct str bytes, struct err *err); /* all of them; ERR_IO */
/* All was written: put it in its place.  ERR_IO. */
int outfile_commit(struct outfile *o, struct err *err);
/* Remove what was not committed. */
void outfile_close(struct outfile *o);

#endif
