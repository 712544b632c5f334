/* The content of mails. */
#include "imap.h"

#include "xalloc.h"

/*
 * Mails that are asked for with one command, and about how large they may be together.  There
 * is only one command at a time: a server that is given several at once may well answer them
 * all at once, and a later mail before an earlier one.
 */
#define BATCH 250
#define BATCH_BYTES MIB
#define BODY_ANSWER (256 * KIB) /* beside the content, and what is read ahead of it */
#define ATTEMPTS 3		/* at one mail */

enum { AGAIN = 11 }; /* this mail, alone */

/* --- What was asked for --- */

void imap_forget_sent(struct imap *im)
{
	im->batch.tag = 0;
	im->ahead_bytes = 0;
}

void imap_forget_group(struct imap *im)
{
	im->group_n = im->group_at = im->alone_until = 0;
	imap_forget_sent(im);
	im->attempts = 0;
}

/* One mail in a command, after something went wrong with more. */
static bool alone(const struct imap *im)
{
	return im->group_at < im->alone_until;
}

/* A command has ended. */
static int has_ended(struct imap *im, int tag, struct err *err)
{
	if (im->batch.tag == 0 || im->batch.tag != tag) {
		imaplink_drop(&im->link);
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s ends a command that was not given", im->out->opt->host);
	}
	im->batch.tag = 0;
	return 0;
}

static bool want_any(void *arg, uint32_t uid)
{
	(void)arg;
	(void)uid;
	return true;
}

/* As much as was asked for, and no more. */
static bool keep_nothing(void *arg, const char *p, size_t n)
{
	struct imap *im = arg;

	(void)p;
	if (im->ahead_bytes > 0)
		tls_credit(im->link.tls, n, 0);
	im->ahead_bytes -= n < im->ahead_bytes ? n : im->ahead_bytes;
	return true;
}

int imap_rest(struct imap *im, struct err *err)
{
	const struct imaptaker taker = { want_any, keep_nothing, im };
	int r = 0;

	if (im->batch.tag != 0 && imaplink_up(&im->link))
		imaplink_allow(&im->link, BODY_ANSWER);
	while (r == 0 && im->batch.tag != 0 && imaplink_up(&im->link)) {
		struct imapresponse response;

		r = imaplink_response(&im->link, &taker, &response, err);
		if (r == 0 && response.kind == IMAP_ENDED)
			r = has_ended(im, response.tag, err);
	}
	imap_forget_sent(im);
	return r;
}

/* --- Asking --- */

static bool too_large(const struct imap *im, const struct imapfact *f)
{
	return f->size_bytes > im->out->opt->limits->mail_size;
}

/* The mails from this one on that go into one command; where they end. */
static size_t fill_batch(struct imap *im, struct uidset *ret, uint64_t *ret_bytes)
{
	size_t most = alone(im) || im->out->hurry ? 1 : BATCH, i = im->group_at;
	uint64_t bytes = 0;

	if (most > im->out->allowed)
		most = im->out->allowed > 0 ? (size_t)im->out->allowed : 1;
	for (; i < im->group_n && i - im->group_at < most && bytes < BATCH_BYTES; i++) {
		const struct imapfact *f = &im->group[i];

		if (too_large(im, f))
			continue;
		uidset_add(ret, f->uid);
		bytes += f->size_bytes;
	}
	*ret_bytes = bytes;
	return i;
}

/* Ask for this mail, and for some after it. */
static int send_batch(struct imap *im, struct err *err)
{
	struct imapbatch *b = &im->batch;
	struct uidset uids = { 0 };
	CLEANUP(buf)
	struct buf text;
	int r;

	buf_init(&text, WIRE_MOST);
	b->one = alone(im);
	b->end = fill_batch(im, &uids, &im->ahead_bytes);
	uidset_print(&uids, &text);
	r = imaplink_send(&im->link, buf_view(&text), &b->tag, err);
	uidset_release(&uids);
	return r;
}

/* --- Hearing --- */

static bool take_body(void *arg, const char *p, size_t n)
{
	struct imap *im = arg;

	im->body_bytes += n;
	/* The server said that it is smaller.  Was it a broken transfer?  It is tried again. */
	im->too_large = im->body_bytes > im->out->opt->limits->mail_size;
	if (im->too_large)
		return false;
	tls_credit(im->link.tls, n, outlet_body(im->out, p, n));
	return true;
}

static bool want_uid(void *arg, uint32_t uid)
{
	struct imap *im = arg;

	return uid == im->group[im->group_at].uid;
}

static int say_too_large(const struct imap *im, uint64_t bytes, struct err *err)
{
	err_set(err, ERR_LIMIT, "mail-too-large",
		"the mail has %llu bytes or more (limit mail_size %llu)",
		(unsigned long long)bytes, (unsigned long long)im->out->opt->limits->mail_size);
	return 2;
}

/* A command ended well, and did not bring the mail: is it gone?  IMAP_MORE, or 3. */
static int look_for(struct imap *im, uint32_t uid, struct err *err)
{
	struct uidset found = { 0 };
	bool there;
	int r = imap_rest(im, err);

	if (r == 0)
		r = imap_command(im, IMAP_SMALL_ANSWER, err, "UID SEARCH UID %u", uid);
	if (r < 0)
		return r;
	if (r == 0)
		imaplink_found(&im->link, uid, uid, &found);
	there = r != 0 || found.n > 0;
	uidset_release(&found);
	if (!there)
		return IMAP_MORE;
	err_set(err, ERR_TEMP, "read-failed", "%s does not give the mail, and does not say why",
		im->out->opt->host);
	return 3;
}

