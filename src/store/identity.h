/*
 * identity.h - is this report here already?
 *
 * Key: org_name (trimmed, lower case), policy domain, report_id, begin, end.  Same key and same
 * records in any order: a duplicate.  Same key, and one holds all records of the other and
 * more: the larger one stays, whichever came first.  Same key, and neither holds the other:
 * both stay and are flagged.  What a suspect mail brought (carrier.h) holds nothing that
 * another one did: else anybody could take a report out, or keep it out, by sending more of it.
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
	bool same;		  /* it has the same records, not more */
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

/* What is known of the mail that brought a stored report. */
int report_origin(struct store *s, int64_t report, enum carrier_state *ret, struct err *err);

/* Flags of a report to which that happened. */
unsigned identity_flags(const struct identity *id);

/*
 * Take a stored report out: its sums (into those of the open document, or of none), its rows,
 * its original.  f: its own frame.  Inputs that told of it tell of `heir` then.  Nothing but a
 * roll-back of the batch helps when something fails later.
 */
int identity_take_out(
	struct store *s, const struct sum_frame *f, int64_t heir, struct err *err);
/* Its sums and coverage alone, as the first step of that. */
int identity_uncount(struct store *s, const struct sum_frame *f, struct err *err);

#endif
