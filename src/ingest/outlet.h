/*
 * outlet.h - what the fetching process tells the one that started it, and the orders that it
 * gets, as frames.
 *
 * Orders are carried out one after the other, and each has one answer; other events come before
 * it.  ORDER_NEXT is the exception: it begins a round, or allows more mails of the round that
 * goes on; each of these is an answer, until END or FAIL ends the round, and meanwhile other
 * orders are carried out between two mails.  More mails for a round that has ended are not
 * heard.
 *
 * What is sent goes out when enough has gathered, when the server is waited for, or with
 * outlet_flush.  The outlet's functions do not fail: when nobody listens any more the process
 * ends.
 */
#ifndef RUAD_OUTLET_H
#define RUAD_OUTLET_H

#include "boxstate.h"
#include "mailbox.h"
#include "wire.h"

#define SECRET_MOST (16 * 1024)

enum order {
	ORDER_SETUP = 1, /* a part of boxoptions_put and boxstate_print; an empty one ends it */
	ORDER_NEXT,	 /* round, mails -> for each WHOLE, UNREAD or PUT_OFF; END, FAIL */
	ORDER_SETTLE,	 /* struct settlement -> SETTLED, NOT_SETTLED */
	ORDER_WAIT,	 /* seconds -> WOKE, FAIL; another order ends it */
	ORDER_TEST,	 /* -> SAY …, END, FAIL */
	ORDER_SECRET,	 /* the answer to EVENT_SECRET: 1, secret; or 0, error */
	ORDER_QUIT	 /* -> END, FAIL, and the process ends */
};

enum event {
	EVENT_PULSE = 1, /* it lives */
	EVENT_FOLDER,	 /* folder, validity: it is open */
	EVENT_FOUND,	 /* so many mails more to be read */
	EVENT_MAIL,	 /* struct boxmail; its bytes follow; again: they begin anew */
	EVENT_BODY,
	EVENT_WHOLE,	/* all of them came, and they are of that mail */
	EVENT_UNREAD,	/* error: never to be had */
	EVENT_PUT_OFF,	/* error: not now */
	EVENT_LATER,	/* error: to be told at the end */
	EVENT_GONE,	/* folder, validity, UIDs that are not on the server any more */
	EVENT_GONE_KEY, /* the same of one POP3 mail */
	EVENT_END,
	EVENT_SETTLED,
	EVENT_NOT_SETTLED, /* error */
	EVENT_WOKE,	   /* is there something new? */
	EVENT_SAY,	   /* ok, text */
	EVENT_SECRET,	   /* fresh: what is the password? */
	EVENT_FAIL	   /* error */
};

struct boxmail {
	size_t folder; /* of the options */
	uint32_t validity, uid;
	struct key key; /* POP3 */
	uint64_t size_bytes;
	int64_t arrived_at;
};

/* Mails of one folder, one thing to do with them. */
struct settlement {
	size_t folder;
	uint32_t validity;
	enum mailbox_action action;
	struct str target; /* MAILBOX_MOVE */
	bool again;	   /* ordered before; some may be gone */
	struct str mails;  /* UIDs as in uidset.h, or keys with a blank between them */
};

void settlement_put(struct buf *b, const struct settlement *s);
bool settlement_take(
	struct str bytes, struct settlement *ret); /* its texts are slices of bytes */
void boxmail_put(struct buf *b, const struct boxmail *m);
bool boxmail_take(struct str bytes, struct boxmail *ret);
void failure_put(struct buf *b, const struct err *err);
/* Fills *err; its code, which is never 0. */
int failure_take(struct str bytes, struct err *err);

/* An order that came while another one was carried out. */
struct waiting_order {
	uint8_t type;
	char *bytes;
	size_t n;
};
#define WAITING_ORDERS 16

/* The fetching process. */
struct outlet {
	struct wire wire;
	const struct mailbox_options *opt;
	struct boxstate *state; /* its own copy */
	const size_t *folder;	/* of the state, for each folder of the options */
	uint64_t allowed;	/* mails that may be given now, with the one at hand */
	bool hurry;		/* another order waits: nothing is asked for ahead */
	bool testing;		/* say speaks */
	uint64_t told_at_ms;	/* when the last frame went out */
	bool went_out;		/* something did, since outlet_order_comes looked */
	struct waiting_order waiting[WAITING_ORDERS], taken;
	size_t waiting_n;
};

struct boxfolder *outlet_folder_state(const struct outlet *o, size_t folder);

void outlet_flush(struct outlet *o);
int outlet_waits(void *outlet); /* struct tls_peer */
void outlet_pulse(struct outlet *o);
/* ms go by. */
void outlet_pause(struct outlet *o, unsigned ms);

void outlet_folder(struct outlet *o, size_t folder, uint32_t validity);
void outlet_found(struct outlet *o, uint64_t mails);
void outlet_mail(struct outlet *o, const struct boxmail *m);
uint64_t outlet_body(struct outlet *o, const char *p, size_t n); /* how many ms that took */
void outlet_gone(struct outlet *o, size_t folder, uint32_t validity, const struct uidset *uids);
void outlet_gone_key(struct outlet *o, const struct key *key);
void outlet_failure(struct outlet *o, enum event event, const struct err *err);
void outlet_say(struct outlet *o, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void outlet_answer(struct outlet *o, enum event event, struct str bytes);

/* The next order, until the next call; it is waited for. */
struct frame outlet_order(struct outlet *o);
/* Does an order wait, or did one come within ms? */
bool outlet_order_comes(struct outlet *o, int ms);
/* The same, without looking at the socket as long as nothing went out since. */
bool outlet_order_came(struct outlet *o);

/* The password or token into *ret (sasl_room, SECRET_MOST); the error is of who knows it. */
int outlet_secret(struct outlet *o, bool fresh, struct buf *ret, struct err *err);

#endif
