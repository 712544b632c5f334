/*
 * route.h - which address means what: one table of templates, which the resources of doc.h and
 * the pages of page.h fill in.  Pure.
 *
 * A new address is a row of endpoint_table (or of resource_table, page_table), and for the API
 * a path in schema/openapi.json.
 */
#ifndef RUAD_ROUTE_H
#define RUAD_ROUTE_H

#include "export.h"
#include "http.h"
#include "page.h"

enum route_kind {
	ROUTE_NONE,
	ROUTE_HEALTH,	/* /healthz */
	ROUTE_READY,	/* /readyz */
	ROUTE_METRICS,	/* /metrics */
	ROUTE_INDEX,	/* /api/v1 */
	ROUTE_SCHEMA,	/* /api/v1/openapi.json, /api/v1/schemas/records.schema.json */
	ROUTE_RESOURCE, /* /api/v1/records, with .json, .csv or .ndjson */
	ROUTE_REPORT,	/* /api/v1/reports/17 */
	ROUTE_XML,	/* /api/v1/reports/17/xml */
	ROUTE_RECORD,	/* /api/v1/records/17.3 */
	ROUTE_INPUT,	/* /api/v1/inputs/5 */
	ROUTE_BYTES,	/* /api/v1/inputs/5/bytes */
	ROUTE_DOMAIN,	/* /api/v1/domains/example.com */
	ROUTE_SENDER,	/* /api/v1/domains/example.com/senders/esp.example */
	ROUTE_MARK,	/* …/mark */
	ROUTE_SOURCE,	/* /api/v1/sources/192.0.2.1 */
	ROUTE_PAGE,
	ROUTE_RETRY,	    /* /api/v1/inputs/5/retry */
	ROUTE_DISMISSED,    /* /api/v1/inputs/5/dismissed */
	ROUTE_RETRY_FORM,   /* /problems/5/retry */
	ROUTE_DISMISS_FORM, /* /problems/5/dismiss */
	ROUTE_THEME,	    /* /theme, of the form below each page */
	ROUTE_ASSET
};

enum route_format { FORMAT_BY_ACCEPT, FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON };

/* A template: what is between braces stands for one percent-decoded segment, {resource} for the
 * name of a resource and its format. */
struct endpoint {
	const char *path;
	enum route_kind kind;
	const char *writes;	       /* the method that changes something; NULL: none does */
	const char *const *parameters; /* of the query; NULL: none, or those of the resource */
	const char *types[3];	       /* media types of the answer; none: application/json */
};
extern const struct endpoint endpoint_table[]; /* all but the pages; ended by a NULL path */
/* Is there something to be read at such an address? */
bool route_is_read(enum route_kind kind);
/* Does what is written at such an address go through the pipeline? */
bool route_imports(enum route_kind kind);

struct route {
	enum route_kind kind;
	const char *path; /* the template that fits */
	const struct resource *resource;
	enum route_format format; /* of the suffix */
	const struct page *page;
	const struct asset *asset;     /* of ROUTE_ASSET and ROUTE_SCHEMA */
	const char *const *parameters; /* that the query may have, ended by NULL */
	struct str segment;	       /* what stands for the first part between braces */
	struct str key;		       /* and for the second: the key of a sender */
	int64_t id;
	uint64_t n;	    /* of a record */
	bool api;	    /* asked for by programs: errors are always JSON */
	const char *writes; /* the method that changes something here; NULL: none does */
};

/* Does {resource} of this template stand for that one? */
bool endpoint_has(const struct endpoint *e, const struct resource *r);

/* Is it a part of the pages, not for programs? */
bool endpoint_of_pages(const struct endpoint *e);

/* Is this the first segment of an address of ours? */
bool route_is_own(struct str segment);

/* kind is ROUTE_NONE when there is nothing there. */
void route_find(const struct http_target *t, struct route *ret);

#endif
