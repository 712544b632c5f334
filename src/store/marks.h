/*
 * marks.h - what the owner of a domain said of its senders.
 *
 * A mark belongs to the key that the sender had when it was said.  When rules that came later
 * give the sender another key, the mark goes along (sender_key_now).  Marks are data: the
 * generation grows with them.
 */
#ifndef RUAD_MARKS_H
#define RUAD_MARKS_H

#include "store.h"

#define MARKS_MOST 10000 /* of one domain */

/*
 * Needs a handle for writing and no batch.  1 said; 0 there is no such domain, or no mail was
 * ever seen of such a sender.  The note and who may be absent.  dry: find out only.
 */
int store_mark_put(struct store *s, const struct mark_row *mark, bool dry, struct err *err);

/* 1, 0 as above, for readers. */
int store_sender_known(struct store *s, struct str domain, struct str key, struct err *err);

/* What was said of the sender that has this key now.  1 (in a), 0 nothing. */
int store_mark_get(struct store *s, struct str domain, struct str key, struct arena *a,
	struct mark_row *ret, struct err *err);

#endif
