/*
 * jsontree.h - one small JSON document as a tree in an arena.  Pure.
 *
 * For text of our own writer (json.h), one row at a time: exports pick their columns out of it.
 * Any RFC 8259 text is read; bounded depth.
 */
#ifndef RUAD_JSONTREE_H
#define RUAD_JSONTREE_H

#include "arena.h"

#define JSONTREE_DEPTH 32

enum node_type { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_TEXT, NODE_ARRAY, NODE_OBJECT };

struct node {
	enum node_type type;
	struct str key;	 /* in an object */
	struct str text; /* TEXT decoded; NUMBER, BOOL and NULL as written */
	struct node *first, *next;
};

/* False: not one JSON value. */
bool node_parse(struct str json, struct arena *a, struct node **ret);
/* Member of an object; NULL: none. */
const struct node *node_get(const struct node *n, struct str key);

#endif
