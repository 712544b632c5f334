/*
 * tree.h - JSON values in memory (jansson), as the pages use them.
 *
 * A page reads the documents of doc.h as a tree, adds keys of its own and hands the tree to the
 * templates.  Paths are keys joined by dots: "report.reporter".
 * Life: a json_t is counted; CLEANUP(tree) json_t *t releases one reference.
 */
#ifndef RUAD_TREE_H
#define RUAD_TREE_H

#include "arena.h"
#include "err.h"
#include "json.h"
#include "str.h"

#include <jansson.h>

void tree_cleanup(json_t **t);

/* ERR_INPUT: no JSON. */
int tree_parse(struct str text, json_t **ret, struct err *err);
/* The document that was written with j, which ends.  ERR_LIMIT too-large: more than its buffer
 * takes. */
int tree_of(struct json *j, json_t **ret, struct err *err);

/* Reading.  What is missing, or of another type, gives NULL, absent, 0 or false. */
json_t *tree_get(const json_t *t, const char *path);
struct str tree_str(const json_t *t, const char *path); /* lives as long as the tree */
int64_t tree_i64(const json_t *t, const char *path);
bool tree_true(const json_t *t, const char *path);

/*
 * Writing into an object.  Text is copied; absent gives null; bytes that are not UTF-8 become
 * U+FFFD.  The object keeps what it gets.
 */
void tree_set_str(json_t *object, const char *key, struct str s);
void tree_set_cstr(json_t *object, const char *key, const char *s);
void tree_set_i64(json_t *object, const char *key, int64_t v);
void tree_set_bool(json_t *object, const char *key, bool v);
void tree_printf(json_t *object, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
json_t *tree_set_object(json_t *object, const char *key); /* a new one, borrowed */
json_t *tree_set_array(json_t *object, const char *key);
/* A new object at the end of an array, borrowed. */
json_t *tree_append(json_t *array);

#endif
