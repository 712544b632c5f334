/* metrics_route.c - the template of the address that was asked for. */
#include "metrics.h"
#include "route.h"

/* "/api/v1/reports/{id}/xml" -> "/api/v1/reports/{}/xml"; a resource is called by its name. */
void metrics_route(const struct route *r, struct buf *out)
{
	struct str rest = str_of(r->path), before, name;

	while (r->kind != ROUTE_NONE && str_cut(&rest, '{', &before)) {
		buf_str(out, before);
		if (!str_cut(&rest, '}', &name))
			break;
		buf_str(out,
			str_eq(name, STR("resource")) ? str_of(r->resource->name) : STR("{}"));
	}
}
