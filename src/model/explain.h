/*
 * explain.h - the four questions of DMARC about one record, answered in words.  Pure.
 *
 * Authenticated is not aligned: (1) SPF authenticated? (2) SPF aligned with From:? (3) DKIM
 * authenticated? (4) DKIM aligned?  DMARC = (1 and 2) or (3 and 4).  Questions 2 and 4 are
 * answered for the identifier that passed, else for the best candidate.
 */
#ifndef RUAD_EXPLAIN_H
#define RUAD_EXPLAIN_H

#include "arena.h"
#include "verdict.h"

struct answer {
	struct str question; /* "SPF authenticated?" */
	struct str answer;   /* "yes", "no", "no (softfail)", "no signature", "not reported",
				"can't tell" */
	struct str evidence; /* "bounce.crm.example.net is not in example.com (relaxed)" */
	enum dmarc good;     /* for the mark beside it */
};

struct explanation {
	struct answer answers[4];
	struct answer
		dmarc; /* answer pass, fail or can't tell; evidence: what the receiver says */
	struct answer receiver; /* "delivered", "quarantined", "rejected"; evidence:
				   disposition, policy, override */
	struct str sentence;	/* the cause, with the names of this record */
	struct str advice;
	struct str disagreement; /* absent when computed and reported agree */
};

void explain_record(struct arena *a, const struct policy *policy, const struct record *rec,
	const struct verdict *v, struct explanation *ret);

/* The cause as one sentence with the names of this record (also in lists). */
struct str explain_cause(struct arena *a, const struct record *rec, const struct verdict *v);
/* "delivered", "quarantined", "rejected", or the word itself */
struct str explain_disposition(struct arena *a, struct str disposition);

/*
 * The document of an explanation: {"questions":[answer, …],"dmarc":answer,"receiver":answer,
 * "sentence","advice","disagreement"}, an answer being {"question","answer","evidence","mark"}
 * with mark "pass", "fail" or "unknown".
 */
struct json;
void explanation_json(struct json *j, const struct explanation *e);

#endif
