/*
 * identity.h - is this report here already?
 *
 * Key: org_name (trimmed, lower case), policy domain, report_id, begin, end.  Same key and same
 * records in any order: a duplicate.  Same key, and one holds all records of the other and
 * more: the larger one stays, whichever came first.  Same key, and neither holds the other:
 * both stay and are flagged.
 */
#ifndef RUAD_IDENTITY_H
#define RUAD_IDENTITY_H

#include "write.h"

/* The key of a report; *ret_org: org_name as it is compared, in a. */
void identity_key(
	const struct report *r, struct arena *a, struct str *ret_org, struct digest *ret);
int64_t identity_number(const struct digest *key); /* 64 bits of it, for the index */

struct identity {
	int64_t duplicate_of;	  /* 0: none; then the fields below count */
	unsigned duplicate_flags; /* REPORT_REPLACED when this one is an older, smaller copy */
	bool replaced, conflict;
	uint64_t again; /* how often the reports taken out had come, with themselves */
};

/*
 * Compare the open document, whose records are all in, with what is stored, take out what it
 * holds, and flag what conflicts with it.
 */
int identity_settle(
	struct store *s, const struct report *r, struct identity *ret, struct err *err);

#endif
