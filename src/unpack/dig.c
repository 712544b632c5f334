#include "dig.h"

#include "buf.h"
#include "gzip.h"
#include "note.h"
#include "peek.h"
#include "words.h"
#include "xalloc.h"
#include "zip.h"

#include <assert.h>
#include <stdlib.h>

#define NESTING_MOST 8 /* of limits.archive_nesting */
#define NAME_MOST 256

/* One look at a stream, and the gunzip it goes through if that is what it is. */
struct stage {
	struct peek peek;
	struct gunzip *gunzip;
	bool used; /* the gunzip is part of the chain */
};

/* A zip that is open. */
struct layer {
	struct zip *zip;
	struct buf bytes; /* of the file, when it had to be brought into memory */
	struct blob blob;
	struct str path;
	unsigned nesting;
	bool gave;	  /* something came out of it */
	struct str other; /* first member that is no report */
};

/* What is handed out: the stream, with an end. */
struct content {
	struct reader reader;
	struct reader *in;
	uint64_t bytes, most;
};

struct dig {
	struct limits limits;
	struct arena *arena;
	struct ground ground;
	struct expansion expansion;
	bool untouched; /* the ground itself comes next */
	struct stage stages[NESTING_MOST + 1];
	size_t stage_count;
	struct layer layers[NESTING_MOST];
	size_t layer_count;
	uint64_t members;
	unsigned nesting;
	struct content content;
};

static ssize_t content_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct content *c = (struct content *)(void *)r; /* reader is its first member */
	ssize_t got = reader_read(c->in, p, n, err);

	if (got <= 0)
		return got;
	c->bytes += (uint64_t)got;
	if (c->bytes > c->most)
		return FAIL(err, ERR_LIMIT, "archive-too-large",
			"the document has more than %llu bytes (limit document_size)",
			(unsigned long long)c->most);
	return got;
}

struct dig *dig_new(const struct limits *limits)
{
	struct dig *d = xcalloc(1, sizeof(*d));

	assert(limits->archive_nesting <= NESTING_MOST);
	d->limits = *limits;
	d->content.reader.read = content_read;
	for (size_t i = 0; i < NESTING_MOST; i++)
		buf_init(&d->layers[i].bytes, (size_t)limits->mail_size);
	return d;
}

static void layer_pop(struct dig *d)
{
	struct layer *l = &d->layers[--d->layer_count];

	zip_close(l->zip);
	l->zip = NULL;
	buf_release(&l->bytes);
}

void dig_free(struct dig *d)
{
	if (!d)
		return;
	while (d->layer_count > 0)
		layer_pop(d);
	for (size_t i = 0; i <= NESTING_MOST; i++)
		gunzip_free(d->stages[i].gunzip);
	free(d);
}

void dig_begin(struct dig *d, const struct ground *ground, struct arena *a)
{
	while (d->layer_count > 0)
		layer_pop(d);
	d->arena = a;
	d->ground = *ground;
	d->expansion = (struct expansion){ .packed_bytes = ground->packed_bytes,
		.ratio = d->limits.ratio };
	d->untouched = true;
	d->stage_count = 0;
	d->members = 0;
	d->nesting = 0;
}

bool magic_is_document(enum magic magic)
{
	return magic == MAGIC_FEEDBACK || magic == MAGIC_XML || magic == MAGIC_MARKUP ||
	       magic == MAGIC_TLSRPT;
}

static int failed(struct find *ret, const struct err *err)
{
	ret->err = *err;
	ret->content = NULL;
	return 1;
}

/* All of a stream in memory. */
static int spool(struct reader *in, struct buf *bytes, struct err *err)
{
	for (;;) {
		char piece[16 * 1024];
		ssize_t got = reader_read(in, piece, sizeof(piece), err);

		if (got <= 0)
			return (int)got;
		if (!buf_add(bytes, piece, (size_t)got))
			return FAIL(err, ERR_LIMIT, "archive-too-large",
				"a zip file inside something else has more than %zu bytes "
				"(limit mail_size)",
				bytes->max);
	}
}

/* The stream of the last stage is a zip: open it; 0, or 1 with a failure. */
static int open_zip(struct dig *d, bool is_ground, struct find *ret)
{
	struct layer *l = &d->layers[d->layer_count];
	const struct blob *blob = d->stage_count == 1 && is_ground ? d->ground.blob : NULL;
	struct err err;
	int r;

	assert(d->layer_count < NESTING_MOST);
	if (!blob) {
		r = spool(&d->stages[d->stage_count - 1].peek.reader, &l->bytes, &err);
		if (r < 0) {
			buf_release(&l->bytes);
			return failed(ret, &err);
		}
		l->blob = blob_mem(buf_view(&l->bytes));
		blob = &l->blob;
	}
	r = zip_open(blob, &d->limits, &d->expansion, &l->zip, &err);
	if (r < 0) {
		buf_release(&l->bytes);
		return failed(ret, &err);
	}
	if (d->layer_count > 0)
		d->layers[d->layer_count - 1].gave = true;
	l->path = ret->path;
	l->nesting = d->nesting;
	l->gave = false;
	l->other = STR_ABSENT;
	d->layer_count++;
	return 0;
}

/* What is inside an archive and no document. */
static int refuse(struct find *ret)
{
	struct err err;

	if (ret->magic == MAGIC_EMPTY)
		err_set(&err, ERR_INPUT, "empty", "there is nothing in it");
	else
		err_set(&err, ERR_INPUT, "not-a-report",
			"it is neither XML nor an SMTP TLS report");
	return failed(ret, &err);
}

