#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest_test.h"
#include "spool.h"

#include <string.h>
#include <sys/wait.h>

/* A pipe with size bytes in it, the first of them head. */
static int piped(const char *head, size_t size, pid_t *ret_pid)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*ret_pid = fork();
	if (*ret_pid == 0) {
		size_t n = strlen(head);

		close(fds[0]);
		if (write(fds[1], head, n) != (ssize_t)n)
			_exit(1);
		for (; n < size; n++)
			if (write(fds[1], &"abcdefg"[n % 7], 1) != 1)
				_exit(0);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static void sizes(void **state)
{
	static const struct {
		const char *name;
		size_t size, memory, most;
		int want;
		bool file;
	} cases[] = {
		{ "nothing", 0, 100, 1000, 0, false },
		{ "in memory", 100, 1000, 10000, 0, false },
		{ "all of the memory", 1000, 1000, 10000, 0, false },
		{ "one more", 1001, 1000, 10000, 0, true },
		{ "in a file", 200000, 1000, MIB, 0, true },
		{ "the most", 200000, 1000, 200000, 0, true },
		{ "too much", 200001, 1000, 200000, ERR_LIMIT, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct blob blob = blob_mem(STR_ABSENT);
		struct err err = { 0 };
		pid_t pid;
		int fd = piped("", cases[i].size, &pid);
		int r = spool_read(fd, cases[i].memory, cases[i].most, &blob, &err);

		close(fd);
		waitpid(pid, NULL, 0);
		if (r != cases[i].want)
			fail_msg("%s: %d %s", cases[i].name, r, err.text);
		if (r < 0) {
			assert_string_equal(err.reason, "mail-too-large");
			continue;
		}
		if ((blob.fd >= 0) != cases[i].file || blob.size_bytes != cases[i].size)
			fail_msg("%s: %llu bytes", cases[i].name,
				(unsigned long long)blob.size_bytes);
		for (size_t at_byte = 0; at_byte < cases[i].size; at_byte += 997) {
			char c;

			assert_int_equal(blob_read(&blob, at_byte, &c, 1, &err), 1);
			if (c != "abcdefg"[at_byte % 7])
				fail_msg("%s: byte %zu", cases[i].name, at_byte);
		}
		if (blob.fd >= 0)
			close(blob.fd);
		free((char *)(uintptr_t)blob.mem.p);
	}
}

static void no_room_for_a_file(void **state)
{
	struct blob blob;
	struct err err = { 0 };
	pid_t pid;
	int fd = piped("", 5000, &pid);

	(void)state;
	setenv("TMPDIR", "/nothing/here", 1);
	assert_int_equal(spool_read(fd, 100, MIB, &blob, &err), ERR_TEMP);
	assert_non_null(strstr(err.text, "/nothing/here"));
	unsetenv("TMPDIR");
	close(fd);
	waitpid(pid, NULL, 0);
}

static const char *from_stdin(const char *bytes)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct err err = { 0 };
	pid_t pid;
	int fd = piped(bytes, strlen(bytes), &pid);
	const char *got;

	assert_int_equal(source_open_stdin(fd, &opt, &s, &err), 0);
	assert_true(str_eq(s->name, STR("stdin")));
	assert_int_equal(s->ops->total(s), 1);
	got = drain(s, OUTCOME_STORED);
	source_close(s);
	close(fd);
	waitpid(pid, NULL, 0);
	return got;
}

static void standard_input(void **state)
{
	(void)state;
	assert_string_equal(from_stdin("<feedback/>"), "-=<feedback/>\n");
	assert_string_equal(from_stdin(""), "-=\n");
	assert_string_equal(
		from_stdin("From a\nA: 1\n\n\nFrom b\nB: 2\n"), "-:0=A: 1///\n-:14=B: 2/\n");
}

static void closed_standard_input(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(source_open_stdin(999, &opt, &s, &err), ERR_CONFIG);
}

static void too_large_standard_input(void **state)
{
	struct ingest_options opt = options(DONE_LEAVE);
	struct source *s;
	struct err err = { 0 };
	pid_t pid;
	int fd = piped("", 200000, &pid);

	(void)state;
	test_limits.mail_size = 1000;
	test_limits.document_size = 2000;
	assert_int_equal(source_open_stdin(fd, &opt, &s, &err), 0);
	assert_string_equal(drain(s, OUTCOME_STORED), "-!mail-too-large\n");
	source_close(s);
	close(fd);
	waitpid(pid, NULL, 0);
}

static void memory(void **state)
{
	const struct blob bytes = blob_mem(STR("abc"));
	struct source *s;

	(void)state;
	source_open_blob(&bytes, STR("a.xml"), &s);
	assert_true(str_eq(s->name, STR("upload")));
	assert_string_equal(drain(s, OUTCOME_STORED), "a.xml=abc\n");
	source_close(s);
	/* Not read at all. */
	source_open_blob(&bytes, STR("a.xml"), &s);
	source_close(s);
	source_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(no_room_for_a_file),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(closed_standard_input),
		cmocka_unit_test(too_large_standard_input),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
