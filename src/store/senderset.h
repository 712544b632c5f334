/*
 * senderset.h - for this room: all senders of a question, kept while the data stay the same.
 *
 * What senders are takes all of their mail to tell.  Lists by any order, page, class and mark,
 * and questions about the mail of some of them, are asked of the same set: the table
 * sender_set(id) in SQL, with the columns domain, key, by, t, m, p, addresses, ip, first_day,
 * last_day, selector, word, configured, fresh, traits, class, attention and explained.
 *
 * A set is good for one generation of the data, one statement and one set of rules.  Each
 * connection has its own.  The newest SETS_IN_USE stay whatever their size, and those that are
 * being read; older ones as long as all take no more than SETS_BYTES_MOST.
 */
#ifndef RUAD_SENDERSET_H
#define RUAD_SENDERSET_H

#include "sqltext.h"

#define SETS_KEPT 32
#define SETS_IN_USE 3
#define SETS_BYTES_MOST (32U << 20)

/* The table; its memory ends with the connection. */
int senderset_register(struct db *db, struct err *err);

/*
 * The set that the statement q makes: its id, or 0 when it must be made.  q gives the columns
 * above up to traits.  In a view.
 */
int senderset_find(struct db *db, const struct sql *q, int64_t *ret, struct err *err);
int senderset_make(struct db *db, const struct sql *q, int64_t *ret, struct err *err);

#endif
