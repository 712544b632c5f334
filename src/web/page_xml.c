/* "/reports/{}/xml": the stored document as text, each line with a number to link to. */
#include "format.h"
#include "page_set.h"
#include "reader.h"
#include "view.h"
#include "xalloc.h"

#define BYTES_MOST (512U << 10)
#define LINES_MOST 10000

static void close_raw(struct raw **raw)
{
	if (*raw)
		store_raw_close(*raw);
}

/* The first bytes of the document.  1, 0 not kept, negative. */
static int read_text(struct doc_context *c, int64_t report, struct buf *text, bool *ret_more,
	struct err *err)
{
	__attribute__((cleanup(close_raw))) struct raw *raw = NULL;
	char *p;
	ssize_t n;
	int r = store_raw_open(c->store, report, &raw, err);

	if (r <= 0)
		return r;
	p = buf_reserve(text, BYTES_MOST + 1);
	n = reader_fill(raw_reader(raw), p, BYTES_MOST + 1, err);
	if (n < 0)
		return (int)n;
	*ret_more = n > BYTES_MOST;
	text->n += (size_t)(n > BYTES_MOST ? BYTES_MOST : n);
	return 1;
}

static void lines_add(struct view *v, struct str text, bool more)
{
	json_t *lines = tree_set_array(v->root, "lines");
	struct str line;
	int64_t n = 0;

	while (n < LINES_MOST && str_cut(&text, '\n', &line)) {
		json_t *l;

		if (str_absent(text) && str_empty(line))
			break;
		if (str_ends(line, STR("\r")))
			line.n--;
		l = tree_append(lines);
		tree_printf(l, "n", "%lld", (long long)++n);
		tree_set_str(l, "text", line);
	}
	tree_set_bool(v->root, "more", more || !str_empty(text));
}

static void heading_add(struct view *v, const struct report_row *row)
{
	struct str id = arena_printf(v->arena, "%lld", (long long)row->id);
	json_t *report = tree_set_object(v->root, "report");

	tree_set_str(report, "report_id", row->report.report_id);
	tree_set_str(report, "reporter", row->report.org_name);
	tree_set_str(report, "size_text", format_bytes(v->arena, row->raw_bytes));
	tree_set_str(report, "link", view_link(v, "/reports/{}", id, NULL));
	if (row->raw_deleted && v->c->keep.raw_days > 0)
		tree_set_str(report, "deleted_after",
			format_count(v->arena, v->c->keep.raw_days, "day", "days"));
	tree_printf(report, "original_link", "/api/v1/reports/%.*s/xml", STR_ARGS(id));
}

static int fill(struct view *v, const struct report_row *row, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	bool more = false;
	int r;

	buf_init(&text, BYTES_MOST + 1024);
	r = read_text(v->c, row->id, &text, &more, err);
	if (r < 0)
		return r;
	tree_set_bool(v->root, "kept", r > 0);
	lines_add(v, buf_view(&text), more);
	heading_add(v, row);
	return view_frame(v,
		arena_printf(v->arena, "XML of report %.*s", STR_ARGS(row->report.report_id)),
		0, err);
}

int page_xml(struct doc_context *c, struct str segment, const struct query *q, struct buf *out,
	int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	struct report_row row = { 0 };
	int r = page_report_find(c, segment, &row, err);

	if (r == 0)
		return page_report_missing(c, segment, out, ret_status);
	if (r > 0)
		r = view_init(&v, c, "/reports/{}/xml", segment, q, STR_ABSENT, err);
	if (r == 0)
		r = fill(&v, &row, err);
	return r < 0 ? r : view_render(&v, "xml", out, err);
}
