/*
 * facts.h - all that is counted of a record, packed into one small integer.
 *
 * Daily sums are kept per facts value, so every split of the messages (result, alignment,
 * cause, disposition, who says so) is answered from sums alone.  The layout is part of the
 * database format: change it only with a migration.
 */
#ifndef RUAD_FACTS_H
#define RUAD_FACTS_H

#include "verdict.h"

/* Bit positions, for SQL: (facts >> FACTS_CAUSE_SHIFT) & 15. */
#define FACTS_PASS 1U /* result */
#define FACTS_BASIS_REPORTED 2U
#define FACTS_SPF 4U /* computed: SPF passes and aligns */
#define FACTS_DKIM 8U
#define FACTS_FORWARDED 16U /* explains a failure, ours or the receiver's */
#define FACTS_DISAGREES 32U
#define FACTS_CAUSE_SHIFT 6	   /* 4 bits, enum cause */
#define FACTS_DISPOSITION_SHIFT 10 /* 3 bits, enum disposition */
#define FACTS_REPORTED_PASS (1U << 13)
#define FACTS_REPORTED_SPF (1U << 14)
#define FACTS_REPORTED_DKIM (1U << 15)

uint32_t facts_of(const struct record *record, const struct verdict *verdict);

/* The four colours of every chart, in drawing order. */
enum shade { SHADE_BOTH, SHADE_ONE, SHADE_EXPLAINED, SHADE_FAILED, SHADE_COUNT };

/*
 * Read facts by our result, or by the receiver's (basis=reported).  spf and dkim say what we
 * computed, so a pass that stands on the receiver's word alone may have neither; its shade is
 * SHADE_ONE.
 */
bool facts_pass(uint32_t facts, bool by_receiver);
bool facts_spf(uint32_t facts, bool by_receiver);
bool facts_dkim(uint32_t facts, bool by_receiver);
bool facts_explained(uint32_t facts, bool by_receiver); /* fails, and explained */
enum cause facts_cause(uint32_t facts);
enum disposition facts_disposition(uint32_t facts);
enum shade facts_shade(uint32_t facts, bool by_receiver);

#endif
