/*
 * page.h - HTML pages: the API's documents poured into templates.
 *
 * A page asks for the documents of doc.h, adds what only a page needs (links, chart geometry,
 * formatted numbers) and fills src/web/pages/<name>.html.  Everything that is printed is
 * escaped; the templates have no unescaped form.
 */
#ifndef RUAD_PAGE_H
#define RUAD_PAGE_H

#include "doc.h"

struct page {
	const char *path;	       /* "/domains/{}": {} is one percent-decoded segment */
	const char *const *parameters; /* query parameters it takes */
	/* Writes the HTML.  *ret_status is 200 unless set.  0, or negative (err: the error page
	 * is made of it). */
	int (*write)(struct doc_context *c, struct str segment, const struct query *q,
		struct buf *out, int *ret_status, struct err *err);
	const char *writes; /* the method that changes something here; NULL: none does */
};
extern const struct page page_table[]; /* ended by a NULL path */

/* The error page (frame, title, what to try).  c->store is NULL when the error is about the
 * database or came before it was needed. */
int page_error(struct doc_context *c, int status, struct str title, struct str detail,
	struct buf *out);

/* Static files: "/static/app.<hash>.css".  NULL: none. */
struct asset {
	struct str path, type, body;
	struct str gzip; /* the body in gzip; absent: not at hand */
};
const struct asset *asset_find(struct str path);

#endif
