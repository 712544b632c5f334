#include "zipdir.h"

#include <string.h>

#define END_BYTES 22	       /* end of central directory record, without its comment */
#define END_SEARCH (16 * 1024) /* how far from the end libarchive looks for it */
#define ENTRY_BYTES 46	       /* entry of the central directory, without its texts */
#define LOCATOR_BYTES 20       /* says where the zip64 end record is */
#define RECORD64_BYTES 56      /* zip64 end of central directory record */

static uint32_t le16(const char *p)
{
	return (uint32_t)(uint8_t)p[0] | (uint32_t)(uint8_t)p[1] << 8;
}

static uint32_t le32(const char *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint64_t le64(const char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/*
 * Where the zip64 end record says that the directory begins, if there is one; at: of the
 * ordinary end record, which follows its locator.
 */
static int start_zip64(const struct blob *blob, uint64_t at, uint64_t *ret, struct err *err)
{
	char locator[LOCATOR_BYTES], record[RECORD64_BYTES];
	ssize_t n;

	if (at < LOCATOR_BYTES)
		return 0;
	n = blob_read(blob, at - LOCATOR_BYTES, locator, sizeof(locator), err);
	if (n < (ssize_t)sizeof(locator) || memcmp(locator, "PK\6\7", 4) != 0)
		return n < 0 ? (int)n : 0;
	n = blob_read(blob, le64(locator + 8), record, sizeof(record), err);
	if (n < (ssize_t)sizeof(record) || memcmp(record, "PK\6\6", 4) != 0)
		return n < 0 ? (int)n : 0;
	*ret = le64(record + 48);
	return 1;
}

/* The last end record of the file; 1, 0 none, negative. */
static int find_end(const struct blob *blob, uint64_t *ret_at, char *ret, struct err *err)
{
	uint64_t size = blob->fd < 0 ? blob->mem.n : blob->size_bytes;
	uint64_t from = size > END_SEARCH ? size - END_SEARCH : 0;
	char tail[END_SEARCH];
	ssize_t n = blob_read(blob, from, tail, sizeof(tail), err);

	if (n < 0)
		return (int)n;
	for (ssize_t i = n - END_BYTES; i >= 0; i--) {
		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		memcpy(ret, tail + i, END_BYTES);
		*ret_at = from + (uint64_t)i;
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

/* The entries from the first one behind at. */
static int count_entries(const struct blob *blob, uint64_t at, uint64_t most, struct err *err)
{
	uint64_t count = 0;
	char entry[ENTRY_BYTES];
	int r = first_entry(blob, &at, err);

	while (r > 0) {
		ssize_t n = blob_read(blob, at, entry, sizeof(entry), err);

		if (n < 0)
			return (int)n;
		if (n < ENTRY_BYTES || memcmp(entry, "PK\1\2", 4) != 0)
			return 0;
		if (++count > most)
			return FAIL(err, ERR_LIMIT, "archive-too-many-members",
				"more than %llu members in a zip file "
				"(limit archive_members)",
				(unsigned long long)most);
		at += ENTRY_BYTES + le16(entry + 28) + le16(entry + 30) + le16(entry + 32);
	}
	return r;
}

/* libarchive believes one of two records, after more checks than are made here: count both. */
int zipdir_check(const struct blob *blob, uint64_t most, struct err *err)
{
	char record[END_BYTES];
	uint64_t end, start = 0;
	int r = find_end(blob, &end, record, err);

	if (r <= 0)
		return r;
	r = start_zip64(blob, end, &start, err);
	if (r > 0)
		r = count_entries(blob, start, most, err);
	if (r < 0 || le32(record + 12) > end)
		return r;
	return count_entries(blob, end - le32(record + 12), most, err);
}
