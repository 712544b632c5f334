/*
 * sqltext.h - the text of one statement and its parameters, in the order in which they are
 * written.
 *
 * Values never become part of the text: sql_int, sql_str and sql_blob write "?" and keep the
 * value. Texts must last until sql_prepare; blobs of at most 16 bytes are copied. Life:
 * sql_init -> add … -> sql_prepare -> sql_release (which accepts a zeroed one too).
 */
#ifndef RUAD_SQLTEXT_H
#define RUAD_SQLTEXT_H

#include "buf.h"
#include "db.h"

struct sql_param {
	enum { PARAM_INT, PARAM_TEXT, PARAM_BLOB } type;
	int64_t i;
	struct str s;
	unsigned char small[16];
	size_t small_n;
};

struct sql {
	struct buf text;
	struct sql_param *params;
	size_t param_count, param_cap;
};

void sql_init(struct sql *q);
void sql_release(struct sql *q);
#define sql_cleanup sql_release
void sql_add(struct sql *q, const char *text);
void sql_addf(struct sql *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sql_int(struct sql *q, int64_t v);
void sql_str(struct sql *q, struct str s);
void sql_blob(struct sql *q, const void *p, size_t n); /* n <= 16 */
/* ERR_USAGE when there are more parameters than a statement can have. */
int sql_prepare(struct db *db, const struct sql *q, sqlite3_stmt **ret, struct err *err);

#endif
