#include "gzip.h"

#include "check.h"
#include "pack.h"

#include <stdlib.h>
#include <string.h>

struct result {
	struct buf text;
	ssize_t end; /* what the last read returned */
	struct err err;
	bool trailing;
};

/* Reads in pieces of step bytes; the reader below gives its bytes in pieces of trickle. */
struct trickle {
	struct reader reader;
	struct str in;
	size_t step;
	int end;
};

static ssize_t trickle_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct trickle *t = (struct trickle *)(void *)r;

	if (t->in.n == 0 && t->end)
		return FAIL(err, t->end, "read-failed", "broken");
	if (n > t->step)
		n = t->step;
	if (n > t->in.n)
		n = t->in.n;
	if (n > 0)
		memcpy(p, t->in.p, n);
	t->in = str_from(t->in, n);
	return (ssize_t)n;
}

static void gunzip(
	const struct limits *l, struct str in, size_t step, int end, struct result *ret)
{
	struct trickle t = { { trickle_read }, in, step, end };
	struct expansion x = { .packed_bytes = in.n, .ratio = l->ratio };
	struct gunzip *g = gunzip_new(l);
	struct reader *r = gunzip_begin(g, &t.reader, &x);
	char piece[4096];
	struct err again = { 0 };

	ret->err = (struct err){ 0 };
	buf_init(&ret->text, PACK_MOST);
	while ((ret->end = reader_read(r, piece, sizeof(piece), &ret->err)) > 0)
		buf_add(&ret->text, piece, (size_t)ret->end);
	assert_int_equal(reader_read(r, piece, sizeof(piece), &again), ret->end);
	ret->trailing = gunzip_trailing(g);
	gunzip_free(g);
}

static void expect(
	const char *name, struct str in, struct str text, const char *reason, bool trailing)
{
	static const size_t steps[] = { 1, 2, 7, 100000 };
	struct limits l;

	limits_default(&l);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct result r;

		gunzip(&l, in, steps[i], 0, &r);
		check_str(name, str_of(r.err.reason), str_of(reason));
		check_int(name, r.end, reason ? ERR_INPUT : 0);
		check(name, str_starts(text, buf_view(&r.text)));
		if (!reason)
			check_str(name, buf_view(&r.text), text);
		check_int(name, r.trailing, trailing);
		buf_release(&r.text);
	}
}

static void test_good(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, PACK_MOST);
	pack_gzip(&b, STR("<feedback/>"));
	expect("one member", buf_view(&b), STR("<feedback/>"), NULL, false);
	buf_str(&b, STR("\0\0\0\0"));
	expect("zeros behind", buf_view(&b), STR("<feedback/>"), NULL, true);
	b.n -= 4;
	buf_str(&b, STR("\x1f"));
	expect("a byte behind", buf_view(&b), STR("<feedback/>"), NULL, true);
	b.n -= 1;
	pack_gzip(&b, STR(" and more"));
	expect("two members", buf_view(&b), STR("<feedback/> and more"), NULL, false);
	pack_gzip(&b, STR(""));
	expect("an empty one", buf_view(&b), STR("<feedback/> and more"), NULL, false);
	buf_clear(&b);
	pack_gzip(&b, STR(""));
	expect("nothing in it", buf_view(&b), STR(""), NULL, false);
	buf_release(&b);
}

static void test_bad(void **state)
{
	struct str text = STR("<feedback>some text</feedback>");
	struct buf b;

	(void)state;
	buf_init(&b, PACK_MOST);
	pack_gzip(&b, text);
	for (size_t n = 0; n < b.n; n++)
		expect("cut", str_make(b.p, n), text, "archive-truncated", false);
	b.p[b.n - 1] ^= 1;
	expect("wrong length", buf_view(&b), text, "archive-corrupt", false);
	b.p[b.n - 1] ^= 1;
	b.p[b.n - 5] ^= 1;
	expect("wrong checksum", buf_view(&b), text, "archive-corrupt", false);
	b.p[b.n - 5] ^= 1;
	b.p[2] = 9;
	expect("unknown method", buf_view(&b), text, "archive-corrupt", false);
	b.p[2] = 8;
	buf_str(&b, STR("\x1f\x8b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
	expect("second member broken", buf_view(&b), text, "archive-corrupt", false);
	expect("no gzip", STR("hello world"), STR(""), "archive-corrupt", false);
	buf_release(&b);
}

static void test_limits(void **state)
{
	struct limits l;
	struct result r;
	struct buf b;
	char *blanks = calloc(1, 8 << 20);

	(void)state;
	limits_default(&l);
	buf_init(&b, PACK_MOST);
	pack_gzip(&b, str_make(blanks, 8 << 20));
	gunzip(&l, buf_view(&b), 100000, 0, &r);
	check_str("bomb", str_of(r.err.reason), STR("archive-too-large"));
	check_int("bomb", r.end, ERR_LIMIT);
	check("bomb", r.text.n > MIB && r.text.n < 3 * MIB);
	buf_release(&r.text);
	buf_clear(&b);
	pack_gzip(&b, str_make(blanks, MIB));
	gunzip(&l, buf_view(&b), 100000, 0, &r);
	check_int("1 MiB may have any ratio", r.end, 0);
	buf_release(&r.text);
	buf_clear(&b);
	l.archive_members = 3;
	for (int i = 0; i < 3; i++)
		pack_gzip(&b, STR("x"));
	gunzip(&l, buf_view(&b), 100000, 0, &r);
	check_int("3 members", r.end, 0);
	buf_release(&r.text);
	pack_gzip(&b, STR("x"));
	gunzip(&l, buf_view(&b), 100000, 0, &r);
	check_str("4 members", str_of(r.err.reason), STR("archive-too-many-members"));
	buf_release(&r.text);
	gunzip(&l, str_make(b.p, 20), 100000, ERR_IO, &r);
	check_int("error below", r.end, ERR_IO);
	check_str("error below", str_of(r.err.reason), STR("read-failed"));
	buf_release(&r.text);
	buf_release(&b);
	free(blanks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
