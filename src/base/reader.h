/*
 * reader.h - bytes that come one after the other, and bytes that can be read anywhere.
 *
 * struct reader is a pull stream: file -> gunzip -> XML are readers over readers, so a document
 * of any size passes through constant memory.  struct blob is the random-access bytes of one
 * input: a slice in memory or an open file.
 */
#ifndef RUAD_READER_H
#define RUAD_READER_H

#include "err.h"
#include "str.h"

#include <sys/types.h>

struct reader {
	/* Up to n bytes into p: > 0 bytes read, 0 the end, negative ERR_* with err filled. */
	ssize_t (*read)(struct reader *r, void *p, size_t n, struct err *err);
};

ssize_t reader_read(struct reader *r, void *p, size_t n, struct err *err);
/* Reads until n bytes or the end. */
ssize_t reader_fill(struct reader *r, void *p, size_t n, struct err *err);

struct blob {
	struct str mem;	     /* when fd < 0 */
	int fd;		     /* -1: in memory.  Owned by whoever made the blob. */
	uint64_t size_bytes; /* of the file when it was opened */
};

struct blob blob_mem(struct str s);
/* Up to n bytes at offset; short only at the end of the blob. */
ssize_t blob_read(const struct blob *b, uint64_t offset, void *p, size_t n, struct err *err);

/* A reader over a blob, from offset to its end. */
struct blob_reader {
	struct reader reader; /* first: &br.reader is the stream */
	const struct blob *blob;
	uint64_t offset;
};
void blob_reader_init(struct blob_reader *br, const struct blob *b, uint64_t offset);

#endif
