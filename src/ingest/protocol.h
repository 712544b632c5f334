/*
 * protocol.h - the seam between the fetching process and the language of the server: imap.c,
 * pop3.c.
 *
 * All of it runs in that process.  A protocol connects when it is first asked for something,
 * and again when the connection was lost.
 */
#ifndef RUAD_PROTOCOL_H
#define RUAD_PROTOCOL_H

#include "outlet.h"

struct protocol {
	/* *out lives longer. */
	void *(*open)(struct outlet *out);
	/* The next mail into the outlet: 1 whole, 0 no more; 2 never to be had, 3 not to be had
	 * now, negative the server is of no use: *err says why. */
	int (*next)(void *p, struct err *err);
	/* Are mails on their way that next can give without asking for more?  Then they are
	 * given before another order is carried out.  NULL: never. */
	bool (*under_way)(void *p);
	int (*settle)(void *p, const struct settlement *s, struct err *err);
	/* Ends early when an order comes in.  1 there may be new mail, 0 not. */
	int (*wait)(void *p, unsigned seconds, struct err *err);
	/* Tell each step with outlet_say. */
	int (*test)(void *p, struct err *err);
	/* Log out; what was ordered is carried out. */
	int (*close)(void *p, struct err *err);
};

extern const struct protocol imap_protocol;
extern const struct protocol pop3_protocol;

/* The password or token into *ret (sasl_room, SECRET_MOST); ERR_CONFIG: none, or one that
 * cannot be sent. */
int protocol_secret(struct outlet *out, bool fresh, struct buf *ret, struct err *err);

/*
 * How long to wait before connection number tries (from 0) after a loss: twice as long each
 * time, up to PROTOCOL_PAUSE_MOST_MS; and of that between half and all, by chance, so that
 * those who lost a server together do not come back together.
 */
unsigned protocol_backoff_ms(unsigned tries);
#define PROTOCOL_PAUSE_MS 300
#define PROTOCOL_PAUSE_MOST_MS 4000
#define PROTOCOL_LOST_MOST 6 /* connections in a row that gave no mail */

/* What the login goes by: "password", "token_command". */
const char *protocol_secret_setting(const struct mailbox_options *o);

/* " (it says: …)" with the server's text, or nothing when it is empty or holds the secret. */
void protocol_quote(struct str text, struct str secret, char *ret, size_t n);

#endif
