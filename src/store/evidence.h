/*
 * evidence.h - what a record says and our verdict on it, stored once: tuple to rows, and back.
 */
#ifndef RUAD_EVIDENCE_H
#define RUAD_EVIDENCE_H

#include "arena.h"
#include "digest.h"
#include "facts.h"
#include "intern.h"

/*
 * The number of the evidence of rec and v, new or known.  *ret_content: the digest of what the
 * record says, without address, number and verdict (the identity of reports must not change
 * with the Public Suffix List).
 */
int evidence_intern(struct db *db, struct intern *in, const struct record *rec,
	const struct verdict *v, uint32_t facts, struct digest *ret_content, int64_t *ret,
	struct err *err);

/* For checks, of what evidence_load gave: *ret: it has the digests that it was stored under. */
int evidence_whole(struct db *db, int64_t id, const struct record *rec, const struct verdict *v,
	bool *ret, struct err *err);
/* *ret: is says the same as the stored verdict, had. */
int evidence_same_verdict(struct db *db, int64_t id, const struct record *rec,
	const struct verdict *had, const struct verdict *is, bool *ret, struct err *err);

/* Fill in rec (but for address, messages and line) and v; strings in a.  1, 0 not there. */
int evidence_load(struct db *db, int64_t id, struct arena *a, struct record *rec,
	struct verdict *v, struct err *err);

#endif
