/*
 * db.h - one SQLite connection: opening, statements kept prepared, binding, errors in our
 * words.
 *
 * Statements that are used often are in statements.h and stay prepared; those made for one
 * query are prepared with db_prepare.  A text that is bound must last until the statement is
 * reset. Life: db_open -> … -> db_close.
 */
#ifndef RUAD_DB_H
#define RUAD_DB_H

#include "err.h"
#include "statements.h"
#include "str.h"
#include "xalloc.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum stmt_id {
#define STMT(id, sql) STMT_##id,
	STATEMENTS(STMT)
#undef STMT
		STMT_COUNT
};

struct services;
struct sender_sets;
struct db {
	sqlite3 *h;
	bool read_only;
	char *path;
	uint64_t deadline_ms;	/* of the running query, time_monotonic_ms; 0: none */
	uint64_t last_ms;	/* of all queries of an answer; 0: none */
	const atomic_int *stop; /* becomes non-zero: interrupt what runs; NULL: never */
	bool endless;		/* no deadline: a check of everything takes its time */
	const struct services *services; /* rules of names, for senderfunc.h */
	struct sender_sets *sender_sets; /* senderset.h; they end with h */
	sqlite3_stmt *kept[STMT_COUNT];
};

#define DB_APPLICATION_ID 0x52554144 /* "RUAD" */
#define DB_QUERY_MS 10000	     /* a reader's statement is interrupted after this */

int db_open(struct db *db, const char *path, bool read_only, unsigned wait_ms, struct err *err);
void db_close(struct db *db); /* accepts an empty one */

/* Say what SQLite's rc means; returns the code. */
int db_fail(struct db *db, int rc, struct err *err);
int db_exec(struct db *db, const char *sql, struct err *err);

/* A kept statement, ready to bind. */
int db_use(struct db *db, enum stmt_id id, sqlite3_stmt **ret, struct err *err);
/* The same with numbers for ?1 and, if it has that, ?2; and run, when it gives no rows. */
int db_use_with(struct db *db, enum stmt_id id, int64_t a, int64_t b, sqlite3_stmt **ret,
	struct err *err);
int db_run_with(struct db *db, enum stmt_id id, int64_t a, int64_t b, struct err *err);
/* A statement of one's own, to be finalized. */
int db_prepare(struct db *db, struct str sql, sqlite3_stmt **ret, struct err *err);
void stmt_cleanup(sqlite3_stmt **st); /* CLEANUP(stmt) sqlite3_stmt *st = NULL */

/* Step: 1 a row, 0 done (and reset), negative an error (and reset). */
int db_step(struct db *db, sqlite3_stmt *st, struct err *err);
/* Step a statement that gives no rows, and reset it. */
int db_run(struct db *db, sqlite3_stmt *st, struct err *err);
/* One number from a statement without parameters or already bound; `none` when there is no row
 * or NULL. */
int db_number(struct db *db, sqlite3_stmt *st, int64_t none, int64_t *ret, struct err *err);
int db_query_number(struct db *db, const char *sql, int64_t *ret, struct err *err);

/* While on, sorting takes as little memory as a reader's page cache, and the cache too. */
int db_sort_small(struct db *db, bool on, struct err *err);

/* Readers: a query begins, or goes on, and has DB_QUERY_MS from now, but not beyond last_ms. */
void db_query_time(struct db *db);
void db_query_endless(struct db *db, bool on);

/*
 * One view of the data for several statements: begin a read transaction unless one is open.
 * *ret_own says that it is ours, for db_view_end.
 */
int db_view_begin(struct db *db, bool *ret_own, struct err *err);
void db_view_end(struct db *db, bool own);

/* Parameters are numbered from 1; absent text, id 0 become NULL. */
void bind_text(sqlite3_stmt *st, int i, struct str s);
void bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);
void bind_int(sqlite3_stmt *st, int i, int64_t v);
void bind_id(sqlite3_stmt *st, int i, int64_t id);

/* Columns are numbered from 0; NULL becomes absent or 0.  Texts last until the next step. */
struct str column_text(sqlite3_stmt *st, int i);
struct str column_blob(sqlite3_stmt *st, int i);
int64_t column_int(sqlite3_stmt *st, int i);

#endif
