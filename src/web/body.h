/*
 * body.h - a document of any size: small ones in memory, large ones in a nameless temporary
 * file.
 *
 * Life: body_init -> write with body_json's writer -> body_finish -> body_take_fd or the buffer
 * -> body_release.
 */
#ifndef RUAD_BODY_H
#define RUAD_BODY_H

#include "bounds.h"
#include "err.h"
#include "json.h"

#define BODY_MEMORY (1 * MIB) /* so much stays in memory */
#define BODY_MOST (4 * GIB)

struct body {
	struct buf buf;
	int fd; /* -1: all of it is in buf */
	uint64_t file_bytes;
	bool too_large, failed; /* the file: full disk, or no folder for it */
};

void body_init(struct body *b);
void body_release(struct body *b);
#define body_cleanup body_release
/* Empty again, to write another. */
void body_reset(struct body *b);
/* A writer into it; one document at a time. */
void body_json(struct body *b, struct json *j);
/* After the document.  ERR_LIMIT or ERR_IO when it could not be held. */
int body_finish(struct body *b, struct json *j, struct err *err);
/* More bytes, instead of a document; body_end after the last.  ERR_LIMIT, ERR_IO: as above. */
int body_add(struct body *b, const void *p, size_t n, struct err *err);
int body_end(struct body *b, struct err *err);
uint64_t body_bytes(const struct body *b);

#endif
