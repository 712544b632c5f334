/*
 * What a confined process tries fails: each try in a child of its own, which must end by the
 * signal of the filter, or with an error.  Built without sanitizers, which confine() leaves
 * alone.
 */
#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKED 1
#define FAILED 2
#define NOT_CONFINED 3
#define MEMORY (256 << 20)

static char file[] = "/tmp/ruad-confine-XXXXXX";

static int open_to_read(void)
{
	return open(file, O_RDONLY | O_CLOEXEC);
}

static int open_to_write(void)
{
	return open("/tmp/ruad-confine-new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int open_own(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static int take_away(void)
{
	return unlink(file);
}

static int change_mode(void)
{
	return chmod(file, 0777);
}

static int talk(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int talk_here(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static int pair(void)
{
	int fd[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
}

static int another(void)
{
	return (int)syscall(SYS_fork);
}

static int another_thread(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static int run(void)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL }, *none[] = { NULL };

	return execve("/bin/true", argv, none);
}

static int trace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int end_parent(void)
{
	return kill(getppid(), SIGTERM);
}

static int end_parent_thread(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), SIGTERM);
}

static int read_parent(void)
{
	char bytes[8];
	struct iovec mine = { bytes, sizeof(bytes) }, its = { file, sizeof(bytes) };

	return (int)process_vm_readv(getppid(), &mine, 1, &its, 1, 0);
}

static int make_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

static int turn_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int take_memory(void)
{
	void *p = malloc((size_t)MEMORY + 4096);

	memset(p ? p : file, 0, 1);
	return p ? 0 : -1;
}

static int more_memory(void)
{
	return (int)syscall(SYS_prlimit64, 0, 9 /* RLIMIT_AS */, NULL, NULL);
}

static int mounts(void)
{
	return (int)syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */);
}

/* How a child that is confined ends when it tries this. */
static int try(int (*what)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		unsigned held = confine(MEMORY);

		if (!(held & CONFINED_SECCOMP))
			_exit(NOT_CONFINED);
		_exit(what() < 0 ? FAILED : WORKED);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

static void all_fail(void **state)
{
	static const struct {
		const char *name;
		int (*what)(void);
		bool deadly;
	} cases[] = {
		{ "open a file", open_to_read, false },
		{ "make a file", open_to_write, false },
		{ "open its own memory", open_own, false },
		{ "remove a file", take_away, false },
		{ "change a mode", change_mode, false },
		{ "a TCP socket", talk, true },
		{ "a local socket", talk_here, true },
		{ "a pair of sockets", pair, false },
		{ "fork", another, true },
		{ "clone", another_thread, true },
		{ "another program", run, true },
		{ "ptrace", trace, true },
		{ "kill", end_parent, true },
		{ "tgkill", end_parent_thread, false },
		{ "memory of another process", read_parent, true },
		{ "memory that is code", make_code, false },
		{ "memory that becomes code", turn_to_code, false },
		{ "too much memory", take_memory, false },
		{ "its own limits", more_memory, false },
		{ "a namespace", mounts, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = try(cases[i].what);

		if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED)
			skip(); /* this kernel has no filter */
		if (cases[i].deadly && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
			fail_msg("%s: not ended, status %x", cases[i].name, status);
		if (!cases[i].deadly && !(WIFEXITED(status) && WEXITSTATUS(status) == FAILED))
			fail_msg("%s: did not fail, status %x", cases[i].name, status);
	}
	assert_int_equal(access(file, R_OK), 0);
}

static int works(void)
{
	int fd[2] = { STDIN_FILENO, -1 };
	char *p = malloc(1 << 20);
	char byte;

	(void)fd;
	if (!p || read(STDIN_FILENO, &byte, 1) < 0)
		return -1;
	free(p);
	return 0;
}

static int aborts(void)
{
	abort();
}

/* And what it needs does not. */
static void it_can_work(void **state)
{
	int status = try(works);

	(void)state;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKED);
	status = try(aborts);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fail),
		cmocka_unit_test(it_can_work),
	};
	int fd = mkstemp(file), r;

	if (fd < 0 || freopen("/dev/null", "r", stdin) == NULL)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	close(fd);
	unlink(file);
	return r;
}
