#include "fetcher.h"

#include "day.h"
#include "ticket.h"
#include "xalloc.h"

#include <stdlib.h>

#define DUE_MOST 1000 /* mails whose action waits */

struct boxfolder *fetcher_state(struct fetcher *f, size_t folder)
{
	return &f->state.folders[f->folder[folder]];
}

bool fetcher_is_imap(const struct fetcher *f)
{
	return f->opt.protocol == MAILBOX_IMAP;
}

void fetcher_tell_later(struct fetcher *f, const struct err *err)
{
	if (f->later.code == 0)
		f->later = *err;
}

void fetcher_put_off(struct fetcher *f, const struct boxmail *m)
{
	struct boxfolder *state;

	if (!fetcher_is_imap(f)) {
		keymap_put(&f->state.mails, &m->key, MAIL_PUT_OFF);
		return;
	}
	state = fetcher_state(f, m->folder);
	if (state->validity != m->validity)
		return;
	boxfolder_unsettled(state, m->uid);
	uidset_add(&state->put_off, m->uid);
}

/* --- Getting mails --- */

/* The answer that is given next, if it is there. */
static const struct arrival *arrived(struct fetcher *f)
{
	const struct arrival *a;

	while ((a = arrival_first(&f->ahead)) && a->kind == ARRIVAL_PUT_OFF) {
		fetcher_put_off(f, &a->mail);
		fetcher_tell_later(f, &a->err);
		arrival_shift(&f->ahead);
	}
	return a;
}

/* Hear what comes within ms; 0 or negative. */
static int hear_one(struct fetcher *f, int ms, struct err *err)
{
	struct frame frame;
	int r = f->chores ? chore_order(f, err) : fetcher_ask(f, err);

	if (r == 0)
		r = fetcher_hear(f, ms, &frame, err);
	if (r == FETCHER_GONE && f->chore_sent) {
		chore_broke(f, err);
		return 0;
	}
	if (r == FETCHER_GONE)
		return fetcher_crashed(f, err);
	return r < 0 ? r : 0;
}

/* Wait for the next answer, ms or (negative) as long as it takes: 1 it is there, 0 not yet. */
static int await_answer(struct fetcher *f, int ms, struct err *err)
{
	uint64_t until = time_monotonic_ms() + (uint64_t)(ms > 0 ? ms : 0);
	struct err why = { 0 };

	chores_owed(f);
	while (!arrived(f)) {
		uint64_t now = time_monotonic_ms();
		int left = ms < 0 ? -1 : now < until ? (int)(until - now) : 0, r;
		bool last = left == 0 && f->proc.pid > 0 && !wire_pending(&f->proc.wire);

		r = hear_one(f, left, &why);
		if (r < 0) {
			*err = why;
			return r;
		}
		if (last && !arrived(f))
			return 0;
	}
	return 1;
}

static int fetcher_ready(struct source *s, unsigned ms)
{
	struct fetcher *f = (struct fetcher *)s;
	int r;

	if (f->trouble.code != 0)
		return 1;
	r = await_answer(f, ms < INT32_MAX ? (int)ms : INT32_MAX, &f->trouble);
	return r != 0;
}

/* The first of those that are ahead becomes the caller's. */
static int give(struct fetcher *f, struct mail *ret, struct err *err)
{
	struct arrival *a = f->ahead.first;
	const struct boxmail *m = &a->mail;
	bool whole = a->kind == ARRIVAL_WHOLE;
	struct outbound *t = outbound_new(f, m);

	if (!fetcher_is_imap(f))
		keymap_put(&f->state.mails, &m->key, MAIL_SETTLED);
	else if (fetcher_state(f, m->folder)->validity == m->validity)
		boxfolder_given(fetcher_state(f, m->folder), m->uid);
	f->given++;
	*ret = (struct mail){
		.source = f->source.name,
		.locator = outbound_locator(t),
		.content = whole ? letter_take(&a->letter) : blob_mem(STR_ABSENT),
		.is_mail = true,
		.arrived_at = m->arrived_at,
		.token = t,
	};
	if (!whole)
		*err = a->err;
	arrival_shift(&f->ahead);
	return whole ? 1 : 2;
}

/* What ready could not tell. */
static int tell_trouble(struct fetcher *f, struct err *err)
{
	*err = f->trouble;
	f->trouble.code = 0;
	return err->code;
}

/* What could not be done with mails in this one is tried again in the next. */
static void round_over(struct fetcher *f)
{
	arrival_shift(&f->ahead);
	f->owed_looked_at = f->out_n > 0 || f->due_n > 0;
}

