/* Requests are counted by many threads at once and by templates alone; runs when they end. */
#include "store_test.h"

#include "metrics_set.h"
#include "route.h"
#include "xalloc.h"

#include <pthread.h>

#define THREADS 4
#define TIMES 2000

static struct request_meter meter;

static void *count(void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMES; i++) {
		char route[32];

		snprintf(route, sizeof(route), "/r%d", i % 20);
		request_meter_add(&meter, str_of(route), "GET", 200, 1000);
		request_meter_add(&meter, str_of(route), i % 2 ? "HEAD" : "BREW", 404, 10);
	}
	return NULL;
}

static void no_request_is_lost(void **state)
{
	CLEANUP(buf)
	struct buf out;
	pthread_t threads[THREADS];
	struct exposition e;
	char line[128];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	buf_init(&out, 1 << 20);
	exposition_init(&e, EXPOSITION_TEXT, &out);
	request_meter_write(&meter, &e);
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line),
			"ruad_http_requests_total{route=\"/r%d\",method=\"GET\",code=\"200\"} "
			"%d\n",
			i, THREADS * TIMES / 20);
		check(line, str_contains(buf_view(&out), str_of(line)));
		snprintf(line, sizeof(line),
			"ruad_http_requests_total{route=\"/r%d\",method=\"%s\",code=\"404\"} "
			"%d\n",
			i, i % 2 ? "HEAD" : "other", THREADS * TIMES / 20);
		check(line, str_contains(buf_view(&out), str_of(line)));
	}
	assert_false(str_contains(buf_view(&out), STR("BREW")));
	request_meter_release(&meter);
}

static const struct route_case {
	const char *target, *want;
} routes[] = {
	{ "/", "/" },
	{ "/domains/example.com?range=7d", "/domains/{}" },
	{ "/reports/5/xml", "/reports/{}/xml" },
	{ "/healthz", "/healthz" },
	{ "/readyz", "/readyz" },
	{ "/metrics", "/metrics" },
	{ "/metrics/x", "" },
	{ "/api/v1", "/api/v1" },
	{ "/api/v1/records", "/api/v1/records" },
	{ "/api/v1/records.csv?limit=5", "/api/v1/records" },
	{ "/api/v1/reports/17", "/api/v1/reports/{}" },
	{ "/api/v1/reports/17/xml", "/api/v1/reports/{}/xml" },
	{ "/api/v1/records/17.3", "/api/v1/records/{}" },
	{ "/api/v1/domains/example.com/readiness", "/api/v1/domains/{}/readiness" },
	{ "/api/v1/domains/example.com/nothing", "" },
	{ "/api/v1/nothing", "" },
	{ "/api/v1/reports/x", "" },
	{ "/nothing", "" },
	{ "/static/nothing.css", "" },
	{ "/api/v1/openapi.json", "/api/v1/openapi.json" },
	{ "/api/v1/schemas/records.schema.json", "/api/v1/schemas/{}" },
	{ "/api/v1/domains/a.example/senders/b.example/mark",
		"/api/v1/domains/{}/senders/{}/mark" },
};

static void addresses_become_templates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(routes); i++) {
		CLEANUP(arena)
		struct arena a;
		CLEANUP(buf)
		struct buf out;
		struct http_target t;
		struct route r;
		struct err err = { 0 };

		arena_init(&a);
		buf_init(&out, 256);
		check_int(routes[i].target,
			http_target_parse(str_of(routes[i].target), &a, &t, &err), 0);
		route_find(&t, &r);
		metrics_route(&r, &out);
		check_str(routes[i].target, str_make(out.n ? out.p : "", out.n),
			str_of(routes[i].want));
	}
}

/* --- Runs --- */

#define NOW day_start(DAY0)

static int64_t begins(struct world *w, const char *source)
{
	int64_t id;

	OK(w, store_run_begin(w->s, str_of(source), NOW, &id, &w->err));
	return id;
}

static void ends(
	struct world *w, int64_t id, const char *source, uint64_t stored, const char *error)
{
	struct run_row run = { .id = id,
		.started_at = NOW,
		.ended_at = NOW + 7,
		.source = str_of(source),
		.inputs = stored,
		.by_outcome = { stored },
		.end = error ? RUN_FAILED : RUN_DONE,
		.error = str_of(error) };

