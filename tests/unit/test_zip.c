#include "zip.h"

#include "check.h"
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The members of a zip, one a line: name, text or reason; the reason of the file at the end. */
static struct str members(struct buf *out, const struct blob *blob, const struct limits *l)
{
	struct expansion x = { .packed_bytes = blob->fd < 0 ? blob->mem.n : blob->size_bytes,
		.ratio = l->ratio };
	struct zip_member m;
	struct zip *z = NULL;
	struct err err = { 0 };
	int r;

	buf_clear(out);
	r = zip_open(blob, l, &x, &z, &err);
	while (r == 0 && (r = zip_next(z, &m, &err)) > 0) {
		char piece[8192];
		ssize_t n = 0;

		buf_printf(out, "%.*s=", STR_ARGS(m.name));
		if (!m.content)
			buf_printf(out, "!%s", m.err.reason);
		while (m.content &&
			(n = reader_read(m.content, piece, sizeof(piece), &m.err)) > 0)
			if (n < 100)
				buf_add(out, piece, (size_t)n);
		if (n < 0) {
			struct err again = { 0 };

			check_int("sticky",
				reader_read(m.content, piece, sizeof(piece), &again), n);
			buf_printf(out, "!%s", m.err.reason);
		}
		buf_char(out, '\n');
		r = 0;
	}
	if (r < 0)
		buf_printf(out, "!%s\n", err.reason);
	zip_close(z);
	return buf_view(out);
}

#define TEXT STR_INIT("<feedback>text text text text</feedback>")

static const struct {
	const char *name;
	struct pack_member m[4];
	size_t count;
	struct str want;
} cases[] = {
	{ "stored", { { STR_INIT("a.xml"), STR_INIT("one"), 0, 0, 0, 0 } }, 1,
		STR_INIT("a.xml=one\n") },
	{ "deflated", { { STR_INIT("a.xml"), TEXT, 1, 0, 0, 0 } }, 1,
		STR_INIT("a.xml=<feedback>text text text text</feedback>\n") },
	{ "data descriptor", { { STR_INIT("a.xml"), TEXT, 1, 8, 0, 0 } }, 1,
		STR_INIT("a.xml=<feedback>text text text text</feedback>\n") },
	{ "stored with data descriptor", { { STR_INIT("a"), STR_INIT("one"), 0, 8, 0, 0 } }, 1,
		STR_INIT("a=one\n") },
	{ "several",
		{ { STR_INIT("a"), STR_INIT("1"), 0, 0, 0, 0 },
			{ STR_INIT("b"), STR_INIT("2"), 1, 0, 0, 0 },
			{ STR_INIT("c"), STR_INIT("3"), 0, 8, 0, 0 } },
		3, STR_INIT("a=1\nb=2\nc=3\n") },
	{ "empty member", { { STR_INIT("a"), STR_INIT(""), 0, 0, 0, 0 } }, 1,
		STR_INIT("a=\n") },
	{ "empty name", { { STR_INIT(""), STR_INIT("1"), 0, 0, 0, 0 } }, 1, STR_INIT("=1\n") },
	{ "folder, macOS and Windows leavings",
		{ { STR_INIT("d.xml/"), STR_INIT(""), 0, 0, 0, 0 },
			{ STR_INIT("__MACOSX/d/._a.xml"), STR_INIT("x"), 0, 0, 0, 0 },
			{ STR_INIT("d/._b.xml"), STR_INIT("x"), 0, 0, 0, 0 },
			{ STR_INIT("d/a.xml"), STR_INIT("1"), 0, 0, 0, 0 } },
		4, STR_INIT("d/a.xml=1\n") },
	{ "bad checksum, and one behind it",
		{ { STR_INIT("a"), STR_INIT("1"), 0, 0, 0, 1 },
			{ STR_INIT("b"), STR_INIT("2"), 0, 0, 0, 0 } },
		2, STR_INIT("a=!archive-corrupt\nb=2\n") },
	{ "bad checksum, deflated", { { STR_INIT("a"), STR_INIT("1"), 1, 0, 0, 1 } }, 1,
		STR_INIT("a=!archive-corrupt\n") },
	{ "encrypted, and one behind it",
		{ { STR_INIT("a"), STR_INIT("1"), 0, 1, 0, 0 },
			{ STR_INIT("b"), STR_INIT("2"), 0, 0, 0, 0 } },
		2, STR_INIT("a=!archive-encrypted\nb=2\n") },
	{ "bzip2", { { STR_INIT("a"), STR_INIT("BZh9"), 0, 0, 12, 0 } }, 1,
		STR_INIT("a=!archive-unsupported\n") },
	{ "LZMA", { { STR_INIT("a"), STR_INIT("xxxx"), 0, 0, 14, 0 } }, 1,
		STR_INIT("a=!archive-unsupported\n") },
	{ "no member", { { STR_INIT(""), STR_INIT(""), 0, 0, 0, 0 } }, 0, STR_INIT("") },
};

