/*
 * document.h - the API's documents on standard output: whole, or not at all.
 *
 * Life: CLEANUP(document) struct document d; document_begin -> write into d.json ->
 * document_print.
 */
#ifndef RUAD_DOCUMENT_H
#define RUAD_DOCUMENT_H

#include "cli.h"
#include "doc.h"
#include "xalloc.h"

struct document {
	struct buf out;
	struct json json;
};

void document_begin(struct document *d);
/* Print it, with a line end.  1; ERR_LIMIT when it is too large, and nothing was printed. */
int document_print(struct document *d, struct err *err);
void document_release(struct document *d);
#define document_cleanup document_release

/* What the writers of documents want to know; psl_version is not set. */
struct doc_context document_context(struct cli *c, struct store *store);
/* Which Public Suffix List is in force; in c->arena. */
int document_psl(struct cli *c, struct str *ret, struct err *err);
/* Print the document of a resource.  1, negative. */
int document_of(
	struct cli *c, struct store *store, const struct resource *resource, struct err *err);

#endif
