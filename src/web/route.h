/*
 * route.h - which address means what.  Pure.
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
	ROUTE_RESOURCE, /* /api/v1/records, with .json, .csv or .ndjson */
	ROUTE_REPORT,	/* /api/v1/reports/17 */
	ROUTE_XML,	/* /api/v1/reports/17/xml */
	ROUTE_RECORD,	/* /api/v1/records/17.3 */
	ROUTE_INPUT,	/* /api/v1/inputs/5 */
	ROUTE_BYTES,	/* /api/v1/inputs/5/bytes */
	ROUTE_SENDER,	/* /api/v1/domains/example.com/senders/esp.example */
	ROUTE_MARK,	/* …/mark */
	ROUTE_PAGE,
	ROUTE_ASSET
};

enum route_format { FORMAT_BY_ACCEPT, FORMAT_JSON, FORMAT_CSV, FORMAT_NDJSON };

struct route {
	enum route_kind kind;
	const struct resource *resource;
	enum route_format format; /* of the suffix */
	const struct page *page;
	const struct asset *asset;
	struct str segment; /* what stands for {} of a page, or the id, or the domain */
	struct str key;	    /* what stands for a second {}: the key of a sender */
	int64_t id;
	uint64_t n;	    /* of a record */
	bool api;	    /* below /api/: errors are always JSON */
	const char *writes; /* the method that changes something here; NULL: none does */
};

/* Is this the first segment of an address of ours? */
bool route_is_own(struct str segment);

/* kind is ROUTE_NONE when there is nothing there. */
void route_find(const struct http_target *t, struct route *ret);

#endif
