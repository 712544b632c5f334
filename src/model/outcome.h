/*
 * outcome.h - what became of an input, and why: outcomes, stages and reason codes.
 *
 * Codes are stable: they are in the database, the API, CSV and the manual.  Pure.
 */
#ifndef RUAD_OUTCOME_H
#define RUAD_OUTCOME_H

#include "str.h"

enum outcome {
	OUTCOME_STORED,
	OUTCOME_DUPLICATE,
	OUTCOME_IGNORED,
	OUTCOME_REJECTED,
	OUTCOME_COUNT
};

/* "stored", "duplicate", "ignored", "rejected" */
const char *outcome_name(enum outcome o);
bool outcome_from_name(struct str name, enum outcome *ret);

/*
 * Of several documents in one mail, the outcome that decides what becomes of the mail:
 * rejected before stored before duplicate before ignored.
 */
enum outcome outcome_worse(enum outcome a, enum outcome b);

/* REASON(code, outcome, stage, sentence) */
#define REASONS(REASON) \
	REASON("duplicate", OUTCOME_DUPLICATE, "report", "This report is stored already.") \
	REASON("no-report-in-mail", OUTCOME_IGNORED, "mime", "The mail carries no report.") \
	REASON("tls-report", OUTCOME_IGNORED, "report", \
		"An SMTP TLS report (RFC 8460), not a DMARC report.") \
	REASON("failure-report", OUTCOME_IGNORED, "report", \
		"A failure report about a single mail (RFC 6591), not an aggregate report.") \
	REASON("feedback-report", OUTCOME_IGNORED, "report", \
		"A complaint (RFC 5965), not a DMARC report.") \
	REASON("domain-not-allowed", OUTCOME_IGNORED, "report", \
		"The report is about a domain that is not configured.") \
	REASON("unauthenticated", OUTCOME_IGNORED, "origin", \
		"Held back: the mail is not authenticated, so anybody may have written it.") \
	REASON("reporter-misfit", OUTCOME_IGNORED, "origin", \
		"Held back: the mail is authenticated as somebody else's than the " \
		"reporter's.") \
	REASON("too-old", OUTCOME_IGNORED, "report", "The report is older than what is kept.") \
	REASON("read-failed", OUTCOME_REJECTED, "read", "It could not be read.") \
	REASON("empty", OUTCOME_REJECTED, "read", "There is nothing in it.") \
	REASON("mail-too-large", OUTCOME_REJECTED, "read", "The mail is larger than allowed.") \
	REASON("mime-malformed", OUTCOME_REJECTED, "mime", "The mail is damaged.") \
	REASON("mime-too-deep", OUTCOME_REJECTED, "mime", \
		"Parts are inside each other too deep.") \
	REASON("mime-too-many-parts", OUTCOME_REJECTED, "mime", \
		"The mail has too many parts.") \
	REASON("too-many-documents", OUTCOME_REJECTED, "mime", \
		"There are more reports in it than allowed.") \
	REASON("archive-truncated", OUTCOME_REJECTED, "archive", \
		"The archive ends too early.") \
	REASON("archive-corrupt", OUTCOME_REJECTED, "archive", "The archive is damaged.") \
	REASON("archive-encrypted", OUTCOME_REJECTED, "archive", \
		"The archive wants a password.") \
	REASON("archive-unsupported", OUTCOME_REJECTED, "archive", \
		"The archive uses a method that reports have no need of.") \
	REASON("archive-too-large", OUTCOME_REJECTED, "archive", \
		"Unpacked, the archive is larger than allowed.") \
	REASON("archive-too-many-members", OUTCOME_REJECTED, "archive", \
		"The archive has too many members.") \
	REASON("archive-nested", OUTCOME_REJECTED, "archive", \
		"Archives are inside each other too deep.") \
	REASON("worker-crashed", OUTCOME_REJECTED, "worker", \
		"The process that read it crashed.") \
	REASON("worker-timeout", OUTCOME_REJECTED, "worker", \
		"It took longer than allowed to read it.") \
	REASON("worker-memory", OUTCOME_REJECTED, "worker", \
		"It took more memory than allowed to read it.") \
	REASON("worker-protocol", OUTCOME_REJECTED, "worker", \
		"The process that read it said what it must not.") \
	REASON("not-a-report", OUTCOME_REJECTED, "report", "It is no DMARC report.") \
	REASON("xml-malformed", OUTCOME_REJECTED, "xml", "The XML is not well formed.") \
	REASON("xml-doctype", OUTCOME_REJECTED, "xml", \
		"It declares a document type or entities, which a report has no need of.") \
	REASON("xml-encoding", OUTCOME_REJECTED, "xml", "The character encoding is unknown.") \
	REASON("xml-too-large", OUTCOME_REJECTED, "xml", \
		"A text or tag is larger than allowed.") \
	REASON("xml-too-deep", OUTCOME_REJECTED, "xml", \
		"Elements are inside each other too deep.") \
	REASON("too-many-records", OUTCOME_REJECTED, "report", \
		"It has more records than allowed.") \
	REASON("element-missing", OUTCOME_REJECTED, "report", \
		"An element that the report cannot do without is missing.") \
	REASON("value-invalid", OUTCOME_REJECTED, "report", \
		"A value that the report cannot do without is not valid.") \
	REASON("date-range", OUTCOME_REJECTED, "report", \
		"The period of the report is impossible.")

struct reason {
	const char *code;
	enum outcome outcome;
	const char *stage; /* read, mime, archive, worker, xml, report, origin */
	const char *sentence;
};
extern const struct reason reason_table[];
extern const size_t reason_count;

/* NULL for a code that is not in the table. */
const struct reason *reason_find(struct str code);
/* It was not let in for its origin (carrier.h), but its bytes are kept, so that it can be. */
bool outcome_held(struct str code);

#endif
