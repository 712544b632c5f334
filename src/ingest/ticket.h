/*
 * ticket.h - what a source remembers of an input until done() (struct mail, token), and sources
 * that hold other sources: a list of paths, a folder with maildirs and mboxes inside.
 *
 * A held source is a child.  Its tokens are wrapped in tickets that know the child, so that
 * drop and done find it; it is closed when it has ended and its last ticket was given back.
 */
#ifndef RUAD_TICKET_H
#define RUAD_TICKET_H

#include "buf.h"
#include "ingest.h"

struct child;
struct ticket {
	struct child *child; /* NULL: of the source itself */
	void *inner;	     /* the child's token */
	struct str locator;  /* text, NUL after it */
	size_t name_at;	     /* where the file's name begins in it */
	unsigned tag;	     /* the source's own */
	bool unread;	     /* could not be read: stays where it is, for the next run */
	char text[];
};

/* The locator is folder/name; folder absent: name alone. */
struct ticket *ticket_new(struct str folder, struct str name);

/* Fill *ret for an input that cannot be read, and return 2; *err is filled by the caller. */
int ticket_unread(struct ticket *t, struct str source, struct mail *ret);

/* The bytes of b, which is empty then; mail_drop frees them. */
struct blob blob_take(struct buf *b);
/* Closes or frees the bytes of a mail: an fd of its own, or malloc'ed memory. */
void mail_drop(struct mail *mail);

struct child *child_new(struct source *s);
/* Like next; the mail gets name as its source and a ticket as its token. */
int child_next(struct child *c, struct str name, struct mail *ret, struct err *err);
/* No more inputs are asked for; tickets that are out stay good.  Accepts NULL. */
void child_end(struct child *c);

/* For the ops of a holder: own tickets and wrapped ones. */
void ticket_drop(struct mail *mail);
int ticket_done(struct ticket *t, int outcome, struct err *err);

#endif
