/*
 * brief.h - what a period brought, in a few lines and two tables: the digest.
 *
 * In: a period and domains.  Out: plain text and numbers, which whoever prints them escapes for
 * his medium; they are read from the documents of the API, so that they are the same numbers.
 *
 * A period is the day, the week (Monday to Sunday) or the month of the newest complete day, so
 * that the digest of a week is whole when it is made on the Tuesday after it.
 */
#ifndef RUAD_BRIEF_H
#define RUAD_BRIEF_H

#include "doc.h"

enum brief_period { BRIEF_DAY, BRIEF_WEEK, BRIEF_MONTH };
const char *brief_period_name(enum brief_period p); /* "day", "week", "month" */
bool brief_period_from_name(struct str name, enum brief_period *ret);

#define BRIEF_FINDINGS 5 /* senders that are told of in a sentence */
#define BRIEF_CHANGES 5
#define BRIEF_ROWS "25" /* of each table */

struct brief_counts {
	uint64_t messages, pass, fail, explained;
};

struct brief_row {
	struct str name;
	struct str domain; /* of senders: as whom they send */
	struct brief_counts counts;
	uint64_t reports;	/* of domains and reporters */
	struct str last_report; /* RFC 3339, or absent */
	struct str policy;	/* of domains: "p=none", or "" */
	struct str sentence;	/* of senders: what we see */
};

struct brief_table {
	struct brief_row *rows;
	size_t count;
	bool more; /* there are more rows than are shown */
};

struct brief {
	enum brief_period period;
	int64_t from_day, to_day; /* half-open */
	int64_t complete_day;
	struct str about;  /* "example.com", or "2 domains" */
	struct str policy; /* "p=none" when it is about one domain, else "" */
	struct brief_counts counts;
	uint64_t reports, reporters, domains_known;
	uint64_t days_with_reports;
	struct brief_table domains, senders, reporter_rows;
	/* Senders with failures that forwarding does not explain; counts.fail is their number.
	 */
	struct brief_row findings[BRIEF_FINDINGS];
	size_t finding_count;
	/* By the rules of the API's changes, those since the period began; sentences. */
	struct str changes[BRIEF_CHANGES];
	size_t change_count;
	uint64_t changes_known;
	/* Of one domain: may it go to a stricter policy?  Absent: there is none, or it is not
	 * about one domain. */
	struct str readiness;
};

/* domain: a value of the filter, or absent: all.  All is in c->arena. */
int brief_make(struct doc_context *c, enum brief_period period, struct str domain,
	struct brief *ret, struct err *err);

/* --- Its words, the same in every form --- */

struct str brief_title(
	const struct brief *b, struct arena *a); /* "DMARC week 2026-11-16 – …" */
struct str brief_sentence(const struct brief *b, struct arena *a); /* "541 messages, 95.9% …" */
/* What else there is to know, a line each. */
#define BRIEF_LINES (BRIEF_CHANGES + 3)
size_t brief_lines(const struct brief *b, struct arena *a, struct str ret[BRIEF_LINES]);

enum brief_kind { BRIEF_NAME, BRIEF_NUMBER, BRIEF_TEXT };
struct brief_view {
	const char *title;
	const struct brief_head {
		const char *text;
		enum brief_kind kind;
	} * heads;
	size_t columns, rows;
	const struct str *cells; /* row by row */
	bool more;
};
#define BRIEF_VIEWS 3
/* The tables that have rows. */
size_t brief_views(const struct brief *b, struct arena *a, struct brief_view ret[BRIEF_VIEWS]);

/* As a page of HTML that stands for itself: no script, nothing to fetch. */
int brief_html(const struct brief *b, struct arena *a, struct buf *out, struct err *err);

#endif
