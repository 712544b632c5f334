/*
 * What somebody could do who has taken over the process that serves: loaded into it, it waits
 * for SIGUSR2, tries everything in the program's own thread, and writes down what came of it.
 * And it ends the process, loudly, when a library that is only for workers gets bytes: workers
 * and other children of the program do not have this in them, for they get no LD_PRELOAD.
 *
 * PROBE_OUT: the file for the results, opened before the program begins.  PROBE_FILE: a file
 * outside of everything that it needs.  PROBE_INSIDE: a folder that it may write to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int out = -1;
static char file[4096], inside[4200], beside[4200];
static pid_t starter;

static long read_file(void)
{
	return open(file, O_RDONLY);
}
static long write_file(void)
{
	return open(file, O_WRONLY | O_APPEND);
}
static long cut_file(void)
{
	return truncate(file, 0);
}
static long remove_file(void)
{
	return unlink(file);
}
static long make_file(void)
{
	return open(beside, O_WRONLY | O_CREAT, 0600);
}
static long make_folder(void)
{
	return mkdir(beside, 0700);
}
static long link_file(void)
{
	return link(file, inside);
}
static long write_inside(void)
{
	return open(inside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
}
static long remove_inside(void)
{
	return unlink(inside);
}
static long read_shell(void)
{
	return open("/bin/sh", O_RDONLY);
}
static long trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static long names(void)
{
	return unshare(CLONE_NEWUSER);
}
static long mounts(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}
static long root_user(void)
{
	return setresuid(0, 0, 0);
}
static long root_group(void)
{
	return setresgid(0, 0, 0);
}
static long groups(void)
{
	gid_t g = 0;
	return setgroups(1, &g);
}
static long root_of_all(void)
{
	return chroot("/");
}
static long kernel_program(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}
static long rings(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}
static long keys(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}
static long faults(void)
{
	return syscall(SYS_userfaultfd, 0);
}
static long counts(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}
static long modules(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}
static long signal_starter(void)
{
	return kill(starter, 0);
}

static long memory_of_starter(void)
{
	char byte;
	struct iovec mine = { &byte, 1 }, its = { (void *)&out, 1 };

	return process_vm_readv(starter, &mine, 1, &its, 1, 0);
}

static long run(const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(path, path, "--version", (char *)NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WEXITSTATUS(status);
	return WIFEXITED(status) && errno == 0 ? 0 : -1;
}

static long run_shell(void)
{
	return run("/bin/true");
}
static long run_itself(void)
{
	return run("/proc/self/exe");
}

static long listens(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a));
}

static void try_all(int number)
{
	static const struct {
		const char *name;
		long (*what)(void);
	} tries[] = { { "read a file", read_file }, { "write a file", write_file },
		{ "cut a file", cut_file }, { "remove a file", remove_file },
		{ "make a file", make_file }, { "make a folder", make_folder },
		{ "link a file", link_file }, { "read the shell", read_shell },
		{ "run another program", run_shell }, { "ptrace", trace },
		{ "memory of another process", memory_of_starter }, { "namespace", names },
		{ "mount", mounts }, { "chroot", root_of_all }, { "bpf", kernel_program },
		{ "io_uring", rings }, { "keyctl", keys }, { "userfaultfd", faults },
		{ "perf", counts }, { "module", modules }, { "signal", signal_starter },
		{ "listen", listens }, { "become root", root_user },
		{ "group root", root_group }, { "groups", groups },
		{ "write inside", write_inside }, { "remove inside", remove_inside },
		{ "run itself", run_itself } };

	(void)number;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		errno = 0;
		long r = tries[i].what();
		dprintf(out, "%s=%s\n", tries[i].name, r < 0 ? strerror(errno) : "done");
	}
	dprintf(out, "end=done\n");
}

static void forbidden(const char *what)
{
	dprintf(STDERR_FILENO, "PROBE: %s in a process that is no worker\n", what);
	abort();
}

#define FORBID(name) \
	long name(void); \
	long name(void) \
	{ \
		forbidden(#name); \
		return -1; \
	}
FORBID(xmlParseChunk)
FORBID(archive_read_open)
FORBID(archive_read_open2)
FORBID(archive_read_open1)
FORBID(archive_read_open_memory)
FORBID(archive_read_next_header)
FORBID(archive_read_data)

__attribute__((constructor)) static void begin(void)
{
	struct sigaction action = { .sa_handler = try_all };

	if (!getenv("PROBE_OUT"))
		return;
	out = open(getenv("PROBE_OUT"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	starter = getppid();
	snprintf(file, sizeof(file), "%s", getenv("PROBE_FILE"));
	snprintf(beside, sizeof(beside), "%s.new", file);
	snprintf(inside, sizeof(inside), "%s/probe", getenv("PROBE_INSIDE"));
	sigaction(SIGUSR2, &action, NULL);
}
