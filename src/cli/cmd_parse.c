#include "cli.h"

#include "filesink.h"
#include "outcome.h"
#include "report_json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * A document is known to be good only at its end, so its line is written to a spool first: in
 * memory while it is small, in a temporary file beyond.
 */
struct parse_sink {
	struct sink sink;
	struct str file;
	struct buf out;
	struct json json;
	FILE *spool;
	bool failed; /* a file yielded nothing */
	bool open;
};

#define SPOOL_BYTES (256 * KIB)

static int spool_flush(void *arg, struct buf *out)
{
	struct parse_sink *p = arg;
	if (!p->spool)
		p->spool = tmpfile();
	if (!p->spool || fwrite(out->p, 1, out->n, p->spool) != out->n)
		return ERR_IO;
	buf_clear(out);
	return 0;
}

static int io_failed(struct err *err)
{
	return FAIL(err, ERR_IO, NULL,
		"a temporary file could not be written: %s (is $TMPDIR full?)",
		strerror(errno));
}

static void drop_open(struct parse_sink *p)
{
	buf_clear(&p->out);
	if (p->spool)
		fclose(p->spool);
	p->spool = NULL;
	p->open = false;
}

static int parse_begin(struct sink *s, const struct report *r, struct err *err)
{
	(void)err;
	struct parse_sink *p = (struct parse_sink *)s;
	drop_open(p);
	json_init_flush(&p->json, &p->out, SPOOL_BYTES, spool_flush, p);
	p->open = true;
	json_open_object(&p->json);
	report_json_begin(&p->json, r);
	return 0;
}

static int parse_record(struct sink *s, const struct report *r, const struct record *rec,
	const struct verdict *v, struct err *err)
{
	(void)r;
	struct parse_sink *p = (struct parse_sink *)s;
	report_json_record(&p->json, rec, v);
	return p->json.failed ? io_failed(err) : 0;
}

/* The spooled part, then what is in memory. */
static int print_document(struct parse_sink *p, struct err *err)
{
	if (p->spool) {
		char piece[16 * 1024];
		size_t n;
		if (fflush(p->spool) != 0 || fseek(p->spool, 0, SEEK_SET) != 0)
			return io_failed(err);
		while ((n = fread(piece, 1, sizeof(piece), p->spool)) > 0)
			fwrite(piece, 1, n, stdout);
		if (ferror(p->spool))
			return io_failed(err);
	}
	fwrite(p->out.p, 1, p->out.n, stdout);
	if (fputc('\n', stdout) == EOF || fflush(stdout) != 0)
		return FAIL(err, ERR_IO, NULL, "standard output could not be written: %s",
			strerror(errno));
	return 0;
}

static int parse_end(struct sink *s, const struct report *r, const struct report_totals *t,
	const struct digest *document, struct err *err)
{
	(void)document;
	struct parse_sink *p = (struct parse_sink *)s;
	report_json_end(&p->json, r, t);
	json_close_object(&p->json);
	/* What is left stays in memory for print_document. */
	p->json.flush = NULL;
	if (json_end(&p->json) < 0)
		return io_failed(err);
	int result = print_document(p, err);
	drop_open(p);
	return result;
}

static int parse_refused(
	struct sink *s, const struct report *partial, const struct err *why, struct err *err)
{
	struct parse_sink *p = (struct parse_sink *)s;
	drop_open(p);
	p->failed = true;
	json_init(&p->json, &p->out);
	json_open_object(&p->json);
	json_kcstr(&p->json, "kind", "error");
	json_kstr(&p->json, "file", p->file);
	json_kstr(&p->json, "part", s->part);
	/* A path that cannot be opened has no code of its own. */
	json_kcstr(&p->json, "reason",
		reason_find(str_of(why->reason)) ? why->reason : "read-failed");
	json_kcstr(&p->json, "detail", why->text);
	json_key(&p->json, "line");
	why->line ? json_i64(&p->json, why->line) : json_nil(&p->json);
	json_key(&p->json, "column");
	why->column ? json_i64(&p->json, why->column) : json_nil(&p->json);
	json_kstr(&p->json, "org_name", partial ? partial->org_name : STR_ABSENT);
	json_kstr(&p->json, "report_id", partial ? partial->report_id : STR_ABSENT);
	json_close_object(&p->json);
	json_end(&p->json);
	int result = print_document(p, err);
	drop_open(p);
	return result;
}

int cmd_parse(struct cli *c)
{
	if (c->options.arg_count == 0)
		return cli_usage(c, "parse which file? (- is standard input)");
	struct parse_sink p = { .sink = { .begin = parse_begin,
					.record = parse_record,
					.end = parse_end,
					.refused = parse_refused } };
	struct err err = { 0 };
	buf_init(&p.out, SIZE_MAX / 2);
	int r = files_read(c, &p.sink, &p.file, &err);
	drop_open(&p);
	buf_release(&p.out);
	if (r < 0)
		return cli_fail(&err);
	return p.failed ? EX_DATAERR : EX_OK;
}
