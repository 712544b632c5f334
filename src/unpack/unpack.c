#include "unpack.h"

#include "buf.h"
#include "dig.h"
#include "feedback.h"
#include "mime.h"
#include "payload.h"
#include "sniff.h"
#include "words.h"
#include "xalloc.h"

#include <stdlib.h>

#define HEAD_TEXT 256 /* bytes kept of From, Subject and Message-ID */

enum walk { WALK_FILE, WALK_MAIL, WALK_END };

struct unpack {
	struct limits limits;
	struct arena arena;
	struct blob blob;      /* of the input */
	struct buf mail_bytes; /* of a mail that lies in a file */
	struct mail_head head;
	struct mime *mime;
	struct dig *dig;
	enum walk walk;
	enum magic magic; /* of the input */
	bool digging;
	struct mime_part part; /* that is dug, in a mail */
	struct payload body;
	struct blob part_blob;
	struct blob_reader file;
	uint64_t given; /* documents */
	bool feedback_given;
	bool feedback_expected;	     /* the mail calls itself a feedback report … */
	bool feedback_seen;	     /* … or has a text like one … */
	enum doc_kind feedback_kind; /* … of this kind */
};

struct unpack *unpack_new(const struct limits *limits)
{
	struct unpack *u = xcalloc(1, sizeof(*u));

	u->limits = *limits;
	arena_init(&u->arena);
	buf_init(&u->mail_bytes, (size_t)limits->mail_size);
	u->mime = mime_new(limits);
	u->dig = dig_new(limits);
	u->walk = WALK_END;
	return u;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	dig_free(u->dig);
	mime_free(u->mime);
	buf_release(&u->mail_bytes);
	arena_release(&u->arena);
	free(u);
}

const struct mail_head *unpack_head(const struct unpack *u)
{
	return &u->head;
}

unsigned unpack_notes(const struct unpack *u)
{
	return u->digging ? dig_notes(u->dig) : 0;
}

static uint64_t input_size(const struct unpack *u)
{
	return u->blob.fd < 0 ? u->blob.mem.n : u->blob.size_bytes;
}

static int read_failed(struct err *err)
{
	err->reason = "read-failed";
	return err->code;
}

/* The whole mail in memory. */
static int load_mail(struct unpack *u, struct str *ret, struct err *err)
{
	uint64_t size = input_size(u);
	char *p;
	ssize_t got;

	if (size > u->limits.mail_size)
		return FAIL(err, ERR_LIMIT, "mail-too-large",
			"the mail has %llu bytes, more than %llu (limit mail_size)",
			(unsigned long long)size, (unsigned long long)u->limits.mail_size);
	if (u->blob.fd < 0) {
		*ret = u->blob.mem;
		return 0;
	}
	buf_clear(&u->mail_bytes);
	p = buf_reserve(&u->mail_bytes, (size_t)size);
	got = blob_read(&u->blob, 0, p, (size_t)size, err);
	if (got < 0)
		return read_failed(err);
	u->mail_bytes.n = (size_t)got;
	*ret = buf_view(&u->mail_bytes);
	return 0;
}

static int begin_mail(struct unpack *u, struct str receivers, struct err *err)
{
	const struct header *h;
	struct str text;
	int r = load_mail(u, &text, err);

	if (r < 0)
		return r;
	mime_begin(u->mime, text, &u->arena);
	h = mime_header(u->mime);
	u->head = (struct mail_head){ .is_mail = true,
		.from = words_decode(&u->arena, h->from, HEAD_TEXT),
		.subject = words_decode(&u->arena, h->subject, HEAD_TEXT),
		.message_id = words_decode(&u->arena, h->message_id, HEAD_TEXT) };
	authres_read(&u->arena, h->block, receivers, &u->head.authres);
	u->walk = WALK_MAIL;
	return 0;
}

static bool magic_is_file(enum magic magic)
{
	return magic == MAGIC_GZIP || magic == MAGIC_ZIP || magic == MAGIC_EMPTY ||
	       magic_is_document(magic);
}

