#include "coding.h"

#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#define LEVEL 5		   /* of answers that are made now */
#define GZIP (15 + 16)	   /* zlib's word for: a window of 32 KiB, and gzip around it */
#define MEMORY 8	   /* zlib's default */
#define PIECE (64 * 1024U) /* of what comes out */
#define STREAM_PIECE_MOST (64 * MIB)

/* --- zlib --- */

static void begin(z_stream *z, int level)
{
	int r;

	*z = (z_stream){ .zalloc = xalloc_zlib, .zfree = xfree_zlib };
	r = deflateInit2(z, level, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY);
	assert(r == Z_OK);
}

/* Where what comes out goes. */
struct outlet_of {
	int (*put)(void *arg, const void *p, size_t n, struct err *err);
	void *arg;
};

/* All of a piece, in as many turns as it takes. */
static int squeeze(
	z_stream *z, struct str piece, int flush, const struct outlet_of *to, struct err *err)
{
	unsigned char out[PIECE];
	size_t n;
	int r = 0;

	assert(piece.n <= UINT32_MAX);
	z->next_in = (unsigned char *)(uintptr_t)piece.p;
	z->avail_in = (unsigned)piece.n;
	do {
		z->next_out = out;
		z->avail_out = sizeof(out);
		deflate(z, flush);
		n = sizeof(out) - z->avail_out;
		r = n > 0 ? to->put(to->arg, out, n, err) : 0;
	} while (r == 0 && z->avail_out == 0);
	return r;
}

/* --- Whole bodies --- */

bool coding_helps(struct str type)
{
	static const char *const others[] = { "application/json", "application/problem+json",
		"application/x-ndjson", "application/xml", "application/openmetrics-text",
		"application/schema+json", "image/svg+xml" };
	struct str name;

	if (str_absent(type))
		return false;
	str_cut(&type, ';', &name);
	name = str_trim(name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (str_eq(name, str_of(others[i])))
			return true;
	return str_starts(name, STR("text/"));
}

static int put_buf(void *arg, const void *p, size_t n, struct err *err)
{
	if (buf_add(arg, p, n))
		return 0;
	return FAIL(err, ERR_LIMIT, "too-large", "The answer is larger than allowed.");
}

static int put_body(void *arg, const void *p, size_t n, struct err *err)
{
	return body_add(arg, p, n, err);
}

struct str coding_smallest(struct str bytes, struct arena *a)
{
	CLEANUP(buf)
	struct buf out;
	const struct outlet_of to = { put_buf, &out };
	struct err err;
	z_stream z;
	int r;

	buf_init(&out, bytes.n);
	begin(&z, Z_BEST_COMPRESSION);
	r = squeeze(&z, bytes, Z_FINISH, &to, &err);
	deflateEnd(&z);
	return r < 0 ? STR_ABSENT : arena_str(a, buf_view(&out));
}

int coding_bytes(struct str bytes, struct body *ret, struct err *err)
{
	const struct outlet_of to = { put_body, ret };
	z_stream z;
	int r;

	body_reset(ret);
	begin(&z, LEVEL);
	r = squeeze(&z, bytes, Z_FINISH, &to, err);
	deflateEnd(&z);
	return r < 0 ? r : body_end(ret, err);
}

static int squeeze_file(z_stream *z, const struct body *b, struct body *to, struct err *err)
{
	const struct outlet_of outlet = { put_body, to };
	char piece[PIECE];
	off_t at = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = pread(b->fd, piece, sizeof(piece), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(err, ERR_IO, NULL, "a temporary file cannot be read: %m");
		at += n;
		r = squeeze(z, str_make(piece, (size_t)n), Z_NO_FLUSH, &outlet, err);
	}
	return r < 0 ? r : squeeze(z, STR(""), Z_FINISH, &outlet, err);
}

int coding_body(struct body *b, struct err *err)
{
	struct body to;
	z_stream z;
	int r;

	body_init(&to);
	if (b->fd < 0) {
		r = coding_bytes(buf_view(&b->buf), &to, err);
	} else {
		begin(&z, LEVEL);
		r = squeeze_file(&z, b, &to, err);
		deflateEnd(&z);
		if (r == 0)
			r = body_end(&to, err);
	}
	if (r < 0) {
		body_release(&to);
		return r;
	}
	body_release(b);
	*b = to;
	return 0;
}

/* --- Streams --- */

struct coded_stream {
	struct answer_stream stream; /* first */
	struct answer_stream *inner;
	struct buf piece; /* of the inner one */
	z_stream z;
	bool ended;
};

static int coded_next(struct answer_stream *stream, struct buf *out, struct err *err)
{
	struct coded_stream *s = (struct coded_stream *)stream;
	const struct outlet_of to = { put_buf, out };
	int more, r;

	if (s->ended)
		return 0;
	buf_clear(&s->piece);
	more = s->inner->next(s->inner, &s->piece, err);
	if (more < 0)
		return more;
	s->ended = more == 0;
	r = squeeze(&s->z, buf_view(&s->piece), s->ended ? Z_FINISH : Z_SYNC_FLUSH, &to, err);
	return r < 0 ? r : more;
}

static void coded_close(struct answer_stream *stream)
{
	struct coded_stream *s = (struct coded_stream *)stream;

	s->inner->close(s->inner);
	deflateEnd(&s->z);
	buf_release(&s->piece);
	free(s);
}

struct answer_stream *coding_stream(struct answer_stream *inner)
{
	struct coded_stream *s = xcalloc(1, sizeof(*s));

	s->stream = (struct answer_stream){ coded_next, coded_close };
	s->inner = inner;
	buf_init(&s->piece, STREAM_PIECE_MOST);
	begin(&s->z, LEVEL);
	return &s->stream;
}
