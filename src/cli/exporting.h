/*
 * exporting.h - all rows of an answer, as the API gives them in .csv and .ndjson, or the whole
 * document, written as they come.
 */
#ifndef RUAD_EXPORTING_H
#define RUAD_EXPORTING_H

#include "document.h"
#include "export.h"
#include "outfile.h"

/* Told now and then how far it is: rows (0 of a document) and bytes.  NULL: nobody. */
struct export_told {
	void (*tell)(void *arg, uint64_t rows, uint64_t bytes);
	void *arg;
};

/* resource has columns.  0; ERR_TEMP when a signal came (cli_stop). */
int export_rows_to(struct cli *c, struct store *store, const struct resource *resource,
	enum export_format format, struct outfile *out, struct export_told told,
	struct err *err);
/* As JSON, with all rows there are unless --limit says less. */
int export_document_to(struct cli *c, struct store *store, const struct resource *resource,
	struct outfile *out, struct export_told told, struct err *err);

#endif
