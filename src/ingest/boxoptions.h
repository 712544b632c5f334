/*
 * boxoptions.h - the options of a mailbox: looked at, completed, and carried to the fetching
 * process.
 */
#ifndef RUAD_BOXOPTIONS_H
#define RUAD_BOXOPTIONS_H

#include "arena.h"
#include "mailbox.h"

/* A copy in *a, with all that has a default filled in.  ERR_CONFIG: an option that cannot be.
 */
int boxoptions_complete(const struct mailbox_options *o, struct arena *a,
	struct mailbox_options *ret, struct err *err);

/* As bytes; all but the secret, which is never in them, and of the limits what counts here. */
void boxoptions_put(struct buf *b, const struct mailbox_options *o);
/* Complete ones, as put wrote them; they are looked at again.  The rest of *bytes stays.  The
 * secret is NULL. */
int boxoptions_take(
	struct str *bytes, struct arena *a, struct mailbox_options *ret, struct err *err);

#endif
