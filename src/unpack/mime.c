#include "mime.h"

#include "lines.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 100
#define BOUNDARY_MOST 1000 /* RFC 2046: 70 */

/* A multipart or a mail that is open. */
struct level {
	struct str boundary; /* absent for a mail */
	bool digest;	     /* parts are mails unless they say something else */
	bool opaque;	     /* mails in it are leaves */
	bool report;
	struct str report_type;
};

/* The text that is walked; a mail that had to be decoded is a text of its own. */
struct text {
	struct str bytes;
	size_t at;
	size_t base; /* levels below belong to the text around */
};

struct mime {
	struct limits limits;
	struct arena *arena;
	struct level levels[DEPTH_MOST];
	size_t depth;
	struct text texts[DEPTH_MOST + 1];
	size_t text_count;
	bool at_entity; /* a header comes next; else a boundary is looked for */
	uint64_t parts, decoded_bytes;
	unsigned leaves;
	bool multipart;
	struct header top; /* of the mail; read by mime_begin */
	bool top_pending;
	int top_code;
	struct err top_err;
};

struct mime *mime_new(const struct limits *limits)
{
	struct mime *m = xcalloc(1, sizeof(*m));

	m->limits = *limits;
	assert(limits->mime_depth <= DEPTH_MOST);
	return m;
}

void mime_free(struct mime *m)
{
	free(m);
}

static struct text *top_text(struct mime *m)
{
	return &m->texts[m->text_count - 1];
}

/* --boundary, --boundary--, with blanks behind; innermost first.  The level, or -1. */
static int boundary_of(const struct mime *m, struct str line, bool *ret_close)
{
	size_t base = m->texts[m->text_count - 1].base;

	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return -1;
	line = str_from(line, 2);
	while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	for (size_t i = m->depth; i > base; i--) {
		struct str boundary = m->levels[i - 1].boundary, rest;

		if (boundary.n == 0 || !str_starts(line, boundary))
			continue;
		rest = str_from(line, boundary.n);
		*ret_close = str_eq(rest, STR("--"));
		if (rest.n == 0 || *ret_close)
			return (int)i - 1;
	}
	return -1;
}

/* Behind the next boundary; false at the end of the text. */
static bool find_boundary(struct mime *m)
{
	struct text *t = top_text(m);
	struct str line;

	while (line_next(t->bytes, &t->at, &line)) {
		bool close = false;
		int level = boundary_of(m, line, &close);

		if (level < 0)
			continue;
		m->depth = (size_t)level + (close ? 0 : 1);
		m->at_entity = !close;
		return true;
	}
	return false;
}

/* The header block at the front of the text. */
static int read_header(struct mime *m, struct header *ret, struct err *err)
{
	struct text *t = top_text(m);
	size_t start = t->at, at = start, end;
	struct str line;

	for (end = at; line_next(t->bytes, &at, &line); end = at) {
		enum header_line kind = header_line(line);
		bool close;

		if (kind == HEADER_OTHER || boundary_of(m, line, &close) >= 0)
			break;
		if (at - start > m->limits.mime_header)
			return FAIL(err, ERR_LIMIT, "mime-malformed",
				"a header of more than %llu bytes (limit mime_header)",
				(unsigned long long)m->limits.mime_header);
		if (kind == HEADER_BLANK) {
			t->at = at;
			header_parse(m->arena, str_make(t->bytes.p + start, end - start), ret);
			return 0;
		}
	}
	t->at = end;
	header_parse(m->arena, str_make(t->bytes.p + start, end - start), ret);
	return 0;
}

void mime_begin(struct mime *m, struct str text, struct arena *a)
{
	m->arena = a;
	m->depth = 0;
	m->texts[0] = (struct text){ .bytes = text };
	m->text_count = 1;
	m->at_entity = true;
	m->parts = m->decoded_bytes = 0;
	m->leaves = 0;
	m->multipart = false;
	m->top = (struct header){ 0 };
	m->top_pending = true;
	m->top_code = read_header(m, &m->top, &m->top_err);
}

const struct header *mime_header(const struct mime *m)
{
	return &m->top;
}

bool mime_single(const struct mime *m)
{
	return !m->multipart;
}

static int push_level(struct mime *m, struct level level, struct err *err)
{
	if (m->depth >= m->limits.mime_depth)
		return FAIL(err, ERR_LIMIT, "mime-too-deep",
			"more than %llu multiparts and mails inside each other "
			"(limit mime_depth)",
			(unsigned long long)m->limits.mime_depth);
	m->levels[m->depth++] = level;
	return 0;
}

/* The body from here to the next boundary, without the line break before that. */
static struct str take_body(struct mime *m)
{
	struct text *t = top_text(m);
	size_t start = t->at, at = start, end = t->bytes.n, before = start;
	struct str line;

	for (; line_next(t->bytes, &at, &line); before = at) {
		bool close;

		if (boundary_of(m, line, &close) < 0)
			continue;
		end = before;
		if (end > start && t->bytes.p[end - 1] == '\n')
			end--;
		if (end > start && t->bytes.p[end - 1] == '\r')
			end--;
		break;
	}
	t->at = before;
	m->at_entity = false;
	return str_make(t->bytes.p + start, end - start);
}

static const struct level *around(const struct mime *m)
{
	return m->depth > 0 ? &m->levels[m->depth - 1] : NULL;
}

/* Only a mail inside the mail can be the one that is complained about. */
static bool is_complaint(const struct mime *m, const struct header *h)
{
	return h->complaint && m->depth > 0 && str_absent(around(m)->boundary);
}

