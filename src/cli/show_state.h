/*
 * show_state.h - kinds of `ruad show` that are no lists of the store: coverage, changes, keys,
 * policies.
 */
#ifndef RUAD_SHOW_STATE_H
#define RUAD_SHOW_STATE_H

#include "cli.h"

int show_coverage(struct cli *c, struct store *store, struct err *err);
int show_changes(struct cli *c, struct store *store, struct err *err);
int show_keys(struct cli *c, struct store *store, struct err *err);
int show_policies(struct cli *c, struct store *store, struct err *err);

/* "✕ ", "▲ " and so on in its colour, for a severity. */
void print_severity(struct cli *c, enum severity severity);

#endif
