#include "route.h"

static bool segment_is(const struct http_target *t, size_t i, const char *text)
{
	return i < t->segment_count && str_eq(t->segments[i], str_of(text));
}

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

static void find_resource(struct str name, struct route *ret)
{
	ret->resource = resource_find(without_suffix(name, &ret->format));
	if (!ret->resource)
		return;
	if (ret->format >= FORMAT_CSV && !ret->resource->list)
		return;
	ret->kind = ROUTE_RESOURCE;
}

/* "/api/v1/<collection>/<id>[/<sub>]" */
static const struct {
	const char *collection, *sub;
	enum route_kind kind;
} one_table[] = {
	{ "reports", NULL, ROUTE_REPORT },
	{ "reports", "xml", ROUTE_XML },
	{ "records", NULL, ROUTE_RECORD },
	{ "inputs", NULL, ROUTE_INPUT },
	{ "inputs", "bytes", ROUTE_BYTES },
};

static void find_one(const struct http_target *t, struct route *ret)
{
	for (size_t i = 0; i < sizeof(one_table) / sizeof(one_table[0]); i++) {
		bool id;

		if (!segment_is(t, 2, one_table[i].collection) ||
			t->segment_count != (one_table[i].sub ? 5u : 4u) ||
			(one_table[i].sub && !segment_is(t, 4, one_table[i].sub)))
			continue;
		id = one_table[i].kind == ROUTE_RECORD
			     ? doc_record_id(t->segments[3], &ret->id, &ret->n)
			     : doc_id(t->segments[3], &ret->id);
		ret->segment = t->segments[3];
		if (id)
			ret->kind = one_table[i].kind;
		return;
	}
}

static void find_api(const struct http_target *t, struct route *ret)
{
	ret->api = true;
	if (!segment_is(t, 1, "v1"))
		return;
	if (t->segment_count == 2)
		ret->kind = ROUTE_INDEX;
	else if (t->segment_count == 3)
		find_resource(t->segments[2], ret);
	else
		find_one(t, ret);
}

static bool page_matches(
	const struct page *page, const struct http_target *t, struct str *ret_segment)
{
	struct str rest = str_from(str_of(page->path), 1), part;
	size_t i = 0;

	*ret_segment = STR_ABSENT;
	if (str_empty(rest))
		return t->segment_count == 0;
	while (str_cut(&rest, '/', &part)) {
		if (i == t->segment_count)
			return false;
		if (str_eq(part, STR("{}")) && t->segments[i].n > 0)
			*ret_segment = t->segments[i];
		else if (!str_eq(part, t->segments[i]))
			return false;
		i++;
	}
	return i == t->segment_count;
}

void route_find(const struct http_target *t, struct route *ret)
{
	*ret = (struct route){ .kind = ROUTE_NONE };
	if (segment_is(t, 0, "api")) {
		find_api(t, ret);
		return;
	}
	if (segment_is(t, 0, "healthz") && t->segment_count == 1) {
		ret->kind = ROUTE_HEALTH;
		return;
	}
	if (segment_is(t, 0, "static")) {
		ret->asset = asset_find(t->path);
		ret->kind = ret->asset ? ROUTE_ASSET : ROUTE_NONE;
		return;
	}
	for (const struct page *p = page_table; p->path; p++) {
		if (!page_matches(p, t, &ret->segment))
			continue;
		ret->page = p;
		ret->kind = ROUTE_PAGE;
		return;
	}
}
