/* Which mails there are to read. */
#include "imap.h"

#include "xalloc.h"

#include <stdlib.h>

#define SEARCH_AT_ONCE 20000   /* a folder with at most so many mails is searched whole */
#define SEARCH_WIDTH 100000    /* UIDs; 11 bytes each in the answer */
#define FACTS (4 * IMAP_GROUP) /* a server may tell changes of other mails in between */
#define BEGINS_MOST 5	       /* of one folder, each time with another UIDVALIDITY */

void imap_leave_folder(struct imap *im)
{
	imap_forget_group(im);
	uidset_clear(&im->todo);
	im->begun = false;
	im->begins = 0;
	im->folder++;
}

static void no_folder(struct imap *im, struct err *err)
{
	struct err said = *err;

	if (said.code == ERR_TEMP)
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"folder %s cannot be opened now: %s", imap_name(im, im->folder),
			said.text);
	else
		err_set(err, ERR_CONFIG, MAILBOX_NO_FOLDER,
			"there is no folder %s: %s; check the setting folders",
			imap_name(im, im->folder), said.text);
	outlet_failure(im->out, EVENT_LATER, err);
}

/* Without UIDNEXT: the UID after the last mail's. */
static int learn_next_uid(struct imap *im, struct err *err)
{
	struct imapfact fact = { 0 };
	int r;

	if (im->link.next_uid != 0 || im->link.mails == 0)
		return 0;
	r = imap_command(im, IMAP_SMALL_ANSWER, err, "FETCH %u (UID)", im->link.mails);
	if (r != 0)
		return r < 0 ? r : 0;
	if (imaplink_facts(&im->link, &fact, 1) == 1 && fact.uid < UINT32_MAX)
		im->link.next_uid = fact.uid > 0 ? fact.uid + 1 : 0;
	return 0;
}

/* A folder whose UIDs do not last from one connection to the next cannot be followed. */
static int made_anew(struct imap *im, struct err *err)
{
	err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"%s gives the mails of folder %s other numbers again and again (UIDVALIDITY)",
		im->out->opt->host, imap_name(im, im->folder));
	outlet_failure(im->out, EVENT_LATER, err);
	imap_leave_folder(im);
	return IMAP_MORE;
}

int imap_begin_folder(struct imap *im, struct err *err)
{
	struct boxfolder *f = imap_state(im, im->folder);
	uint32_t uid = 0;
	int r = imap_be_in(im, im->folder, true, err);

	if (r < 0)
		return r;
	if (r == LINK_NO) {
		no_folder(im, err);
		imap_leave_folder(im);
		return IMAP_MORE;
	}
	if (r == IMAP_MORE && ++im->begins > BEGINS_MOST)
		return made_anew(im, err);
	r = learn_next_uid(im, err);
	if (r < 0)
		return r;
	outlet_folder(im->out, im->folder, im->link.validity);
	imap_forget_group(im);
	uidset_clear(&im->todo);
	while (uidset_after(&f->unsettled, uid, &uid))
		if (!uidset_has(&f->put_off, uid))
			uidset_add(&im->todo, uid);
	outlet_found(im->out, uidset_count(&im->todo));
	im->at = 0;
	im->from = (uint64_t)f->last + 1;
	im->begun = true;
	return IMAP_MORE;
}

/* Something that a server of use does not refuse. */
static int no_use(struct imap *im, int r, const char *what, struct err *err)
{
	if (r == LINK_NO) {
		err_prefix(err, "%s of folder %s", what, imap_name(im, im->folder));
		err->code = ERR_TEMP;
		err->reason = MAILBOX_UNAVAILABLE;
		imaplink_drop(&im->link);
	}
	return r < 0 ? r : ERR_TEMP;
}

int imap_find_slice(struct imap *im, struct err *err)
{
	const struct imaplink *l = &im->link;
	uint64_t end = l->next_uid ? l->next_uid - 1ULL : UINT32_MAX, to = end;
	int r;

	r = imap_rest(im, err);
	if (r < 0)
		return r;
	if (im->from > end || l->mails == 0) {
		imap_leave_folder(im);
		return IMAP_MORE;
	}
	if (l->next_uid != 0 && l->mails > SEARCH_AT_ONCE && end - im->from >= SEARCH_WIDTH)
		to = im->from + SEARCH_WIDTH - 1;
	r = imap_command(
		im, IMAP_ANSWER, err, "UID SEARCH UID %u:%u", (unsigned)im->from, (unsigned)to);
	if (r != 0)
		return no_use(im, r, "a search", err);
	uidset_clear(&im->todo);
	imaplink_found(&im->link, (uint32_t)im->from, (uint32_t)to, &im->todo);
	outlet_found(im->out, uidset_count(&im->todo));
	im->at = 0;
	im->from = to + 1;
	return IMAP_MORE;
}

