#include "export.h"

#include "csv.h"
#include "doc_list.h"
#include "tree.h"
#include "xalloc.h"

#define EXPORT_PIECE 32768
#define EXPORT_ROW_MAX \
	(16 * MIB) /* one row: 100 signatures with the longest texts are below 1 MiB */
#define EXPORT_DOCUMENT_MAX (64 * MIB)

struct export
{
	const struct resource *resource;
	json_t *document; /* instead of rows */
	size_t at;	  /* in its data */
	enum export_format format;
	struct query query;
	struct rows *rows;
	struct arena scratch;
	struct buf row;
	uint64_t count;
	bool begun, ended;
};

bool export_limited(const struct query *q)
{
	for (size_t i = 0; i < q->param_count; i++)
		if (str_eq(q->params[i].name, STR("limit")))
			return true;
	return false;
}

/* A resource without rows of its own is made whole first. */
static int open_document(
	struct doc_context *c, struct export *e, struct export **ret, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	struct json j;
	int r;

	buf_init(&e->row, EXPORT_ROW_MAX);
	arena_init(&e->scratch);
	buf_init(&text, EXPORT_DOCUMENT_MAX);
	json_init(&j, &text);
	r = e->resource->write(c, &e->query, &j, err);
	if (r == 0)
		r = tree_of(&j, &e->document, err);
	if (r < 0)
		export_close(e);
	else
		*ret = e;
	return r;
}

int export_open(struct doc_context *c, const struct resource *resource, const struct query *q,
	enum export_format format, struct export **ret, struct err *err)
{
	struct export *e = xcalloc(1, sizeof(*e));
	int r;

	e->resource = resource;
	e->format = format;
	e->query = *q;
	e->query.judge_senders = list_judges(c, q);
	if (!export_limited(q))
		e->query.limit = 0;
	if (!resource->list)
		return open_document(c, e, ret, err);
	arena_init(&e->scratch);
	buf_init(&e->row, EXPORT_ROW_MAX);
	r = resource->list->open(c->store, &e->query, &e->rows, err);
	if (r < 0) {
		export_close(e);
		return r;
	}
	*ret = e;
	return 0;
}

static int document_row(struct export *e)
{
	json_t *row = json_array_get(tree_get(e->document, "data"), e->at);
	char *text;

	if (!row)
		return 0;
	e->at++;
	text = json_dumps(row, JSON_COMPACT);
	buf_str(&e->row, str_of(text));
	free(text);
	return 1;
}

static int list_row(struct export *e, struct err *err)
{
	struct json j;
	int r;

	json_init(&j, &e->row);
	r = e->resource->list->row(e->rows, &e->scratch, &j, err);
	if (r > 0 && json_end(&j) < 0)
		e->row.full = true;
	return r;
}

/* 1 a row, 0 end, negative. */
static int export_row(struct export *e, struct buf *out, struct err *err)
{
	struct node *tree;
	int r;

	buf_clear(&e->row);
	arena_reset(&e->scratch);
	r = e->document ? document_row(e) : list_row(e, err);
	if (r <= 0)
		return r;
	if (e->row.full)
		return FAIL(err, ERR_LIMIT, "too-large", "One row is larger than %llu bytes.",
			(unsigned long long)EXPORT_ROW_MAX);
	if (e->format == EXPORT_NDJSON) {
		buf_str(out, buf_view(&e->row));
		buf_char(out, '\n');
		return 1;
	}
	if (!node_parse(buf_view(&e->row), &e->scratch, &tree))
		return FAIL(err, ERR_IO, "internal", "A row could not be read back.");
	csv_row(out, e->resource->columns, tree, &e->scratch);
	return 1;
}

int export_next(struct export *e, struct buf *out, struct err *err)
{
	size_t begin = out->n;
	int r = 1;

	if (e->ended)
		return 0;
	if (!e->begun && e->format == EXPORT_CSV)
		csv_header(out, e->resource->columns);
	e->begun = true;
	while (r > 0 && out->n - begin < EXPORT_PIECE && !out->full) {
		r = export_row(e, out, err);
		e->count += r > 0;
	}
	if (out->full)
		return FAIL(err, ERR_LIMIT, "too-large", "One row is larger than allowed.");
	e->ended = r <= 0;
	return r;
}

uint64_t export_rows(const struct export *e)
{
	return e->count;
}

void export_close(struct export *e)
{
	if (!e)
		return;
	rows_close(e->rows);
	json_decref(e->document);
	arena_release(&e->scratch);
	buf_release(&e->row);
	free(e);
}
