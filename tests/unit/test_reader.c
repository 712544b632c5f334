#include "reader.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Gives its bytes in steps, then the end or an error. */
struct steps {
	struct reader reader;
	const char *at;
	size_t step;
	int end; /* 0 or ERR_* */
};

static ssize_t steps_read(struct reader *r, void *p, size_t n, struct err *err)
{
	struct steps *s = (struct steps *)(void *)r;
	size_t left = strlen(s->at), got = n < s->step ? n : s->step;

	if (left == 0 && s->end)
		return FAIL(err, s->end, NULL, "broken");
	if (got > left)
		got = left;
	memcpy(p, s->at, got);
	s->at += got;
	return (ssize_t)got;
}

static void test_fill(void **state)
{
	struct err err = { 0 };
	char p[16];

	(void)state;
	for (size_t step = 1; step < 12; step++) {
		struct steps s = { { steps_read }, "0123456789", step, 0 };

		assert_int_equal(reader_fill(&s.reader, p, 4, &err), 4);
		assert_memory_equal(p, "0123", 4);
		assert_int_equal(reader_fill(&s.reader, p, 16, &err), 6);
		assert_memory_equal(p, "456789", 6);
		assert_int_equal(reader_fill(&s.reader, p, 16, &err), 0);
		assert_int_equal(err.code, 0);
	}
}

static void test_error(void **state)
{
	struct steps s = { { steps_read }, "01234", 2, ERR_INPUT };
	struct err err = { 0 };
	char p[16];

	(void)state;
	assert_int_equal(reader_read(&s.reader, p, 16, &err), 2);
	assert_int_equal(reader_fill(&s.reader, p, 16, &err), ERR_INPUT);
	assert_string_equal(err.text, "broken");
}

static void check_blob(const char *name, const struct blob *b)
{
	struct blob_reader br;
	struct err err = { 0 };
	char p[16];

	check_int(name, b->size_bytes, 10);
	check_int(name, blob_read(b, 0, p, 4, &err), 4);
	check_str(name, str_make(p, 4), STR("0123"));
	check_int(name, blob_read(b, 7, p, 16, &err), 3);
	check_str(name, str_make(p, 3), STR("789"));
	check_int(name, blob_read(b, 7, p, 8, &err), 3);
	check_int(name, blob_read(b, 10, p, 16, &err), 0);
	check_int(name, blob_read(b, UINT64_MAX, p, 16, &err), 0);
	check_int(name, blob_read(b, 3, p, 0, &err), 0);
	blob_reader_init(&br, b, 2);
	check_int(name, reader_read(&br.reader, p, 5, &err), 5);
	check_str(name, str_make(p, 5), STR("23456"));
	check_int(name, reader_fill(&br.reader, p, 16, &err), 3);
	check_int(name, reader_read(&br.reader, p, 16, &err), 0);
	check_int(name, err.code, 0);
}

static void test_blob(void **state)
{
	struct blob mem = blob_mem(STR("0123456789")), none = blob_mem(STR_ABSENT), file;
	FILE *f = tmpfile();
	struct err err = { 0 };
	char p[16];

	(void)state;
	check_blob("memory", &mem);
	assert_int_equal(blob_read(&none, 0, p, 16, &err), 0);

	assert_non_null(f);
	assert_int_equal(write(fileno(f), "0123456789abc", 13), 13);
	/* What is written after the blob was made is not part of it. */
	file = (struct blob){ .fd = fileno(f), .size_bytes = 10 };
	check_blob("file", &file);
	assert_int_equal(ftruncate(fileno(f), 5), 0);
	assert_int_equal(blob_read(&file, 3, p, 16, &err), 2);
	assert_int_equal(blob_read(&file, 8, p, 16, &err), 0);
	fclose(f);
}

static void test_blob_error(void **state)
{
	int fd[2];
	struct blob pipe_blob;
	struct err err = { 0 };
	char p[16];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pipe_blob = (struct blob){ .fd = fd[0], .size_bytes = 10 };
	assert_int_equal(blob_read(&pipe_blob, 3, p, 16, &err), ERR_IO);
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.text, "cannot read at byte 3: Illegal seek");
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_blob_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
