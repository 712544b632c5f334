/*
 * doc_sender.h - for doc_*.c and the pages of senders: a sender as a document.
 */
#ifndef RUAD_DOC_SENDER_H
#define RUAD_DOC_SENDER_H

#include "doc_list.h"

/* "/api/v1/domains/{domain}/senders/{key}": what there is to say of one sender of one domain.
 * 1 written, 0 there is no such sender, negative. */
int doc_sender(struct doc_context *c, struct str domain, struct str key, const struct query *q,
	struct json *j, struct err *err);
/* "…/mark": what was said of it.  1, 0, negative. */
int doc_mark(struct doc_context *c, struct str domain, struct str key, struct json *j,
	struct err *err);

/* A row of the list of senders, as an object. */
void sender_row_json(struct json *j, const struct sender_row *row, struct arena *scratch);

#endif
