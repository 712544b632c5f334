/*
 * metrics_set.h - for metrics*.c only: the parts of the metrics document.
 */
#ifndef RUAD_METRICS_SET_H
#define RUAD_METRICS_SET_H

#include "exposition.h"
#include "metrics.h"

/* --- Requests: a table of series that are never taken out --- */

struct request_series;
struct request_meter {
	_Atomic(struct request_series *) slots[METRICS_REQUESTS];
};
void request_meter_release(struct request_meter *m);
void request_meter_add(struct request_meter *m, struct str route, const char *method,
	int status, uint64_t took_us);
void request_meter_write(struct request_meter *m, struct exposition *e);

/* --- Runs of imports, as the ledger lists them; one thread at a time --- */

#define LEDGER_PENDING 64 /* runs that have not ended */

struct source_meter;
#define METRICS_LIMITS 64 /* of limit_table, at most */
struct ledger_meter {
	bool begun;
	int64_t newest;			 /* id of the newest run that was seen */
	int64_t pending[LEDGER_PENDING]; /* runs up to it that had not ended */
	size_t pending_count;
	struct source_meter *sources[METRICS_SOURCES + 1];
	size_t source_count;
	uint64_t limits[METRICS_LIMITS]; /* how often each was hit, by place in limit_table */
};
void ledger_meter_release(struct ledger_meter *l);
int ledger_meter_follow(struct ledger_meter *l, struct store *s, struct err *err);
/* Configured sources are there from the start, with zeros. */
void ledger_meter_know(struct ledger_meter *l, const struct web_import *imports, size_t n);
/* How often each limit of limit_table was hit: in the ledger, and more. */
void ledger_meter_limits(const struct ledger_meter *l, const uint64_t *more, uint64_t *ret);
void ledger_meter_write(const struct ledger_meter *l, struct exposition *e);

/* --- The process, by the names that all programs use --- */

void process_write(struct exposition *e, int64_t started_at);

/* --- The data --- */

int gauges_write(struct doc_context *c, struct exposition *e, struct err *err);

#endif
