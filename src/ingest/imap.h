/*
 * imap.h - how a mailbox is read over IMAP, as its own files have it.
 *
 * Folder after folder; first the mails that an earlier run left unsettled, then those above the
 * last UID, found by slices of UIDs; of each group of them the sizes, and then their content,
 * many mails in a command.  A lost connection is made again; where
 * reading was is known by UIDs, which stay good as long as the folder's UIDVALIDITY does.
 *
 * imap.c the steps and waiting, imapfind.c finding mails, imapmail.c their content,
 * imapfiling.c what is done with them, imaptest.c the test.
 */
#ifndef RUAD_IMAP_H
#define RUAD_IMAP_H

#include "imaplink.h"

#define IMAP_GROUP 500		      /* mails whose sizes are asked for at once */
#define IMAP_ANSWER (2 * MIB)	      /* of a search, or of a change of many mails */
#define IMAP_SMALL_ANSWER (256 * KIB) /* … and of what has less to say */

/* The command for the content of some mails that has not ended. */
struct imapbatch {
	int tag;    /* 0: none */
	size_t end; /* of them, in the group */
	bool one;   /* alone, on purpose */
};

struct imap {
	struct outlet *out;
	struct imaplink link;
	bool writes; /* folders are opened for changes */
	bool ready;  /* a connection was good once */
	/* Where reading is. */
	size_t folder;
	bool begun;	    /* the folder was selected for this round */
	struct uidset todo; /* of the slice */
	uint32_t at;	    /* the last of todo whose facts were asked for */
	uint64_t from;	    /* where the next slice begins */
	struct imapfact group[IMAP_GROUP];
	size_t group_n, group_at;
	struct imapbatch batch;
	uint64_t ahead_bytes; /* of the mails that were asked for and have not come */
	size_t alone_until; /* in the group: the server did not give all of a batch in order */
	unsigned attempts, lost;
	unsigned begins;    /* of this folder in this round */
	unsigned no_facts;  /* answers in a row that were none */
	uint32_t idle_next; /* UIDNEXT that a wait has told of */
	/* The mail at hand. */
	uint64_t body_bytes;
	bool too_large;
};

enum { IMAP_MORE = 10 }; /* of a step: nothing to give yet, go on */

struct boxfolder *imap_state(const struct imap *im, size_t folder);
const char *imap_name(const struct imap *im, size_t folder);

/* A connection, logged in. */
int imap_up(struct imap *im, struct err *err);
/* The folder, selected, and still the one that its UIDs are of: 0; LINK_NO, negative;
 * IMAP_MORE: it is another. */
int imap_be_in(struct imap *im, size_t folder, bool anew, struct err *err);
int imap_command(struct imap *im, uint64_t bytes, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* --- imapfind.c --- */

int imap_begin_folder(struct imap *im, struct err *err);
void imap_leave_folder(struct imap *im);
int imap_find_slice(struct imap *im, struct err *err);
int imap_ask_group(struct imap *im, struct err *err);

/* --- imapmail.c --- */

/* The mail at group_at: as a step. */
int imap_give_mail(struct imap *im, struct err *err);
/* Are there mails that can be given without asking for more? */
bool imap_under_way(void *p);
/* Hear the end of all commands, and forget what else they bring, so that another one can be
 * given. */
int imap_rest(struct imap *im, struct err *err);
/* Nothing is under way any more: all has ended, or the connection has. */
void imap_forget_sent(struct imap *im);
void imap_forget_group(struct imap *im);

/* --- imapfiling.c, imaptest.c: struct protocol --- */

int imap_settle(void *p, const struct settlement *s, struct err *err);
int imap_test(void *p, struct err *err);

#endif
