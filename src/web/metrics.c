#include "metrics.h"

#include "flow.h"
#include "http.h"
#include "log.h"
#include "metrics_set.h"
#include "xalloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define GAUGES_MOST (16 * MIB)
#define FORMATS 2

/* The gauges as they were made for a generation and minute. */
struct gauges {
	int64_t generation, minute;
	bool made;
	struct buf text;
};

struct metrics {
	struct request_meter requests;
	int64_t started_at;
	_Atomic uint64_t limits[METRICS_LIMITS]; /* that answers hit */
	pthread_mutex_t lock;			 /* for all below */
	struct ledger_meter ledger;
	struct gauges gauges[FORMATS];
	bool store_down; /* so that it is logged once */
};

static const struct metric build = {
	.name = "ruad_build",
	.type = METRIC_INFO,
	.help = "Versions of the program and of libraries.",
};
static const struct metric limit_hits = {
	.name = "ruad_limit_hits",
	.type = METRIC_COUNTER,
	.help = "What was refused or cut by a limit since this process began: inputs of listed "
		"runs of all processes, and answers of this one.",
};
static const struct metric store_up = {
	.name = "ruad_store_up",
	.help = "1 when the database could be read for this answer, else 0.",
};

struct metrics *metrics_new(void)
{
	struct metrics *m = xcalloc(1, sizeof(*m));

	m->started_at = time(NULL);
	pthread_mutex_init(&m->lock, NULL);
	for (size_t i = 0; i < FORMATS; i++)
		buf_init(&m->gauges[i].text, GAUGES_MOST);
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	request_meter_release(&m->requests);
	ledger_meter_release(&m->ledger);
	for (size_t i = 0; i < FORMATS; i++)
		buf_release(&m->gauges[i].text);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int metrics_begin(struct metrics *m, struct store *s, struct err *err)
{
	int r;

	pthread_mutex_lock(&m->lock);
	r = ledger_meter_follow(&m->ledger, s, err);
	pthread_mutex_unlock(&m->lock);
	return r;
}

uint64_t metrics_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void metrics_request(
	struct metrics *m, struct str route, const char *method, int status, uint64_t took_us)
{
	if (m)
		request_meter_add(&m->requests, route, method, status, took_us);
}

void metrics_limit(struct metrics *m, const struct limit *limit)
{
	if (m && limit)
		m->limits[limit - limit_table]++;
}

/* The ledger was followed. */
static void add_limits(struct metrics *m, uint64_t *ret)
{
	uint64_t answers[METRICS_LIMITS];

	for (size_t i = 0; i < limit_count; i++)
		answers[i] = m->limits[i];
	ledger_meter_limits(&m->ledger, answers, ret);
}

int metrics_limits(struct metrics *m, struct store *s, uint64_t *ret, struct err *err)
{
	int r;

	pthread_mutex_lock(&m->lock);
	r = ledger_meter_follow(&m->ledger, s, err);
	add_limits(m, ret);
	pthread_mutex_unlock(&m->lock);
	return r;
}

/* --- The document --- */

static int make_gauges(
	struct gauges *g, struct doc_context *c, enum exposition_format format, struct err *err)
{
	int64_t generation, minute = c->now_at / 60;
	struct exposition e;
	int r = store_generation(c->store, &generation, err);

	if (r < 0 || (g->made && g->generation == generation && g->minute == minute))
		return r;
	g->made = false;
	buf_clear(&g->text);
	exposition_init(&e, format, &g->text);
	r = gauges_write(c, &e, err);
	if (r == 0 && g->text.full)
		r = FAIL(err, ERR_LIMIT, "too-large", "The metrics are larger than allowed.");
	if (r < 0)
		return r;
	g->generation = generation;
	g->minute = minute;
	g->made = true;
	return 0;
}

static int look_at_store(struct metrics *m, struct pool *pool, struct doc_context *c,
	enum exposition_format format, struct err *err)
{
	struct store *store = NULL;
	int r = pool_take(pool, &store, err);

	if (r < 0)
		return r;
	c->store = store;
	r = ledger_meter_follow(&m->ledger, store, err);
	if (r == 0)
		r = make_gauges(&m->gauges[format], c, format, err);
	pool_give(pool, store, r == ERR_IO || r == ERR_CONFIG);
	c->store = NULL;
	return r;
}

static void say_down(struct metrics *m, int r, const struct err *err)
{
	if (r < 0 && !m->store_down)
		log_line(LOG_LEVEL_ERROR, "web.failed", LOG_STR("path", STR("/metrics")),
			LOG_STR("text", str_of(err->text)));
	m->store_down = r < 0;
}

static void write_program(struct metrics *m, struct exposition *e)
{
	exposition_family(e, &build);
	exposition_number(e,
		LABELS({ "version", STR(RUAD_VERSION) },
			{ "sqlite", str_of(store_library_version()) },
			{ "libxml2", str_of(flow_xml_version()) }),
		1);
	process_write(e, m->started_at);
	request_meter_write(&m->requests, e);
}

static void write_limits(struct metrics *m, struct exposition *e)
{
	uint64_t hits[METRICS_LIMITS];

	add_limits(m, hits);
	exposition_family(e, &limit_hits);
	for (size_t i = 0; i < limit_count; i++)
		exposition_number(e, LABELS({ "limit", str_of(limit_table[i].name) }), hits[i]);
}

static void write_data(
	struct metrics *m, struct pool *pool, struct doc_context *c, struct exposition *e)
{
	struct err err = { 0 };
	int r;

	pthread_mutex_lock(&m->lock);
	ledger_meter_know(&m->ledger, c->imports, c->import_count);
	r = look_at_store(m, pool, c, e->format, &err);
	say_down(m, r, &err);
	ledger_meter_write(&m->ledger, e);
	write_limits(m, e);
	exposition_family(e, &store_up);
	exposition_number(e, NO_LABELS, r == 0);
	if (r == 0)
		buf_str(e->out, buf_view(&m->gauges[e->format].text));
	pthread_mutex_unlock(&m->lock);
}

static enum exposition_format format_for(struct str accept)
{
	static const char *const offers[] = { "text/plain", "application/openmetrics-text",
		NULL };

	return http_accept(accept, offers) == 1 ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}

struct str metrics_write(struct metrics *m, struct pool *pool, struct doc_context *c,
	struct str accept, struct buf *out)
{
	enum exposition_format format = format_for(accept);
	struct exposition e;

	exposition_init(&e, format, out);
	write_program(m, &e);
	write_data(m, pool, c, &e);
	exposition_end(&e);
	return format == EXPOSITION_OPENMETRICS
		       ? STR("application/openmetrics-text; version=1.0.0; charset=utf-8")
		       : STR("text/plain; version=0.0.4; charset=utf-8");
}
