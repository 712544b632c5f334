/*
 * sweep.h - for this room: what nothing refers to any more, and what care.h has in common.
 */
#ifndef RUAD_SWEEP_H
#define RUAD_SWEEP_H

#include "care.h"
#include "write.h"

/*
 * Delete evidence, names, addresses, reporters and domains that nothing refers to.  What is in
 * use is found without a lock; whoever writes meanwhile makes that void, and it is looked for
 * again, a few times.  *unused: grows by the rows.  1; 0: not all, because of others; negative.
 */
int sweep(struct store *s, const struct care *care, uint64_t *unused, struct err *err);

/* ERR_TEMP when it is time to stop, else 0.  care may be NULL. */
int care_stopped(const struct care *care, struct err *err);
void care_tell(const struct care *care, const char *doing, uint64_t done, uint64_t total);
void care_pause(uint64_t ms);
/* store_batch_begin, with patience for others who write. */
int care_begin(struct store *s, const struct care *care, struct err *err);

#endif