static int fetcher_next(struct source *s, struct mail *ret, struct err *err)
{
	struct fetcher *f = (struct fetcher *)s;
	struct err ignored;
	int r;

	if (f->trouble.code != 0)
		return tell_trouble(f, err);
	r = await_answer(f, -1, err);
	if (r < 0)
		return r;
	switch (f->ahead.first->kind) {
	case ARRIVAL_FAILED:
		*err = f->ahead.first->err;
		round_over(f);
		return err->code;
	case ARRIVAL_END:
		round_over(f);
		if (f->later.code == 0)
			return 0;
		*err = f->later;
		f->later.code = 0;
		return err->code;
	default:
		r = give(f, ret, err);
		if (f->round_open)
			fetcher_ask(f, &ignored); /* if it fails, a later call sees it */
		return r;
	}
}

static void fetcher_drop(struct source *s, struct mail *mail)
{
	(void)s;
	mail_drop(mail);
}

/* --- Giving them back --- */

static void fetcher_settles(struct source *s, void *token, int outcome)
{
	(void)s;
	outbound_settles(token, outcome);
}

static void fetcher_checkpoint(struct source *s, struct buf *ret)
{
	outbound_checkpoint((struct fetcher *)s, ret);
}

static int fetcher_done(struct source *s, void *token, int outcome, struct err *err)
{
	struct fetcher *f = (struct fetcher *)s;

	outbound_done(f, token, outcome);
	return f->out_n == 0 || f->due_n >= DUE_MOST ? chores_finish(f, err) : 0;
}

static uint64_t fetcher_total(struct source *s)
{
	struct fetcher *f = (struct fetcher *)s;

	return f->found > f->given ? f->found : f->given;
}

static void fetcher_close(struct source *s)
{
	struct fetcher *f = (struct fetcher *)s;
	struct err ignored;

	while (f->out)
		outbound_done(f, f->out, -1);
	if (f->due_n > 0)
		chores_finish(f, &ignored);
	/* A mail that is on its way is not waited for, but for POP3's deletions. */
	fetchproc_stop(&f->proc, !f->round_open || !fetcher_is_imap(f));
	fetcher_forget(f);
	chores_release(f);
	for (size_t i = 0; i < f->opt.folder_count; i++)
		for (int o = 0; o < OUTCOME_COUNT; o++)
			uidset_release(&f->due[i].uids[o]);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		buf_release(&f->due_keys[o]);
	boxstate_release(&f->state);
	free(f->due);
	free(f->folder);
	arena_release(&f->arena);
	free(f);
}

static const struct source_ops fetcher_ops = {
	.next = fetcher_next,
	.drop = fetcher_drop,
	.done = fetcher_done,
	.total = fetcher_total,
	.close = fetcher_close,
	.ready = fetcher_ready,
	.settles = fetcher_settles,
	.checkpoint = fetcher_checkpoint,
};

bool fetcher_is_one(const struct source *s)
{
	return s->ops == &fetcher_ops;
}

/* What is owed and asks for nothing now, because the settings changed, is settled. */
static void forgive(struct fetcher *f)
{
	const struct keymap_slot *slot;

	for (int o = 0; o < OUTCOME_COUNT; o++) {
		if (f->opt.done[o].action != MAILBOX_LEAVE)
			continue;
		for (size_t i = 0; i < f->state.n; i++)
			uidset_clear(&f->state.folders[i].owed[o]);
		for (size_t at = 0; (slot = keymap_each(&f->state.mails, &at));)
			if (slot->value == MAIL_OWED(o))
				keymap_put(&f->state.mails, &slot->key, MAIL_SETTLED);
	}
}

struct source *fetcher_new(
	const struct mailbox_options *opt, struct arena *arena, struct boxstate *state)
{
	struct fetcher *f = xcalloc(1, sizeof(*f));

	f->source = (struct source){ .ops = &fetcher_ops, .name = str_of(opt->name) };
	f->arena = *arena;
	f->opt = *opt;
	f->state = *state;
	f->proc.opt = &f->opt;
	f->folder = xcalloc(opt->folder_count, sizeof(*f->folder));
	f->due = xcalloc(opt->folder_count, sizeof(*f->due));
	for (size_t i = 0; i < opt->folder_count; i++)
		f->folder[i] = boxstate_folder(&f->state, opt->folders[i]);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		buf_init(&f->due_keys[o], SIZE_MAX);
	forgive(f);
	return &f->source;
}
