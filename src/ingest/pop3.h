/*
 * pop3.h - how a mailbox is read over POP3 (RFC 1939, CAPA and STLS of RFC 2449 and 2595, AUTH
 * of RFC 5034), as its own files have it.
 *
 * Without a library: the language is a few lines.  Mails are known by the digest of their UIDL;
 * numbers are good for one session only.  The server deletes at QUIT, so what was ordered is
 * done when the source waits or is closed.
 *
 * pop3.c mails and what is done with them, poplink.c the connection and commands over it,
 * poplist.c what is there.
 */
#ifndef RUAD_POP3_H
#define RUAD_POP3_H

#include "popline.h"
#include "protocol.h"

#define POP3_NO 1 /* the server says no; the connection is good; *err is filled */

struct popmail {
	struct key key;
	uint64_t size_bytes;
	unsigned number;
	bool deleted;
};

struct pop3 {
	struct outlet *out;
	struct tls_peer peer;
	struct tls *tls; /* NULL: no connection */
	struct popline line;
	bool ready;
	/* What it can do. */
	bool has_stls, has_plain, has_xoauth2, has_oauthbearer, told;
	/* What is there, in this session. */
	struct popmail *mails;
	size_t n, at, found_at;
	struct keymap given; /* in this run; see struct boxstate */
	unsigned attempts, lost;
	bool too_large; /* the mail at hand */
	bool ended;	/* new mails show in a new session only */
	size_t lines;	/* of the answer so far */
	char said[256]; /* the last answer, for error texts */
};

/* --- poplink.c: 0, POP3_NO, or negative: the connection is of no use, and was dropped --- */

/* A connection, logged in, with the list of mails: 0 or negative. */
int poplink_up(struct pop3 *p, struct err *err);
void poplink_drop(struct pop3 *p);
int poplink_lost(struct pop3 *p, struct err *err); /* of the connection: why */
/* Send the line; its answer is in p->said and, until the next line is read, in *ret (NULL). */
int poplink_say(struct pop3 *p, struct str line, struct str *ret, struct err *err);
int poplink_say_number(struct pop3 *p, const char *verb, unsigned number, struct err *err);
/* The next line of a long answer: 1, 0 its end, negative. */
int poplink_line(struct pop3 *p, struct str *ret, struct err *err);
/* Does the last answer say that it will pass? */
bool poplink_passing(const struct pop3 *p);

/* --- poplist.c --- */

int poplist_read(struct pop3 *p, struct err *err); /* 0 or negative */
bool poplist_wanted(const struct pop3 *p, const struct popmail *m);
struct popmail *poplist_by_key(struct pop3 *p, const struct key *key);

#endif
