/* metrics_route.c - the template of the address that was asked for. */
#include "metrics.h"
#include "route.h"

/* "records.csv" -> "records" */
static struct str without_format(struct str name)
{
	ptrdiff_t dot = str_index(name, '.');

	return dot > 0 ? str_make(name.p, (size_t)dot) : name;
}

/*
 * "/api/v1/reports/17/xml" -> "/api/v1/reports/{}/xml": collections and identifiers take turns.
 * The address was found, so collections are words of ours.
 */
static void api_template(const struct http_target *t, struct buf *out)
{
	buf_str(out, STR("/api"));
	for (size_t i = 1; i < t->segment_count; i++) {
		buf_char(out, '/');
		if (i > 1 && i % 2 == 1)
			buf_str(out, STR("{}"));
		else
			buf_str(out, i == 1 ? t->segments[i] : without_format(t->segments[i]));
	}
}

void metrics_route(const struct route *r, const struct http_target *t, struct buf *out)
{
	if (r->kind == ROUTE_PAGE)
		buf_str(out, str_of(r->page->path));
	else if (r->kind == ROUTE_ASSET)
		buf_str(out, STR("/static/{}"));
	else if (r->kind != ROUTE_NONE && r->api)
		api_template(t, out);
	else if (r->kind != ROUTE_NONE && t->segment_count == 1)
		buf_printf(out, "/%.*s", STR_ARGS(t->segments[0]));
}
