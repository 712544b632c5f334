#include "stream.h"

#include "reader.h"
#include "xalloc.h"

#define RAW_PIECE 65536

struct store_stream {
	struct answer_stream stream; /* first */
	struct pool *pool;
	struct doc_context doc;
	struct query query;
	bool broken;
	struct export *export;
	struct raw *raw;
};

static int stream_next(struct answer_stream *stream, struct buf *out, struct err *err)
{
	struct store_stream *s = (struct store_stream *)stream;
	ssize_t n;
	char *room;
	int r;

	if (s->export) {
		r = export_next(s->export, out, err);
		s->broken |= r == ERR_IO || r == ERR_CONFIG;
		return r;
	}
	room = buf_reserve(out, RAW_PIECE);
	if (!room)
		return FAIL(err, ERR_LIMIT, "too-large", "No room for a piece.");
	n = reader_read(raw_reader(s->raw), room, RAW_PIECE, err);
	if (n < 0) {
		s->broken = true;
		return (int)n;
	}
	out->n += (size_t)n;
	return n > 0;
}

static void stream_close(struct answer_stream *stream)
{
	struct store_stream *s = (struct store_stream *)stream;

	export_close(s->export);
	store_raw_close(s->raw);
	pool_give(s->pool, s->doc.store, s->broken);
	free(s);
}

static struct store_stream *stream_new(struct pool *pool, const struct doc_context *c)
{
	struct store_stream *s = xcalloc(1, sizeof(*s));

	s->stream = (struct answer_stream){ stream_next, stream_close };
	s->pool = pool;
	s->doc = *c;
	return s;
}

int stream_export(struct pool *pool, const struct doc_context *c,
	const struct resource *resource, const struct query *q, enum export_format format,
	struct answer_stream **ret, struct err *err)
{
	struct store_stream *s = stream_new(pool, c);
	int r;

	s->query = *q;
	r = export_open(&s->doc, resource, &s->query, format, &s->export, err);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = &s->stream;
	return 0;
}

int stream_raw(struct pool *pool, const struct doc_context *c, int64_t report,
	struct answer_stream **ret, struct err *err)
{
	struct store_stream *s = stream_new(pool, c);
	int r = store_raw_open(c->store, report, &s->raw, err);

	if (r <= 0) {
		free(s);
		return r;
	}
	*ret = &s->stream;
	return 1;
}
