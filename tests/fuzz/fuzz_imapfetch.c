/*
 * fuzz_imapfetch.c - any bytes as lines of an IMAP server; as a checkpoint, when they begin
 * with 'r'; as what two processes say to each other, when they begin with 'w'.
 *
 * What is found lies within the bytes; a checkpoint that was written reads the same.
 */
#include "boxoptions.h"
#include "boxstate.h"
#include "imapfetch.h"
#include "outlet.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct str whole, struct str part)
{
	if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		abort();
}

static void read_lines(struct str text)
{
	struct imapfetch f = { 0 };
	struct str all = text, line;
	bool inside = false;

	while (str_cut(&text, '\n', &line)) {
		struct str rest = line;

		if (!inside) {
			struct imapline l = imapline_read(line);

			within(all, l.rest);
			within(all, l.code);
			if (l.kind != IMAPLINE_FETCH)
				continue;
			f = (struct imapfetch){ 0 };
			rest = l.rest;
		}
		inside = imapfetch_read(&f, rest) == IMAPFETCH_LITERAL;
		within(all, f.quoted);
		while (imapfetch_unquote(&f.quoted) >= 0)
			;
	}
}

/* What was read is written so that it reads the same. */
static void read_state(struct str text)
{
	struct boxstate s, again;
	struct err err;
	struct buf b, c;

	buf_init(&b, SIZE_MAX);
	buf_init(&c, SIZE_MAX);
	if (boxstate_parse(text, "a", &s, &err) == 0) {
		boxstate_print(&s, true, &b);
		if (boxstate_parse(buf_view(&b), "a", &again, &err) != 0)
			abort();
		boxstate_print(&again, true, &c);
		if (!str_eq(buf_view(&b), buf_view(&c)) && s.mails.n == 0)
			abort();
		boxstate_release(&again);
	}
	boxstate_release(&s);
	buf_release(&b);
	buf_release(&c);
}

/* Each kind of frame, and the setup. */
static void read_frames(struct str text)
{
	struct mailbox_options opt;
	struct settlement settlement;
	struct boxmail mail;
	struct arena arena;
	struct str rest = text;
	struct err err;

	arena_init(&arena);
	if (boxoptions_take(&rest, &arena, &opt, &err) == 0 &&
		(opt.folder_count == 0 || !opt.folders[0] || !opt.limits || opt.secret))
		abort();
	if (settlement_take(text, &settlement)) {
		within(text, settlement.target);
		within(text, settlement.mails);
	}
	boxmail_take(text, &mail);
	if (failure_take(text, &err) >= 0)
		abort();
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);

	if (size == 0)
		return 0;
	if (data[0] == 'r')
		read_state(text);
	else if (data[0] == 'w')
		read_frames(str_from(text, 1));
	else
		read_lines(text);
	return 0;
}
