/* What is said to the fetching process, and what of its answers is believed. */
#include "fetcher.h"
#include "xalloc.h"

#include <string.h>

#define ALLOWED \
	512 /* mails that may come ahead; more are allowed when half of them have gone */
#define CRASHES_MOST 3
#define SLACK (64 * KIB)     /* a mail may be so much larger than mail_size */
#define AHEAD_MOST (8 * MIB) /* what may lie in the queue, beside the last mail */

void fetcher_forget(struct fetcher *f)
{
	arrival_drop_all(&f->ahead);
	f->allowed = 0;
	f->round_open = f->waiting = f->chore_sent = false;
}

int fetcher_start(struct fetcher *f, struct err *err)
{
	if (f->proc.pid > 0)
		return 0;
	/* A new process begins after the last mail that was given. */
	fetcher_forget(f);
	f->found = f->given;
	return fetchproc_start(&f->proc, &f->state, err);
}

int fetcher_ask(struct fetcher *f, struct err *err)
{
	unsigned more = ALLOWED - f->allowed;
	CLEANUP(buf)
	struct buf b = { 0 };
	int r = fetcher_start(f, err);

	if (r < 0 || (f->round_open && f->allowed + f->ahead.n > ALLOWED / 2))
		return r;
	if (!f->round_open) {
		f->round++;
		f->round_open = true;
		f->allowed = 0;
		more = ALLOWED;
	}
	buf_init(&b, KIB);
	wire_put_u64(&b, f->round);
	wire_put_u64(&b, more);
	f->allowed += more;
	r = fetchproc_order(&f->proc, ORDER_NEXT, buf_view(&b), err);
	if (r < 0)
		fetcher_forget(f);
	return r;
}

/* --- Events --- */

static bool known_folder(const struct fetcher *f, uint64_t folder)
{
	return folder < f->opt.folder_count;
}

static bool on_folder(struct fetcher *f, struct str bytes)
{
	uint64_t folder = wire_take_u64(&bytes), validity = wire_take_u64(&bytes);
	struct boxfolder *state;

	if (str_absent(bytes) || !known_folder(f, folder))
		return false;
	state = fetcher_state(f, folder);
	if (state->validity != (uint32_t)validity || validity == 0)
		boxfolder_renew(state, (uint32_t)validity);
	return true;
}

static bool on_found(struct fetcher *f, struct str bytes)
{
	f->found += wire_take_u64(&bytes);
	return !str_absent(bytes);
}

static bool on_gone(struct fetcher *f, struct str bytes)
{
	uint64_t folder = wire_take_u64(&bytes), validity = wire_take_u64(&bytes);
	struct str text = wire_take_str(&bytes);
	struct uidset uids = { 0 };
	bool ok = !str_absent(bytes) && known_folder(f, folder) && uidset_parse(&uids, text);

	if (ok && fetcher_state(f, folder)->validity == (uint32_t)validity)
		boxfolder_gone(fetcher_state(f, folder), &uids);
	uidset_release(&uids);
	return ok;
}

static bool on_gone_key(struct fetcher *f, struct str bytes)
{
	struct key key;

	if (bytes.n != sizeof(key.b))
		return false;
	memcpy(key.b, bytes.p, bytes.n);
	keymap_put(&f->state.mails, &key, 0);
	return true;
}

static bool on_mail(struct fetcher *f, struct str bytes)
{
	struct boxmail m;

	if (f->allowed == 0 || !boxmail_take(bytes, &m) || !known_folder(f, m.folder) ||
		(m.uid == 0) == fetcher_is_imap(f) ||
		(fetcher_is_imap(f) && fetcher_state(f, m.folder)->validity != m.validity))
		return false;
	arrival_begin(&f->ahead, &m);
	return true;
}

static bool on_body(struct fetcher *f, size_t bytes)
{
	const struct arrival *a = arrival_coming(&f->ahead);

	if (!a || a->letter.bytes + bytes > f->opt.limits->mail_size + SLACK)
		return false;
	return a == f->ahead.first ||
	       arrival_bytes(&f->ahead) <= AHEAD_MOST + f->opt.limits->mail_size;
}

/* The mail that is coming is complete, one way or the other. */
static bool on_complete(struct fetcher *f, int kind, const struct err *err)
{
	struct arrival *a = arrival_coming(&f->ahead);

	if (!a || (kind == ARRIVAL_WHOLE && a->letter.bytes == 0))
		return false;
	a->kind = kind;
	if (err)
		a->err = *err;
	f->allowed--; /* on_mail saw that it is not 0 */
	return true;
}

