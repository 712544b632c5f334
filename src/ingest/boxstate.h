/*
 * boxstate.h - what was read of an account, and its text: the checkpoint.  Pure.
 *
 * For each IMAP folder: its UIDVALIDITY, the last UID that was given, those below it that are
 * not settled (to be given again), and those whose outcome is stored but whose action was not
 * carried out yet (owed).  For POP3: each mail that was given and may still be there.
 *
 *     ruad-mailbox 1
 *     account imap:dmarc@example.com@imap.example.com
 *     folder INBOX 1700000000 57 unsettled=3,5 stored=50:57 rejected=49
 *     mail 8f14e45fceea167a5a36dedd
 *     mail c9f0f895fb98ab9159f51fd0 stored
 *
 * Life: boxstate_parse -> use -> boxstate_release.
 */
#ifndef RUAD_BOXSTATE_H
#define RUAD_BOXSTATE_H

#include "err.h"
#include "keymap.h"
#include "outcome.h"
#include "uidset.h"

struct boxfolder {
	char *name; /* as configured */
	uint32_t validity, last;
	struct uidset unsettled;
	struct uidset put_off; /* of the unsettled: not tried again in this run */
	struct uidset owed[OUTCOME_COUNT];
};

/* Values of the keymap. */
#define MAIL_SETTLED 1
#define MAIL_PUT_OFF 255 /* not tried again in this run */
#define MAIL_OWED(outcome) (uint8_t)(2 + (outcome))

struct boxstate {
	char *account;
	struct boxfolder *folders; /* also those that are not configured now */
	size_t n;
	struct keymap mails;
};

/* Text of another account gives an empty state.  ERR_INPUT: it is no checkpoint; *ret is empty
 * then too. */
int boxstate_parse(struct str text, const char *account, struct boxstate *ret, struct err *err);
/* run: with what counts in this run only, for another process of it. */
void boxstate_print(const struct boxstate *s, bool run, struct buf *ret);
void boxstate_release(struct boxstate *s);

size_t boxstate_folder(struct boxstate *s, const char *name); /* made when it is not there */
void boxfolder_renew(struct boxfolder *f, uint32_t validity); /* nothing is known any more */
void boxfolder_given(struct boxfolder *f, uint32_t uid);
void boxfolder_unsettled(struct boxfolder *f, uint32_t uid);
void boxfolder_gone(struct boxfolder *f, const struct uidset *uids); /* from the server */

#endif
