/*
 * roster_load.h - for this room: what the rules of change.h and readiness.h look at, out of
 * daily sums.
 *
 * All is about one domain, days are half-open, texts are in the arena.
 */
#ifndef RUAD_ROSTER_LOAD_H
#define RUAD_ROSTER_LOAD_H

#include "query.h"
#include "roster.h"
#include "rules.h"
#include "sqltext.h"

struct scope {
	struct db *db;
	struct arena *arena;
	int64_t domain; /* its number */
	struct str name;
	const struct scope_mark {
		struct str key;
		enum sender_word word;
	} * marks; /* of its senders, by key */
	size_t mark_count;
};

/* 1 found, 0 there is no such domain. */
int scope_find(
	struct db *db, struct arena *a, struct str name, struct scope *ret, struct err *err);

/* A question about this domain and nothing else. */
struct query scope_query(struct arena *a, struct str domain);
/*
 * A number for an answer that is kept (answers.h): what it tells, of which domain, and all that
 * decides it but the data and the day.
 */
uint64_t scope_question(const struct db *db, const char *what, struct str domain, int64_t since,
	const struct rules *rules);

/* " WHERE s.domain = ? AND s.day >= ? AND s.day < ?" */
void scope_where(struct sql *sql, const struct scope *sc, int64_t from, int64_t to);

/* Its senders and its days; what is proven follows from all of these days. */
int roster_load(const struct scope *sc, int64_t from_day, int64_t to_day, struct roster *ret,
	struct err *err);

/*
 * Keys seen from history_day on, with their messages from from_day on.  Most messages first,
 * then newest; limit 0: KEYS_MOST.  ret_total: NULL, or how many there are in all.
 */
#define KEYS_MOST 2000
int keys_load(const struct scope *sc, int64_t history_day, int64_t from_day, int64_t to_day,
	size_t limit, struct key_row **ret, size_t *ret_count, uint64_t *ret_total,
	struct err *err);

/* By day first seen, then reporter; at most POLICIES_MOST, the newest. */
#define POLICIES_MOST 5000
int policies_load(const struct scope *sc, int64_t from_day, int64_t to_day,
	struct policy_seen **ret, size_t *ret_count, struct err *err);

/* Days with reports on which every report said p=quarantine or p=reject. */
int strict_days_load(const struct scope *sc, int64_t from_day, int64_t to_day, uint64_t *ret,
	struct err *err);

#endif
