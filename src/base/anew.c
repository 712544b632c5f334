#include "anew.h"

#include "day.h"
#include "str.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "/proc/self/exe"
#define MARK "--socket-3" /* its first argument */
#define ENVIRONMENT_MOST 64
#define LOOK_MS 5

/* --- Who starts it --- */

/* Neither end lies where the process has its own descriptors. */
int anew_pair(int ret_ours_and_its[2], struct err *err)
{
	int pair[2], *ret = ret_ours_and_its;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return FAIL(err, ERR_TEMP, NULL, "no socket can be made: %m");
	for (int i = 0; i < 2; i++) {
		ret[i] = fcntl(pair[i], F_DUPFD_CLOEXEC, ANEW_FD + ANEW_FDS_MOST);
		close(pair[i]);
	}
	if (ret[0] >= 0 && ret[1] >= 0)
		return 0;
	close_fd_cleanup(&ret[0]);
	close_fd_cleanup(&ret[1]);
	return FAIL(err, ERR_TEMP, NULL, "no socket can be made: %m");
}

/* What sanitizers are told is for tests. */
static void choose_environment(char *ret[ENVIRONMENT_MOST])
{
	static const char *const kept[] = { "TZ=", "LANG=", "LC_", "LD_LIBRARY_PATH=",
		"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=" };
	size_t n = 0;

	for (char **e = environ; *e && n < ENVIRONMENT_MOST - 1; e++)
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (str_starts(str_of(*e), str_of(kept[i]))) {
				ret[n++] = *e;
				break;
			}
	ret[n] = NULL;
}

/*
 * No descriptor from this one on is handed down.  Ours are opened so in any case; those that a
 * library opened, or that we were started with, become so here.  (posix_spawn could close them,
 * but not in every C library.)
 */
static void keep_to_ourselves(unsigned from)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (syscall(SYS_close_range, from, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = (int)from; fd < most; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC); /* before Linux 5.11 */
}

/* Standard output is for the answers of the program, and nobody types for it.  Signals are
 * blocked until it is ready to be asked to end. */
static int spawn(const char *const *argv, const int *fds, size_t n, pid_t *ret)
{
	char *environment[ENVIRONMENT_MOST];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all;
	int r;

	choose_environment(environment);
	keep_to_ourselves(ANEW_FD + (unsigned)n);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < n; i++)
		posix_spawn_file_actions_adddup2(&files, fds[i], ANEW_FD + (int)i);
	posix_spawnattr_setsigmask(&attr, &all);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(ret, PROGRAM, &files, &attr, (char **)(uintptr_t)argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

int anew_start(const struct anew *kind, const char *arg, const int *fds, size_t n, pid_t *ret,
	struct err *err)
{
	const char *const argv[] = { kind->name, MARK, arg, NULL };
	int r;

	assert(n <= ANEW_FDS_MOST);
	r = spawn(argv, fds, n, ret);
	if (r == 0)
		return 0;
	if (r == ENOENT || r == EACCES)
		return FAIL(err, ERR_CONFIG, NULL,
			"%s cannot be started: %s: %s; is /proc mounted?", kind->what, PROGRAM,
			strerror(r));
	return FAIL(err, ERR_TEMP, NULL, "%s cannot be started: %s", kind->what, strerror(r));
}

int anew_reap(pid_t pid, unsigned ms)
{
	uint64_t until = time_monotonic_ms() + ms;
	int status = 0;
	pid_t r;

	while ((r = waitpid(pid, &status, WNOHANG)) == 0 && time_monotonic_ms() < until)
		poll(NULL, 0, LOOK_MS);
	if (r == 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return status;
}

uint64_t anew_work_ms(pid_t pid)
{
	clockid_t clock;
	struct timespec t;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- The process itself --- */

static bool on_socket(int fd)
{
	int domain = 0;
	socklen_t n = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX &&
	       fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool anew_is(const struct anew *kind, int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[0], kind->name) != 0 || strcmp(argv[1], MARK) != 0)
		return false;
	if (on_socket(ANEW_FD))
		return true;
	fprintf(stderr, "%s: this is started by ruad, never by hand\n", kind->name);
	exit(64);
}

/* Until now all were blocked. */
static void set_signals(void)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2,
		SIGXFSZ, SIGTSTP };
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, die = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		sigaction(deaf[i], &ignore, NULL);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &die, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool anew_seclude(const struct anew *kind)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_NAME, kind->name);
	set_signals();
	return prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       setrlimit(RLIMIT_FSIZE, &none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
