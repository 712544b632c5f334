#include "zip.h"

#include "xalloc.h"
#include "zipdir.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHUNK ((size_t)64 * 1024)

struct zip {
	struct reader reader; /* of the member */
	const struct blob *blob;
	struct limits limits;
	struct expansion *expansion;
	struct archive *archive;
	uint64_t at;	   /* of the blob */
	struct err io_err; /* of the blob; code 0: none */
	uint64_t members;
	bool inside; /* a member that can be read */
	bool dead;   /* nothing more is to be had */
	int code;    /* error of the member, sticky */
	struct err err;
	char chunk[CHUNK];
};

static la_ssize_t on_read(struct archive *a, void *arg, const void **ret)
{
	struct zip *z = arg;
	ssize_t got = blob_read(z->blob, z->at, z->chunk, sizeof(z->chunk), &z->io_err);

	if (got < 0) {
		archive_set_error(a, EIO, "cannot read");
		return -1;
	}
	*ret = z->chunk;
	z->at += (uint64_t)got;
	return got;
}

static uint64_t blob_size(const struct blob *b)
{
	return b->fd < 0 ? b->mem.n : b->size_bytes;
}

static la_int64_t on_skip(struct archive *a, void *arg, la_int64_t n)
{
	struct zip *z = arg;
	uint64_t left = blob_size(z->blob) > z->at ? blob_size(z->blob) - z->at : 0;

	(void)a;
	if (n < 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	z->at += (uint64_t)n;
	return n;
}

static la_int64_t on_seek(struct archive *a, void *arg, la_int64_t offset, int whence)
{
	struct zip *z = arg;
	int64_t size = (int64_t)blob_size(z->blob), base = 0, to;

	if (whence == SEEK_CUR)
		base = (int64_t)z->at;
	if (whence == SEEK_END)
		base = size;
	if (__builtin_add_overflow(base, offset, &to) || to < 0 || to > size) {
		archive_set_error(a, EINVAL, "Truncated: offset beyond the file");
		return ARCHIVE_FATAL;
	}
	z->at = (uint64_t)to;
	return to;
}

/* What libarchive says, as one of our reasons. */
static int fail(struct zip *z, struct err *err)
{
	static const struct {
		const char *words, *reason;
	} reasons[] = {
		{ "Truncated", "archive-truncated" },
		{ "truncated", "archive-truncated" },
		{ "decompression failed (-5)", "archive-truncated" }, /* Z_BUF_ERROR */
		{ "Unsupported ZIP compression", "archive-unsupported" },
		{ "Passphrase", "archive-encrypted" },
		{ "Encrypted", "archive-encrypted" },
		{ "encrypted", "archive-encrypted" },
	};
	const char *text = archive_error_string(z->archive), *reason = "archive-corrupt";

	if (z->io_err.code) {
		*err = z->io_err;
		return z->io_err.code;
	}
	for (size_t i = 0; text && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strstr(text, reasons[i].words)) {
			reason = reasons[i].reason;
			break;
		}
	}
	return FAIL(err, ERR_INPUT, reason, "the zip file cannot be read: %s",
		text ? text : "no reason given");
}

static ssize_t member_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct zip *z = (struct zip *)(void *)r; /* reader is its first member */

	if (z->code == 0 && n > 0) {
		la_ssize_t got = archive_read_data(z->archive, p, n);

		if (got >= 0)
			z->code = expansion_add(z->expansion, (uint64_t)got, &z->err);
		else
			z->code = fail(z, &z->err);
		if (got == ARCHIVE_FATAL || z->code == ERR_LIMIT)
			z->dead = true;
		if (z->code == 0)
			return (ssize_t)got;
	}
	if (z->code == 0)
		return 0;
	*err = z->err;
	return z->code;
}

int zip_open(const struct blob *blob, const struct limits *limits, struct expansion *x,
	struct zip **ret, struct err *err)
{
	struct zip *z;
	int r = zipdir_check(blob, limits->archive_members, err);