int unpack_begin(struct unpack *u, const struct mail *mail, struct err *err)
{
	char head[SNIFF_BYTES];
	struct ground ground;
	ssize_t got;

	arena_reset(&u->arena);
	buf_release(&u->mail_bytes);
	u->blob = mail->content;
	u->head = (struct mail_head){ 0 };
	u->walk = WALK_END;
	u->digging = u->feedback_given = u->feedback_expected = u->feedback_seen = false;
	u->given = 0;
	got = blob_read(&u->blob, 0, head, sizeof(head), err);
	if (got < 0)
		return read_failed(err);
	u->magic = sniff(str_make(head, (size_t)got));
	if (u->magic == MAGIC_MAIL || (mail->is_mail && !magic_is_file(u->magic)))
		return begin_mail(u, mail->receivers, err);
	blob_reader_init(&u->file, &u->blob, 0);
	ground = (struct ground){
		.in = &u->file.reader, .blob = &u->blob, .packed_bytes = input_size(u)
	};
	dig_begin(u->dig, &ground, &u->arena);
	u->digging = true;
	u->walk = WALK_FILE;
	return 0;
}

static int give(struct unpack *u, enum doc_kind kind, struct str part, struct doc *ret)
{
	*ret = (struct doc){ .kind = kind, .part = part };
	u->given++;
	return 1;
}

#define GIVE_FAILED(u, kind, part, ret, ...) \
	(give((u), (kind), (part), (ret)), err_set(&(ret)->err, ERR_INPUT, __VA_ARGS__), 1)

/* What was dug out and is a document, or failed. */
static int give_find(struct unpack *u, const struct find *f, struct doc *ret)
{
	if (f->err.code < 0) {
		give(u, DOC_FAILED, f->path, ret);
		ret->err = f->err;
		return 1;
	}
	if (f->magic == MAGIC_TLSRPT)
		return give(u, DOC_TLSRPT, f->path, ret);
	give(u, DOC_XML, f->path, ret);
	ret->content = f->content;
	ret->notes = dig_notes(u->dig);
	return 1;
}

static int file_step(struct unpack *u, struct doc *ret)
{
	struct find f;

	if (dig_next(u->dig, &f) == 0) {
		u->walk = WALK_END;
		return 0;
	}
	if (f.err.code < 0 || magic_is_document(f.magic))
		return give_find(u, &f, ret);
	if (f.magic == MAGIC_EMPTY)
		return GIVE_FAILED(
			u, DOC_NONE, STR_ABSENT, ret, "empty", "there is nothing in it");
	return GIVE_FAILED(u, DOC_NONE, STR_ABSENT, ret, "not-a-report",
		"it is no mail, no archive, no XML and no SMTP TLS report");
}

static bool one_of(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, list[i]))
			return true;
	return false;
}

/* Does a part say that it is an archive? */
static bool claims_archive(const struct mime_part *p)
{
	static const struct str types[] = { STR_INIT("application/gzip"),
		STR_INIT("application/x-gzip"), STR_INIT("application/gzip-compressed"),
		STR_INIT("application/zip"), STR_INIT("application/x-zip"),
		STR_INIT("application/x-zip-compressed"), STR_INIT("application/tlsrpt+gzip") };

	return str_ends_nocase(p->name, STR(".gz")) || str_ends_nocase(p->name, STR(".zip")) ||
	       one_of(p->type, types, sizeof(types) / sizeof(types[0]));
}

static bool claims_xml(const struct mime_part *p)
{
	static const struct str types[] = { STR_INIT("application/xml"), STR_INIT("text/xml") };

	return str_ends_nocase(p->name, STR(".xml")) ||
	       one_of(p->type, types, sizeof(types) / sizeof(types[0]));
}

/* A part of a mail that is no archive: a document, a failure, or nothing of ours. */
static int judge_part(struct unpack *u, const struct find *f, struct doc *ret)
{
	const struct mime_part *p = &u->part;
	bool xml = claims_xml(p);

	if (f->magic == MAGIC_FEEDBACK || f->magic == MAGIC_TLSRPT)
		return give_find(u, f, ret);
	if (f->magic == MAGIC_XML && str_absent(p->name) &&
		str_eq(p->type, STR("application/octet-stream")))
		return give_find(u, f, ret);
	if ((f->magic == MAGIC_XML || f->magic == MAGIC_MARKUP) && xml)
		return give_find(u, f, ret);
	if (f->magic == MAGIC_EMPTY && (xml || claims_archive(p)))
		return GIVE_FAILED(
			u, DOC_FAILED, f->path, ret, "empty", "there is nothing in it");
	if (claims_archive(p))
		return GIVE_FAILED(u, DOC_FAILED, f->path, ret, "archive-corrupt",
			"it says that it is an archive, but is none");
	if (xml)
		return GIVE_FAILED(u, DOC_FAILED, f->path, ret, "not-a-report",
			"it says that it is XML, but is none");
	return 0;
}

