/* "/status": the sources of mail, versions, the size of the store. */
#include "format.h"
#include "imports.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

int page_status(struct doc_context *c, struct str segment, const struct query *q,
	struct buf *out, int *ret_status, struct err *err)
{
	static const char *const sizes[] = { "size_bytes", "raw_bytes", "kept_bytes" };
	static const char *const times[] = { "now", "last_run", "last_success", "last_report" };
	CLEANUP(view)
	struct view v = { 0 };
	int r = view_init(&v, c, "/status", STR_ABSENT, q, STR_ABSENT, err);

	(void)segment;
	(void)ret_status;
	if (r == 0)
		r = view_frame(&v, STR("Status"), 0, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		tree_set_str(v.status, arena_printf(c->arena, "%s_human", sizes[i]).p,
			format_bytes(c->arena, (uint64_t)tree_i64(v.status, sizes[i])));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		part_time_ago(&v, v.status, times[i]);
	imports_table(&v, true);
	tree_set_str(v.root, "runs_link", view_link(&v, "/problems/{}", STR("runs"), NULL));
	tree_set_str(v.root, "problems_link", view_link(&v, "/problems", STR_ABSENT, NULL));
	return view_render(&v, "status", out, err);
}
