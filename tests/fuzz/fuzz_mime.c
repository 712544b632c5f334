/*
 * fuzz_mime.c - any bytes as a mail: its parts, with the usual limits and with small ones, each
 * decoded to its end; and its header for people.
 */
#include "mime.h"
#include "outcome.h"
#include "words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MOST 100

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Text for people: one line, UTF-8, no longer than was asked for. */
static void check_words(struct str s, size_t most)
{
	check(s.n <= most && str_utf8(s));
	for (size_t i = 0; i < s.n; i++)
		check((uint8_t)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

/* No encoding makes much of little: a line of uuencode may be one letter that stands for 63
 * bytes. */
static void check_payload(struct str raw, enum encoding encoding)
{
	struct payload body;
	struct err err;
	char piece[1000];
	size_t bytes = 0;
	ssize_t n;

	payload_init(&body, raw, encoding);
	while ((n = reader_read(&body.reader, piece, sizeof(piece), &err)) > 0)
		bytes += (size_t)n;
	check(n == 0 && bytes <= (encoding == ENC_UU ? 32 * raw.n : raw.n));
}

static void check_part(const struct mime_part *p, unsigned number)
{
	check(p->number == number && !str_absent(p->type));
	for (size_t i = 0; i < p->type.n; i++)
		check(p->type.p[i] == char_lower(p->type.p[i]));
	check_words(p->name, 256);
	check_payload(p->raw, p->encoding);
	check_payload(p->raw, encoding_seen(p->raw, p->encoding));
}

static void walk(struct mime *m, const struct limits *l, struct str text)
{
	const struct header *h;
	struct mime_part part;
	struct err err = { 0 };
	struct arena a;
	unsigned n = 0;
	uint64_t bytes = 0;
	int r;

	arena_init(&a);
	mime_begin(m, text, &a);
	h = mime_header(m);
	check_words(words_decode(&a, h->from, WORDS_MOST), WORDS_MOST);
	check_words(words_decode(&a, h->subject, WORDS_MOST), WORDS_MOST);
	check_words(words_decode(&a, h->message_id, WORDS_MOST), WORDS_MOST);
	while ((r = mime_next(m, &part, &err)) > 0) {
		check_part(&part, ++n);
		bytes += part.raw.n;
	}
	check(n <= l->mime_parts);
	/* Parts do not share bytes, and mails inside are decoded once. */
	check(bytes <= text.n + l->mail_size);
	check(r == 0 || (err.code == r && reason_find(str_of(err.reason))));
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct limits usual, small;
	static struct mime *with_usual, *with_small;
	struct str text = str_make((const char *)data, size);

	if (!with_usual) {
		limits_default(&usual);
		small = usual;
		small.mail_size = 64 * KIB;
		small.mime_depth = 3;
		small.mime_parts = 4;
		small.mime_header = 4 * KIB;
		with_usual = mime_new(&usual);
		with_small = mime_new(&small);
	}
	walk(with_usual, &usual, text);
	walk(with_small, &small, text);
	return 0;
}
