/*
 * exposition.h - metrics as text: Prometheus text format 0.0.4 and OpenMetrics 1.0.0.  Pure.
 *
 * A family at a time, and all its samples before the next one; the two formats differ in the
 * names of counters and info families, in units, and in the end mark.  Label values are
 * strangers' text: they are escaped, and control characters and bytes that are not UTF-8 become
 * U+FFFD.
 * Life: exposition_init -> (exposition_family -> samples …) … -> exposition_end.
 */
#ifndef RUAD_EXPOSITION_H
#define RUAD_EXPOSITION_H

#include "buf.h"
#include "histogram.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO };

struct metric {
	const char *name; /* of the family: without _total and _info */
	enum metric_type type;
	const char *unit; /* with which the name ends; NULL: none */
	const char *help; /* no backslash, quote or line end */
};

/* A name of NULL ends a list. */
struct label {
	const char *name;
	struct str value;
};
#define LABELS(...) ((const struct label[]){ __VA_ARGS__, { NULL, STR_ABSENT } })
#define NO_LABELS ((const struct label[]){ { NULL, STR_ABSENT } })

struct exposition {
	struct buf *out;
	enum exposition_format format;
	const struct metric *family; /* that is open */
};

void exposition_init(struct exposition *e, enum exposition_format format, struct buf *out);
void exposition_family(struct exposition *e, const struct metric *m);
/* One sample of the open family, which is no histogram. */
void exposition_number(struct exposition *e, const struct label *labels, uint64_t value);
void exposition_signed(struct exposition *e, const struct label *labels, int64_t value);
/* Millionths: seconds, from microseconds. */
void exposition_micros(struct exposition *e, const struct label *labels, uint64_t value);
/* All samples of one histogram, which counts microseconds and is told in seconds. */
void exposition_histogram(
	struct exposition *e, const struct label *labels, const struct histogram *h);
void exposition_end(struct exposition *e);

#endif
