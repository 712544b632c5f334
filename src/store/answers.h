/*
 * answers.h - answers that cost some time and are asked for again with every page: kept as long
 * as nothing changed.
 *
 * An answer is found by a number that stands for the question; it is good for one generation of
 * the data and one day.  It lives until ANSWERS_KEPT others were made, so what is found may be
 * used for the whole of a request, which makes fewer.  Each handle has its own. Life: zeroed ->
 * answers_find, answers_make … -> answers_release.
 */
#ifndef RUAD_ANSWERS_H
#define RUAD_ANSWERS_H

#include "arena.h"

#define ANSWERS_KEPT 512

struct answer_key {
	uint64_t question;
	int64_t generation, today;
};

struct kept_answer {
	struct answer_key key;
	struct arena arena; /* the answer lives here */
	const void *value;  /* NULL: it was not finished */
};

struct answers {
	struct kept_answer *kept; /* NULL: none yet */
	size_t next;
};

/* NULL: it must be made. */
const void *answers_find(const struct answers *c, const struct answer_key *key);
/* Room for an answer, in place of the oldest.  The caller sets value once it is whole. */
struct kept_answer *answers_make(struct answers *c, const struct answer_key *key);
void answers_release(struct answers *c); /* accepts an empty one */

#endif
