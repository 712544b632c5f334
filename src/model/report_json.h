/*
 * report_json.h - the report document (schema/report.schema.json), written as a stream.
 *
 * begin -> one record at a time -> end; memory does not grow with the records.  `ruad parse`,
 * `ruad report` and GET /api/v1/reports/{id} print the same document.
 */
#ifndef RUAD_REPORT_JSON_H
#define RUAD_REPORT_JSON_H

#include "json.h"
#include "verdict.h"

#define REPORT_SCHEMA 1

struct report_totals {
	uint64_t messages, pass, fail, records;
};

/* Writes everything before the records into the object that the caller has opened; between
 * json_open_object and this, it may write keys of its own (id, arrived_at, file). */
void report_json_begin(struct json *j, const struct report *r);
void report_json_record(struct json *j, const struct record *rec, const struct verdict *v);
/* Closes the records, writes totals and notes; the caller closes the object. */
void report_json_end(struct json *j, const struct report *r, const struct report_totals *t);

/* Pieces that other documents share. */
void policy_json(struct json *j, const struct policy *p); /* an object */
void verdict_parts_json(struct json *j, const struct verdict_parts *p);
void auth_json(struct json *j, const struct auth *a, size_t n, bool dkim,
	const enum dmarc *matches); /* an array; aligned = result pass and matches */

#endif
