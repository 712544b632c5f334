/*
 * schedule.h - imports while `ruad serve` runs: a thread for each source that has `every`.
 *
 * A source is read at the start and then every so often; a mailbox with idle also as soon as
 * its server tells of new mail, over one connection that stays.  After a failure it is tried
 * again soon, then less and less often.  Sources do not wait for each other.  A failure is
 * logged (import.failed, warn) when it is another one than the last time.
 */
#ifndef RUAD_SCHEDULE_H
#define RUAD_SCHEDULE_H

#include "feed.h"

struct schedule;
/* config and imp live longer.  ERR_TEMP: no thread can be made. */
int schedule_start(const struct config *config, struct importer *imp, struct schedule **ret,
	struct err *err);
/* What is being read is committed.  Accepts NULL. */
void schedule_stop(struct schedule *s);

/*
 * How long to wait after so many failures in a row (0: after a success), without chance.
 * mends_itself: the last one may pass without anybody's doing; a login that is refused again
 * and again is better not tried often.
 */
uint64_t schedule_pause_s(unsigned every_s, uint64_t failures, bool mends_itself);

#endif
