#include "xalloc.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* AddressSanitizer would end the program itself where malloc must answer NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void test_zeroed(void **state)
{
	char *p = xcalloc(10, 10);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	p = xrealloc(p, 200, 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	p = xrealloc(p, 0, 1); /* stays an allocation */
	assert_non_null(p);
	free(p);
	free(xcalloc(0, 8));
	free(xrealloc(NULL, 3, 3));
}

static void test_memdup(void **state)
{
	char *p = xmemdup0("abcdef", 3);

	(void)state;
	assert_string_equal(p, "abc");
	free(p);
	p = xmemdup0(NULL, 0);
	assert_string_equal(p, "");
	free(p);
}

static void huge_calloc(void)
{
	free(xcalloc((size_t)1 << 50, 1 << 10));
}

static void product_calloc(void)
{
	free(xcalloc(SIZE_MAX / 2, 4));
}

static void product_realloc(void)
{
	free(xrealloc(NULL, ((size_t)1 << 60) + 1, 16));
}

static void length_memdup(void)
{
	free(xmemdup0("", SIZE_MAX));
}

static void test_exhausted(void **state)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{ "huge calloc", huge_calloc },
		{ "product of calloc", product_calloc },
		{ "product of realloc", product_realloc },
		{ "length of memdup0", length_memdup },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[8192] = "";
		size_t have = 0;
		ssize_t got;
		int fd[2], status;
		pid_t pid;

		assert_int_equal(pipe(fd), 0);
		pid = fork();
		if (pid == 0) {
			const struct rlimit no_core = { 0, 0 };

			setrlimit(RLIMIT_CORE, &no_core);
			signal(SIGABRT, SIG_DFL);
			dup2(fd[1], STDERR_FILENO);
			cases[i].run();
			_exit(0);
		}
		close(fd[1]);
		while (have < sizeof(text) - 1 &&
			(got = read(fd[0], text + have, sizeof(text) - 1 - have)) > 0)
			have += (size_t)got;
		close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		check(cases[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		check(cases[i].name, strstr(text, "lvl=error ev=memory.exhausted "));
	}
}

static void test_cleanup(void **state)
{
	int copy;

	(void)state;
	{
		CLEANUP(free)
		char *p = xcalloc(1, 1); /* a leak would be reported */
		CLEANUP(free)
		char *none = NULL;
		CLEANUP(close_fd)
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		CLEANUP(close_fd)
		int empty = -1;
		CLEANUP(close_fd)
		int not_open = 1 << 29; /* closing it sets errno */

		assert_true(fd >= 0);
		(void)p;
		(void)none;
		(void)empty;
		(void)not_open;
		copy = fd;
		errno = ENOENT;
	}
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_memdup),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_cleanup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
