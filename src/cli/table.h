/*
 * table.h - aligned text tables; on a terminal the widest column is cut to fit.
 */
#ifndef RUAD_TABLE_H
#define RUAD_TABLE_H

#include "terminal.h"

struct table_column {
	const char *head;
	bool right;
};

struct table {
	struct arena *arena;
	const struct table_column *columns;
	size_t column_count;
	struct str *cells; /* row by row */
	size_t row_count, capacity;
};

void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t n);
/* n cells; strings must outlive the table; foreign text has gone through printable(). */
void table_row(struct table *t, const struct str *cells);
void table_print(const struct table *t, const struct terminal *term, FILE *f);

#endif
