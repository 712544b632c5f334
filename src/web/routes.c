#include "routes.h"

#include "route.h"

#define PLACE "{resource}"

/* The address of one resource: "/api/v1/{resource}" -> "/api/v1/records". */
static struct str path_of(const struct endpoint *e, const struct resource *r, struct arena *a)
{
	struct str path = str_of(e->path);

	return r ? arena_printf(a, "%.*s%s", (int)(path.n - strlen(PLACE)), path.p, r->name)
		 : path;
}

static void links_key(struct json *j, struct str base, struct arena *a)
{
	json_kopen_object(j, "links");
	for (const struct resource *r = resource_table; r->name; r++)
		for (const struct endpoint *e = endpoint_table; e->path; e++)
			if (endpoint_has(e, r))
				json_kstr(j, r->name,
					arena_printf(a, "%.*s%.*s", STR_ARGS(base),
						STR_ARGS(path_of(e, r, a))));
	json_kstr(j, "openapi", arena_printf(a, "%.*s/api/v1/openapi.json", STR_ARGS(base)));
	json_close_object(j);
}

static void methods_key(struct json *j, enum route_kind kind, const char *writes)
{
	json_kopen_array(j, "methods");
	if (route_is_read(kind)) {
		json_cstr(j, "GET");
		json_cstr(j, "HEAD");
	}
	if (writes)
		json_cstr(j, writes);
	json_close_array(j);
}

/* What the path says is no parameter. */
static void parameters_key(struct json *j, const char *const *names, struct str path)
{
	json_kopen_array(j, "parameters");
	for (; names && *names; names++)
		if (strcmp(*names, "domain") != 0 || !str_contains(path, STR("{domain}")))
			json_cstr(j, *names);
	json_close_array(j);
}

static void formats_key(struct json *j, const struct endpoint *e, const struct resource *r)
{
	json_kopen_array(j, "formats");
	if (!e->types[0])
		json_cstr(j, "application/json");
	for (size_t i = 0; i < sizeof(e->types) / sizeof(e->types[0]) && e->types[i]; i++)
		json_cstr(j, e->types[i]);
	if (r && r->columns) {
		json_cstr(j, "text/csv");
		json_cstr(j, "application/x-ndjson");
	}
	json_close_array(j);
}

static void route(
	struct json *j, const struct endpoint *e, const struct resource *r, struct arena *a)
{
	struct str path = path_of(e, r, a);

	json_open_object(j);
	json_kstr(j, "path", path);
	methods_key(j, e->kind, r ? r->writes : e->writes);
	parameters_key(j, r ? r->parameters : e->parameters, path);
	formats_key(j, e, r);
	json_close_object(j);
}

void routes_keys(struct json *j, struct str base, struct arena *a)
{
	links_key(j, base, a);
	json_kopen_array(j, "routes");
	for (const struct endpoint *e = endpoint_table; e->path; e++) {
		if (endpoint_of_pages(e))
			continue;
		if (e->kind != ROUTE_RESOURCE)
			route(j, e, NULL, a);
		for (const struct resource *r = resource_table; r->name; r++)
			if (endpoint_has(e, r))
				route(j, e, r, a);
	}
	json_close_array(j);
}
