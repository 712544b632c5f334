/*
 * pieces.h - originals in pieces: at most 256 KiB each, deflated on its own, under owner << 20
 * | n.
 *
 * Writing takes bytes as they come; reading is a struct reader.  Memory is two pieces.
 */
#ifndef RUAD_PIECES_H
#define RUAD_PIECES_H

#include "db.h"
#include "reader.h"

#include <zlib.h>

#define PIECE_BYTES (256U << 10)
#define PIECES_MOST (1U << 20)

/* The first and the last number of owner's pieces. */
int64_t piece_first(int64_t owner);
int64_t piece_last(int64_t owner);

struct piece_writer {
	struct db *db;
	enum stmt_id insert; /* (id, bytes) */
	int64_t owner;
	unsigned n;
	uint64_t size_bytes, stored_bytes;
	size_t fill;
	unsigned char *in, *out;
	size_t out_cap;
	z_stream z;
	bool z_ready;
};

void piece_writer_init(struct piece_writer *w, struct db *db);
void piece_writer_release(struct piece_writer *w); /* accepts an empty one */
void piece_begin(struct piece_writer *w, enum stmt_id insert, int64_t owner);
int piece_add(struct piece_writer *w, const void *p, size_t n, struct err *err);
int piece_end(struct piece_writer *w,
	struct err *err); /* then n, size_bytes, stored_bytes are final */

struct piece_reader {
	struct reader reader; /* first */
	struct db *db;
	enum stmt_id get; /* bytes by id */
	int64_t owner;
	unsigned n, count;
	size_t at, fill;
	unsigned char *bytes;
};

void piece_reader_init(
	struct piece_reader *r, struct db *db, enum stmt_id get, int64_t owner, unsigned count);
void piece_reader_release(struct piece_reader *r);

#endif