/* Through gzip to what is there.  1: *ret, which may have neither content nor error: no
 * document inside an archive.  0: a zip, which is open now. */
static int look(struct dig *d, struct reader *in, bool is_ground, struct find *ret)
{
	struct err nested;

	for (d->stage_count = 0;;) {
		struct stage *s = &d->stages[d->stage_count++];

		s->used = false;
		peek_init(&s->peek, in);
		ret->magic = sniff(peek_head(&s->peek));
		ret->nesting = d->nesting;
		if (ret->magic != MAGIC_GZIP && ret->magic != MAGIC_ZIP) {
			if (s->peek.code < 0 && !magic_is_document(ret->magic))
				return failed(ret, &s->peek.err);
			d->content.in = &s->peek.reader;
			d->content.bytes = 0;
			d->content.most = d->limits.document_size;
			ret->content = &d->content.reader;
			return 1;
		}
		if (d->nesting >= d->limits.archive_nesting) {
			err_set(&nested, ERR_LIMIT, "archive-nested",
				"more than %llu archives inside each other "
				"(limit archive_nesting)",
				(unsigned long long)d->limits.archive_nesting);
			return failed(ret, &nested);
		}
		d->nesting++;
		if (ret->magic == MAGIC_ZIP)
			return open_zip(d, is_ground, ret);
		if (!s->gunzip)
			s->gunzip = gunzip_new(&d->limits);
		s->used = true;
		in = gunzip_begin(s->gunzip, &s->peek.reader, &d->expansion);
	}
}

static struct str member_path(struct dig *d, struct str zip_path, const struct zip_member *m)
{
	struct str name = words_clean(d->arena, m->name, NAME_MOST);

	if (str_empty(name))
		name = arena_printf(d->arena, "member %llu", (unsigned long long)m->number);
	if (str_absent(zip_path))
		return name;
	return arena_printf(d->arena, "%.*s/%.*s", STR_ARGS(zip_path), STR_ARGS(name));
}

/* Does the name promise a report?  A member without a name may be one. */
static bool promises(struct str name)
{
	static const struct str suffixes[] = { STR_INIT(".xml"), STR_INIT(".json"),
		STR_INIT(".gz"), STR_INIT(".zip") };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (str_ends_nocase(name, suffixes[i]))
			return true;
	return str_empty(name);
}

/* The end of a zip: a failure if nothing came out of it. */
static int zip_end(struct dig *d, struct find *ret)
{
	struct layer *l = &d->layers[d->layer_count - 1];
	struct str other = l->other, path = l->path;
	bool gave = l->gave;

	ret->path = str_absent(other) ? path : other;
	ret->nesting = l->nesting;
	ret->magic = str_absent(other) ? MAGIC_EMPTY : MAGIC_OTHER;
	layer_pop(d);
	return gave ? 0 : refuse(ret);
}

static int zip_failed(struct dig *d, const struct err *err, struct find *ret)
{
	ret->path = d->layers[d->layer_count - 1].path;
	ret->nesting = d->layers[d->layer_count - 1].nesting;
	layer_pop(d);
	return failed(ret, err);
}

static int too_many(struct dig *d, struct find *ret)
{
	struct err err;

	err_set(&err, ERR_LIMIT, "archive-too-many-members",
		"more than %llu members in zip files inside each other "
		"(limit archive_members)",
		(unsigned long long)d->limits.archive_members);
	while (d->layer_count > 1)
		layer_pop(d);
	return zip_failed(d, &err, ret);
}

/* The next member of the innermost zip: 1, or 0 to go on. */
static int zip_step(struct dig *d, struct find *ret)
{
	struct layer *l = &d->layers[d->layer_count - 1];
	struct zip_member m;
	struct err err;
	int r;

	d->stage_count = 0;
	d->nesting = l->nesting;
	r = zip_next(l->zip, &m, &err);
	if (r < 0)
		return zip_failed(d, &err, ret);
	if (r == 0)
		return zip_end(d, ret);
	if (++d->members > d->limits.archive_members)
		return too_many(d, ret);
	ret->path = member_path(d, l->path, &m);
	ret->nesting = l->nesting;
	if (!m.content) {
		l->gave = true;
		return failed(ret, &m.err);
	}
	r = look(d, m.content, false, ret);
	if (r == 0)
		return 0;
	if (ret->err.code == 0 && !magic_is_document(ret->magic)) {
		if (d->nesting == l->nesting && !promises(m.name)) {
			if (str_absent(l->other))
				l->other = ret->path;
			return 0;
		}
		refuse(ret);
	}
	l->gave = true;
	return 1;
}

static int ground_step(struct dig *d, struct find *ret)
{
	int r;

	d->untouched = false;
	ret->path = d->ground.path;
	r = look(d, d->ground.in, true, ret);
	if (r > 0 && ret->nesting > 0 && ret->err.code == 0 && !magic_is_document(ret->magic))
		return refuse(ret);
	return r;
}

int dig_next(struct dig *d, struct find *ret)
{
	while (d->untouched || d->layer_count > 0) {
		*ret = (struct find){ 0 };
		if (d->untouched ? ground_step(d, ret) : zip_step(d, ret))
			return 1;
	}
	return 0;
}

unsigned dig_notes(const struct dig *d)
{
	unsigned notes = d->nesting > 1 ? 1U << NOTE_CONTAINER_NESTED : 0;

	for (size_t i = 0; i < d->stage_count; i++)
		if (d->stages[i].used && gunzip_trailing(d->stages[i].gunzip))
			notes |= 1U << NOTE_CONTAINER_TRAILING;
	return notes;
}
