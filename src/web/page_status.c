/* "/status": the sources of mail, versions, the size of the store. */
#include "format.h"
#include "imports.h"
#include "page_set.h"
#include "part.h"
#include "xalloc.h"

/* What is stored, and what came in, whatever range or filters this page was reached with. */
static void number_links(struct view *v)
{
	static const struct {
		const char *key, *path;
	} lists[] = { { "all_reports_link", "/reports" }, { "all_records_link", "/records" },
		{ "all_domains_link", "/" } };
	static const char *const outcomes[] = { "stored", "duplicate", "ignored", "rejected" };
	json_t *by = tree_get(v->status, "by_outcome");

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		tree_set_str(v->status, lists[i].key,
			arena_printf(v->arena, "%s?range=all", lists[i].path));
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		tree_set_str(by, arena_printf(v->arena, "%s_link", outcomes[i]).p,
			arena_printf(v->arena, "/problems?outcome=%s", outcomes[i]));
	tree_set_str(v->status, "all_inputs_link",
		STR("/problems?outcome=stored,duplicate,ignored,rejected"));
}

/* "for ever", "400 days" */
static void keep_add(struct view *v)
{
	static const char *const keys[] = { "records", "sums", "raw" };
	json_t *keep = tree_get(v->status, "keep");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *days = arena_printf(v->arena, "%s_days", keys[i]).p;
		const char *text = arena_printf(v->arena, "%s_text", keys[i]).p;

		if (json_is_integer(tree_get(keep, days)))
			tree_set_str(keep, text,
				format_count(v->arena, tree_i64(keep, days), "day", "days"));
		else
			tree_set_str(keep, text,
				i < 2 ? STR("for ever") : STR("as long as the reports"));
	}
}

/* Not in the document, whose tag stands for one answer: this changes without any write of ours.
 */
static void disk_add(struct view *v)
{
	int64_t room = store_disk_free(v->c->store);

	tree_set_str(v->status, "disk_free_human",
		room < 0 ? STR("not known") : format_bytes(v->arena, (uint64_t)room));
}

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
	disk_add(&v);
	number_links(&v);
	keep_add(&v);
	imports_table(&v, true);
	tree_set_str(v.root, "runs_link", view_link(&v, "/problems/{}", STR("runs"), NULL));
	tree_set_str(v.root, "problems_link", view_link(&v, "/problems", STR_ABSENT, NULL));
	return view_render(&v, "status", out, err);
}
