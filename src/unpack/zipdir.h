/*
 * zipdir.h - how many members the central directory of a zip file has, before libarchive reads
 * it whole.
 *
 * libarchive keeps an entry in memory for each member and does not look at the stated count, so
 * a file of nothing but directory would fill it.  Only counts; whether the file is sound is not
 * judged here.
 */
#ifndef RUAD_ZIPDIR_H
#define RUAD_ZIPDIR_H

#include "reader.h"

/* ERR_LIMIT archive-too-many-members, or ERR_IO. */
int zipdir_check(const struct blob *blob, uint64_t most, struct err *err);

#endif
