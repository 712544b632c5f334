/*
 * revision.h - what differs between a stored report and the same document read again.  Pure.
 */
#ifndef RUAD_REVISION_H
#define RUAD_REVISION_H

#include <stdint.h>

/* REVISION(symbol, name, what) */
#define REVISIONS(REVISION) \
	REVISION(REVISION_RECORDS, "records", "records, or what they say") \
	REVISION(REVISION_RESULT, "result", "pass or fail, or who is believed") \
	REVISION(REVISION_CAUSE, "cause", "why it passes or fails") \
	REVISION(REVISION_VERDICT, "verdict", "alignment, organizational domain or sender") \
	REVISION(REVISION_POLICY, "policy", "the published policy") \
	REVISION(REVISION_NOTES, "notes", "tolerated deviations") \
	REVISION(REVISION_METADATA, "metadata", "reporter, report id, period or errors")

enum revision {
#define REVISION(symbol, name, what) symbol,
	REVISIONS(REVISION)
#undef REVISION
		REVISION_COUNT
};

const char *revision_name(enum revision r);
const char *revision_what(enum revision r);

#endif
