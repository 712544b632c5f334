/*
 * rua.h - pull parser for DMARC aggregate reports (RFC 9990, RFC 7489 and the drafts before).
 *
 * In: the bytes of one XML document, as a stream.  Out: one struct report, then its records one
 * by one.  Elements are matched by local name, whatever their order and namespace.  What can be
 * tolerated becomes a note on the report; what cannot ends in an error with line and column.  A
 * document type or an entity declaration is refused before it acts.  Pure, and constant in
 * memory: records are handed out as they are read (records that stand before policy_published
 * wait, up to limits.early_records).
 *
 * Nothing is final before rua_next has returned 0: only then is the document known to be well
 * formed.
 *
 * Life: rua_new -> (rua_begin -> rua_report once -> rua_next until 0 or an error) … ->
 * rua_free. Limits: xml_*, records, dkim_entries, string, early_records. Deviations of real
 * reports, and what becomes of each: docs/quirks.md.
 */
#ifndef RUAD_RUA_H
#define RUAD_RUA_H

#include "bounds.h"
#include "reader.h"
#include "report.h"

struct rua;

struct rua *rua_new(const struct limits *limits);
void rua_free(struct rua *p);

/* Begin a document.  The reader is used until rua_next ends.  The parser can be used again. */
void rua_begin(struct rua *p, struct reader *in);

/*
 * Read up to the first record (or the end).  *ret belongs to the parser and lasts until the
 * next rua_begin; its notes, and elements that stand behind the records, are complete only
 * after rua_next returned 0, in the struct that rua_done gives.
 *
 * ERR_INPUT: empty, not-a-report, xml-malformed, xml-doctype, xml-encoding, element-missing
 * (policy domain, date_range), value-invalid, date-range; ERR_LIMIT: xml-too-large,
 * xml-too-deep, too-many-records; or the reader's own error.
 */
int rua_report(struct rua *p, struct report *ret, struct err *err);

/*
 * The next record: 1, 0 end of a well-formed report, negative as above.  Strings last until the
 * next call.
 */
int rua_next(struct rua *p, struct record *ret, struct err *err);

/* After rua_next returned 0: the report with all its notes. */
void rua_done(struct rua *p, struct report *ret);

/*
 * What is known of the report although it was refused (names for the ledger); absent where
 * unknown.
 */
void rua_partial(struct rua *p, struct str *ret_org_name, struct str *ret_report_id,
	struct str *ret_domain);

/* Once per process, before threads. */
void rua_global_init(void);
const char *rua_library_version(void); /* of libxml2, that of the build */

#endif
