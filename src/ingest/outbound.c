/* Mails that were given and not given back, and the checkpoint, which depends on them. */
#include "fetcher.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 64 /* what is beside the folder's name in a locator */

struct outbound {
	struct outbound *next, *prev;
	struct boxmail mail;
	int announced; /* outcome of settles, or -1 */
	size_t locator_n;
	char locator[];
};

struct outbound *outbound_new(struct fetcher *f, const struct boxmail *m)
{
	const char *name = f->opt.folders[m->folder];
	size_t room = strlen(name) + DIGITS;
	struct outbound *t = xcalloc(1, sizeof(*t) + room);
	char key[KEY_TEXT];
	int n;

	if (fetcher_is_imap(f))
		n = snprintf(t->locator, room, "%s;UIDVALIDITY=%u;UID=%u", name, m->validity,
			m->uid);
	else
		n = snprintf(t->locator, room, "UIDL;%s", key_text(&m->key, key).p);
	t->locator_n = (size_t)n;
	t->mail = *m;
	t->announced = -1;
	t->next = f->out;
	if (f->out)
		f->out->prev = t;
	f->out = t;
	f->out_n++;
	return t;
}

struct str outbound_locator(const struct outbound *t)
{
	return str_make(t->locator, t->locator_n);
}

void outbound_free(struct fetcher *f, struct outbound *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		f->out = t->next;
	if (t->next)
		t->next->prev = t->prev;
	f->out_n--;
	free(t);
}

void outbound_settles(struct outbound *t, int outcome)
{
	assert(outcome < OUTCOME_COUNT);
	t->announced = outcome;
}

/* --- After the commit --- */

static void give_back(struct fetcher *f, const struct boxmail *m)
{
	if (!fetcher_is_imap(f))
		keymap_put(&f->state.mails, &m->key, 0);
	else if (fetcher_state(f, m->folder)->validity == m->validity)
		boxfolder_unsettled(fetcher_state(f, m->folder), m->uid);
}

static void put_key(struct buf *b, const struct key *key)
{
	char text[KEY_TEXT];

	buf_str(b, key_text(key, text));
	buf_char(b, ' ');
}

static void become_due(struct fetcher *f, const struct boxmail *m, int outcome)
{
	struct due *due = &f->due[m->folder];

	if (f->opt.done[outcome].action == MAILBOX_LEAVE)
		return;
	f->due_n++;
	if (!fetcher_is_imap(f)) {
		keymap_put(&f->state.mails, &m->key, MAIL_OWED(outcome));
		put_key(&f->due_keys[outcome], &m->key);
		return;
	}
	if (fetcher_state(f, m->folder)->validity != m->validity)
		return; /* there is no such mail any more */
	if (due->validity != m->validity)
		for (int o = 0; o < OUTCOME_COUNT; o++)
			uidset_clear(&due->uids[o]);
	due->validity = m->validity;
	uidset_add(&due->uids[outcome], m->uid);
	uidset_add(&fetcher_state(f, m->folder)->owed[outcome], m->uid);
}

void outbound_done(struct fetcher *f, struct outbound *t, int outcome)
{
	assert(outcome < OUTCOME_COUNT);
	if (outcome < 0)
		give_back(f, &t->mail);
	else
		become_due(f, &t->mail, outcome);
	outbound_free(f, t);
}

/* --- The checkpoint --- */

/* How the mail stands if the transaction is committed; and back, when undo is set. */
static void as_committed(struct fetcher *f, const struct outbound *t, bool undo)
{
	const struct boxmail *m = &t->mail;
	bool acts = t->announced >= 0 && f->opt.done[t->announced].action != MAILBOX_LEAVE;
	struct boxfolder *state;

	if (!fetcher_is_imap(f)) {
		uint8_t value = acts ? MAIL_OWED(t->announced) : MAIL_SETTLED;

		keymap_put(&f->state.mails, &m->key,
			undo		   ? MAIL_SETTLED
			: t->announced < 0 ? 0
					   : value);
		return;
	}
	state = fetcher_state(f, m->folder);
	if ((!acts && t->announced >= 0) || state->validity != m->validity)
		return;
	(undo ? uidset_remove : uidset_add)(
		acts ? &state->owed[t->announced] : &state->unsettled, m->uid);
}

void outbound_checkpoint(struct fetcher *f, struct buf *ret)
{
	for (const struct outbound *t = f->out; t; t = t->next)
		as_committed(f, t, false);
	boxstate_print(&f->state, false, ret);
	for (const struct outbound *t = f->out; t; t = t->next)
		as_committed(f, t, true);
}
