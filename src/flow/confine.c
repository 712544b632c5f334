#include "confine.h"

#include "landlock.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* All rights that this version knows are handled, and no rule gives one back. */
static unsigned close_files(void)
{
	struct landlock l;

	return landlock_enforce(&l, landlock_begin(&l, true)) ? CONFINED_LANDLOCK : 0;
}

/* --- seccomp --- */

static const int allowed[] = {
	/* the socket to whoever started it, and files that it was handed */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(recvmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* time and chance */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
	/* its end */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	/* the same on machines of 32 bits */
	SCMP_SYS(recv), SCMP_SYS(send), SCMP_SYS(_llseek), SCMP_SYS(fstat64),
	SCMP_SYS(fstatat64), SCMP_SYS(clock_gettime64), SCMP_SYS(futex_time64),
	SCMP_SYS(ppoll_time64)
};

/* What no library has a reason to try: somebody else is at work here. */
static const int deadly[] = { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
	SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(socket),
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(bpf), SCMP_SYS(kill), SCMP_SYS(mount),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(pidfd_getfd) };

/* Memory that is given may not be code. */
static int allow_data(scmp_filter_ctx c, int call)
{
	return seccomp_rule_add(
		c, SCMP_ACT_ALLOW, call, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int add_rules(scmp_filter_ctx c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; r == 0 && i < sizeof(deadly) / sizeof(deadly[0]); i++)
		r = seccomp_rule_add(c, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	if (r == 0)
		r = allow_data(c, SCMP_SYS(mmap));
	if (r == 0)
		r = allow_data(c, SCMP_SYS(mmap2)); /* 32 bits */
	if (r == 0)
		r = allow_data(c, SCMP_SYS(mprotect));
	/* abort() needs both, to end itself. */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(gettid), 0);
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(getpid), 0);
	return r;
}

/*
 * Other calls fail as if the kernel did not have them: libraries ask for things that they can
 * do without (a locale, the number of processors), and other versions of them ask for others.
 */
static unsigned close_calls(void)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool done;

	if (!c)
		return 0;
	done = add_rules(c) == 0 && seccomp_load(c) == 0;
	seccomp_release(c);
	return done ? CONFINED_SECCOMP : 0;
}

static unsigned bound_memory(uint64_t bytes)
{
	const struct rlimit most = { bytes, bytes };

	return bytes > 0 && setrlimit(RLIMIT_AS, &most) == 0 ? CONFINED_MEMORY : 0;
}

unsigned confine_offered(void)
{
	if (CONFINE_SANITIZED)
		return CONFINED_NOT;
	return (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 ? CONFINED_SECCOMP : 0) |
	       (landlock_abi() > 0 ? CONFINED_LANDLOCK : 0) | CONFINED_MEMORY;
}

unsigned confine(uint64_t memory_bytes)
{
	const struct rlimit none = { 0, 0 };
	unsigned held = 0;

	if (CONFINE_SANITIZED)
		return CONFINED_NOT;
	dup2(STDOUT_FILENO, STDERR_FILENO); /* a terminal is no place for it */
	setrlimit(RLIMIT_NPROC, &none);
	held |= close_files();
	held |= bound_memory(memory_bytes);
	return held | close_calls();
}
