#include "page.h"

#include "err.h"
#include "log.h"
#include "page_files.h"
#include "page_set.h"
#include "view.h"
#include "xalloc.h"

#include <assert.h>
#include <pthread.h>

#define RANGE "from", "to", "range"
#define FILTERS \
	"basis", "header_from", "subdomains", "reporter", "source_ip", "sender", "class", \
		"mark", "new", "undecided", "own", "result", "spf", "dkim", "spf_domain", \
		"spf_scope", "spf_result", "dkim_domain", "dkim_selector", "dkim_result", \
		"cause", "explained", "disposition", "override", "disagrees", "policy", \
		"origin"
#define LIST "limit", "cursor"

static const char *const overview_parameters[] = { RANGE, FILTERS, "domain", "sort", NULL };
static const char *const domain_parameters[] = { RANGE, FILTERS, "sort", NULL };
static const char *const senders_parameters[] = { RANGE, FILTERS, "domain", "sort", LIST,
	NULL };
static const char *const sender_parameters[] = { RANGE, "basis", NULL };
static const char *const records_parameters[] = { RANGE, FILTERS, "domain", "report", "sort",
	LIST, NULL };
static const char *const reports_parameters[] = { RANGE, FILTERS, "domain", "q", "sort", LIST,
	NULL };
/* Pages about one thing take them only to carry them on to the next page. */
static const char *const carried_parameters[] = { RANGE, FILTERS, "domain", NULL };
static const char *const problems_parameters[] = { RANGE, FILTERS, "domain", "outcome",
	"reason", "dismissed", "q", LIST, NULL };
static const char *const coverage_page_parameters[] = { RANGE, "domain", "reporter", NULL };
static const char *const change_page_parameters[] = { RANGE, FILTERS, "domain", "since", NULL };
static const char *const source_page_parameters[] = { RANGE, "basis", "sort", LIST, NULL };
static const char *const search_parameters[] = { "q", NULL };
static const char *const tab_parameters[] = { RANGE, FILTERS, "domain", LIST, NULL };

const struct page page_table[] = { { "/", overview_parameters, page_overview, NULL },
	{ "/domains/{}", domain_parameters, page_domain, NULL },
	{ "/domains/{}/senders/{}", sender_parameters, page_sender, "POST" },
	{ "/senders", senders_parameters, page_senders, NULL },
	{ "/records", records_parameters, page_records, NULL },
	{ "/records/{}", carried_parameters, page_record, NULL },
	{ "/reports", reports_parameters, page_reports, NULL },
	{ "/reports/{}", carried_parameters, page_report, NULL },
	{ "/reports/{}/xml", carried_parameters, page_xml, NULL },
	{ "/coverage", coverage_page_parameters, page_coverage, NULL },
	{ "/changes", change_page_parameters, page_changes, NULL },
	{ "/problems", problems_parameters, page_problems, NULL },
	{ "/problems/{}", tab_parameters, page_problems_tab, NULL },
	{ "/sources/{}", source_page_parameters, page_source, NULL },
	{ "/sources/{}/{}", source_page_parameters, page_source_network, NULL },
	{ "/search", search_parameters, page_search, NULL },
	{ "/status", carried_parameters, page_status, NULL },
	{ "/help", carried_parameters, page_help, NULL },
	{ "/help/{}", carried_parameters, page_help_topic, NULL }, { NULL, NULL, NULL, NULL } };

static struct template_set *templates;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	struct err err = { 0 };

	json_object_seed(0);
	if (template_set_new(page_files, &templates, &err) < 0)
		fprintf(stderr, "line %lld: %s\n", (long long)err.line, err.text);
	assert(templates);
}

const struct template_set *page_templates(void)
{
	pthread_once(&once, load);
	return templates;
}

/* What to try, by status. */
static const char *advice_of(int status)
{
	switch (status) {
	case 400:
		return "Check the address, or start again from the overview.";
	case 404:
		return "Check the address, or look for it under Records or Reports.";
	case 503:
		return "Try again in a moment.";
	default:
		return status >= 500 ? "The log of the program says more."
				     : "Start again from the overview.";
	}
}

int page_error(
	struct doc_context *c, int status, struct str title, struct str detail, struct buf *out)
{
	struct err err = { 0 };
	struct query q;
	CLEANUP(view)
	struct view v = { 0 };
	json_t *e;

	query_init(&q, c->arena);
	if (query_end(&q, c->now_at, &err) < 0)
		return ERR_IO;
	/* The database itself may be what failed. */
	if (!c->store || view_init(&v, c, NULL, STR_ABSENT, &q, STR_ABSENT, &err) < 0) {
		view_release(&v);
		v = (struct view){ .c = c, .arena = c->arena, .q = &q, .root = json_object() };
		v.status = tree_set_object(v.root, "status");
	}
	e = tree_set_object(v.root, "error");
	tree_set_i64(e, "status", status);
	tree_set_str(e, "title", title);
	tree_set_str(e, "detail", detail);
	tree_set_cstr(e, "advice", advice_of(status));
	tree_set_str(e, "request", c->request_id);
	if (view_frame(&v, title, 0, &err) < 0)
		return ERR_IO;
	return view_render(&v, "error", out, &err);
}

int page_missing(struct doc_context *c, struct str what, struct buf *out, int *ret_status)
{
	*ret_status = 404;
	return page_error(c, 404, STR("Not found"), what, out);
}

int page_report_find(
	struct doc_context *c, struct str segment, struct report_row *ret, struct err *err)
{
	int64_t id;

	return doc_id(segment, &id) ? store_report(c->store, id, c->arena, ret, err) : 0;
}

int page_report_missing(
	struct doc_context *c, struct str segment, struct buf *out, int *ret_status)
{
	return page_missing(c,
		arena_printf(c->arena, "There is no report %.*s.", STR_ARGS(segment)), out,
		ret_status);
}
