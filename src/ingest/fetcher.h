/*
 * fetcher.h - the struct source of a mailbox: asks a fetching process for mails and orders what
 * is done with them.
 *
 * Some mails are fetched ahead while the ones before them are looked at; they lie in the socket
 * mostly, and in a queue of arrivals when something else has to be heard behind them.  What is
 * owed from an earlier run is carried out before the first mail.  The rest of the contract is
 * in mailbox.h, whose options come here looked at and complete.
 *
 * Its parts: fetcher.c the verbs, fetchtalk.c what is said to the process and heard from it,
 * arrival.c the queue, outbound.c mails that are out and the checkpoint, chore.c what is done
 * with mails, fetchwait.c waiting and the test.
 */
#ifndef RUAD_FETCHER_H
#define RUAD_FETCHER_H

#include "arena.h"
#include "arrival.h"
#include "fetchproc.h"

struct outbound;
struct chore;

struct fetcher {
	struct source source;
	struct arena arena; /* of the options' texts */
	struct mailbox_options opt;
	struct boxstate state;
	size_t *folder; /* of the state, for each of the options */
	struct fetchproc proc;
	/* The round: what ORDER_NEXT began and END or FAIL ends. */
	uint64_t round;
	bool round_open;
	unsigned allowed; /* answers that may still come */
	struct arrivals ahead;
	unsigned crashes;
	bool waiting; /* ORDER_WAIT is not answered */
	struct outbound *out;
	size_t out_n;
	/* What is to be done with mails. */
	struct due *due; /* for each folder of the options */
	struct buf due_keys[OUTCOME_COUNT];
	size_t due_n;
	struct chore *chores, **last_chore;
	bool chore_sent; /* the first one */
	bool owed_looked_at;
	struct err trouble; /* code 0: none; of ready, for next */
	struct err later;   /* code 0: nothing; for the end of the round */
	uint64_t given, found;
};

/* Actions to order, of one folder of the options. */
struct due {
	uint32_t validity;
	struct uidset uids[OUTCOME_COUNT];
};

/* The strings of *opt live in *arena, and both are the source's from then on, as is *state. */
struct source *fetcher_new(
	const struct mailbox_options *opt, struct arena *arena, struct boxstate *state);
bool fetcher_is_one(const struct source *s);

bool fetcher_is_imap(const struct fetcher *f);
struct boxfolder *fetcher_state(struct fetcher *f, size_t folder); /* of the options */
/* The first thing that went wrong is told, at the end of the round. */
void fetcher_tell_later(struct fetcher *f, const struct err *err);
/* The mail counts as put off for this run: the next one reads it. */
void fetcher_put_off(struct fetcher *f, const struct boxmail *m);

/* --- fetchtalk.c --- */

enum { FETCHER_NOTHING = 0, FETCHER_GONE = 1000 }; /* of fetcher_hear */

int fetcher_start(struct fetcher *f, struct err *err);
/* Begin a round, or allow more mails of it, if so many are not under way. */
int fetcher_ask(struct fetcher *f, struct err *err);
/*
 * The next event within ms (negative: as long as it takes): its type; FETCHER_NOTHING none
 * came; FETCHER_GONE the process is gone, and *err tells how; negative: we cannot go on
 * ourselves.  Of failures *err is filled.
 */
int fetcher_hear(struct fetcher *f, int ms, struct frame *ret, struct err *err);
/* After FETCHER_GONE: it may have been the mail.  0 go on without it, or ERR_TEMP. */
int fetcher_crashed(struct fetcher *f, struct err *err);
/* Nothing is under way any more. */
void fetcher_forget(struct fetcher *f);

/* --- outbound.c --- */

/* The token, with its locator. */
struct outbound *outbound_new(struct fetcher *f, const struct boxmail *m);
struct str outbound_locator(const struct outbound *t);
void outbound_free(struct fetcher *f, struct outbound *t);
void outbound_settles(struct outbound *t, int outcome);
/* What done makes of it. */
void outbound_done(struct fetcher *f, struct outbound *t, int outcome);
void outbound_checkpoint(struct fetcher *f, struct buf *ret);

/* --- chore.c --- */

/* What an earlier run left to do; once. */
void chores_owed(struct fetcher *f);
/* The first one is under way when this returns 0. */
int chore_order(struct fetcher *f, struct err *err);
/* That one has ended; failed NULL: well. */
void chore_ended(struct fetcher *f, const struct err *failed);
/* It could not be ordered, or the process died of it. */
void chore_broke(struct fetcher *f, struct err *err);
/* All that is due, and what is owed before it; the first error, but all is tried. */
int chores_finish(struct fetcher *f, struct err *err);
void chores_release(struct fetcher *f);

/* --- fetchwait.c --- */

int fetcher_test(struct source *s, int (*say)(void *arg, bool ok, struct str step), void *arg,
	struct err *err);

#endif
