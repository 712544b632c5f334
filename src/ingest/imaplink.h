/*
 * imaplink.h - one connection to an IMAP server: made, made secure, logged in, a folder
 * selected; commands over it.
 *
 * Only the files of imapcall.h call libetpan's IMAP.  Of it only what cannot crash on this side
 * of a process is used: no BODYSTRUCTURE, no ENVELOPE, CAPABILITY as a custom command.  Each
 * answer has a deadline and a budget.
 *
 * Functions return 0 done, LINK_NO the server says no (the connection is good), or negative:
 * the connection is of no use any more and was dropped.  *err is filled in both cases. Life:
 * imaplink_init -> (imaplink_open -> … -> imaplink_drop or imaplink_logout) again.
 */
#ifndef RUAD_IMAPLINK_H
#define RUAD_IMAPLINK_H

#include "protocol.h"
#include "tls.h"

#define LINK_NO 1

struct imaplink {
	struct outlet *out;
	struct tls_peer peer;
	unsigned command_s;
	struct tls *tls; /* NULL: no connection */
	struct mailimap *imap;
	char separator; /* between levels of folders */
	bool has_move, has_uidplus, has_idle;
	/* Of the selected folder. */
	char *selected; /* NULL: none */
	bool writable;
	uint32_t validity, next_uid, mails; /* validity, next_uid: 0 not told */
};

/* What a FETCH answered of one mail. */
struct imapfact {
	uint32_t uid;
	uint64_t size_bytes;
	int64_t arrived_at;
};

/* Where the content of mails goes. */
struct imaptaker {
	bool (*wants)(void *arg, uint32_t uid);		  /* false: not this mail */
	bool (*take)(void *arg, const char *p, size_t n); /* false: no more of it */
	void *arg;
};

/* One response after imaplink_send. */
struct imapresponse {
	enum { IMAP_ANYTHING, IMAP_BODY, IMAP_ENDED } kind;
	uint32_t uid;	/* IMAP_BODY; perhaps not one that was wanted */
	uint64_t bytes; /* … how many it had; 0 for NIL */
	int tag;	/* IMAP_ENDED: of the command that has ended, … */
	bool ok;	/* … and how */
	char code[32];	/* of NO */
	char text[256];
};

void imaplink_init(struct imaplink *l, struct outlet *out);
bool imaplink_up(const struct imaplink *l);
int imaplink_open(struct imaplink *l, struct err *err);
void imaplink_drop(struct imaplink *l);
void imaplink_logout(struct imaplink *l);

/* One command line without tag and CRLF; the answer may have so many bytes beside wanted ones.
 */
int imaplink_command(struct imaplink *l, uint64_t bytes, struct str command, struct err *err);
/*
 * UID FETCH of the content of some mails in steps, so that several commands can be under way:
 * what was sent goes out when a response is asked for.  Until all commands have ended no other
 * one may be given.  imaplink_allow is for all responses up to the one that is waited for: a
 * server may talk in between, but not without end.  Content that the taker does not want goes
 * by, if that is known before it comes; if it shows only afterwards, or take says that it is
 * too much, and with a response that we did not ask for, the connection is dropped.
 */
int imaplink_send(struct imaplink *l, struct str uids, int *ret_tag, struct err *err);
void imaplink_allow(struct imaplink *l, uint64_t bytes);
int imaplink_response(struct imaplink *l, const struct imaptaker *taker,
	struct imapresponse *ret, struct err *err);

/* The response code of the last answer: "TRYCREATE", "ALREADYEXISTS"; "" none.  Some have a
 * field of their own. */
const char *imaplink_code(const struct imaplink *l);

/* name as configured. */
int imaplink_select(struct imaplink *l, const char *name, bool writable, struct err *err);
/* A folder's name as a word of a command: separator, modified UTF-7, quotes. */
void imaplink_put_name(const struct imaplink *l, struct str name, struct buf *ret);

/* UIDs that the last command, a SEARCH, found from first to last. */
void imaplink_found(
	const struct imaplink *l, uint32_t first, uint32_t last, struct uidset *ret);
/* Facts of the last command, a FETCH: up to most; how many there were. */
size_t imaplink_facts(const struct imaplink *l, struct imapfact *ret, size_t most);
/* IDLE for so long, or until an order comes or the server speaks.  1 the number of mails is
 * another now. */
int imaplink_idle(struct imaplink *l, unsigned seconds, struct err *err);

#endif