/* The server does not give this one mail. */
static int refused_mail(
	const struct imap *im, const struct imapresponse *response, struct err *err)
{
	static const char *const gone[] = { "EXPUNGEISSUED", "NONEXISTENT" };
	static const char *const passing[] = { "UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG" };
	struct str code = str_of(response->code);

	for (size_t i = 0; i < 2; i++)
		if (str_eq_nocase(code, str_of(gone[i])))
			return IMAP_MORE;
	err_set(err, ERR_INPUT, "read-failed", "%s does not give the mail%s",
		im->out->opt->host, response->text);
	for (size_t i = 0; i < 4; i++)
		if (str_eq_nocase(code, str_of(passing[i])))
			return 3;
	return 2;
}

/* Those up to end were asked for together, and the one at hand did not come with them. */
static int try_alone(struct imap *im, size_t end, struct err *err)
{
	int r = imap_rest(im, err);

	im->alone_until = end;
	return r < 0 ? r : AGAIN;
}

static int on_ended(struct imap *im, const struct imapresponse *response, struct err *err)
{
	const struct imapbatch b = im->batch;
	int r = has_ended(im, response->tag, err);

	if (r < 0 || im->group_at >= b.end)
		return r; /* it brought all of its mails */
	if (!b.one)
		return try_alone(im, b.end, err);
	return response->ok ? look_for(im, im->group[im->group_at].uid, err)
			    : refused_mail(im, response, err);
}

static int on_body(struct imap *im, const struct imapresponse *response, struct err *err)
{
	if (response->uid != im->group[im->group_at].uid) {
		if (im->batch.tag != 0 && !im->batch.one)
			return try_alone(im, im->batch.end, err);
		imaplink_drop(&im->link);
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s sent another mail than it was asked for", im->out->opt->host);
	}
	if (response->bytes > 0)
		return 1;
	err_set(err, ERR_INPUT, "read-failed", "the server gives the mail without its content");
	return 2;
}

/* The content of the mail at group_at. */
static int await_content(struct imap *im, struct err *err)
{
	const struct imaptaker taker = { want_uid, take_body, im };
	int r = 0;

	imaplink_allow(&im->link, BODY_ANSWER);
	while (r == 0) {
		struct imapresponse response;

		if (im->batch.tag == 0)
			r = send_batch(im, err);
		if (r == 0)
			r = imaplink_response(&im->link, &taker, &response, err);
		if (r == 0 && response.kind == IMAP_ENDED)
			r = on_ended(im, &response, err);
		else if (r == 0 && response.kind == IMAP_BODY)
			r = on_body(im, &response, err);
	}
	return r;
}

static int read_mail(struct imap *im, const struct imapfact *f, struct err *err)
{
	struct boxmail mail = { .folder = im->folder,
		.validity = im->link.validity,
		.uid = f->uid,
		.size_bytes = f->size_bytes,
		.arrived_at = f->arrived_at };
	int r;

	do {
		im->body_bytes = 0;
		im->too_large = false;
		outlet_mail(im->out, &mail);
		if (too_large(im, f))
			return say_too_large(im, f->size_bytes, err);
		r = await_content(im, err);
	} while (r == AGAIN);
	im->ahead_bytes -= f->size_bytes < im->ahead_bytes ? f->size_bytes : im->ahead_bytes;
	return r;
}

/* --- Giving --- */

static void pass_mail(struct imap *im)
{
	im->group_at++;
	im->attempts = 0;
}

static void say_gone(struct imap *im, uint32_t uid)
{
	struct uidrange range = { uid, uid };
	const struct uidset gone = { .ranges = &range, .n = 1 };

	outlet_gone(im->out, im->folder, im->link.validity, &gone);
}

static int put_off(struct imap *im, uint32_t uid, struct err *err)
{
	struct boxfolder *f = imap_state(im, im->folder);

	err_prefix(err, "%s, UID %u, could not be read, and is left for the next run",
		imap_name(im, im->folder), uid);
	boxfolder_unsettled(f, uid);
	uidset_add(&f->put_off, uid);
	pass_mail(im);
	return 3;
}

bool imap_under_way(void *p)
{
	const struct imap *im = p;

	return imaplink_up(&im->link) && im->batch.tag != 0 && im->group_at < im->batch.end;
}

int imap_give_mail(struct imap *im, struct err *err)
{
	const struct imapfact *f = &im->group[im->group_at];
	int r = read_mail(im, f, err);

	if (!imaplink_up(&im->link)) {
		if (im->batch.tag != 0) /* in case that it was too much for the server */
			im->alone_until = im->batch.end;
		imap_forget_sent(im);
	}
	if (r < 0 && ++im->attempts >= ATTEMPTS)
		r = im->too_large ? say_too_large(im, im->body_bytes, err) : 3;
	if (r < 0)
		return r;
	if (r == 3)
		return put_off(im, f->uid, err);
	if (r == IMAP_MORE)
		say_gone(im, f->uid);
	boxfolder_given(imap_state(im, im->folder), f->uid);
	pass_mail(im);
	im->lost = 0;
	return r;
}
