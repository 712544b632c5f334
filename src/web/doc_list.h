/*
 * doc_list.h - rows of a list as JSON objects, one at a time, and the frame around them.
 *
 * For doc_*.c and export.c only.  A list document holds all rows of a page; an export pulls the
 * same objects row by row.
 */
#ifndef RUAD_DOC_LIST_H
#define RUAD_DOC_LIST_H

#include "doc.h"

struct list {
	int (*open)(struct store *s, const struct query *q, struct rows **ret, struct err *err);
	/* The next row as one object into j.  1, 0 end, negative.  What is needed meanwhile is
	 * allocated in scratch, which the caller may reset after each row. */
	int (*row)(struct rows *r, struct arena *scratch, struct json *j, struct err *err);
	/* NULL, or the totals of all its rows, where a filter is about the rows themselves. */
	void (*sums)(struct rows *r, struct totals *ret);
	void (*more)(struct rows *r, struct json *j); /* NULL, or more keys of the document */
	bool totals;				      /* its rows count messages */
	bool ranged;				      /* it is about days: data_complete_to */
	bool whole;				      /* it has no pages: a series */
};

/* {"data":[…],"totals":{…},"page":{…},"query":{…},"data_complete_to":…,"generation":n} */
int list_write(const struct list *list, struct doc_context *c, const struct query *q,
	struct json *j, struct err *err);

/* Keys of the open object. */
void totals_keys(struct json *j,
	const struct totals *t); /* messages, pass, fail, explained, both, one, failed */
void cause_counts(
	struct json *j, const uint64_t *by_cause);     /* "by_cause": only those that occur */
void query_key(struct json *j, const struct query *q); /* "query":{…} */
void id_key(struct json *j, const char *key, int64_t id);      /* ids are text; 0 is null */
void place_keys(struct json *j, int64_t line, int64_t column); /* of a document; 0 is null */
void basis_key(struct json *j, const struct query *q);
/* "sender":{"key","name","named_by"} by the rules; null where there is neither a naming domain
 * nor an address. */
void sender_key(struct json *j, const struct services *services, struct str naming,
	enum named_by by, const struct ip *ip);
/* Does a list of records say what each sender is?  Of all domains that costs too much beside a
 * list of something else. */
bool list_judges(const struct doc_context *c, const struct query *q);
/* The same with "class" and "mark"; null: it was not asked, or cannot be told. */
void sender_of_record_key(
	struct json *j, const struct services *services, const struct record_row *row);
void day_or_null(struct json *j, const char *key, int64_t day);
void policy_key(struct json *j, const struct policy *p);

/* "query", "data_complete_to" and "generation", at the end of a document. */
int tail_keys(struct doc_context *c, const struct query *q, bool ranged, struct json *j,
	struct err *err);

/* The end of a document of one page, which has the first q->limit of total rows: "page", then
 * what tail_keys writes; the document is closed. */
int page_tail(struct doc_context *c, const struct query *q, uint64_t total, struct json *j,
	struct err *err);

extern const struct list list_timeseries, list_domains, list_sources, list_senders,
	list_reporters;
extern const struct list list_records, list_reports, list_inputs, list_runs;

int doc_summary(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_changes(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_readiness(
	struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_keys(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_overrides(
	struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_policies(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
/* The thresholds in force. */
const struct rules *doc_rules(const struct doc_context *c);
/* There is no report about the domain of q: ERR_USAGE not-found. */
int doc_no_domain(const struct query *q, struct err *err);
int doc_search(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_coverage(struct doc_context *c, const struct query *q, struct json *j, struct err *err);
int doc_status(struct doc_context *c, const struct query *q, struct json *j, struct err *err);

/* Keys of the open object: "imports", how it stands with each source of mail, and
 * "imports_failing", how many of the configured ones fail or are overdue. */
int imports_keys(struct doc_context *c, struct json *j, struct err *err);
/* The number alone. */
int imports_failing(struct doc_context *c, uint64_t *ret, struct err *err);

#endif
