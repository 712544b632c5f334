#include "route.h"

#include "openapi.h"

#define API "/api/v1"
#define RESOURCE "{resource}"

static const char *const no_parameters[] = { NULL };
static const char *const ranged_parameters[] = { "from", "to", "range", "basis", NULL };
static const char *const source_parameters[] = { "from", "to", "range", "basis", "sort",
	"limit", "cursor", NULL };

/* clang-format off: a table. */
#define READ(address, of) \
	{ \
		.path = (address), .kind = (of) \
	}
const struct endpoint endpoint_table[] = {
	{ .path = "/healthz", .kind = ROUTE_HEALTH, .types = { "text/plain" } },
	READ("/readyz", ROUTE_READY),
	{ .path = "/metrics",
		.kind = ROUTE_METRICS,
		.types = { "text/plain", "application/openmetrics-text" } },
	READ(API, ROUTE_INDEX),
	READ(API "/openapi.json", ROUTE_SCHEMA),
	READ(API "/schemas/{file}", ROUTE_SCHEMA),
	READ(API "/" RESOURCE, ROUTE_RESOURCE),
	READ(API "/records/{id}", ROUTE_RECORD),
	READ(API "/reports/{id}", ROUTE_REPORT),
	{ .path = API "/reports/{id}/xml", .kind = ROUTE_XML, .types = { "application/xml" } },
	READ(API "/inputs/{id}", ROUTE_INPUT),
	{ .path = API "/inputs/{id}/bytes",
		.kind = ROUTE_BYTES,
		.types = { "application/octet-stream" } },
	{ .path = API "/inputs/{id}/retry", .kind = ROUTE_RETRY, .writes = "POST" },
	{ .path = API "/inputs/{id}/dismissed", .kind = ROUTE_DISMISSED, .writes = "PUT" },
	{ .path = "/problems/{id}/retry", .kind = ROUTE_RETRY_FORM, .writes = "POST" },
	{ .path = "/problems/{id}/dismiss", .kind = ROUTE_DISMISS_FORM, .writes = "POST" },
	{ .path = API "/sources/{ip}", .kind = ROUTE_SOURCE, .parameters = source_parameters },
	{ .path = API "/domains/{domain}",
		.kind = ROUTE_DOMAIN,
		.parameters = ranged_parameters },
	READ(API "/domains/{domain}/" RESOURCE, ROUTE_RESOURCE),
	{ .path = API "/domains/{domain}/senders/{key}",
		.kind = ROUTE_SENDER,
		.parameters = ranged_parameters },
	{ .path = API "/domains/{domain}/senders/{key}/mark",
		.kind = ROUTE_MARK,
		.writes = "PUT" },
	{ .path = "/theme", .kind = ROUTE_THEME, .writes = "POST" },
	READ("/static/{file}", ROUTE_ASSET),
	{ .path = NULL },
};
#undef READ
/* clang-format on */

static struct str without_suffix(struct str name, enum route_format *ret)
{
	static const struct {
		const char *suffix;
		enum route_format format;
	} suffixes[] = { { ".json", FORMAT_JSON }, { ".csv", FORMAT_CSV },
		{ ".ndjson", FORMAT_NDJSON } };

	*ret = FORMAT_BY_ACCEPT;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		struct str suffix = str_of(suffixes[i].suffix);

		if (str_ends(name, suffix)) {
			*ret = suffixes[i].format;
			return str_make(name.p, name.n - suffix.n);
		}
	}
	return name;
}

/* The next part of a template; false at its end. */
static bool next_part(struct str *template, struct str *ret)
{
	return !str_empty(*template) && str_cut(template, '/', ret);
}

/* Does the address have this form?  Takes what stands between braces. */
static bool fits(const char *path, const struct http_target *t, struct route *ret)
{
	struct str rest = str_from(str_of(path), 1), part;
	size_t i = 0;

	*ret = (struct route){ .kind = ROUTE_NONE, .path = path };
	for (; next_part(&rest, &part); i++) {
		if (i == t->segment_count)
			return false;
		if (!str_starts(part, STR("{"))) {
			if (!str_eq(part, t->segments[i]))
				return false;
			continue;
		}
		if (str_empty(t->segments[i]))
			return false;
		if (!str_eq(part, STR(RESOURCE)))
			*(str_absent(ret->segment) ? &ret->segment : &ret->key) =
				t->segments[i];
	}
	return i == t->segment_count;
}

