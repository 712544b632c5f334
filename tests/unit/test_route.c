#include "check.h"

#include "openapi.h"
#include "route.h"
#include "routes.h"
#include "xalloc.h"

#include <stdlib.h>

static void find(const char *raw, struct arena *a, struct route *ret)
{
	struct http_target t = { 0 };
	struct err err = { 0 };

	check_int(raw, http_target_parse(str_of(raw), a, &t, &err), 0);
	route_find(&t, ret);
}

static void addresses_have_kinds(void **state)
{
	static const struct {
		const char *raw;
		enum route_kind kind;
		enum route_format format;
	} cases[] = {
		{ "/healthz", ROUTE_HEALTH, FORMAT_BY_ACCEPT },
		{ "/healthz/", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1", ROUTE_INDEX, FORMAT_BY_ACCEPT },
		{ "/api/v1/records", ROUTE_RESOURCE, FORMAT_BY_ACCEPT },
		{ "/api/v1/records.csv", ROUTE_RESOURCE, FORMAT_CSV },
		{ "/api/v1/records.ndjson", ROUTE_RESOURCE, FORMAT_NDJSON },
		{ "/api/v1/summary.json", ROUTE_RESOURCE, FORMAT_JSON },
		{ "/api/v1/summary.csv", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/nothing", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/{resource}", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/keys", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/domains/a.example/keys.csv", ROUTE_RESOURCE, FORMAT_CSV },
		{ "/api/v1/domains//keys", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/domains/a.example/records", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/domains/a.example/senders/b.example", ROUTE_SENDER,
			FORMAT_BY_ACCEPT },
		{ "/api/v1/domains/a.example/senders//mark", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/domains/a.example/senders/b/mark", ROUTE_MARK, FORMAT_BY_ACCEPT },
		{ "/api/v1/openapi.json", ROUTE_SCHEMA, FORMAT_BY_ACCEPT },
		{ "/api/v1/schemas/records.schema.json", ROUTE_SCHEMA, FORMAT_BY_ACCEPT },
		{ "/api/v1/schemas/openapi.json", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/schemas/0001_first.sql", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v2/records", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/records/17.3", ROUTE_RECORD, FORMAT_BY_ACCEPT },
		{ "/api/v1/records/17", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/records/17.0", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/17", ROUTE_REPORT, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/017", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/-1", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/99999999999999999999", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/17/xml", ROUTE_XML, FORMAT_BY_ACCEPT },
		{ "/api/v1/reports/17/xml/", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/api/v1/inputs/5", ROUTE_INPUT, FORMAT_BY_ACCEPT },
		{ "/api/v1/inputs/5/bytes", ROUTE_BYTES, FORMAT_BY_ACCEPT },
		{ "/", ROUTE_PAGE, FORMAT_BY_ACCEPT },
		{ "/domains/example.com", ROUTE_PAGE, FORMAT_BY_ACCEPT },
		{ "/reports/17/xml", ROUTE_PAGE, FORMAT_BY_ACCEPT },
		{ "/static/nothing.css", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/static/../app.css", ROUTE_NONE, FORMAT_BY_ACCEPT },
		{ "/../etc/passwd", ROUTE_NONE, FORMAT_BY_ACCEPT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct route route;

		arena_init(&a);
		find(cases[i].raw, &a, &route);
		check_int(cases[i].raw, route.kind, cases[i].kind);
		check_int(cases[i].raw, route.format, cases[i].format);
		check(cases[i].raw, route.parameters != NULL);
	}
}

static void parts_and_parameters(void **state)
{
	static const struct {
		const char *raw, *segment, *key, *first, *writes;
		bool api;
	} cases[] = {
		{ "/healthz", NULL, NULL, NULL, NULL, true },
		{ "/", NULL, NULL, "from", NULL, false },
		{ "/nothing", NULL, NULL, NULL, NULL, false },
		{ "/static/nothing.css", NULL, NULL, NULL, NULL, false },
		{ "/api", NULL, NULL, NULL, NULL, true },
		{ "/api/v1/nothing", NULL, NULL, NULL, NULL, true },
		{ "/api/v1/status", NULL, NULL, NULL, NULL, true },
		{ "/api/v1/records", NULL, NULL, "from", NULL, true },
		{ "/api/v1/inputs", NULL, NULL, "from", "POST", true },
		{ "/api/v1/inputs.csv", NULL, NULL, "from", NULL, true },
		{ "/api/v1/inputs/7", "7", NULL, NULL, NULL, true },
		{ "/api/v1/domains/a%2Fb", "a/b", NULL, "from", NULL, true },
		{ "/api/v1/domains/a.example/readiness", "a.example", NULL, "domain", NULL,
			true },
		{ "/api/v1/domains/a/senders/b%20c", "a", "b c", "from", NULL, true },
		{ "/api/v1/domains/a/senders/b/mark", "a", "b", NULL, "PUT", true },
		{ "/domains/a/senders/b", "a", "b", "from", "POST", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena)
		struct arena a;
		struct route r;

		arena_init(&a);
		find(cases[i].raw, &a, &r);
		check_str(cases[i].raw, r.segment, str_of(cases[i].segment));
		check_str(cases[i].raw, r.key, str_of(cases[i].key));
		check_str(cases[i].raw, str_of(r.parameters[0]), str_of(cases[i].first));
		check_str(cases[i].raw, str_of(r.writes), str_of(cases[i].writes));
		check_int(cases[i].raw, r.api, cases[i].api);
	}
}

static void own_addresses(void **state)
{
	(void)state;
	assert_true(route_is_own(STR("api")));
	assert_true(route_is_own(STR("static")));
	assert_true(route_is_own(STR("metrics")));
	assert_true(route_is_own(STR("records")));
	assert_false(route_is_own(STR("ruad")));
	assert_false(route_is_own(STR("")));
}

/* Each resource is at one address, and is told of once. */
static void each_resource_is_told(void **state)
{
	CLEANUP(arena)
	struct arena a;
	CLEANUP(buf)
	struct buf text;
	struct json j;

	(void)state;
	arena_init(&a);
	buf_init(&text, 256 * KIB);
	json_init(&j, &text);
	json_open_object(&j);
	routes_keys(&j, STR("/prefix"), &a);
	json_close_object(&j);
	assert_int_equal(json_end(&j), 0);
	for (const struct resource *r = resource_table; r->name; r++) {
		size_t places = 0;

		for (const struct endpoint *e = endpoint_table; e->path; e++)
			places += endpoint_has(e, r);
		check_int(r->name, places, 1);
		check(r->name,
			str_contains(buf_view(&text),
				arena_printf(&a, "{\"path\":\"/api/v1/%s%s\",\"methods\":",
					r->of_domain ? "domains/{domain}/" : "", r->name)));
		check(r->name, str_contains(buf_view(&text),
				       arena_printf(&a, "\"%s\":\"/prefix/api/v1/", r->name)));
	}
	/* What the path says is no parameter. */
	assert_true(str_contains(buf_view(&text),
		STR("readiness\",\"methods\":[\"GET\",\"HEAD\"],\"parameters\":[\"target\"]")));
	assert_false(str_contains(buf_view(&text), STR("{resource}")));
}

static void description_and_schemas(void **state)
{
	const struct asset *description = openapi_find(STR_ABSENT);

	(void)state;
	assert_non_null(description);
	assert_true(str_contains(description->body, STR("\"openapi\": \"3.1.")));
	assert_non_null(openapi_find(STR("records.schema.json")));
	assert_null(openapi_find(STR("openapi.json")));
	assert_null(openapi_find(STR("")));
	assert_null(openapi_find(STR("nothing.schema.json")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_kinds),
		cmocka_unit_test(parts_and_parameters),
		cmocka_unit_test(own_addresses),
		cmocka_unit_test(each_resource_is_told),
		cmocka_unit_test(description_and_schemas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
