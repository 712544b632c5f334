/*
 * metrics_requests.c - requests by route, method and code.
 *
 * A hash table whose slots are filled once, by a compare-and-swap, and stay: counting takes no
 * lock.
 */
#include "metrics_set.h"

#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTE_TEXT 96

struct request_series {
	char route[ROUTE_TEXT];
	const char *method;
	int status;
	struct histogram seconds;
};

static const struct histogram_scale scale = {
	.count = 12,
	.bounds_us = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
		2500000, 10000000 },
};

static const struct metric requests = {
	.name = "ruad_http_requests",
	.type = METRIC_COUNTER,
	.help = "Requests that were answered.",
};
static const struct metric durations = {
	.name = "ruad_http_request_duration_seconds",
	.type = METRIC_HISTOGRAM,
	.unit = "seconds",
	.help = "Time to make an answer, without the time to send it.",
};

/* A method is what a client wrote: those of HTTP keep their names. */
static const char *known_method(const char *method)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH",
		"OPTIONS" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i], method) == 0)
			return methods[i];
	return "other";
}

static size_t first_slot(struct str route, const char *method, int status)
{
	uint32_t h = 2166136261U ^ (uint32_t)status;

	for (size_t i = 0; i < route.n; i++)
		h = (h ^ (unsigned char)route.p[i]) * 16777619U;
	for (; *method; method++)
		h = (h ^ (unsigned char)*method) * 16777619U;
	return h % METRICS_REQUESTS;
}

static bool series_is(
	const struct request_series *s, struct str route, const char *method, int status)
{
	return s->status == status && s->method == method && str_eq(str_of(s->route), route);
}

static struct request_series *series_new(struct str route, const char *method, int status)
{
	struct request_series *s = xcalloc(1, sizeof(*s));

	memcpy(s->route, route.p, route.n);
	s->method = method;
	s->status = status;
	histogram_init(&s->seconds, &scale);
	return s;
}

/* NULL: the table is full, which takes more routes than there are. */
static struct request_series *series_find(
	struct request_meter *m, struct str route, const char *method, int status)
{
	size_t at = first_slot(route, method, status);

	for (size_t i = 0; i < METRICS_REQUESTS; i++) {
		_Atomic(struct request_series *) *slot = &m->slots[(at + i) % METRICS_REQUESTS];
		struct request_series *s = atomic_load(slot);

		if (!s) {
			struct request_series *made = series_new(route, method, status);

			if (atomic_compare_exchange_strong(slot, &s, made))
				return made;
			free(made); /* somebody was faster, and is in s now */
		}
		if (series_is(s, route, method, status))
			return s;
	}
	return NULL;
}

void request_meter_add(struct request_meter *m, struct str route, const char *method,
	int status, uint64_t took_us)
{
	struct request_series *s;

	if (str_empty(route) || route.n >= ROUTE_TEXT)
		route = STR("other");
	s = series_find(m, route, known_method(method), status);
	if (s)
		histogram_add(&s->seconds, took_us);
}

void request_meter_release(struct request_meter *m)
{
	for (size_t i = 0; i < METRICS_REQUESTS; i++)
		free(atomic_load(&m->slots[i]));
}

/* --- Printing --- */

static int compare(const void *a, const void *b)
{
	const struct request_series *x = *(struct request_series *const *)a,
				    *y = *(struct request_series *const *)b;
	int by_route = strcmp(x->route, y->route), by_method = strcmp(x->method, y->method);

	if (by_route != 0)
		return by_route;
	return by_method != 0 ? by_method : x->status - y->status;
}

static size_t in_order(struct request_meter *m, struct request_series **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < METRICS_REQUESTS; i++) {
		ret[n] = atomic_load(&m->slots[i]);
		n += ret[n] != NULL;
	}
	qsort(ret, n, sizeof(struct request_series *), compare);
	return n;
}

static void write_series(
	const struct request_series *s, struct exposition *e, const struct metric *m)
{
	char code[16];

	snprintf(code, sizeof(code), "%d", s->status);
	const struct label *labels = LABELS({ "route", str_of(s->route) },
		{ "method", str_of(s->method) }, { "code", str_of(code) });

	if (m == &requests)
		exposition_number(e, labels, histogram_count(&s->seconds));
	else
		exposition_histogram(e, labels, &s->seconds);
}

void request_meter_write(struct request_meter *m, struct exposition *e)
{
	static const struct metric *const families[] = { &requests, &durations };
	struct request_series **all =
		xcalloc(METRICS_REQUESTS + 1, sizeof(struct request_series *));
	size_t n = in_order(m, all);

	for (size_t f = 0; f < 2; f++) {
		exposition_family(e, families[f]);
		for (size_t i = 0; i < n; i++)
			write_series(all[i], e, families[f]);
	}
	free(all);
}