	if (r < 0)
		return r;
	z = xcalloc(1, sizeof(*z));
	z->reader.read = member_read;
	z->blob = blob;
	z->limits = *limits;
	z->expansion = x;
	z->archive = archive_read_new();
	if (!z->archive) {
		free(z);
		return FAIL(err, ERR_TEMP, NULL, "no memory for libarchive");
	}
	archive_read_support_format_zip(z->archive);
	archive_read_set_read_callback(z->archive, on_read);
	archive_read_set_skip_callback(z->archive, on_skip);
	archive_read_set_seek_callback(z->archive, on_seek);
	archive_read_set_callback_data(z->archive, z);
	if (archive_read_open1(z->archive) < ARCHIVE_WARN) {
		r = fail(z, err);
		zip_close(z);
		return r;
	}
	*ret = z;
	return 0;
}

void zip_close(struct zip *z)
{
	if (!z)
		return;
	archive_read_free(z->archive);
	free(z);
}

static struct str base_name(struct str path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
			return str_from(path, i);
	return path;
}

/* Folders, links, and what macOS and Windows leave beside a file. */
static bool passed_over(struct archive_entry *entry, struct str name)
{
	struct str base = base_name(name);
	unsigned type = archive_entry_filetype(entry);

	return (type != 0 && type != AE_IFREG) || str_ends(name, STR("/")) ||
	       str_starts(name, STR("__MACOSX/")) || str_starts(base, STR("._")) ||
	       str_eq(base, STR(".DS_Store")) || str_eq_nocase(base, STR("Thumbs.db"));
}

static struct str entry_name(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);

	return str_of(name ? name : archive_entry_pathname(entry));
}

/* Reasons not to read a member at all. */
static int examine(struct zip *z, struct archive_entry *entry, struct err *err)
{
	const char *format = archive_format_name(z->archive); /* "ZIP 2.0 (deflation)" */

	if (archive_entry_is_encrypted(entry))
		return FAIL(err, ERR_INPUT, "archive-encrypted", "a member wants a password");
	if (!format || strstr(format, "(deflation)") || strstr(format, "(uncompressed)"))
		return 0;
	return FAIL(err, ERR_INPUT, "archive-unsupported",
		"a member is packed by another method than deflate: %s", format);
}

/*
 * Read what is left of the member: to get behind one that does not tell its packed size,
 * libarchive unpacks it, and does not count.  Negative: nothing more is to be had, and nobody
 * was told yet; other damage is no matter, since nobody wanted to read it.
 */
static int finish_member(struct zip *z, struct err *err)
{
	char rest[16 * 1024];
	ssize_t got = 1;

	if (!z->inside || z->dead)
		return 0;
	z->inside = false;
	while (got > 0)
		got = member_read(&z->reader, rest, sizeof(rest), err);
	return z->dead ? (int)got : 0;
}

int zip_next(struct zip *z, struct zip_member *ret, struct err *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = finish_member(z, err)) == 0) {
		struct str name;

		r = z->dead ? ARCHIVE_EOF : archive_read_next_header(z->archive, &entry);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r == ARCHIVE_RETRY || r < ARCHIVE_WARN) {
			z->dead = true;
			return fail(z, err);
		}
		if (++z->members > z->limits.archive_members) {
			z->dead = true;
			return FAIL(err, ERR_LIMIT, "archive-too-many-members",
				"more than %llu members in a zip file "
				"(limit archive_members)",
				(unsigned long long)z->limits.archive_members);
		}
		name = entry_name(entry);
		*ret = (struct zip_member){ .name = name, .number = z->members };
		z->code = 0;
		z->inside = examine(z, entry, &ret->err) == 0;
		if (passed_over(entry, name))
			continue;
		if (z->inside)
			ret->content = &z->reader;
		return 1;
	}
	return r;
}
