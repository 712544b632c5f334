/*
 * zip.h - the members of a zip file, one after the other (libarchive, zip only).
 *
 * Read by seeking in a blob, so a large file on disk does not come into memory.  Folders and
 * the resource forks of macOS are passed over.  Only stored and deflated members are read;
 * checksums are verified, which shows at the end of a member: what was read before an error
 * must not be trusted.  What nobody reads of a member counts for ratio all the same. Errors:
 * archive-truncated, archive-corrupt, archive-encrypted, archive-unsupported, archive-too-large
 * (ratio), archive-too-many-members.
 *
 * Life: zip_open -> zip_next until 0 or an error -> zip_close.  Limits: archive_members, ratio.
 */
#ifndef RUAD_ZIP_H
#define RUAD_ZIP_H

#include "bounds.h"
#include "expansion.h"
#include "reader.h"

struct zip;

struct zip_member {
	struct str name; /* as it is there, never to be used as a path; may be empty, absent
			  * when it cannot be read */
	uint64_t number; /* from 1, passed over ones counted */
	struct reader
		*content; /* valid until the next call; NULL: it cannot be read, see err */
	struct err err;
};

/* blob and x must outlive it. */
int zip_open(const struct blob *blob, const struct limits *limits, struct expansion *x,
	struct zip **ret, struct err *err);
/* 1, 0 end, negative: nothing more can be had from this file. */
int zip_next(struct zip *z, struct zip_member *ret, struct err *err);
void zip_close(struct zip *z);

#endif
