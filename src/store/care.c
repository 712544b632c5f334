#include "care.h"

#include "day.h"
#include "sweep.h"

#include <time.h>

#define WAIT_MS 200 /* between two tries to write, beside what SQLite itself waits */
#define TRIES 600   /* then it is given up for this time */

static bool is_stopped(const struct care *care)
{
	return care && care->stop && *care->stop;
}

int care_stopped(const struct care *care, struct err *err)
{
	return is_stopped(care) ? FAIL(err, ERR_TEMP, "interrupted", "interrupted") : 0;
}

void care_tell(const struct care *care, const char *doing, uint64_t done, uint64_t total)
{
	if (care && care->tell)
		care->tell(care->arg, doing, done, total);
}

void care_pause(uint64_t ms)
{
	const struct timespec pause = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000L };

	nanosleep(&pause, NULL);
}

int care_begin(struct store *s, const struct care *care, struct err *err)
{
	int r = 0;

	for (int i = 0; i < TRIES; i++) {
		r = care_stopped(care, err);
		if (r == 0)
			r = store_batch_begin(s, err);
		if (r != ERR_TEMP || is_stopped(care) || !err->reason ||
			strcmp(err->reason, "store-busy") != 0)
			return r;
		care_pause(WAIT_MS);
	}
	return r;
}

int64_t store_schema_found(const struct store *s)
{
	return s->schema_found;
}
