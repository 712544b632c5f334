/*
 * What is done with mails after their commit: orders to the fetching process, one after the
 * other.  What was carried out is owed no longer.
 */
#include "fetcher.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>

#define SET_RANGES 1000 /* in one order */
#define KEYS 1000	/* the same for POP3 */

struct chore {
	struct chore *next;
	size_t folder;
	uint32_t validity;
	int outcome;
	bool owed;	    /* from an earlier run */
	struct uidset uids; /* IMAP */
	struct buf keys;    /* POP3, with a blank between */
	struct err *failed; /* NULL: it is told at the end of the round */
};

static struct chore *chore_add(struct fetcher *f, size_t folder, int outcome)
{
	struct chore *c = xcalloc(1, sizeof(*c));

	c->folder = folder;
	c->outcome = outcome;
	if (!f->chores)
		f->last_chore = &f->chores;
	*f->last_chore = c;
	f->last_chore = &c->next;
	return c;
}

static void chore_free(struct chore *c)
{
	uidset_release(&c->uids);
	buf_release(&c->keys);
	free(c);
}

/* In parts that fit in an order. */
static void add_uids(struct fetcher *f, size_t folder, uint32_t validity, int outcome,
	const struct uidset *uids, struct err *failed)
{
	for (size_t at = 0; at < uids->n; at += SET_RANGES) {
		const struct uidset part = { .ranges = uids->ranges + at,
			.n = uids->n - at < SET_RANGES ? uids->n - at : SET_RANGES };
		struct chore *c = chore_add(f, folder, outcome);

		c->validity = validity;
		uidset_copy(&c->uids, &part);
		c->failed = failed;
		c->owed = !failed;
	}
}

/* The server deletes when the session ends, so they stay owed until they are gone. */
static void add_keys(struct fetcher *f, int outcome, struct str keys, struct err *failed)
{
	while (keys.n > 0) {
		size_t n = keys.n < KEYS * KEY_TEXT ? keys.n : KEYS * KEY_TEXT;
		struct chore *c = chore_add(f, 0, outcome);

		buf_init(&c->keys, n);
		buf_add(&c->keys, keys.p, n);
		c->failed = failed;
		c->owed = !failed;
		keys = str_from(keys, n);
	}
}

static void put_key(struct buf *b, const struct key *key)
{
	char text[KEY_TEXT];

	buf_str(b, key_text(key, text));
	buf_char(b, ' ');
}

static void owed_keys(struct fetcher *f)
{
	CLEANUP(buf)
	struct buf keys;
	const struct keymap_slot *slot;

	for (int o = 0; o < OUTCOME_COUNT; o++) {
		buf_init(&keys, SIZE_MAX);
		for (size_t at = 0; (slot = keymap_each(&f->state.mails, &at));)
			if (slot->value == MAIL_OWED(o))
				put_key(&keys, &slot->key);
		add_keys(f, o, buf_view(&keys), NULL);
		buf_release(&keys);
	}
}

void chores_owed(struct fetcher *f)
{
	if (f->owed_looked_at)
		return;
	f->owed_looked_at = true;
	if (!fetcher_is_imap(f)) {
		owed_keys(f);
		return;
	}
	for (size_t i = 0; i < f->opt.folder_count; i++) {
		struct boxfolder *state = fetcher_state(f, i);

		for (int o = 0; o < OUTCOME_COUNT; o++)
			add_uids(f, i, state->validity, o, &state->owed[o], NULL);
	}
}

/* --- One after the other --- */

int chore_order(struct fetcher *f, struct err *err)
{
	const struct chore *c = f->chores;
	struct settlement s;
	CLEANUP(buf)
	struct buf b = { 0 };
	CLEANUP(buf)
	struct buf text = { 0 };
	int r = fetcher_start(f, err);

	if (r < 0 || f->chore_sent)
		return r;
	s = (struct settlement){ .folder = c->folder,
		.validity = c->validity,
		.action = f->opt.done[c->outcome].action,
		.target = str_of(f->opt.done[c->outcome].folder),
		.again = c->owed };
	buf_init(&text, WIRE_MOST);
	uidset_print(&c->uids, &text);
	buf_str(&text, buf_view(&c->keys));
	s.mails = buf_view(&text);
	buf_init(&b, WIRE_MOST);
	settlement_put(&b, &s);
	assert(!text.full && !b.full);
	r = fetchproc_order(&f->proc, ORDER_SETTLE, buf_view(&b), err);
	if (r < 0)
		fetcher_forget(f);
	f->chore_sent = r == 0;
	return r;
}

void chore_ended(struct fetcher *f, const struct err *failed)
{
	struct chore *c = f->chores;
	struct boxfolder *state = fetcher_state(f, c->folder);

	if (!failed && c->uids.n > 0 && state->validity == c->validity)
		uidset_remove_set(&state->owed[c->outcome], &c->uids);
	if (failed && !c->failed)
		fetcher_tell_later(f, failed);
	else if (failed && c->failed->code == 0)
		*c->failed = *failed;
	f->chores = c->next;
	f->chore_sent = false;
	chore_free(c);
}

void chore_broke(struct fetcher *f, struct err *err)
{
	fetcher_forget(f);
	err->reason = MAILBOX_NOT_FILED;
	chore_ended(f, err);
}

/* Until the first one has ended. */
static void finish_one(struct fetcher *f)
{
	const struct chore *c = f->chores;
	struct err err = { 0 };
	int r = chore_order(f, &err);

	while (r == 0 && f->chores == c) {
		struct frame frame;

		r = fetcher_hear(f, -1, &frame, &err);
		if (r > 0 && r != FETCHER_GONE)
			r = 0;
	}
	if (r != 0)
		chore_broke(f, &err);
}

static void add_due(struct fetcher *f, struct err *failed)
{
	if (f->due_n == 0)
		return;
	f->due_n = 0;
	for (size_t i = 0; i < f->opt.folder_count; i++) {
		for (int o = 0; o < OUTCOME_COUNT; o++) {
			add_uids(f, i, f->due[i].validity, o, &f->due[i].uids[o], failed);
			uidset_clear(&f->due[i].uids[o]);
		}
	}
	for (int o = 0; o < OUTCOME_COUNT; o++) {
		add_keys(f, o, buf_view(&f->due_keys[o]), failed);
		buf_clear(&f->due_keys[o]);
	}
}

int chores_finish(struct fetcher *f, struct err *err)
{
	struct err failed = { 0 };

	add_due(f, &failed);
	while (f->chores)
		finish_one(f);
	if (failed.code == 0)
		return 0;
	*err = failed;
	return failed.code;
}

void chores_release(struct fetcher *f)
{
	while (f->chores) {
		struct chore *c = f->chores;

		f->chores = c->next;
		chore_free(c);
	}
}
