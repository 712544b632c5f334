#include "body.h"
#include "check.h"

#include <unistd.h>

/* Values of 1000 bytes; from a mebibyte on they are in a file. */
static void write_document(struct body *b, unsigned values, struct err *err, int want)
{
	char text[1000];
	struct json j;

	memset(text, 'x', sizeof(text));
	body_json(b, &j);
	json_open_array(&j);
	for (unsigned i = 0; i < values; i++)
		json_str(&j, str_make(text, sizeof(text)));
	json_close_array(&j);
	assert_int_equal(body_finish(b, &j, err), want);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *name;
		unsigned values;
		bool file;
	} cases[] = {
		{ "nothing", 0, false },
		{ "small", 3, false },
		{ "just in memory", 1000, false },
		{ "large", 2000, true },
		{ "larger", 20000, true },
		{ "small again", 1, false },
	};
	struct body b;

	(void)state;
	body_init(&b);
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t want = 2 + cases[i].values * 1003ull - (cases[i].values ? 1 : 0);
		struct err err = { 0 };

		body_reset(&b);
		write_document(&b, cases[i].values, &err, 0);
		check_int(cases[i].name, body_bytes(&b), want);
		check_int(cases[i].name, b.fd >= 0, cases[i].file);
		check_int(cases[i].name, b.fd >= 0 ? b.buf.n : b.file_bytes, 0);
		if (b.fd >= 0)
			check_int(cases[i].name, lseek(b.fd, 0, SEEK_END), want);
	}
	body_release(&b);
}

static void test_content(void **state)
{
	struct err err = { 0 };
	struct body b;
	char got[8];

	(void)state;
	body_init(&b);
	write_document(&b, 2000, &err, 0);
	assert_int_equal(pread(b.fd, got, 3, 0), 3);
	assert_memory_equal(got, "[\"x", 3);
	assert_int_equal(pread(b.fd, got, 8, (off_t)body_bytes(&b) - 3), 3);
	assert_memory_equal(got, "x\"]", 3);
	body_release(&b);
}

/* No folder for the file: an error, and no memory in its place. */
static void test_no_folder(void **state)
{
	struct err err = { 0 };
	struct body b;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	body_init(&b);
	write_document(&b, 100000, &err, ERR_IO);
	assert_true(b.buf.n < 4 * MIB);
	body_reset(&b);
	write_document(&b, 3, &err, 0);
	body_release(&b);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
