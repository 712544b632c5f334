#include "enclose.h"

#include "confine.h"
#include "xalloc.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* Moving mails from folder to folder is refused by the first one, whatever is allowed. */
#define LANDLOCK_ABI_LEAST 2
#define FILTER_ROOM ((size_t)1 << 20) /* many times what a filter takes */

static const int refused[] = {
	/* other processes */
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp), SCMP_SYS(process_madvise),
#if !CONFINE_SANITIZED /* which look for leaks with it */
	SCMP_SYS(ptrace),
#endif
	/* the kernel itself */
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(syslog), SCMP_SYS(reboot),
	SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(lookup_dcookie),
	SCMP_SYS(vhangup), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(uselib),
	SCMP_SYS(sysfs), SCMP_SYS(_sysctl),
	/* file systems, and files by other ways than their names */
	SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at),
	SCMP_SYS(fanotify_init), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	/* namespaces, names and clocks of the machine */
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	SCMP_SYS(settimeofday), SCMP_SYS(stime), SCMP_SYS(clock_settime),
	SCMP_SYS(clock_settime64), SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_adjtime64)
};

static const unsigned namespaces[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID,
	CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP };

static bool add_rules(scmp_filter_ctx c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	for (size_t i = 0; r == 0 && i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
	/* Its flags lie in memory, where a filter cannot look; libraries then use clone. */
	if (r == 0)
		r = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r == 0;
}

static bool refuse_calls(void)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	bool done;

	if (!c)
		return false;
	done = add_rules(c) && seccomp_load(c) == 0;
	seccomp_release(c);
	return done;
}

/* All or nothing: a process that lacks a file it needs is of no use. */
static bool close_files(const struct kept *kept, size_t n)
{
	struct landlock l;
	bool good = landlock_begin(&l, false) && l.abi >= LANDLOCK_ABI_LEAST;

	for (size_t i = 0; good && i < n; i++)
		good = landlock_allow(&l, kept[i].path, kept[i].use);
	return landlock_enforce(&l, good);
}

void enclose_room(void)
{
	free(xcalloc(1, FILTER_ROOM));
}

void enclose(const struct kept *kept, size_t n, struct enclosure *ret)
{
	enclose_room();
	ret->landlock_abi = landlock_abi();
	ret->no_new_privileges = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	ret->landlock = kept && ret->no_new_privileges && close_files(kept, n);
	ret->seccomp = refuse_calls();
}
