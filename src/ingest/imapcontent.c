/* The content of mails, as a stream. */
#include "imapcall.h"
#include "imapfetch.h"
#include "xalloc.h"

#define CONTENT_PIECE (32 * 1024)

int imaplink_send(struct imaplink *l, struct str uids, int *ret_tag, struct err *err)
{
	CLEANUP(buf)
	struct buf line;
	int r = mailimap_send_current_tag(l->imap);

	buf_init(&line, WIRE_MOST);
	buf_printf(&line, "UID FETCH %.*s (UID BODY.PEEK[])", STR_ARGS(uids));
	if (r == MAILIMAP_NO_ERROR)
		r = imapcall_write(l, buf_view(&line));
	if (r != MAILIMAP_NO_ERROR)
		return imapcall_judge(l, r, STR_ABSENT, err);
	*ret_tag = l->imap->imap_tag;
	return 0;
}

/* The line that was read, without its CRLF. */
static struct str the_line(const struct imaplink *l)
{
	struct str line =
		str_make(l->imap->imap_stream_buffer->str, l->imap->imap_stream_buffer->len);

	if (str_ends(line, STR("\n")))
		line.n--;
	if (str_ends(line, STR("\r")))
		line.n--;
	return line;
}

static int no_imap(struct imaplink *l, struct err *err)
{
	return imapcall_judge(l, MAILIMAP_ERROR_PARSE, STR_ABSENT, err);
}

/* Too much of it, or of a mail that shows only now to be another one. */
static int refused_content(struct imaplink *l, struct err *err)
{
	imaplink_drop(l);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"%s sent another mail than it was asked for, or more of it than it has",
		l->peer.host);
}

/* The literal of f, and the line that goes on after it.  Not wanted: it goes by, as far as the
 * budget of the answer lasts. */
static int take_literal(struct imaplink *l, const struct imapfetch *f, bool wanted,
	const struct imaptaker *taker, struct err *err)
{
	char piece[CONTENT_PIECE];
	uint64_t left = f->literal_bytes;

	while (left > 0) {
		size_t most = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		ssize_t got = mailstream_read(l->imap->imap_stream, piece, most);

		if (got <= 0)
			return imapcall_judge(l, MAILIMAP_ERROR_STREAM, STR_ABSENT, err);
		if (wanted && !taker->take(taker->arg, piece, (size_t)got))
			return refused_content(l, err);
		left -= (uint64_t)got;
	}
	return mailimap_read_line(l->imap)
		       ? 0
		       : imapcall_judge(l, MAILIMAP_ERROR_STREAM, STR_ABSENT, err);
}

static bool take_quoted(
	const struct imapfetch *f, const struct imaptaker *taker, uint64_t *ret_bytes)
{
	struct str quoted = f->quoted;
	bool ok = true;

	for (int c; ok && (c = imapfetch_unquote(&quoted)) >= 0; (*ret_bytes)++) {
		char byte = (char)c;

		ok = taker->take(taker->arg, &byte, 1);
	}
	return ok;
}

static int take_fetch(struct imaplink *l, struct str rest, const struct imaptaker *taker,
	struct imapresponse *ret, struct err *err)
{
	struct imapfetch f = { 0 };
	enum imapfetch_next next;
	bool taken = false;

	while ((next = imapfetch_read(&f, rest)) == IMAPFETCH_LITERAL) {
		bool wanted = f.uid == 0 || taker->wants(taker->arg, f.uid);
		int r = f.bodies > 1 ? refused_content(l, err)
				     : take_literal(l, &f, wanted, taker, err);

		if (r < 0)
			return r;
		taken = wanted;
		ret->bytes += f.literal_bytes;
		rest = the_line(l);
	}
	if (next == IMAPFETCH_BAD)
		return no_imap(l, err);
	if (f.bodies == 0)
		return 0; /* of flags that somebody changed */
	if (f.bodies > 1 || f.uid == 0 || (taken && !taker->wants(taker->arg, f.uid)))
		return refused_content(l, err);
	if (taker->wants(taker->arg, f.uid) && !take_quoted(&f, taker, &ret->bytes))
		return refused_content(l, err);
	ret->kind = IMAP_BODY;
	ret->uid = f.uid;
	return 0;
}

static int take_end(struct imaplink *l, const struct imapline *line, struct imapresponse *ret,
	struct err *err)
{
	protocol_quote(line->rest, STR_ABSENT, ret->text, sizeof(ret->text));
	if (line->bad) {
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s did not understand%s",
			l->peer.host, ret->text);
		imaplink_drop(l);
		return ERR_TEMP;
	}
	ret->kind = IMAP_ENDED;
	ret->tag = line->tag;
	ret->ok = line->ok;
	snprintf(ret->code, sizeof(ret->code), "%.*s", STR_ARGS(line->code));
	return 0;
}

void imaplink_allow(struct imaplink *l, uint64_t bytes)
{
	imapcall_allow(l, bytes);
}

int imaplink_response(struct imaplink *l, const struct imaptaker *taker,
	struct imapresponse *ret, struct err *err)
{
	struct imapline line;
	int r;

	*ret = (struct imapresponse){ .kind = IMAP_ANYTHING };
	r = imapcall_read(l);
	if (r != MAILIMAP_NO_ERROR)
		return imapcall_judge(l, r, STR_ABSENT, err);
	line = imapline_read(the_line(l));
	switch (line.kind) {
	case IMAPLINE_FETCH:
		return take_fetch(l, line.rest, taker, ret, err);
	case IMAPLINE_TAGGED:
		return take_end(l, &line, ret, err);
	case IMAPLINE_BYE:
		protocol_quote(line.rest, STR_ABSENT, ret->text, sizeof(ret->text));
		err_set(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "%s ended the connection%s",
			l->peer.host, ret->text);
		imaplink_drop(l);
		return ERR_TEMP;
	case IMAPLINE_OTHER:
		return 0;
	case IMAPLINE_BAD:
		break;
	}
	return no_imap(l, err);
}
