#include "export.h"

#include "csv.h"
#include "doc_list.h"
#include "xalloc.h"

#define EXPORT_PIECE 32768
#define EXPORT_ROW_MAX \
	(16 * MIB) /* one row: 100 signatures with the longest texts are below 1 MiB */

struct export
{
	const struct resource *resource;
	enum export_format format;
	struct query query;
	struct rows *rows;
	struct arena scratch;
	struct buf row;
	bool begun, ended;
};

static bool limit_given(const struct query *q)
{
	for (size_t i = 0; i < q->param_count; i++)
		if (str_eq(q->params[i].name, STR("limit")))
			return true;
	return false;
}

int export_open(struct doc_context *c, const struct resource *resource, const struct query *q,
	enum export_format format, struct export **ret, struct err *err)
{
	struct export *e = xcalloc(1, sizeof(*e));
	int r;

	e->resource = resource;
	e->format = format;
	e->query = *q;
	if (!limit_given(q))
		e->query.limit = 0;
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

/* 1 a row, 0 end, negative. */
static int export_row(struct export *e, struct buf *out, struct err *err)
{
	struct json j;
	struct node *tree;
	int r;

	buf_clear(&e->row);
	arena_reset(&e->scratch);
	json_init(&j, &e->row);
	r = e->resource->list->row(e->rows, &e->scratch, &j, err);
	if (r <= 0)
		return r;
	if (json_end(&j) < 0)
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
	while (r > 0 && out->n - begin < EXPORT_PIECE && !out->full)
		r = export_row(e, out, err);
	if (out->full)
		return FAIL(err, ERR_LIMIT, "too-large", "One row is larger than allowed.");
	e->ended = r <= 0;
	return r;
}

void export_close(struct export *e)
{
	if (!e)
		return;
	rows_close(e->rows);
	arena_release(&e->scratch);
	buf_release(&e->row);
	free(e);
}
