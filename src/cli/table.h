/*
 * table.h - aligned text tables, which fit the width of the terminal.
 *
 * Where the line is too long, columns of text that may be cut are cut first, then columns that
 * may go are left out (and named below the table), so that names, addresses and counts stay
 * whole as long as they can.
 */
#ifndef RUAD_TABLE_H
#define RUAD_TABLE_H

#include "terminal.h"

enum table_fit {
	FIT_WHOLE,
	FIT_CUT,  /* text that can be understood from its beginning */
	FIT_DROP, /* may be left out, the last first */
};

struct table_column {
	const char *head;
	bool right;
	enum table_fit fit;
};

struct table {
	struct arena *arena;
	const struct table_column *columns;
	size_t column_count;
	struct str *cells; /* row by row */
	enum tone *tones;  /* the same */
	size_t row_count, capacity;
};

void table_init(struct table *t, struct arena *a, const struct table_column *columns, size_t n);
/* n cells; strings must outlive the table; foreign text has gone through printable(). */
void table_row(struct table *t, const struct str *cells);
/* The colour of a cell of the last row. */
void table_tone(struct table *t, size_t column, enum tone tone);
void table_print(const struct table *t, const struct terminal *term, FILE *f);

#endif
