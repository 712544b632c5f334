#include "gzip.h"

#include "xalloc.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

enum state {
	BETWEEN, /* before a member */
	INSIDE,
	ENDED,
	FAILED
};

struct gunzip {
	struct reader reader;
	struct limits limits;
	struct reader *in;
	struct expansion *expansion;
	z_stream z;
	enum state state;
	bool in_ended, trailing;
	uint64_t members;
	int code; /* of FAILED */
	struct err err;
	unsigned char input[16 * 1024];
};

/* More input behind what is left of it; 0, or the error of the reader below. */
static int refill(struct gunzip *g, struct err *err)
{
	ssize_t got;

	memmove(g->input, g->z.next_in, g->z.avail_in);
	g->z.next_in = g->input;
	got = reader_read(
		g->in, g->input + g->z.avail_in, sizeof(g->input) - g->z.avail_in, err);
	if (got < 0)
		return (int)got;
	g->in_ended = got == 0;
	g->z.avail_in += (unsigned)got;
	return 0;
}

/* At the front of a member, or of what follows the last one. */
static int between(struct gunzip *g, struct err *err)
{
	while (g->z.avail_in < 3 && !g->in_ended) {
		int r = refill(g, err);

		if (r < 0)
			return r;
	}
	if (g->members > 0 &&
		(g->z.avail_in < 3 || memcmp(g->z.next_in, "\x1f\x8b\x08", 3) != 0)) {
		g->trailing = g->z.avail_in > 0;
		g->state = ENDED;
		return 0;
	}
	if (g->members >= g->limits.archive_members)
		return FAIL(err, ERR_LIMIT, "archive-too-many-members",
			"more than %llu members in a gzip file (limit archive_members)",
			(unsigned long long)g->limits.archive_members);
	g->members++;
	inflateReset(&g->z);
	g->state = INSIDE;
	return 0;
}

/* Some bytes of the member, 0 for none yet, or negative. */
static ssize_t inside(struct gunzip *g, void *p, size_t n, struct err *err)
{
	size_t given;
	int r = 0;

	if (g->z.avail_in == 0 && !g->in_ended)
		r = refill(g, err);
	if (r < 0)
		return r;
	if (n > UINT_MAX)
		n = UINT_MAX;
	g->z.next_out = p;
	g->z.avail_out = (unsigned)n;
	r = inflate(&g->z, Z_NO_FLUSH);
	given = n - g->z.avail_out;
	if (r == Z_STREAM_END)
		g->state = BETWEEN;
	if (given > 0) {
		int over = expansion_add(g->expansion, given, err);

		return over < 0 ? over : (ssize_t)given;
	}
	if (r == Z_OK || r == Z_STREAM_END)
		return 0;
	if (r == Z_BUF_ERROR && g->in_ended && g->z.avail_in == 0)
		return FAIL(
			err, ERR_INPUT, "archive-truncated", "the gzip file ends too early");
	if (r == Z_BUF_ERROR)
		return 0; /* it wants more input */
	return FAIL(err, ERR_INPUT, "archive-corrupt", "the gzip file is damaged: %s",
		g->z.msg ? g->z.msg : "it wants a dictionary");
}

static ssize_t gunzip_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct gunzip *g = (struct gunzip *)(void *)r; /* reader is its first member */
	ssize_t got = 0;

	while (n > 0 && got == 0 && (g->state == BETWEEN || g->state == INSIDE))
		got = g->state == BETWEEN ? between(g, &g->err) : inside(g, p, n, &g->err);
	if (got < 0) {
		g->state = FAILED;
		g->code = (int)got;
	}
	if (g->state != FAILED)
		return got;
	*err = g->err;
	return g->code;
}

struct gunzip *gunzip_new(const struct limits *limits)
{
	struct gunzip *g = xcalloc(1, sizeof(*g));
	int r;

	g->reader.read = gunzip_read;
	g->limits = *limits;
	g->z.zalloc = xalloc_zlib;
	g->z.zfree = xfree_zlib;
	r = inflateInit2(&g->z, 15 + 16); /* a gzip header, and nothing else */
	assert(r == Z_OK);
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

struct reader *gunzip_begin(struct gunzip *g, struct reader *in, struct expansion *x)
{
	g->in = in;
	g->expansion = x;
	g->state = BETWEEN;
	g->in_ended = g->trailing = false;
	g->members = 0;
	g->z.next_in = g->input;
	g->z.avail_in = 0;
	return &g->reader;
}

bool gunzip_trailing(const struct gunzip *g)
{
	return g->trailing;
}
