/*
 * fuzz_zip.c - any bytes as a zip file: all its members, each read to its end.
 */
#include "outcome.h"
#include "zip.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_err(int code, const struct err *err)
{
	check(code < 0 && err->code == code && reason_find(str_of(err->reason)));
}

static uint64_t read_member(struct zip_member *m)
{
	static char piece[64 * 1024];
	struct err err = { 0 };
	uint64_t bytes = 0;
	ssize_t n;

	if (!m->content) {
		check_err(m->err.code, &m->err);
		return 0;
	}
	while ((n = reader_read(m->content, piece, sizeof(piece), &err)) > 0)
		bytes += (uint64_t)n;
	if (n < 0) {
		check_err((int)n, &err);
		check(reader_read(m->content, piece, sizeof(piece), &err) == n);
	}
	return bytes;
}

/* every: only each so many-th member is read. */
static void read_zip(const struct limits *l, struct str bytes, uint64_t every)
{
	struct expansion x = { .packed_bytes = bytes.n, .ratio = l->ratio };
	struct blob blob = blob_mem(bytes);
	struct err err = { 0 };
	struct zip_member m;
	struct zip *z = NULL;
	uint64_t out = 0, number = 0;
	int r = zip_open(&blob, l, &x, &z, &err);

	if (r < 0) {
		check_err(r, &err);
		return;
	}
	while ((r = zip_next(z, &m, &err)) > 0) {
		check(m.number > number && m.number <= l->archive_members);
		number = m.number;
		if (number % every == 0)
			out += read_member(&m);
	}
	if (r < 0)
		check_err(r, &err);
	check(out <= MIB || out / l->ratio <= bytes.n);
	zip_close(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits l;

	limits_default(&l);
	l.archive_members = 10;
	l.ratio = 50;
	read_zip(&l, str_make((const char *)data, size), 1);
	read_zip(&l, str_make((const char *)data, size), 2);
	return 0;
}