/* A mail that was begun and is not there is of no importance. */
static bool on_end(struct fetcher *f, int kind, const struct err *err)
{
	struct arrival *a;

	if (!f->round_open)
		return false;
	if (arrival_coming(&f->ahead))
		arrival_undo(&f->ahead);
	a = arrival_add(&f->ahead, kind);
	if (err)
		a->err = *err;
	f->round_open = false;
	f->allowed = 0;
	return true;
}

/* Of what?  A wait ends before a round begins; the rest is for who waits for the answer. */
static bool on_fail(struct fetcher *f, const struct err *err)
{
	if (f->waiting) {
		f->waiting = false;
		fetcher_tell_later(f, err);
		return true;
	}
	return !f->round_open || on_end(f, ARRIVAL_FAILED, err);
}

static bool on_failure(struct fetcher *f, enum event event, struct str bytes, struct err *err)
{
	failure_take(bytes, err);
	switch (event) {
	case EVENT_LATER:
		fetcher_tell_later(f, err);
		return true;
	case EVENT_PUT_OFF:
		return on_complete(f, ARRIVAL_PUT_OFF, err);
	case EVENT_UNREAD:
		return on_complete(f, ARRIVAL_UNREAD, err);
	case EVENT_NOT_SETTLED:
		if (!f->chore_sent)
			return false;
		chore_ended(f, err);
		return true;
	default:
		return on_fail(f, err);
	}
}

static bool understand(struct fetcher *f, const struct frame *frame, struct err *err)
{
	switch ((enum event)frame->type) {
	case EVENT_PULSE:
	case EVENT_SAY:
		return true;
	case EVENT_FOLDER:
		return on_folder(f, frame->bytes);
	case EVENT_FOUND:
		return on_found(f, frame->bytes);
	case EVENT_MAIL:
		return on_mail(f, frame->bytes);
	case EVENT_BODY:
		return on_body(f, frame->bytes.n);
	case EVENT_WHOLE:
		return on_complete(f, ARRIVAL_WHOLE, NULL);
	case EVENT_GONE:
		return on_gone(f, frame->bytes);
	case EVENT_GONE_KEY:
		return on_gone_key(f, frame->bytes);
	case EVENT_END: /* of a test when there is no round */
		return !f->round_open || on_end(f, ARRIVAL_END, NULL);
	case EVENT_SETTLED:
		if (!f->chore_sent)
			return false;
		chore_ended(f, NULL);
		return true;
	case EVENT_WOKE:
		f->waiting = false;
		return true;
	case EVENT_PUT_OFF:
	case EVENT_LATER:
	case EVENT_UNREAD:
	case EVENT_NOT_SETTLED:
	case EVENT_FAIL:
		return on_failure(f, (enum event)frame->type, frame->bytes, err);
	case EVENT_SECRET:
		break; /* fetchproc.c answers it */
	}
	return false;
}

int fetcher_hear(struct fetcher *f, int ms, struct frame *ret, struct err *err)
{
	int r = fetchproc_listen(&f->proc, ms, ret, err);

	if (r == 0)
		return FETCHER_NOTHING;
	if (r < 0)
		return FETCHER_GONE;
	if (!understand(f, ret, err)) {
		fetchproc_mad(&f->proc, err);
		return FETCHER_GONE;
	}
	if (ret->type == EVENT_BODY) {
		r = letter_add(&arrival_coming(&f->ahead)->letter, ret->bytes, err);
		if (r < 0) {
			fetchproc_stop(&f->proc, false);
			fetcher_forget(f);
			return r;
		}
	}
	return ret->type;
}

/* What came and was not given comes again; the state must not say otherwise when a later mail
 * is put off. */
static void open_again(struct fetcher *f)
{
	for (const struct arrival *a = f->ahead.first; a; a = a->next) {
		const struct boxmail *m = &a->mail;

		if (m->uid > 0 && fetcher_state(f, m->folder)->validity == m->validity)
			boxfolder_unsettled(fetcher_state(f, m->folder), m->uid);
	}
}

int fetcher_crashed(struct fetcher *f, struct err *err)
{
	const struct arrival *mail = arrival_coming(&f->ahead);
	int r = ERR_TEMP;

	if (mail && ++f->crashes <= CRASHES_MOST) {
		open_again(f);
		fetcher_put_off(f, &mail->mail);
		fetcher_tell_later(f, err);
		r = 0;
	}
	fetcher_forget(f);
	return r;
}