static int compare_facts(const void *a, const void *b)
{
	const struct imapfact *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* What is told of one mail in several answers. */
static size_t merge_facts(struct imapfact *all, size_t n)
{
	size_t kept = 0;

	qsort(all, n, sizeof(*all), compare_facts);
	for (size_t i = 0; i < n; i++) {
		struct imapfact *last = kept > 0 ? &all[kept - 1] : NULL;

		if (!last || last->uid != all[i].uid) {
			all[kept++] = all[i];
			continue;
		}
		if (last->size_bytes < all[i].size_bytes)
			last->size_bytes = all[i].size_bytes;
		if (last->arrived_at == 0)
			last->arrived_at = all[i].arrived_at;
	}
	return kept;
}

/* Nothing was told of these, but do they exist?  They come into the group then. */
static int look_again(struct imap *im, struct uidset *untold, struct err *err)
{
	struct uidset found = { 0 };
	CLEANUP(buf)
	struct buf text;
	uint32_t uid = 0;
	int r;

	buf_init(&text, WIRE_MOST);
	uidset_print(untold, &text);
	r = imap_command(im, IMAP_SMALL_ANSWER, err, "UID SEARCH UID %s", text.p);
	if (r == 0)
		imaplink_found(&im->link, 1, UINT32_MAX, &found);
	while (r == 0 && uidset_after(&found, uid, &uid)) {
		if (!uidset_has(untold, uid))
			continue;
		uidset_remove(untold, uid);
		im->group[im->group_n++] = (struct imapfact){ .uid = uid };
	}
	qsort(im->group, im->group_n, sizeof(im->group[0]), compare_facts);
	uidset_release(&found);
	return r;
}

static int find_gone(struct imap *im, struct uidset *untold, struct err *err)
{
	int r = untold->n > 0 ? look_again(im, untold, err) : 0;

	if (r != 0)
		return r;
	outlet_gone(im->out, im->folder, im->link.validity, untold);
	boxfolder_gone(imap_state(im, im->folder), untold);
	return 0;
}

/* Of the facts that came, those that were asked for, once each and in order. */
static int take_group(struct imap *im, const struct uidset *asked, struct err *err)
{
	static struct imapfact all[FACTS];
	struct uidset untold = { 0 };
	size_t n = imaplink_facts(&im->link, all, FACTS), i = 0;
	uint32_t uid = 0;
	int r;

	if (n > FACTS) {
		imaplink_drop(&im->link);
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"%s tells far more of its mails than it was asked for",
			im->out->opt->host);
	}
	n = merge_facts(all, n);
	imap_forget_group(im);
	while (uidset_after(asked, uid, &uid)) {
		while (i < n && all[i].uid < uid)
			i++;
		if (i < n && all[i].uid == uid)
			im->group[im->group_n++] = all[i];
		else
			uidset_add(&untold, uid);
	}
	r = find_gone(im, &untold, err);
	uidset_release(&untold);
	if (r != 0)
		imap_forget_group(im);
	return r;
}

static int ask_facts(struct imap *im, const struct uidset *asked, struct err *err)
{
	CLEANUP(buf)
	struct buf text;

	buf_init(&text, WIRE_MOST);
	uidset_print(asked, &text);
	/* A date that is none would spoil the whole answer, again and again. */
	return imap_command(im, IMAP_SMALL_ANSWER, err, "UID FETCH %s (UID RFC822.SIZE%s)",
		text.p, im->no_facts > 1 ? "" : " INTERNALDATE");
}

int imap_ask_group(struct imap *im, struct err *err)
{
	struct uidset asked = { 0 };
	uint32_t uid = im->at;
	int r;

	r = imap_rest(im, err);
	if (r < 0)
		return r;
	for (size_t n = 0; n < IMAP_GROUP && uidset_after(&im->todo, uid, &uid); n++)
		uidset_add(&asked, uid);
	r = ask_facts(im, &asked, err);
	if (r == 0)
		r = take_group(im, &asked, err);
	uidset_release(&asked);
	if (r != 0) {
		im->no_facts++;
		return no_use(im, r, "the sizes", err);
	}
	im->at = uid;
	if (im->no_facts < 2) /* then it was the date: never again */
		im->no_facts = 0;
	return IMAP_MORE;
}
