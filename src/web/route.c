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

static void find_resource(struct str name, bool of_domain, struct route *ret)
{
	ret->resource = resource_find(without_suffix(name, &ret->format));
	if (!ret->resource || ret->resource->of_domain != of_domain)
		return;
	if (ret->format >= FORMAT_CSV && !ret->resource->columns)
		return;
	ret->kind = ROUTE_RESOURCE;
}

/* "/api/v1/domains/<domain>/<resource>" */
static bool is_of_domain(const struct http_target *t)
{
	return t->segment_count == 5 && segment_is(t, 2, "domains") && t->segments[3].n > 0;
}

/* "/api/v1/domains/<domain>/senders/<key>[/mark]" */
static bool find_sender(const struct http_target *t, struct route *ret)
{
	if (t->segment_count < 6 || t->segment_count > 7 || !segment_is(t, 2, "domains") ||
		!segment_is(t, 4, "senders") || t->segments[3].n == 0 || t->segments[5].n == 0)
		return false;
	if (t->segment_count == 7 && !segment_is(t, 6, "mark"))
		return false;
	ret->segment = t->segments[3];
	ret->key = t->segments[5];
	ret->kind = t->segment_count == 7 ? ROUTE_MARK : ROUTE_SENDER;
	ret->writes = ret->kind == ROUTE_MARK ? "PUT" : NULL;
	return true;
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
		find_resource(t->segments[2], false, ret);
	else if (is_of_domain(t)) {
		ret->segment = t->segments[3];
		find_resource(t->segments[4], true, ret);
	} else if (!find_sender(t, ret))
		find_one(t, ret);
}

static bool page_matches(const struct page *page, const struct http_target *t,
	struct str *ret_segment, struct str *ret_key)
{
	struct str rest = str_from(str_of(page->path), 1), part;
	size_t i = 0;

	*ret_segment = *ret_key = STR_ABSENT;
	if (str_empty(rest))
		return t->segment_count == 0;
	while (str_cut(&rest, '/', &part)) {
		if (i == t->segment_count)
			return false;
		if (str_eq(part, STR("{}")) && t->segments[i].n > 0)
			*(str_absent(*ret_segment) ? ret_segment : ret_key) = t->segments[i];
		else if (!str_eq(part, t->segments[i]))
			return false;
		i++;
	}
	return i == t->segment_count;
}

/* What machines ask for. */
static bool find_probe(const struct http_target *t, struct route *ret)
{
	static const struct {
		const char *name;
		enum route_kind kind;
	} probes[] = { { "healthz", ROUTE_HEALTH }, { "readyz", ROUTE_READY },
		{ "metrics", ROUTE_METRICS } };

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (t->segment_count == 1 && segment_is(t, 0, probes[i].name))
			ret->kind = probes[i].kind;
	return ret->kind != ROUTE_NONE;
}

bool route_is_own(struct str segment)
{
	static const char *const others[] = { "api", "static", "healthz", "readyz", "metrics" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (str_eq(segment, str_of(others[i])))
			return true;
	for (const struct page *p = page_table; p->path; p++) {
		struct str rest = str_from(str_of(p->path), 1), first;

		if (str_cut(&rest, '/', &first) && str_eq(first, segment))
			return true;
	}
	return false;
}

void route_find(const struct http_target *t, struct route *ret)
{
	*ret = (struct route){ .kind = ROUTE_NONE };
	if (segment_is(t, 0, "api")) {
		find_api(t, ret);
		return;
	}
	if (find_probe(t, ret))
		return;
	if (segment_is(t, 0, "static")) {
		ret->asset = asset_find(t->path);
		ret->kind = ret->asset ? ROUTE_ASSET : ROUTE_NONE;
		return;
	}
	for (const struct page *p = page_table; p->path; p++) {
		if (!page_matches(p, t, &ret->segment, &ret->key))
			continue;
		ret->page = p;
		ret->writes = p->writes;
		ret->kind = ROUTE_PAGE;
		return;
	}
}
