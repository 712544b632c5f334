/*
 * cells.h - values as cells of text tables.
 */
#ifndef RUAD_CELLS_H
#define RUAD_CELLS_H

#include "cli.h"
#include "ip.h"
#include "table.h"

struct str day_cell(struct arena *a, int64_t day);
struct str time_cell(struct arena *a, int64_t at); /* "-" of none */
struct str ip_cell(struct arena *a, const struct ip *ip);
/* Foreign text made harmless; "-" of none. */
struct str or_dash(struct arena *a, struct str s);
/* "✓ pass", "✕ fail"; which colour goes with it. */
struct str result_cell(struct cli *c, enum dmarc result);
enum tone result_tone(enum dmarc result);

/* Print the table; a sentence when it has no rows. */
void table_finish(struct cli *c, const struct table *t);

#endif
