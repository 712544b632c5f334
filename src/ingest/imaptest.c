/* Trying an IMAP mailbox out, step by step. */
#include "imap.h"

#include <string.h>

static int test_folder(struct imap *im, size_t i, struct err *err)
{
	int r = imaplink_select(&im->link, imap_name(im, i), false, err);

	if (r == LINK_NO) {
		outlet_say(im->out, false,
			"there is no folder %s: %s; check the setting folders",
			imap_name(im, i), err->text);
		err->code = ERR_CONFIG;
		err->reason = MAILBOX_NO_FOLDER;
		return ERR_CONFIG;
	}
	if (r == 0)
		outlet_say(im->out, true, "folder %s has %u mails", imap_name(im, i),
			im->link.mails);
	return r;
}

static int test_target(struct imap *im, const struct mailbox_done *done, struct err *err)
{
	struct err ignored;
	int r;

	if (done->action != MAILBOX_MOVE)
		return 0;
	r = imaplink_select(&im->link, done->folder, false, &ignored);
	if (r < 0) {
		*err = ignored;
		return r;
	}
	outlet_say(im->out, true,
		r == 0 ? "folder %s is there"
		       : "folder %s is not there yet; it is "
			 "made with the first mail",
		done->folder);
	return 0;
}

static int test_abilities(struct imap *im, struct err *err)
{
	bool move = false, remove = false;

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		move = move || im->out->opt->done[i].action == MAILBOX_MOVE;
		remove = remove || im->out->opt->done[i].action == MAILBOX_DELETE;
	}
	if (im->link.has_uidplus || (!remove && (!move || im->link.has_move)))
		return 0;
	outlet_say(im->out, false,
		"the server cannot remove single mails (no MOVE, no UIDPLUS): set done to "
		"seen or leave");
	return FAIL(err, ERR_CONFIG, MAILBOX_NOT_FILED,
		"%s can neither move nor delete single mails", im->out->opt->host);
}

int imap_test(void *p, struct err *err)
{
	struct imap *im = p;
	struct err later = { 0 };
	int r = imap_up(im, err), first = 0;

	if (r < 0) {
		outlet_say(im->out, false, "%s", err->text);
		return r;
	}
	for (size_t i = 0; i < im->out->opt->folder_count; i++) {
		r = test_folder(im, i, &later);
		if (r < 0 && first == 0) {
			first = r;
			*err = later;
		}
		if (!imaplink_up(&im->link))
			return first;
	}
	for (int i = 0; first == 0 && i < OUTCOME_COUNT; i++)
		if (i == 0 || !im->out->opt->done[i].folder ||
			!im->out->opt->done[i - 1].folder ||
			strcmp(im->out->opt->done[i].folder,
				im->out->opt->done[i - 1].folder) != 0)
			first = test_target(im, &im->out->opt->done[i], err);
	return first != 0 ? first : test_abilities(im, err);
}
