/*
 * csv.h - comma-separated values (RFC 4180): CRLF, a header line, UTF-8.
 *
 * Values come from strangers and end in spreadsheets: a text that begins with = + - @ tab or CR
 * gets an apostrophe in front.  Null is an empty cell, booleans are true and false.  Pure.
 */
#ifndef RUAD_CSV_H
#define RUAD_CSV_H

#include "buf.h"
#include "doc.h"
#include "jsontree.h"

#define CSV_TYPE "text/csv; charset=utf-8; header=present"

/* One cell of text, with what it needs of quotes and apostrophe; no comma. */
bool csv_text(struct buf *out, struct str text);
bool csv_header(struct buf *out, const struct csv_column *columns);
/* The line of one row.  scratch: for lists, which become one text joined by blanks. */
bool csv_row(struct buf *out, const struct csv_column *columns, const struct node *row,
	struct arena *scratch);

#endif
