/*
 * cursor.h - where a list goes on: the sort values of the last row, as opaque text.
 *
 * Text: base64url of the generation it began with, eight bytes of the digest of list, filters
 * and sort, and the values.
 */
#ifndef RUAD_CURSOR_H
#define RUAD_CURSOR_H

#include "digest.h"
#include "query.h"

#include <sqlite3.h>

#define CURSOR_VALUES 8
#define CURSOR_BYTES 720 /* of which base64 makes less than a query accepts */

struct cursor_value {
	bool is_text;
	int64_t i;
	struct str s;
};

struct cursor {
	int64_t generation;
	uint64_t hash;
	size_t count;
	struct cursor_value values[CURSOR_VALUES];
	char bytes[CURSOR_BYTES]; /* of the texts */
	size_t used;
};

uint64_t cursor_hash(const struct query *q, int list);
/* Take the values of `count` columns from column `first` on. */
void cursor_take(struct cursor *c, sqlite3_stmt *st, int first, size_t count);
struct str cursor_text(const struct cursor *c, struct arena *a);
/* False: not one of ours. */
bool cursor_parse(struct str text, struct cursor *ret);

#endif
