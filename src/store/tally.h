/*
 * tally.h - all that is counted of a set of records, and its short form as bytes.  Pure.
 */
#ifndef RUAD_TALLY_H
#define RUAD_TALLY_H

#include "rows.h"

/* Nothing but uint64_t: it is packed as an array of them. */
struct tally {
	struct totals totals;
	uint64_t aligned[2][2]; /* [spf][dkim] */
	uint64_t by_disposition[DISP_COUNT];
	uint64_t by_cause[CAUSE_COUNT], fail_by_cause[CAUSE_COUNT];
	uint64_t disagree, spread;
};

#define TALLY_NUMBERS (sizeof(struct tally) / sizeof(uint64_t))
#define TALLY_BYTES (TALLY_NUMBERS * 10)

void tally_add(struct tally *t, uint32_t facts, uint64_t messages, uint64_t records,
	uint64_t spread, bool by_receiver);
void tally_join(struct tally *t, const struct tally *more);
size_t tally_pack(const struct tally *t, unsigned char out[TALLY_BYTES]);
bool tally_unpack(struct str packed, struct tally *ret); /* absent: all zero */
/* Small numbers in few bytes: at most NUMBER_BYTES for each. */
#define NUMBER_BYTES 10
size_t numbers_pack(const uint64_t *from, size_t count, unsigned char *out);
/* From the start of packed, which becomes the rest.  False: there are fewer. */
bool numbers_unpack(struct str *packed, uint64_t *to, size_t count);
/* Of most of the failing messages, else of most. */
enum cause tally_cause(const struct tally *t);

#endif
