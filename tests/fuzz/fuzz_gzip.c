/*
 * fuzz_gzip.c - any bytes as a gzip file, read in large pieces and in small ones: the same
 * comes out.
 */
#include "digest.h"
#include "gzip.h"
#include "outcome.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECE ((size_t)64 * 1024)

struct outcome_of {
	struct digest digest;
	uint64_t bytes;
	int code;
	const char *reason;
	bool trailing;
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void gunzip(struct gunzip *g, struct str bytes, size_t piece, struct outcome_of *ret)
{
	static char out[PIECE];
	struct expansion x = { .packed_bytes = bytes.n, .ratio = 50 };
	struct blob blob = blob_mem(bytes);
	struct blob_reader in;
	struct digest_ctx sum;
	struct reader *text;
	struct err err = { 0 };
	ssize_t n;

	*ret = (struct outcome_of){ 0 };
	blob_reader_init(&in, &blob, 0);
	text = gunzip_begin(g, &in.reader, &x);
	digest_init(&sum);
	while ((n = reader_read(text, out, piece, &err)) > 0) {
		check((size_t)n <= piece);
		digest_add(&sum, out, (size_t)n);
		ret->bytes += (uint64_t)n;
	}
	digest_end(&sum, &ret->digest);
	ret->code = (int)n;
	ret->trailing = gunzip_trailing(g);
	check(ret->bytes <= MIB || ret->bytes / x.ratio <= bytes.n);
	check(reader_read(text, out, piece, &err) == n);
	if (n < 0) {
		check(reason_find(str_of(err.reason)) != NULL);
		ret->reason = err.reason;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gunzip *g;
	struct str bytes = str_make((const char *)data, size);
	struct outcome_of large, small;

	if (!g) {
		struct limits l;

		limits_default(&l);
		l.archive_members = 5;
		g = gunzip_new(&l);
	}
	gunzip(g, bytes, PIECE, &large);
	gunzip(g, bytes, 61, &small);
	if (str_eq(str_of(large.reason), STR("archive-too-large")) ||
		str_eq(str_of(small.reason), STR("archive-too-large")))
		return 0; /* how much had come before depends on the pieces */
	check(large.code == small.code && large.reason == small.reason);
	check(large.trailing == small.trailing && large.bytes == small.bytes);
	check(digest_eq(&large.digest, &small.digest));
	return 0;
}
