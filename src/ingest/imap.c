#include "imap.h"

#include "day.h"
#include "xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_S (20 * 60) /* RFC 2177: at most 29 minutes; some gateways forget after less */
#define IDLE_BROKEN_S 60

struct boxfolder *imap_state(const struct imap *im, size_t folder)
{
	return outlet_folder_state(im->out, folder);
}

const char *imap_name(const struct imap *im, size_t folder)
{
	return im->out->opt->folders[folder];
}

static void *imap_open(struct outlet *out)
{
	struct imap *im = xcalloc(1, sizeof(*im));

	im->out = out;
	imaplink_init(&im->link, out);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		im->writes = im->writes || out->opt->done[i].action != MAILBOX_LEAVE;
	return im;
}

/* --- The connection --- */

int imap_up(struct imap *im, struct err *err)
{
	int r;

	if (imaplink_up(&im->link))
		return 0;
	imap_forget_sent(im);
	r = imaplink_open(&im->link, err);
	if (r == 0)
		im->ready = true;
	return r;
}

/*
 * The connection was lost, or could not be made: IMAP_MORE to try again, or why not.  The
 * server may be just starting again: it gets a few seconds, if it was there before.
 */
static int lost(struct imap *im, int r)
{
	if (r == ERR_CONFIG || !im->ready || ++im->lost >= PROTOCOL_LOST_MOST) {
		im->lost = 0;
		return r;
	}
	outlet_pause(im->out, protocol_backoff_ms(im->lost - 1));
	return IMAP_MORE;
}

int imap_be_in(struct imap *im, size_t folder, bool anew, struct err *err)
{
	const char *name = imap_name(im, folder);
	struct boxfolder *f = imap_state(im, folder);
	int r = imap_up(im, err);

	if (r == 0 && (anew || !im->link.selected || strcmp(im->link.selected, name) != 0))
		r = imap_rest(im, err);
	if (r != 0)
		return r;
	if (!anew && im->link.selected && strcmp(im->link.selected, name) == 0)
		return 0;
	r = imaplink_select(&im->link, name, im->writes, err);
	if (r != 0)
		return r;
	if (f->validity != 0 && f->validity == im->link.validity)
		return 0;
	boxfolder_renew(f, im->link.validity);
	if (folder == im->folder)
		im->begun = false; /* what was found is of the old one */
	return IMAP_MORE;
}

int imap_command(struct imap *im, uint64_t bytes, struct err *err, const char *fmt, ...)
{
	CLEANUP(buf)
	struct buf b;
	va_list ap;

	buf_init(&b, WIRE_MOST);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return imaplink_command(&im->link, bytes, buf_view(&b), err);
}

/* --- The next mail --- */

/* One step: a mail as in struct protocol, IMAP_MORE, or negative: the connection is gone. */
static int step(struct imap *im, struct err *err)
{
	uint32_t uid;
	int r;

	if (!im->begun)
		return imap_begin_folder(im, err);
	r = imap_be_in(im, im->folder, false, err);
	if (r < 0)
		return r;
	if (r != 0) { /* there is no such folder any more, or another of its name */
		im->begun = false;
		return IMAP_MORE;
	}
	if (im->group_at < im->group_n)
		return imap_give_mail(im, err);
	if (uidset_after(&im->todo, im->at, &uid))
		return imap_ask_group(im, err);
	return imap_find_slice(im, err);
}

static int imap_next(void *p, struct err *err)
{
	struct imap *im = p;

	while (im->folder < im->out->opt->folder_count) {
		int r = step(im, err);

		if (r < 0)
			r = lost(im, r);
		if (r != IMAP_MORE)
			return r;
	}
	im->folder = 0;
	im->lost = 0;
	return 0;
}

/* --- Waiting --- */

/* A pause that an order ends. */
static void sleep_for(struct imap *im, unsigned seconds)
{
	outlet_order_comes(im->out, (int)(seconds < 86400 ? seconds : 86400) * 1000);
}

static int imap_wait(void *p, unsigned seconds, struct err *err)
{
	struct imap *im = p;
	uint64_t until = time_monotonic_ms() + 1000ULL * seconds, now;
	uint32_t last = imap_state(im, 0)->last;
	int r = imap_be_in(im, 0, true, err);

	if (r == 0 && im->link.next_uid > last + 1ULL && im->link.mails > 0 &&
		im->link.next_uid != im->idle_next) {
		im->idle_next = im->link.next_uid;
		return 1;
	}
	if (r != 0 || !im->link.has_idle) {
		sleep_for(im, r == 0 || seconds < IDLE_BROKEN_S ? seconds : IDLE_BROKEN_S);
		return r != 0;
	}
	while ((now = time_monotonic_ms()) < until && !outlet_order_comes(im->out, 0)) {
		uint64_t left = (until - now + 999) / 1000;

		r = imaplink_idle(&im->link, left < IDLE_S ? (unsigned)left : IDLE_S, err);
		if (r > 0)
			return 1;
		if (r < 0) { /* next() makes the connection again; not too often */
			sleep_for(im, left < IDLE_BROKEN_S ? (unsigned)left : IDLE_BROKEN_S);
			return 1;
		}
	}
	return 0;
}

static int imap_close(void *p, struct err *err)
{
	struct imap *im = p;

	imap_rest(im, err);
	imaplink_logout(&im->link);
	uidset_release(&im->todo);
	free(im);
	return 0;
}

const struct protocol imap_protocol = {
	.open = imap_open,
	.next = imap_next,
	.under_way = imap_under_way,
	.settle = imap_settle,
	.wait = imap_wait,
	.test = imap_test,
	.close = imap_close,
};