	OK(w, store_run_end(w->s, &run, &w->err));
}

static void says(struct world *w, struct ledger_meter *l, const char *line)
{
	CLEANUP(buf)
	struct buf out;
	struct exposition e;

	OK(w, ledger_meter_follow(l, w->s, &w->err));
	buf_init(&out, 1 << 20);
	exposition_init(&e, EXPOSITION_TEXT, &out);
	ledger_meter_write(l, &e);
	check(line, str_contains(buf_view(&out), str_of(line)));
}

static void a_run_counts_once_when_it_ends(void **state)
{
	struct ledger_meter l = { 0 };
	int64_t before, first, second;
	struct world w;

	(void)state;
	world_open(&w);
	ends(&w, begins(&w, "rua"), "rua", 100, NULL);
	before = begins(&w, "rua");
	OK(&w, ledger_meter_follow(&l, w.s, &w.err)); /* here it begins */
	first = begins(&w, "rua");
	second = begins(&w, "rua");
	OK(&w, ledger_meter_follow(&l, w.s, &w.err));
	ends(&w, second, "rua", 2, "cut");
	says(&w, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 2\n");
	says(&w, &l, "ruad_import_runs_total{source=\"rua\",outcome=\"partial\"} 1\n");
	ends(&w, first, "rua", 3, NULL);
	ends(&w, before, "rua", 10, NULL);
	says(&w, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 15\n");
	says(&w, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 15\n");
	ends(&w, begins(&w, "rua"), "rua", 0, "refused");
	says(&w, &l, "ruad_import_runs_total{source=\"rua\",outcome=\"failed\"} 1\n");
	says(&w, &l, "ruad_import_runs_total{source=\"rua\",outcome=\"ok\"} 2\n");
	says(&w, &l, "ruad_import_duration_seconds_sum{source=\"rua\"} 28.0\n");
	assert_int_equal(l.pending_count, 0);
	ledger_meter_release(&l);
	world_close(&w);
}

static void runs_that_were_killed_are_let_go(void **state)
{
	struct ledger_meter l = { 0 };
	struct world w;
	int64_t last = 0;

	(void)state;
	world_open(&w);
	OK(&w, ledger_meter_follow(&l, w.s, &w.err));
	for (int i = 0; i < LEDGER_PENDING + 20; i++)
		last = begins(&w, "rua");
	OK(&w, ledger_meter_follow(&l, w.s, &w.err));
	assert_int_equal(l.pending_count, LEDGER_PENDING);
	ends(&w, last, "rua", 5, NULL);
	says(&w, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 5\n");
	ledger_meter_release(&l);
	world_close(&w);
}

static void sources_are_bounded(void **state)
{
	struct ledger_meter l = { 0 };
	struct world w;

	(void)state;
	world_open(&w);
	OK(&w, ledger_meter_follow(&l, w.s, &w.err));
	for (int i = 0; i < METRICS_SOURCES + 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", i);
		ends(&w, begins(&w, name), name, 1, NULL);
	}
	says(&w, &l, "ruad_inputs_total{source=\"s0\",outcome=\"stored\"} 1\n");
	says(&w, &l, "ruad_inputs_total{source=\"other\",outcome=\"stored\"} 5\n");
	ledger_meter_release(&l);
	world_close(&w);
}

static void another_database_begins_anew(void **state)
{
	struct ledger_meter l = { 0 };
	struct world w, other;

	(void)state;
	world_open(&w);
	OK(&w, ledger_meter_follow(&l, w.s, &w.err));
	for (int i = 0; i < 5; i++)
		ends(&w, begins(&w, "rua"), "rua", 1, NULL);
	says(&w, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 5\n");
	world_open(&other);
	ends(&other, begins(&other, "rua"), "rua", 50, NULL);
	says(&other, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 5\n");
	ends(&other, begins(&other, "rua"), "rua", 2, NULL);
	says(&other, &l, "ruad_inputs_total{source=\"rua\",outcome=\"stored\"} 7\n");
	ledger_meter_release(&l);
	world_close(&w);
	world_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_is_lost),
		cmocka_unit_test(addresses_become_templates),
		cmocka_unit_test(a_run_counts_once_when_it_ends),
		cmocka_unit_test(runs_that_were_killed_are_let_go),
		cmocka_unit_test(sources_are_bounded),
		cmocka_unit_test(another_database_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
