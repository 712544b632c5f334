#include "exporting.h"

#include "xalloc.h"

#define PIECE (64 * KIB)
#define PIECE_MOST (64 * MIB) /* one row is less */

static int write_out(struct buf *piece, struct outfile *out, struct err *err)
{
	int r = cli_stop ? FAIL(err, ERR_TEMP, NULL, "interrupted") : 0;

	if (r == 0)
		r = outfile_write(out, buf_view(piece), err);
	buf_clear(piece);
	return r;
}

int export_rows_to(struct cli *c, struct store *store, const struct resource *resource,
	enum export_format format, struct outfile *out, struct export_told told,
	struct err *err)
{
	struct doc_context doc = document_context(c, store);
	CLEANUP(buf)
	struct buf piece;
	struct export *e = NULL;
	uint64_t bytes = 0;
	int r, more;

	buf_init(&piece, PIECE_MOST);
	if (export_open(&doc, resource, &c->query, format, &e, err) < 0)
		return err->code;
	do {
		more = export_next(e, &piece, err);
		bytes += piece.n;
		r = more < 0 ? more : write_out(&piece, out, err);
		if (r == 0 && told.tell)
			told.tell(told.arg, export_rows(e), bytes);
	} while (r == 0 && more > 0);
	export_close(e);
	return r;
}

/* --- A document --- */

struct writing {
	struct outfile *out;
	struct export_told told;
	uint64_t bytes;
	struct err *err;
};

static int flush(void *arg, struct buf *piece)
{
	struct writing *w = arg;

	w->bytes += piece->n;
	if (w->told.tell)
		w->told.tell(w->told.arg, 0, w->bytes);
	return write_out(piece, w->out, w->err);
}

int export_document_to(struct cli *c, struct store *store, const struct resource *resource,
	struct outfile *out, struct export_told told, struct err *err)
{
	struct doc_context doc = document_context(c, store);
	struct err why = { 0 };
	struct writing w = { .out = out, .told = told, .err = &why };
	struct query q = c->query;
	CLEANUP(buf)
	struct buf piece;
	struct json j;
	int r;

	if (!export_limited(&q))
		q.limit = 0;
	r = store_view_begin(store, err);
	if (r < 0)
		return r;
	buf_init(&piece, PIECE_MOST);
	json_init_flush(&j, &piece, PIECE, flush, &w);
	r = resource->write(&doc, &q, &j, err);
	store_view_end(store);
	if (r == 0 && !j.failed && json_end(&j) == 0)
		return outfile_write(out, STR("\n"), err);
	if (why.code < 0) {
		*err = why;
		return why.code;
	}
	/* What was written so far is no document. */
	return r == 0 ? FAIL(err, ERR_LIMIT, "too-large", "one value is larger than %llu MiB",
				(unsigned long long)(PIECE_MOST / MIB))
		      : r;
}
