/*
 * kinds.h - what `ruad show` and `ruad export` can be asked for: the resources of the API by
 * their names, and `problems`, the inputs that were rejected.
 */
#ifndef RUAD_KINDS_H
#define RUAD_KINDS_H

#include "cli.h"
#include "doc.h"

/*
 * The resource that the one argument names, with the filters settled.  rows: it must have rows
 * that can be exported.  ERR_USAGE: there is none, or it does not take one of the filters.
 */
int kind_asked(struct cli *c, bool rows, const struct resource **ret, struct err *err);
/* Their names, for --help. */
void kinds_print(FILE *f, bool rows);

#endif
