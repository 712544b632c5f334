/*
 * mimedump FILE… - the leaves of mails, for comparison with other MIME parsers.
 *
 * One line for each leaf: type, number of bytes and SHA-256 after decoding as declared, name;
 * with a tab between them. One line "error" and the reason where the walk ends early.  A line
 * "end" after each file.
 */
#include "buf.h"
#include "digest.h"
#include "mime.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MOST ((size_t)64 << 20)

static bool load(const char *path, struct buf *ret)
{
	FILE *file = fopen(path, "rb");
	char piece[65536];
	size_t n;

	buf_clear(ret);
	if (!file)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(ret, piece, n);
	fclose(file);
	return true;
}

static void print_leaf(const struct mime_part *p)
{
	struct payload payload;
	struct digest_ctx ctx;
	struct digest digest;
	struct err err;
	char piece[4096], hex[2 * DIGEST_BYTES + 1];
	size_t bytes = 0;
	ssize_t n;

	digest_init(&ctx);
	payload_init(&payload, p->raw, p->encoding);
	while ((n = reader_read(&payload.reader, piece, sizeof(piece), &err)) > 0) {
		digest_add(&ctx, piece, (size_t)n);
		bytes += (size_t)n;
	}
	digest_end(&ctx, &digest);
	digest_hex(&digest, hex);
	printf("%.*s\t%zu\t%s\t%.*s\n", STR_ARGS(p->type), bytes, hex, STR_ARGS(p->name));
}

int main(int argc, char **argv)
{
	struct limits limits;
	struct mime *mime;
	struct buf text;

	limits_default(&limits);
	mime = mime_new(&limits);
	buf_init(&text, FILE_MOST);
	for (int i = 1; i < argc; i++) {
		struct mime_part part;
		struct arena arena;
		struct err err;
		int r;

		if (!load(argv[i], &text)) {
			perror(argv[i]);
			return 1;
		}
		arena_init(&arena);
		mime_begin(mime, buf_view(&text), &arena);
		while ((r = mime_next(mime, &part, &err)) > 0)
			print_leaf(&part);
		if (r < 0)
			printf("error\t%s\n", err.reason);
		printf("end\n");
		arena_release(&arena);
	}
	buf_release(&text);
	mime_free(mime);
	return 0;
}
