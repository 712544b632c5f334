/*
 * judge.h - one record and its policy in, the verdict out (RFC 7489 section 3.1, RFC 9989
 * section 4.4).
 *
 * Pure.  computed: some DKIM entry with result pass and a domain that aligns; some SPF entry
 * with result pass, scope mfrom or none, and a domain that aligns.  A helo entry counts only
 * when there is no other SPF entry and envelope_from is absent or empty.  NULL when header_from
 * is missing or names several domains.
 *
 * result is computed, except where computed is NULL, or is fail while the receiver credits a
 * mechanism for which the report lists no evaluated entry (none at all, empty domain, or result
 * none, unknown, temperror or empty): there the receiver's word stands, and basis_reported says
 * so.
 */
#ifndef RUAD_JUDGE_H
#define RUAD_JUDGE_H

#include "arena.h"
#include "orgdom.h"
#include "verdict.h"

/* Everything in *ret lives in a, or belongs to the record. */
void judge(struct arena *a, const struct policy *policy, const struct record *rec,
	const struct orgdom *orgdom, struct verdict *ret);

#endif
