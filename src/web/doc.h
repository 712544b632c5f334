/*
 * doc.h - the documents of the API: one query in, one JSON document out.
 *
 * The same document is the API's answer, what `ruad show … --json` prints, and what the page
 * templates are filled with: one query layer, several renderers.  Lists have data, totals,
 * page, query, data_complete_to and generation.  Schemas are in schema/.
 */
#ifndef RUAD_DOC_H
#define RUAD_DOC_H

#include "json.h"
#include "rules.h"
#include "store.h"
#include "web.h"

struct metrics;

struct doc_context {
	struct store *store;
	int64_t now_at;
	struct arena *arena; /* of the request */
	struct str psl_version;
	struct str base;  /* path prefix of every link: "/ruad"; absent: none */
	bool sparing;	  /* a page: it does not show what a document has at some cost */
	struct str key;	  /* of a page that is about a sender: what stands for its second {} */
	struct str user;  /* who asks; absent or "": nobody has logged in */
	struct str see;	  /* a page sets it: the path and query to go to instead of it */
	struct str theme; /* "light" or "dark"; absent: as the system has it */
	struct str request_id;	 /* for the error page; absent: none */
	struct str form_token;	 /* for forms that mark senders; absent: they may not */
	struct str import_token; /* for forms that read inputs again; absent: they may not */
	const struct web_import *imports; /* the configured sources of mail */
	size_t import_count;
	struct web_keep keep;
	const struct rules *rules;  /* NULL: rules_default */
	const char *const *domains; /* that are configured, lower case; none: all are ours */
	size_t domain_count;
	const struct enclosure *enclosure; /* of the server; NULL: there is none */
	struct metrics *metrics;	   /* the same */
};

struct list; /* how the rows of a list are read and written: doc_list.h */

/* A resource of the API that is answered from one query. */
struct resource {
	const char *name;	       /* "summary", "records" … */
	const char *const *parameters; /* query parameters it takes, ended by NULL */
	int (*write)(
		struct doc_context *c, const struct query *q, struct json *j, struct err *err);
	/* NULL, or the columns of the CSV form: header names, and a path into each element of
	 * data
	 * ("report.reporter"; "dkim.*.domain" is that of every element, joined by blanks) */
	const struct csv_column {
		const char *name, *path;
	} * columns;
	const struct list
		*list; /* NULL: one document; its rows, if it has columns, are "data" */
	/* It can change without a new generation of the data: no ETag. */
	bool volatile_answer;
	/* It is about one domain, which its path says: /api/v1/domains/{}/keys. */
	bool of_domain;
	const char *writes; /* the method that changes something there; NULL: none does */
};
extern const struct resource resource_table[]; /* ended by a NULL name */
const struct resource *resource_find(struct str name);

/* Documents of one thing.  1 written, 0 not found, negative. */
int doc_report(struct doc_context *c, int64_t id, struct json *j, struct err *err);
int doc_record(
	struct doc_context *c, int64_t report, uint64_t n, struct json *j, struct err *err);
int doc_domain(struct doc_context *c, const struct query *q, struct json *j,
	struct err *err); /* the one that q asks about */
int doc_input(struct doc_context *c, int64_t id, struct json *j, struct err *err);
/* "17.3" */
bool doc_record_id(struct str id, int64_t *ret_report, uint64_t *ret_n);
/* "17": a positive number without sign or leading zeros */
bool doc_id(struct str id, int64_t *ret);

#endif