/* The text of a part, as much of it as is needed to tell what it is. */
static struct str part_text(struct unpack *u, const struct mime_part *p)
{
	size_t room = p->raw.n < FEEDBACK_BYTES ? p->raw.n : FEEDBACK_BYTES;
	char *text = arena_alloc(&u->arena, room + 1, 1);
	struct err err;

	payload_init(&u->body, p->raw, encoding_seen(p->raw, p->encoding));
	return str_make(text, (size_t)reader_fill(&u->body.reader, text, room, &err));
}

static struct str part_path(struct unpack *u, const struct mime_part *p)
{
	if (p->name.n > 0)
		return p->name;
	if (mime_single(u->mime))
		return STR_ABSENT;
	return arena_printf(&u->arena, "part %u", p->number);
}

static int give_feedback(struct unpack *u, enum doc_kind kind, struct doc *ret)
{
	if (u->feedback_given)
		return 0;
	u->feedback_given = true;
	return give(u, kind, part_path(u, &u->part), ret);
}

static void dig_part(struct unpack *u)
{
	const struct mime_part *p = &u->part;
	enum encoding encoding = encoding_seen(p->raw, p->encoding);
	struct ground ground = { .packed_bytes = p->raw.n, .path = part_path(u, p) };

	payload_init(&u->body, p->raw, encoding);
	ground.in = &u->body.reader;
	if (encoding == ENC_IDENTITY) {
		u->part_blob = blob_mem(p->raw);
		ground.blob = &u->part_blob;
	}
	dig_begin(u->dig, &ground, &u->arena);
	u->digging = true;
}

/* A leaf of the mail: 1 when it is a feedback report, else 0; then it may have to be dug. */
static int part_step(struct unpack *u, struct doc *ret)
{
	const struct mime_part *p = &u->part;

	if (str_eq(p->report_type, STR("feedback-report")))
		u->feedback_expected = true;
	if (p->complaint)
		return give_feedback(u, DOC_FEEDBACK, ret);
	if (str_eq(p->type, STR("message/feedback-report")))
		return give_feedback(u, feedback_kind(part_text(u, p)), ret);
	if (str_starts(p->type, STR("message/")))
		return 0;
	if (str_eq(p->type, STR("text/plain")) && !u->feedback_seen)
		u->feedback_seen = feedback_like(part_text(u, p),
			p->in_report && str_absent(p->report_type), &u->feedback_kind);
	dig_part(u);
	return 0;
}

/* Nothing was found in the mail. */
static int mail_end(struct unpack *u, struct doc *ret)
{
	u->walk = WALK_END;
	if (u->given > 0)
		return 0;
	if (u->feedback_seen)
		return give(u, u->feedback_kind, STR_ABSENT, ret);
	if (u->feedback_expected)
		return give(u, DOC_ARF, STR_ABSENT, ret);
	return GIVE_FAILED(u, DOC_NONE, STR_ABSENT, ret, "no-report-in-mail",
		"the mail carries no report");
}

static int mail_step(struct unpack *u, struct doc *ret)
{
	struct find f;
	struct err err;
	int r;

	if (u->digging && dig_next(u->dig, &f)) {
		if (f.err.code < 0 || f.nesting > 0)
			return give_find(u, &f, ret);
		return judge_part(u, &f, ret);
	}
	u->digging = false;
	r = mime_next(u->mime, &u->part, &err);
	if (r > 0)
		return part_step(u, ret);
	if (r == 0)
		return mail_end(u, ret);
	u->walk = WALK_END;
	give(u, DOC_FAILED, STR_ABSENT, ret);
	ret->err = err;
	return 1;
}

/* The last that is told of the input. */
static int too_many(struct unpack *u, struct doc *ret)
{
	u->walk = WALK_END;
	u->digging = false;
	*ret = (struct doc){ .kind = DOC_FAILED, .part = STR_ABSENT };
	err_set(&ret->err, ERR_LIMIT, "too-many-documents",
		"there are more than %llu reports in it (limit documents)",
		(unsigned long long)u->limits.documents);
	return 1;
}

int unpack_next(struct unpack *u, struct doc *ret)
{
	while (u->walk != WALK_END) {
		int r = u->walk == WALK_MAIL ? mail_step(u, ret) : file_step(u, ret);

		if (r > 0)
			return u->given > u->limits.documents ? too_many(u, ret) : r;
	}
	u->digging = false;
	return 0;
}
