/*
 * filter.h - the filters of a query as SQL conditions, each with " AND " before it.
 *
 * Values of one filter are OR, filters are AND, a value with "!" is excluded.  Names are
 * compared in lower case.  Nothing is written for a filter that is not set.
 */
#ifndef RUAD_FILTER_H
#define RUAD_FILTER_H

#include "query.h"
#include "service.h"
#include "sqltext.h"

/* column: the number of the domain.  always: write a condition (without AND) even when all
 * domains are meant. */
void filter_domain(struct sql *sql, const struct query *q, const char *column, bool always);
void filter_reporter(struct sql *sql, const struct query *q, const char *column);
void filter_report(struct sql *sql, const struct query *q, const char *column);
/* policy, origin and q, on the report rp */
void filter_policy(struct sql *sql, const struct query *q);
void filter_origin(struct sql *sql, const struct query *q);
void filter_needle(struct sql *sql, const struct query *q);
/* source_ip and sender, by the columns of a row that has both */
struct columns_of_sender {
	const char *source, *sender, *named_by;
};
void filter_source(struct sql *sql, const struct query *q, const struct services *services,
	const struct columns_of_sender *c);
/* header_from, subdomains, spf_*, dkim_*, override; e: alias of the evidence table */
struct columns_of_evidence {
	const char *e, *id, *domain; /* id: its number; domain: that of the policy domain */
};
void filter_evidence(
	struct sql *sql, const struct query *q, const struct columns_of_evidence *c);
/* reason, outcome, report and q of inputs */
void filter_input(struct sql *sql, const struct query *q);

#endif
