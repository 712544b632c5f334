/*
 * show.h - the kinds of `ruad show` as text.  Each prints; 0 or negative.
 */
#ifndef RUAD_SHOW_H
#define RUAD_SHOW_H

#include "cells.h"

int show_summary(struct cli *c, struct store *store, struct err *err);
int show_timeseries(struct cli *c, struct store *store, struct err *err);
int show_domains(struct cli *c, struct store *store, struct err *err);
int show_senders(struct cli *c, struct store *store, struct err *err);
int show_sources(struct cli *c, struct store *store, struct err *err);
int show_reporters(struct cli *c, struct store *store, struct err *err);
int show_records(struct cli *c, struct store *store, struct err *err);
int show_reports(struct cli *c, struct store *store, struct err *err);
int show_inputs(struct cli *c, struct store *store, struct err *err);
int show_runs(struct cli *c, struct store *store, struct err *err);
int show_coverage(struct cli *c, struct store *store, struct err *err);
int show_changes(struct cli *c, struct store *store, struct err *err);
int show_keys(struct cli *c, struct store *store, struct err *err);
int show_policies(struct cli *c, struct store *store, struct err *err);
int show_overrides(struct cli *c, struct store *store, struct err *err);
int show_status(struct cli *c, struct store *store, struct err *err);
/* Of the domain that the query names; ERR_INPUT "no-input": there is none. */
int show_readiness(struct cli *c, struct store *store, struct err *err);

/* There is no report about the domain of the query: ERR_INPUT "no-input". */
int show_no_domain(const struct cli *c, struct err *err);
/* Print a table of rows and how to go on; closes rows.  r: what the iterator ended with. */
int rows_finish(struct cli *c, const struct table *t, struct rows *rows, int r);
/* "✕ ", "▲ " and so on in its colour, for a severity. */
void print_severity(struct cli *c, enum severity severity);

#endif