static void test_cases(void **state)
{
	struct buf b, out;
	struct limits l;

	(void)state;
	limits_default(&l);
	buf_init(&b, PACK_MOST);
	buf_init(&out, PACK_MOST);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct blob blob;
		FILE *file = tmpfile();

		buf_clear(&b);
		pack_zip(&b, cases[i].m, cases[i].count);
		blob = blob_mem(buf_view(&b));
		check_str(cases[i].name, members(&out, &blob, &l), cases[i].want);
		assert_int_equal(fwrite(b.p, 1, b.n, file), b.n);
		assert_int_equal(fflush(file), 0);
		blob = (struct blob){ .fd = fileno(file), .size_bytes = b.n };
		check_str(cases[i].name, members(&out, &blob, &l), cases[i].want);
		fclose(file);
	}
	buf_release(&b);
	buf_release(&out);
}

/* Cut anywhere: an error or fewer members, never a whole one that is not whole. */
static void test_cut(void **state)
{
	static const struct pack_member m[] = { { STR_INIT("a"), TEXT, 1, 0, 0, 0 },
		{ STR_INIT("b"), TEXT, 0, 0, 0, 0 } };
	struct buf b, out;
	struct limits l;

	(void)state;
	limits_default(&l);
	buf_init(&b, PACK_MOST);
	buf_init(&out, PACK_MOST);
	pack_zip(&b, m, COUNT(m));
	for (size_t n = 4; n < b.n; n++) {
		struct blob blob = blob_mem(str_make(b.p, n));
		struct str got = members(&out, &blob, &l);

		if (n < 40)
			check("nothing was there yet", !str_contains(got, STR("</feedback>")));
		check("a reason when cut inside the first",
			n > 90 || n < 40 || str_contains(got, STR("!archive-")));
	}
	buf_release(&b);
	buf_release(&out);
}

static void test_limits(void **state)
{
	static struct pack_member many[7];
	struct buf b, out;
	struct limits l;
	struct blob blob;
	char *blanks = calloc(1, 8 << 20);

	(void)state;
	limits_default(&l);
	l.archive_members = 6;
	buf_init(&b, PACK_MOST);
	buf_init(&out, PACK_MOST);
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct pack_member){ .name = STR("a"), .text = STR("1") };
	pack_zip(&b, many, 6);
	blob = blob_mem(buf_view(&b));
	check_int("6 members", members(&out, &blob, &l).n, 6 * 4);
	buf_clear(&b);
	pack_zip(&b, many, 7);
	blob = blob_mem(buf_view(&b));
	check_str("7 members", members(&out, &blob, &l), STR("!archive-too-many-members\n"));
	/* Zip64 records stand between directory and end record; more so than here. */
	b.n -= 22;
	buf_clear(&out);
	buf_add(&out, b.p + b.n, 22);
	buf_str(&b, STR("PK\6\6 0123456789 0123456789 0123456789 0123456789 0123456789 "
			"0123456789 01"));
	buf_str(&b, buf_view(&out));
	blob = blob_mem(buf_view(&b));
	l.archive_members = 4; /* the two entries before the shifted start are not counted */
	check_str("7 members, zip64", members(&out, &blob, &l),
		STR("!archive-too-many-members\n"));
	l.archive_members = 6;
	/* Without its directory only the members themselves can be counted. */
	blob = blob_mem(str_first(buf_view(&b), 7 * 32));
	check("7 members, no directory",
		str_ends(members(&out, &blob, &l), STR("!archive-too-many-members\n")));
	buf_clear(&b);
	pack_zip(&b,
		&(struct pack_member){
			.name = STR("a"), .text = str_make(blanks, 8 << 20), .deflate = true },
		1);
	blob = blob_mem(buf_view(&b));
	check_str("bomb", members(&out, &blob, &l), STR("a=!archive-too-large\n"));
	buf_release(&b);
	buf_release(&out);
	free(blanks);
}

