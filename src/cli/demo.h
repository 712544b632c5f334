/*
 * demo.h - made-up reports of the last weeks, as mails in a maildir: something to look at
 * before the own mailbox has anything, and a data set for trying changes.
 *
 * The story: example.com sends through its own server, a newsletter service, a shop system that
 * nobody set up for DKIM and a mailing list; a key broke for three days; strangers use the
 * name.  example.org is parked at p=reject. Names and addresses are those reserved for
 * documentation.  Same seed and day, same bytes.
 */
#ifndef RUAD_DEMO_H
#define RUAD_DEMO_H

#include "err.h"

struct demo_options {
	int64_t last_day; /* newest day with reports */
	unsigned days;
	uint64_t seed;
};

/* folder must not exist or be empty.  *ret_mails: how many mails were written. */
int demo_write(const char *folder, const struct demo_options *opt, uint64_t *ret_mails,
	struct err *err);

#endif
