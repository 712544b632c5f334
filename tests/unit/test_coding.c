#include "coding.h"

#include "check.h"
#include "xalloc.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* What zlib makes of it; *ret_ended: the sums are right, and nothing is behind them. */
static struct buf plain_of(struct str coded, bool *ret_ended)
{
	z_stream z = { 0 };
	struct buf plain;
	int r = Z_OK;

	buf_init(&plain, 64 * MIB);
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)coded.p;
	z.avail_in = (unsigned)coded.n;
	while (r == Z_OK) {
		char *p = buf_reserve(&plain, 65536);

		z.next_out = (unsigned char *)p;
		z.avail_out = 65536;
		r = inflate(&z, Z_SYNC_FLUSH);
		plain.n += 65536 - z.avail_out;
	}
	*ret_ended = r == Z_STREAM_END && z.avail_in == 0;
	inflateEnd(&z);
	return plain;
}

static void check_coded(const char *name, struct str coded, struct str want)
{
	bool ended;
	struct buf plain = plain_of(coded, &ended);

	check(name, ended);
	check_int(name, plain.n, want.n);
	check(name, str_eq(buf_view(&plain), want));
	buf_release(&plain);
}

/* Text that becomes shorter, but not by much. */
static struct str text_of(struct buf *b, size_t n)
{
	buf_init(b, n + 64);
	for (unsigned i = 0; b->n < n; i++)
		buf_printf(b, "%u row %u;", i * 2654435761u, i);
	b->n = n;
	return buf_view(b);
}

static void test_types(void **state)
{
	static const struct {
		const char *type;
		bool want;
	} cases[] = {
		{ "text/html; charset=utf-8", true },
		{ "text/csv; charset=utf-8; header=present", true },
		{ "application/json", true },
		{ "application/problem+json", true },
		{ "application/x-ndjson", true },
		{ "application/xml", true },
		{ "application/openmetrics-text; version=1.0.0", true },
		{ "image/svg+xml", true },
		{ "application/octet-stream", false },
		{ "image/png", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].type ? cases[i].type : "none",
			coding_helps(str_of(cases[i].type)), cases[i].want);
}

static struct buf read_body(const struct body *b)
{
	struct buf all;

	buf_init(&all, 64 * MIB);
	if (b->fd < 0) {
		buf_str(&all, buf_view(&b->buf));
	} else {
		char *p = buf_reserve(&all, b->file_bytes);

		check_int("file", pread(b->fd, p, b->file_bytes, 0), b->file_bytes);
		check_int("nothing beside it", b->buf.n, 0);
		all.n = b->file_bytes;
	}
	check_int("size", body_bytes(b), all.n);
	return all;
}

static void test_bodies(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 65536, 1000000, 8000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf text, coded;
		struct str plain = text_of(&text, sizes[i]);
		struct err err = { 0 };
		struct body b;

		body_init(&b);
		for (size_t at = 0; at < plain.n; at += 100000)
			assert_int_equal(
				body_add(&b, plain.p + at,
					plain.n - at < 100000 ? plain.n - at : 100000, &err),
				0);
		assert_int_equal(body_end(&b, &err), 0);
		check_int("in a file", b.fd >= 0, sizes[i] > BODY_MEMORY);
		assert_int_equal(coding_body(&b, &err), 0);
		coded = read_body(&b);
		check_coded("body", buf_view(&coded), plain);
		if (sizes[i] > 100)
			assert_true(coded.n < plain.n);
		buf_release(&coded);
		assert_int_equal(coding_bytes(plain, &b, &err), 0);
		coded = read_body(&b);
		check_coded("bytes", buf_view(&coded), plain);
		buf_release(&coded);
		body_release(&b);
		buf_release(&text);
	}
}

static void test_smallest(void **state)
{
	struct arena a;
	struct buf text;
	struct str plain = text_of(&text, 100000), coded;

	(void)state;
	arena_init(&a);
	coded = coding_smallest(plain, &a);
	check_coded("file", coded, plain);
	assert_true(coded.n < plain.n);
	/* What gains nothing stays. */
	assert_true(str_absent(coding_smallest(STR("abc"), &a)));
	assert_true(str_absent(coding_smallest(STR(""), &a)));
	buf_release(&text);
	arena_release(&a);
}

/* --- Streams --- */

struct source {
	struct answer_stream stream;
	struct str rest;
	size_t piece;
	bool fails, empty_end, ended;
	int *closed;
};

static int source_next(struct answer_stream *stream, struct buf *out, struct err *err)
{
	struct source *s = (struct source *)stream;
	size_t n = s->rest.n < s->piece ? s->rest.n : s->piece;

	assert_false(s->ended); /* it is not asked again */
	if (s->fails && s->rest.n < s->piece)
		return FAIL(err, ERR_IO, NULL, "broken");
	buf_add(out, s->rest.p, n);
	s->rest = str_from(s->rest, n);
	s->ended = s->rest.n == 0 && !(s->empty_end && n > 0);
	return !s->ended;
}

static void source_close(struct answer_stream *stream)
{
	++*((struct source *)stream)->closed;
}

static void test_streams(void **state)
{
	static const struct {
		const char *name;
		size_t bytes, piece;
		bool empty_end;
	} cases[] = {
		{ "nothing", 0, 100, false },
		{ "one piece", 100, 100, false },
		{ "many", 1000000, 30000, false },
		{ "small ones", 5000, 7, false },
		{ "a large one", 3000000, 3000000, true },
		{ "nothing at the end", 90000, 30000, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int closed = 0, r = 1;
		struct buf text, all;
		struct str plain = text_of(&text, cases[i].bytes);
		struct source inner = { .stream = { source_next, source_close },
			.rest = plain,
			.piece = cases[i].piece,
			.empty_end = cases[i].empty_end,
			.closed = &closed };
		struct answer_stream *s = coding_stream(&inner.stream);
		struct err err = { 0 };

		buf_init(&all, 16 * MIB);
		while (r > 0) {
			bool ended;
			struct buf now;

			r = s->next(s, &all, &err);
			/* All that went in can be read by now. */
			now = plain_of(buf_view(&all), &ended);
			check_int(cases[i].name, now.n, plain.n - inner.rest.n);
			buf_release(&now);
			if (cases[i].bytes / cases[i].piece > 100)
				break; /* the rest below */
		}
		while (r > 0)
			r = s->next(s, &all, &err);
		check_int(cases[i].name, r, 0);
		check_coded(cases[i].name, buf_view(&all), plain);
		/* The end stays the end. */
		buf_clear(&all);
		check_int(cases[i].name, s->next(s, &all, &err), 0);
		check_int(cases[i].name, all.n, 0);
		s->close(s);
		check_int(cases[i].name, closed, 1);
		buf_release(&all);
		buf_release(&text);
	}
}

static void test_broken_stream(void **state)
{
	int closed = 0;
	struct buf text, all;
	struct source inner = { .stream = { source_next, source_close },
		.rest = text_of(&text, 1000),
		.piece = 400,
		.fails = true,
		.closed = &closed };
	struct answer_stream *s = coding_stream(&inner.stream);
	struct err err = { 0 };
	bool ended;
	struct buf plain;

	(void)state;
	buf_init(&all, MIB);
	assert_int_equal(s->next(s, &all, &err), 1);
	assert_int_equal(s->next(s, &all, &err), 1);
	assert_int_equal(s->next(s, &all, &err), ERR_IO);
	s->close(s);
	plain = plain_of(buf_view(&all), &ended);
	assert_false(ended); /* a client sees that something is missing */
	assert_int_equal(plain.n, 800);
	buf_release(&plain);
	buf_release(&all);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_broken_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
