/*
 * check_set.h - the kinds of `ruad check`: each looks at one thing and says how it stands.
 *
 * A kind fills in text and performance data and returns a state; an error becomes UNKNOWN.
 */
#ifndef RUAD_CHECK_SET_H
#define RUAD_CHECK_SET_H

#include "cli.h"
#include "plugin.h"

#define CHECK_PERF 4

struct check {
	struct cli *cli;
	struct arena *arena;
	struct store *store;
	struct query query; /* with --domain, and the days of pass-rate */
	struct str about;   /* "example.com" or "all domains" */
	const char *source; /* --source or NULL */
	int64_t days;	    /* --days */
	struct threshold warning, critical;
	/* What it says: */
	struct str text;
	struct perf perf[CHECK_PERF];
	size_t perf_count;
};

void check_perf(struct check *k, struct perf perf);
/* State by the ranges of -w and -c; with a perf of that value. */
enum plugin_state check_value(
	struct check *k, const char *label, double value, int decimals, const char *unit);
/* When there is no value, and that is what should not be. */
enum plugin_state check_missing(const struct check *k);

/* Negative: err is told. */
int check_freshness(struct check *k, enum plugin_state *ret, struct err *err);
int check_import(struct check *k, enum plugin_state *ret, struct err *err);
int check_pass_rate(struct check *k, enum plugin_state *ret, struct err *err);
int check_changes(struct check *k, enum plugin_state *ret, struct err *err);
int check_senders(struct check *k, enum plugin_state *ret, struct err *err);
int check_store(struct check *k, enum plugin_state *ret, struct err *err);

/* `ruad check` could not begin, or did not end in a plugin's exit code: returns one that is. */
int check_refused(struct arena *a, const char *text);
int check_exit(int code);

#endif
