/* What is done with mails after their commit: only to these, by UID, and safely when asked
 * twice. */
#include "imap.h"

#include "xalloc.h"

#define SET_RANGES 500 /* in one command */

/* A part of a set, which fits in a command. */
static struct uidset part_of(const struct uidset *set, size_t at)
{
	return (struct uidset){ .ranges = set->ranges + at,
		.n = set->n - at < SET_RANGES ? set->n - at : SET_RANGES };
}

static int store_flag(struct imap *im, const char *uids, const char *flag, struct err *err)
{
	return imap_command(
		im, IMAP_ANSWER, err, "UID STORE %s +FLAGS.SILENT (%s)", uids, flag);
}

/* Only these, never what others marked as deleted. */
static int expunge(struct imap *im, const char *uids, struct err *err)
{
	int r = store_flag(im, uids, "\\Deleted", err);

	return r != 0 ? r : imap_command(im, IMAP_ANSWER, err, "UID EXPUNGE %s", uids);
}

static int transfer(
	struct imap *im, const char *verb, const char *uids, struct str target, struct err *err)
{
	CLEANUP(buf)
	struct buf name;
	struct err ignored;
	int r;

	buf_init(&name, 8 * KIB);
	imaplink_put_name(&im->link, target, &name);
	r = imap_command(im, IMAP_ANSWER, err, "UID %s %s %s", verb, uids, name.p);
	if (r != LINK_NO)
		return r;
	/* The folder is missing, most likely.  If it is something else, the second answer says
	 * so again. */
	r = imap_command(im, IMAP_SMALL_ANSWER, &ignored, "CREATE %s", name.p);
	if (r == 0)
		r = imap_command(im, IMAP_SMALL_ANSWER, &ignored, "SUBSCRIBE %s", name.p);
	if (r < 0) {
		*err = ignored;
		return r;
	}
	return imap_command(im, IMAP_ANSWER, err, "UID %s %s %s", verb, uids, name.p);
}

/* Those that the search finds. */
static int search(
	struct imap *im, const char *uids, const char *more, struct buf *ret, struct err *err)
{
	struct uidset found = { 0 };
	int r = imap_command(im, IMAP_ANSWER, err, "UID SEARCH UID %s%s", uids, more);

	if (r != 0)
		return r;
	imaplink_found(&im->link, 1, UINT32_MAX, &found);
	uidset_print(&found, ret);
	uidset_release(&found);
	return 0;
}

/* Without MOVE.  again: those that bear \Deleted already were copied before the last connection
 * ended. */
static int copy_and_expunge(
	struct imap *im, const char *uids, struct str target, bool again, struct err *err)
{
	CLEANUP(buf)
	struct buf left;
	int r = 0;

	buf_init(&left, WIRE_MOST);
	if (again)
		r = search(im, uids, " UNDELETED", &left, err);
	else
		buf_str(&left, str_of(uids));
	if (r == 0 && left.n > 0)
		r = transfer(im, "COPY", left.p, target, err);
	return r != 0 ? r : expunge(im, uids, err);
}

static int file_mails(struct imap *im, const struct settlement *s, const char *uids, bool again,
	struct err *err)
{
	bool removes = s->action == MAILBOX_DELETE || s->action == MAILBOX_MOVE;

	if (s->action == MAILBOX_SEEN)
		return store_flag(im, uids, "\\Seen", err);
	if (s->action == MAILBOX_MOVE && im->link.has_move)
		return transfer(im, "MOVE", uids, s->target, err);
	if (removes && !im->link.has_uidplus) {
		err_set(err, ERR_CONFIG, MAILBOX_NOT_FILED,
			"%s cannot remove single mails (it has no %sUIDPLUS)",
			im->out->opt->host, s->action == MAILBOX_MOVE ? "MOVE and no " : "");
		return LINK_NO;
	}
	if (s->action == MAILBOX_MOVE)
		return copy_and_expunge(im, uids, s->target, again, err);
	return s->action == MAILBOX_DELETE ? expunge(im, uids, err) : 0;
}

static int settle_part(struct imap *im, const struct settlement *s, const struct uidset *part,
	bool again, struct err *err)
{
	CLEANUP(buf)
	struct buf text;
	CLEANUP(buf)
	struct buf left;
	int r;

	buf_init(&text, WIRE_MOST);
	buf_init(&left, WIRE_MOST);
	r = imap_be_in(im, s->folder, !im->link.writable, err);
	if (r == IMAP_MORE || (r == 0 && im->link.validity != s->validity))
		return FAIL(err, ERR_TEMP, MAILBOX_NOT_FILED,
			"the folder was made anew meanwhile; its mails stay where they are");
	if (r != 0)
		return r;
	uidset_print(part, &text);
	if (!again)
		return file_mails(im, s, text.p, false, err);
	r = search(im, text.p, "", &left, err);
	if (r != 0 || left.n == 0)
		return r;
	return file_mails(im, s, left.p, true, err);
}

int imap_settle(void *p, const struct settlement *s, struct err *err)
{
	struct imap *im = p;
	struct uidset all = { 0 };
	bool again = s->again;
	int r = 0;

	if (imap_rest(im, err) < 0) /* the connection is made again below */
		err->code = 0;
	if (s->folder >= im->out->opt->folder_count || !uidset_parse(&all, s->mails))
		r = FAIL(err, ERR_TEMP, MAILBOX_NOT_FILED, "the order cannot be understood");
	for (size_t at = 0; r == 0 && at < all.n;) {
		struct uidset part = part_of(&all, at);

		r = settle_part(im, s, &part, again, err);
		/* A lost connection may have done it, or a part of it. */
		if (r < 0 && !imaplink_up(&im->link) && !again) {
			again = true;
			r = 0;
			continue;
		}
		at += part.n;
		again = s->again;
	}
	uidset_release(&all);
	if (r == 0)
		return 0;
	err_prefix(err, "mails of folder %s could not be filed away (%s%s%.*s), and stay",
		s->folder < im->out->opt->folder_count ? imap_name(im, s->folder) : "?",
		mailbox_action_name(s->action), s->action == MAILBOX_MOVE ? " to " : "",
		s->action == MAILBOX_MOVE ? (int)s->target.n : 0, s->target.p);
	err->reason = MAILBOX_NOT_FILED;
	return r < 0 ? r : err->code;
}
