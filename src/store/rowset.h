/*
 * rowset.h - what all lists have in common: order, pages, the statement being read.
 *
 * A list writes its rows as the table expression `g` and names its sort keys; rowset_open adds
 * order, place and limit. It then reads column by column; after its own columns come the number
 * of all rows and the sort values.
 */
#ifndef RUAD_ROWSET_H
#define RUAD_ROWSET_H

#include "arena.h"
#include "cursor.h"
#include "question.h"
#include "write.h"

enum list {
	LIST_TIME,
	LIST_DOMAINS,
	LIST_SOURCES,
	LIST_SENDERS,
	LIST_REPORTERS,
	LIST_RECORDS,
	LIST_REPORTS,
	LIST_INPUTS,
	LIST_RUNS,
	LIST_REPORT_RECORDS
};

#define SORT_EXPRS 2
struct sort_key {
	const char *name;	       /* NULL ends the list */
	const char *exprs[SORT_EXPRS]; /* never NULL values; the second may be absent */
};

struct list_spec {
	enum list list;
	int columns;		      /* of g, before the sort values */
	const char *by_default;	      /* "-fail,-messages" */
	const char *ties[SORT_EXPRS]; /* make the order total; they run like the first key */
	bool last_tie_rises;	      /* but for the second, always */
	const struct sort_key *keys;
};

struct sort {
	struct {
		const char *expr;
		bool falls;
	} terms[CURSOR_VALUES];
	size_t count;
};

struct time_line;
struct record_cache;
struct sender_sums;

struct rows {
	struct store *s;
	const struct list_spec *spec;
	struct query q; /* shallow: what the rows need of it */
	struct question question;
	sqlite3_stmt *st;
	bool own_view, waiting, ended, more;
	uint64_t given, total;
	size_t sort_count;
	struct cursor last;
	struct arena row; /* strings of the current row */
	struct time_line *time;
	struct record_cache *records;
	struct sender_sums *senders;
};

/* A list begins: one view of the data, the question.  rows_close on failure, too. */
int rowset_new(struct store *s, const struct query *q, const struct list_spec *spec,
	unsigned needs, struct rows **ret, struct err *err);
/*
 * sort of the query as terms; ERR_USAGE invalid-parameter.
 */
int rowset_sort(const struct rows *r, struct sort *ret, struct err *err);
/* " WHERE …" (or " AND …") for what comes after the cursor, and " ORDER BY … LIMIT …". */
int rowset_place(struct rows *r, struct sql *sql, const struct sort *sort, const char *word,
	struct err *err);
void rowset_order(const struct rows *r, struct sql *sql, const struct sort *sort);
/* For lists over g: "SELECT g.*, count, sort … FROM g …", and prepare. */
int rowset_finish(struct rows *r, struct sql *sql, struct err *err);
/* Go to the next row: 1, 0, negative. */
int rowset_next(struct rows *r, enum list list, struct err *err);

#endif
