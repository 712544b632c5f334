/*
 * options.h - the words of the command line, from one table per command.
 *
 * --name VALUE, --name=VALUE, -x VALUE; flags take no value; options and arguments may be
 * mixed; "--" ends the options; "-" is an argument.  Filters of queries (model/query.h) are
 * options too, with "-" for "_".
 */
#ifndef RUAD_OPTIONS_H
#define RUAD_OPTIONS_H

#include "arena.h"
#include "query.h"

#include <stdio.h>

struct option_spec {
	const char *name;  /* long name without "--"; NULL ends the table */
	char letter;	   /* 0: none */
	const char *value; /* what the value is ("FILE"); NULL: a flag */
	const char *text;
};

struct option_value {
	const char *name, *value; /* value "" for flags */
};

struct options {
	struct option_value *values;
	size_t value_count;
	char **args; /* what is no option */
	size_t arg_count;
};

/*
 * Parse argv (argc words) by global and own (each ended by a NULL name).  query: filters go
 * there, names it takes in filters (ended by NULL); NULL: no filters.  ERR_USAGE with a
 * suggestion in err->text.
 */
int options_parse(struct arena *a, int argc, char **argv, const struct option_spec *global,
	const struct option_spec *own, struct query *query, const char *const *filters,
	struct options *ret, struct err *err);

/* Value of the last --name, "" for a flag that was given, NULL for none. */
const char *options_get(const struct options *o, const char *name);

/* One line per option, for --help. */
void options_print(FILE *f, const struct option_spec *specs);

#endif
