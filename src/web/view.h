/*
 * view.h - one page while it is made: its tree of values, the links it prints, its frame.
 *
 * Every URL on a page comes from here: view_link and view_api know which parameters their
 * target takes and carry the range and filters of this page along.  Keys that hold a URL end in
 * "link", and templates put nothing else into href or action.
 *
 * Life: view_init -> view_document, tree_set … -> view_render -> view_release (VIEW).
 */
#ifndef RUAD_VIEW_H
#define RUAD_VIEW_H

#include "page.h"
#include "tree.h"

struct view {
	struct doc_context *c;
	struct arena *arena;   /* of the request */
	const char *path;      /* of page_table: "/domains/{}" */
	struct str segment;    /* what stands for {} */
	struct str key;	       /* what stands for a second {} */
	const struct query *q; /* of the page, with what its path implies */
	json_t *root;	       /* what the template sees */
	json_t *status;	       /* the status document, borrowed from root */
};

/*
 * Begin a page.  domain: what the path implies, or absent; it becomes a filter of every
 * document. Reads the status document.
 */
int view_init(struct view *v, struct doc_context *c, const char *path, struct str segment,
	const struct query *q, struct str domain, struct err *err);
void view_release(struct view *v); /* accepts one that was never begun, when it is zeroed */
#define view_cleanup view_release

/* A query like this page's, with changes: pairs of name and value ended by NULL; a NULL value
 * removes. Parameters that resource does not take, sort, limit and cursor are left out unless
 * they are changes. */
int view_query(struct view *v, const char *resource, const char *const *changes,
	struct query **ret, struct err *err);

/* The document of a resource, for q or with changes; *ret is new. */
int view_document_of(struct view *v, const char *resource, const struct query *q, json_t **ret,
	struct err *err);
int view_document(struct view *v, const char *resource, const char *const *changes,
	json_t **ret, struct err *err);

/* "/domains/example.com": without a query. */
struct str view_path(struct view *v, const char *path, struct str segment);
/* "/records?domain=example.com&result=fail": path is one of page_table. */
struct str view_link(
	struct view *v, const char *path, struct str segment, const char *const *changes);
/* "/domains/example.com/senders/esp.example?…" */
struct str view_sender_link(
	struct view *v, struct str domain, struct str key, const char *const *changes);
/* "/api/v1/records.csv?…": suffix is "" or ".csv". */
struct str view_api(
	struct view *v, const char *resource, const char *suffix, const char *const *changes);
/* {csv_link, json_link} of a resource with this page's filters, as object.key. */
void view_exports(struct view *v, json_t *object, const char *key, const char *resource,
	const char *const *changes);

/* A C string of a value for a list filter (query_value). */
const char *view_value(struct view *v, struct str s);

enum frame_parts {
	FRAME_RANGE = 1,   /* range links, dates */
	FRAME_FILTERS = 2, /* form and chips */
};
/* The frame: navigation and parts.  title is the text of <title>, without the program's name.
 */
int view_frame(struct view *v, struct str title, unsigned parts, struct err *err);

/* Heads of a table whose sort is this page's. */
struct view_head {
	const char *text;
	const char *key; /* of sort=; NULL: not sortable */
	bool number;	 /* sorts falling first, stands right */
};
void view_heads(struct view *v, json_t *object, const char *key, const struct view_head *heads,
	size_t count);

/* page.next of a list: object.next_link, and object.first_link when this is not the first page.
 */
void view_paging(struct view *v, json_t *object, const json_t *document);

/*
 * Fill the template.  Before that, next to every integer "x" of the tree "x_text" is put
 * (98,311), and next to messages and pass "pass_rate_text".
 */
int view_render(struct view *v, const char *template, struct buf *out, struct err *err);

#endif
