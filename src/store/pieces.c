#include "pieces.h"

#include "xalloc.h"

#include <assert.h>

/* Fast: XML of reports packs 9 to 1 at this level, and a higher one would cost more than all
 * the rest of storing. */
#define LEVEL 2
#define PIECE_SHIFT 20

int64_t piece_first(int64_t owner)
{
	return owner << PIECE_SHIFT;
}

int64_t piece_last(int64_t owner)
{
	return (owner << PIECE_SHIFT) | (PIECES_MOST - 1);
}

void piece_writer_init(struct piece_writer *w, struct db *db)
{
	*w = (struct piece_writer){ .db = db };
}

void piece_writer_release(struct piece_writer *w)
{
	if (w->z_ready)
		deflateEnd(&w->z);
	free(w->in);
	free(w->out);
	*w = (struct piece_writer){ .db = w->db };
}

static void prepare(struct piece_writer *w)
{
	if (w->z_ready)
		return;
	if (deflateInit(&w->z, LEVEL) != Z_OK)
		abort(); /* no memory */
	w->z_ready = true;
	w->out_cap = deflateBound(&w->z, PIECE_BYTES);
	w->in = xcalloc(PIECE_BYTES, 1);
	w->out = xcalloc(w->out_cap, 1);
}

void piece_begin(struct piece_writer *w, enum stmt_id insert, int64_t owner)
{
	prepare(w);
	w->insert = insert;
	w->owner = owner;
	w->n = 0;
	w->fill = 0;
	w->size_bytes = w->stored_bytes = 0;
}

static int put(struct piece_writer *w, struct err *err)
{
	sqlite3_stmt *st;
	size_t n;
	int r, rc;

	if (w->n >= PIECES_MOST)
		return FAIL(err, ERR_LIMIT, "xml-too-large",
			"the original is too large to be kept");
	deflateReset(&w->z);
	w->z.next_in = w->in;
	w->z.avail_in = (uInt)w->fill;
	w->z.next_out = w->out;
	w->z.avail_out = (uInt)w->out_cap;
	rc = deflate(&w->z, Z_FINISH);
	assert(rc == Z_STREAM_END);
	n = w->out_cap - w->z.avail_out;
	r = db_use(w->db, w->insert, &st, err);
	if (r < 0)
		return r;
	bind_int(st, 1, piece_first(w->owner) | (int64_t)w->n);
	bind_blob(st, 2, w->out, n);
	r = db_run(w->db, st, err);
	if (r < 0)
		return r;
	w->n++;
	w->size_bytes += w->fill;
	w->stored_bytes += n;
	w->fill = 0;
	return 0;
}

int piece_add(struct piece_writer *w, const void *p, size_t n, struct err *err)
{
	const unsigned char *from = p;

	while (n > 0) {
		size_t part = PIECE_BYTES - w->fill;
		int r;

		if (part > n)
			part = n;
		memcpy(w->in + w->fill, from, part);
		w->fill += part;
		from += part;
		n -= part;
		if (w->fill == PIECE_BYTES && (r = put(w, err)) < 0)
			return r;
	}
	return 0;
}

int piece_end(struct piece_writer *w, struct err *err)
{
	return w->fill > 0 ? put(w, err) : 0;
}

/* --- Reading --- */

static int load(struct piece_reader *r, struct err *err)
{
	sqlite3_stmt *st;
	struct str packed;
	uLongf n = PIECE_BYTES;
	int rc = db_use(r->db, r->get, &st, err);

	if (rc < 0)
		return rc;
	bind_int(st, 1, piece_first(r->owner) | (int64_t)r->n);
	rc = db_step(r->db, st, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return FAIL(err, ERR_IO, "store-damaged",
			"%s: piece %u of an original is missing", r->db->path, r->n);
	packed = column_blob(st, 0);
	rc = uncompress(r->bytes, &n, (const Bytef *)packed.p, packed.n);
	sqlite3_reset(st);
	if (rc != Z_OK)
		return FAIL(err, ERR_IO, "store-damaged",
			"%s: piece %u of an original is damaged", r->db->path, r->n);
	r->n++;
	r->at = 0;
	r->fill = n;
	return 0;
}

static ssize_t piece_read(struct reader *reader, void *p, size_t n, struct err *err)
{
	struct piece_reader *r = (struct piece_reader *)(void *)reader;

	while (r->at == r->fill) {
		int rc;

		if (r->n == r->count)
			return 0;
		db_query_time(r->db);
		rc = load(r, err);
		if (rc < 0)
			return rc;
	}
	if (n > r->fill - r->at)
		n = r->fill - r->at;
	memcpy(p, r->bytes + r->at, n);
	r->at += n;
	return (ssize_t)n;
}

void piece_reader_init(
	struct piece_reader *r, struct db *db, enum stmt_id get, int64_t owner, unsigned count)
{
	*r = (struct piece_reader){ .reader = { piece_read },
		.db = db,
		.get = get,
		.owner = owner,
		.count = count,
		.bytes = xcalloc(PIECE_BYTES, 1) };
}

void piece_reader_release(struct piece_reader *r)
{
	free(r->bytes);
	r->bytes = NULL;
}
