/*
 * verbs.h - commands that are several: `ruad user add NAME`, `ruad db verify`.
 */
#ifndef RUAD_VERBS_H
#define RUAD_VERBS_H

#include "cli.h"

struct verb {
	const char *name;     /* NULL ends the table */
	const char *argument; /* what it takes one of ("NAME"); NULL: nothing */
	/* Those of the command's own options that it takes, with blanks between; NULL: none. */
	const char *options;
	bool json; /* its answer can be JSON */
	/* argument: NULL where there is none; the exit code. */
	int (*run)(struct cli *c, const char *argument);
};

/* Run what the first word of the line names; the exit code. */
int verbs_run(struct cli *c, const struct verb *verbs);

#endif
