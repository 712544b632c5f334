/* "/senders": all senders of all domains, by what needs attention. */
#include "format.h"
#include "page_set.h"
#include "part_sender.h"
#include "xalloc.h"

#define ROWS_SHOWN "100"

/* "37 senders, 30,670 messages" */
static void title_add(struct view *v)
{
	json_t *d = tree_get(v->root, "senders");

	tree_printf(d, "title", "%.*s, %.*s",
		STR_ARGS(
			format_count(v->arena, tree_i64(d, "page.total"), "sender", "senders")),
		STR_ARGS(format_count(
			v->arena, tree_i64(d, "totals.messages"), "message", "messages")));
}

static int fill(struct view *v, struct err *err)
{
	CLEANUP(tree)
	json_t *summary = NULL;
	int r = view_frame(v, STR("Senders"), FRAME_RANGE | FRAME_FILTERS, err);

	if (r == 0)
		r = part_senders(v, ROWS_SHOWN, false, err);
	if (r < 0 || !tree_get(v->root, "senders"))
		return r;
	title_add(v);
	view_paging(v, tree_get(v->root, "senders"), tree_get(v->root, "senders"));
	if (r > 0)
		return 0;
	tree_set_bool(v->root, "none", true);
	r = view_document(v, "summary", NULL, &summary, err);
	if (r == 0)
		r = part_empty(v, summary, err);
	return r < 0 ? r : 0;
}

int page_senders(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/senders", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = fill(&v, err);
	return r < 0 ? r : view_render(&v, "senders_page", out, err);
}
