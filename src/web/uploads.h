/*
 * uploads.h - files that are handed in: so many at once, and one after the other into the
 * database.
 *
 * What takes a file may take long, and may have to wait for another import, so it is done in a
 * thread of its own while those that serve pages go on.
 *
 * Life: uploads_start -> uploads_enter, uploads_give, uploads_leave by any thread ->
 * uploads_finish -> uploads_free.
 */
#ifndef RUAD_UPLOADS_H
#define RUAD_UPLOADS_H

#include <stdbool.h>

#define UPLOADS_MOST 8 /* at once, from the first byte to the answer */

/* Work for the thread; it belongs to whoever gave it, and is not touched after run. */
struct upload_job {
	struct upload_job *next;
	void (*run)(struct upload_job *job);
};

struct uploads;
/* NULL: no thread could be had. */
struct uploads *uploads_start(void);
/* All that was given is done, and the thread has ended.  Accepts NULL. */
void uploads_finish(struct uploads *u);
void uploads_free(struct uploads *u); /* accepts NULL */

/* Is there a place for another? */
bool uploads_enter(struct uploads *u);
void uploads_leave(struct uploads *u);
/* False: it has ended, and nothing is taken any more. */
bool uploads_give(struct uploads *u, struct upload_job *job);

#endif