bool endpoint_has(const struct endpoint *e, const struct resource *r)
{
	return e->kind == ROUTE_RESOURCE &&
	       r->of_domain == str_contains(str_of(e->path), STR("{domain}"));
}

bool endpoint_of_pages(const struct endpoint *e)
{
	return e->kind == ROUTE_ASSET || e->kind == ROUTE_THEME ||
	       e->kind == ROUTE_RETRY_FORM || e->kind == ROUTE_DISMISS_FORM;
}

static bool fill_resource(const struct endpoint *e, struct str name, struct route *ret)
{
	ret->resource = resource_find(without_suffix(name, &ret->format));
	if (!ret->resource || !endpoint_has(e, ret->resource) ||
		(ret->format >= FORMAT_CSV && !ret->resource->columns))
		return false;
	ret->parameters = ret->resource->parameters;
	if (ret->format == FORMAT_BY_ACCEPT)
		ret->writes = ret->resource->writes;
	return true;
}

/* What the address names must be possible, not there: only the store knows that. */
static bool fill(const struct endpoint *e, const struct http_target *t, struct route *ret)
{
	switch (e->kind) {
	case ROUTE_RESOURCE:
		return fill_resource(e, t->segments[t->segment_count - 1], ret);
	case ROUTE_RECORD:
		return doc_record_id(ret->segment, &ret->id, &ret->n);
	case ROUTE_REPORT:
	case ROUTE_XML:
	case ROUTE_INPUT:
	case ROUTE_BYTES:
	case ROUTE_RETRY:
	case ROUTE_DISMISSED:
	case ROUTE_RETRY_FORM:
	case ROUTE_DISMISS_FORM:
		return doc_id(ret->segment, &ret->id);
	case ROUTE_SCHEMA:
		ret->asset = openapi_find(ret->segment);
		return ret->asset;
	case ROUTE_ASSET:
		ret->asset = asset_find(t->path);
		return ret->asset;
	default:
		return true;
	}
}

bool route_is_own(struct str segment)
{
	struct str rest, first;

	for (const struct endpoint *e = endpoint_table; e->path; e++) {
		rest = str_from(str_of(e->path), 1);
		if (next_part(&rest, &first) && str_eq(first, segment))
			return true;
	}
	for (const struct page *p = page_table; p->path; p++) {
		rest = str_from(str_of(p->path), 1);
		if (next_part(&rest, &first) && str_eq(first, segment))
			return true;
	}
	return false;
}

bool route_is_read(enum route_kind kind)
{
	return kind != ROUTE_THEME && kind != ROUTE_RETRY_FORM && kind != ROUTE_DISMISS_FORM;
}

bool route_imports(enum route_kind kind)
{
	return kind == ROUTE_RESOURCE || kind == ROUTE_RETRY || kind == ROUTE_RETRY_FORM;
}

static bool find_endpoint(const struct http_target *t, struct route *ret)
{
	for (const struct endpoint *e = endpoint_table; e->path; e++) {
		if (!fits(e->path, t, ret))
			continue;
		ret->parameters = e->parameters ? e->parameters : no_parameters;
		ret->writes = e->writes;
		if (!fill(e, t, ret))
			continue;
		ret->kind = e->kind;
		ret->api = !endpoint_of_pages(e);
		return true;
	}
	return false;
}

static bool find_page(const struct http_target *t, struct route *ret)
{
	for (const struct page *p = page_table; p->path; p++) {
		if (!fits(p->path, t, ret))
			continue;
		ret->page = p;
		ret->parameters = p->parameters ? p->parameters : no_parameters;
		ret->writes = p->writes;
		ret->kind = ROUTE_PAGE;
		return true;
	}
	return false;
}

void route_find(const struct http_target *t, struct route *ret)
{
	bool api = t->segment_count > 0 && str_eq(t->segments[0], STR("api"));

	if (!find_endpoint(t, ret) && (api || !find_page(t, ret)))
		*ret = (struct route){ .kind = ROUTE_NONE, .parameters = no_parameters };
	ret->api |= api;
}
