/*
 * imapcall.h - calling libetpan's IMAP, as the files of imaplink.h do it: imaplink.c the
 * connection, imapcall.c lines and answers, imaplogin.c, imapfolder.c, imapcontent.c.
 *
 * Functions without *err return what libetpan does: MAILIMAP_NO_ERROR or another number.
 */
#ifndef RUAD_IMAPCALL_H
#define RUAD_IMAPCALL_H

#include "imaplink.h"

#include <libetpan/libetpan.h>

#define SMALL_ANSWER (256 * KIB)

/* What libetpan returned: 0, LINK_NO or negative; see the head of imaplink.h.  secret: not to
 * be shown, should the server repeat it. */
int imapcall_judge(struct imaplink *l, int r, struct str secret, struct err *err);
/* For the next answer: command_s, and so many bytes. */
void imapcall_allow(struct imaplink *l, uint64_t bytes);

int imapcall_write(struct imaplink *l, struct str line);
/* What was written goes out; the first line of what comes back is in the library's buffer. */
int imapcall_read(struct imaplink *l);
int imapcall_say(struct imaplink *l, struct str line); /* both */
/* That line begins the tagged answer, or what comes before it. */
int imapcall_verdict(struct imaplink *l, int if_no);

/* Codes of RFC 5530 that will pass. */
bool imapcall_passing(const char *code);

/* Did it tell of that extension, of that kind of login? */
bool imapcall_can(const struct imaplink *l, const char *name);
bool imapcall_can_login(const struct imaplink *l, const char *name);
/* With blanks between; logins_only: the kinds of login alone. */
void imapcall_put_capabilities(const struct imaplink *l, bool logins_only, struct buf *ret);

int imapcall_login(struct imaplink *l, struct err *err);

#endif