/*
 * A member that nobody reads, and that does not tell its packed size: what it unpacks to counts
 * all the same.
 */
static void test_unread_bomb(void **state)
{
	static const struct {
		const char *name;
		struct str member, want;
	} rows[] = {
		{ "passed over", STR_INIT("__MACOSX/a"), STR_INIT("!archive-too-large\n") },
		{ "read", STR_INIT("a"), STR_INIT("a=!archive-too-large\n") },
	};
	struct buf b, out;
	struct limits l;
	char *blanks = calloc(1, 8 << 20);

	(void)state;
	limits_default(&l);
	buf_init(&b, PACK_MOST);
	buf_init(&out, PACK_MOST);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pack_member m[] = {
			{ rows[i].member, str_make(blanks, 8 << 20), 1, 8, 0, 0 },
			{ STR("b"), STR("2"), 1, 8, 0, 0 },
		};
		struct blob blob;

		buf_clear(&b);
		pack_zip(&b, m, COUNT(m));
		/* Without its directory there is only what stands before each member. */
		blob = blob_mem(
			str_first(buf_view(&b), (size_t)str_find(buf_view(&b), STR("PK\1\2"))));
		check_str(rows[i].name, members(&out, &blob, &l), rows[i].want);
	}
	buf_release(&b);
	buf_release(&out);
	free(blanks);
}

/* A zip64 end record that says where the directory is; whatever the ordinary one says. */
static void test_zip64_directory(void **state)
{
	static const struct {
		const char *name;
		uint32_t size;
	} rows[] = {
		{ "the ordinary record says nothing", 0xffffffff },
		{ "the ordinary record says less", 0 },
	};
	static struct pack_member many[7];
	struct limits l;
	struct buf b, out;

	(void)state;
	limits_default(&l);
	l.archive_members = 6;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct pack_member){ .name = STR("a"), .text = STR("1") };
	buf_init(&b, PACK_MOST);
	buf_init(&out, PACK_MOST);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct blob blob;
		size_t directory, record;

		buf_clear(&b);
		pack_zip(&b, many, COUNT(many));
		b.n -= 22;
		directory = (size_t)str_find(buf_view(&b), STR("PK\1\2"));
		record = b.n;
		buf_add(&b, "PK\6\6", 4);
		pack_le(&b, 44, 4);
		pack_le(&b, 0, 4 + 4 + 8);
		pack_le(&b, COUNT(many), 4);
		pack_le(&b, 0, 4);
		pack_le(&b, COUNT(many), 4);
		pack_le(&b, 0, 4);
		pack_le(&b, (uint32_t)(record - directory), 4);
		pack_le(&b, 0, 4);
		pack_le(&b, (uint32_t)directory, 4);
		pack_le(&b, 0, 4);
		buf_add(&b, "PK\6\7", 4);
		pack_le(&b, 0, 4);
		pack_le(&b, (uint32_t)record, 4);
		pack_le(&b, 0, 4);
		pack_le(&b, 1, 4);
		buf_add(&b, "PK\5\6", 4);
		pack_le(&b, 0, 4);
		pack_le(&b, COUNT(many), 2);
		pack_le(&b, COUNT(many), 2);
		pack_le(&b, rows[i].size, 4);
		pack_le(&b, rows[i].size, 4);
		pack_le(&b, 0, 2);
		blob = blob_mem(buf_view(&b));
		check_str(rows[i].name, members(&out, &blob, &l),
			STR("!archive-too-many-members\n"));
	}
	buf_release(&b);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unread_bomb),
		cmocka_unit_test(test_zip64_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