static int leaf(struct mime *m, const struct header *h, struct str type, struct mime_part *ret)
{
	const struct level *level = around(m);

	*ret = (struct mime_part){
		.type = type,
		.name = header_file_name(m->arena, h),
		.encoding = encoding_of(h->encoding),
		.in_report = level && level->report,
		.report_type = level ? level->report_type : STR_ABSENT,
		.complaint = is_complaint(m, h),
		.number = ++m->leaves,
	};
	/* What follows a feedback report is the mail it is about. */
	if (level && str_eq(type, STR("message/feedback-report")))
		m->levels[m->depth - 1].opaque = true;
	ret->raw = take_body(m);
	return 1;
}

/* Enter a multipart; 0: there is nothing to give yet, 1: it has no boundary and is a leaf. */
static int multipart(struct mime *m, const struct header *h, struct str type, struct err *err)
{
	struct level level = {
		.boundary = header_param(m->arena, h->type, STR("boundary")),
		.digest = str_eq(type, STR("multipart/digest")),
		.report = str_eq(type, STR("multipart/report")),
	};
	struct str *b = &level.boundary;

	while (b->n > 0 && char_space(b->p[b->n - 1]))
		b->n--;
	if (b->n == 0 || b->n > BOUNDARY_MOST)
		return 1;
	m->multipart = true;
	if (level.report) {
		struct str t = header_param(m->arena, h->type, STR("report-type"));

		level.report_type = str_empty(t) ? STR_ABSENT : arena_str_lower(m->arena, t);
		level.opaque = str_eq(level.report_type, STR("feedback-report")) ||
			       str_eq(level.report_type, STR("delivery-status"));
	}
	if (around(m) && around(m)->opaque)
		level.opaque = true;
	m->at_entity = false;
	return push_level(m, level, err);
}

/* Decode a mail that was encoded, into the arena, and walk it as a text of its own. */
static int push_text(struct mime *m, struct str raw, enum encoding encoding, struct err *err)
{
	char *p;
	ssize_t n;
	struct payload body;

	m->decoded_bytes += raw.n;
	if (m->decoded_bytes > m->limits.mail_size)
		return FAIL(err, ERR_LIMIT, "mime-too-deep",
			"encoded mails inside the mail have more than %llu bytes "
			"(limit mail_size)",
			(unsigned long long)m->limits.mail_size);
	p = arena_alloc(m->arena, raw.n + 1, 1);
	payload_init(&body, raw, encoding);
	n = reader_fill(&body.reader, p, raw.n, err);
	assert(n >= 0 && (size_t)n <= raw.n);
	assert(m->text_count < sizeof(m->texts) / sizeof(m->texts[0]));
	/* The level of the mail itself belongs to the new text. */
	m->texts[m->text_count] =
		(struct text){ .bytes = str_make(p, (size_t)n), .base = m->depth - 1 };
	m->text_count++;
	m->at_entity = true;
	return 0;
}

/* Does the text begin with a header field, blank lines before it aside? */
static bool begins_with_field(struct mime *m)
{
	struct text *t = top_text(m);
	size_t at = t->at;
	struct str line;
	unsigned lines = 0;

	while (lines++ < 100 && line_next(t->bytes, &at, &line))
		if (line.n > 0)
			return header_line(line) == HEADER_FIELD;
	return false;
}

static int message(struct mime *m, const struct header *h, struct err *err)
{
	enum encoding encoding = encoding_of(h->encoding);
	int r;

	/* Base64 has no colon: where there is a field, the encoding is not true. */
	if (encoding != ENC_IDENTITY && encoding != ENC_QP && begins_with_field(m))
		encoding = ENC_IDENTITY;
	if (encoding != ENC_IDENTITY) {
		struct str raw = take_body(m);

		r = push_level(m, (struct level){ 0 }, err);
		return r < 0 ? r : push_text(m, raw, encoding, err);
	}
	m->at_entity = true;
	return push_level(m, (struct level){ 0 }, err);
}

static bool is_message(struct str type)
{
	return str_eq(type, STR("message/rfc822")) || str_eq(type, STR("message/global"));
}

/* A header and what it announces: 1 a leaf, 0 nothing yet. */
static int entity(struct mime *m, struct mime_part *ret, struct err *err)
{
	const struct level *level = around(m);
	bool digest = level && level->digest;
	struct header h;
	struct str type;
	int r;

	if (m->top_pending) {
		h = m->top;
		r = m->top_code;
		if (r < 0)
			*err = m->top_err;
		m->top_pending = false;
	} else {
		r = read_header(m, &h, err);
	}
	if (r < 0)
		return r;
	if (++m->parts > m->limits.mime_parts)
		return FAIL(err, ERR_LIMIT, "mime-too-many-parts",
			"the mail has more than %llu parts (limit mime_parts)",
			(unsigned long long)m->limits.mime_parts);
	if (is_complaint(m, &h))
		return leaf(m, &h, STR("message/rfc822"), ret);
	type = header_media_type(
		m->arena, h.type, digest ? STR("message/rfc822") : STR("text/plain"));
	if (str_starts(type, STR("multipart/"))) {
		r = multipart(m, &h, type, err);
		return r <= 0 ? r : leaf(m, &h, type, ret);
	}
	if (is_message(type) && !(level && level->opaque))
		return message(m, &h, err);
	return leaf(m, &h, type, ret);
}

int mime_next(struct mime *m, struct mime_part *ret, struct err *err)
{
	assert(m->arena);
	while (m->text_count > 0) {
		int r;

		if (m->at_entity) {
			r = entity(m, ret, err);
			if (r < 0)
				m->text_count = 0;
			if (r != 0)
				return r;
		} else if (!find_boundary(m)) {
			m->depth = top_text(m)->base;
			m->text_count--;
		}
	}
	return 0;
}
