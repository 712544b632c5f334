/*
 * metrics.h - the program and its data in numbers, for Prometheus and its like.
 *
 * Three kinds of numbers: what this process did (requests, by metrics_request), what imports
 * did since it began, whoever made them (followed in the ledger of the database), and how it
 * stands with the data.  The last are gauges over the newest seven complete days, made from
 * daily sums, at most once for each generation and minute.
 *
 * A metric once published keeps its name, labels and meaning; the manual has all of them.
 * Threads may call everything at once.
 * Limits: METRICS_DOMAINS, METRICS_SOURCES, METRICS_REQUESTS.
 */
#ifndef RUAD_METRICS_H
#define RUAD_METRICS_H

#include "doc.h"
#include "http.h"
#include "pool.h"

#define METRICS_DOMAINS 1000  /* with gauges of their own: those known first */
#define METRICS_SOURCES 100   /* of mail; the others count as "other" */
#define METRICS_REQUESTS 4096 /* combinations of route, method and code */
#define METRICS_DAYS 7

struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* accepts NULL */
/* Runs that end from now on are counted.  Without it: from the first metrics_write on. */
int metrics_begin(struct metrics *m, struct store *s, struct err *err);

uint64_t metrics_clock_us(void);
/* The template of what was asked for, "/api/v1/reports/{}"; nothing when there is none. */
struct route;
void metrics_route(const struct route *r, struct buf *out);
/*
 * An answer was made.  route: a template ("/api/v1/reports/{}"), never what a client wrote;
 * absent: none of ours.  m may be NULL.
 */
void metrics_request(
	struct metrics *m, struct str route, const char *method, int status, uint64_t took_us);

/* An answer was refused by a limit of bounds.h.  m may be NULL. */
struct limit;
void metrics_limit(struct metrics *m, const struct limit *limit);
/* How often each limit of limit_table was hit since the process began, by imports (as the
 * ledger has them) and answers, into ret[limit_count].  Negative: the store failed. */
int metrics_limits(struct metrics *m, struct store *s, uint64_t *ret, struct err *err);

/*
 * The whole document, in the format that the Accept header likes better.  It never fails: when
 * the database cannot be read its numbers are left out, and ruad_store_up is 0.  Returns the
 * media type.
 */
struct str metrics_write(struct metrics *m, struct pool *pool, struct doc_context *c,
	struct str accept, struct buf *out);

#endif
