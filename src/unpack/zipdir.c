#include "zipdir.h"

#include <string.h>

#define END_BYTES 22	       /* end of central directory record, without its comment */
#define END_SEARCH (16 * 1024) /* how far from the end libarchive looks for it */
#define ENTRY_BYTES 46	       /* entry of the central directory, without its texts */

static uint32_t le16(const char *p)
{
	return (uint32_t)(uint8_t)p[0] | (uint32_t)(uint8_t)p[1] << 8;
}

static uint32_t le32(const char *p)
{
	return le16(p) | le16(p + 2) << 16;
}

/* Where the central directory begins: before its end record, by its stated size. */
static int directory_start(const struct blob *blob, uint64_t *ret, struct err *err)
{
	uint64_t size = blob->fd < 0 ? blob->mem.n : blob->size_bytes;
	uint64_t from = size > END_SEARCH ? size - END_SEARCH : 0;
	char tail[END_SEARCH];
	ssize_t n = blob_read(blob, from, tail, sizeof(tail), err);

	if (n < 0)
		return (int)n;
	for (ssize_t i = n - END_BYTES; i >= 0; i--) {
		uint64_t end = from + (uint64_t)i, bytes;

		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		bytes = le32(tail + i + 12);
		if (bytes > end)
			continue;
		*ret = end - bytes;
		return 1;
	}
	return 0;
}

/*
 * To the first entry at or behind *at, as libarchive looks for it too: with zip64 records or
 * other bytes before the end record, the directory begins a little before where its size says.
 */
static int first_entry(const struct blob *blob, uint64_t *at, struct err *err)
{
	char piece[END_SEARCH];

	for (;;) {
		ssize_t n = blob_read(blob, *at, piece, sizeof(piece), err);
		const char *found = n > 0 ? memmem(piece, (size_t)n, "PK\1\2", 4) : NULL;

		if (n < 0)
			return (int)n;
		if (found)
			*at += (uint64_t)(found - piece);
		if (found || n < 4)
			return found != NULL;
		*at += (uint64_t)n - 3; /* the signature may be cut */
	}
}

int zipdir_check(const struct blob *blob, uint64_t most, struct err *err)
{
	uint64_t at = 0, count = 0;
	char entry[ENTRY_BYTES];
	int r = directory_start(blob, &at, err);

	if (r > 0)
		r = first_entry(blob, &at, err);
	if (r <= 0)
		return r;
	for (;;) {
		ssize_t n = blob_read(blob, at, entry, sizeof(entry), err);

		if (n < 0)
			return (int)n;
		if (n < ENTRY_BYTES || memcmp(entry, "PK\1\2", 4) != 0)
			return 0;
		if (++count > most)
			return FAIL(err, ERR_LIMIT, "archive-too-many-members",
				"more than %llu members in a zip file",
				(unsigned long long)most);
		at += ENTRY_BYTES + le16(entry + 28) + le16(entry + 30) + le16(entry + 32);
	}
}
