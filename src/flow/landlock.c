#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/landlock.h>; not all of it is in older ones. */
struct ruleset {
	uint64_t files, net, scoped;
};

struct path_rule {
	uint64_t files;
	int32_t fd;
} __attribute__((packed));

#define RULE_PATH_BENEATH 1

#define EXECUTE (1ULL << 0)
#define WRITE_FILE (1ULL << 1)
#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define REMOVE_DIR (1ULL << 4)
#define REMOVE_FILE (1ULL << 5)
#define MAKE_DIR (1ULL << 7)
#define MAKE_REG (1ULL << 8)
#define ALL_OF_ABI_1 ((1ULL << 13) - 1)
#define REFER (1ULL << 13)
#define TRUNCATE (1ULL << 14)
#define IOCTL_DEV (1ULL << 15)

#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)

#define NET_BIND 1ULL
#define NET_CONNECT 2ULL
#define SCOPED_ABSTRACT 1ULL /* sockets by abstract names */
#define SCOPED_SIGNAL 2ULL

static const uint64_t rights[] = {
	[LANDLOCK_READ] = READ_FILE | READ_DIR,
	[LANDLOCK_RUN] = READ_FILE | READ_DIR | EXECUTE,
	[LANDLOCK_WRITE] = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | REMOVE_DIR |
			   REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER,
	[LANDLOCK_REMOVE] = REMOVE_FILE,
};

unsigned landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U);

	return abi < 1 ? 0 : (unsigned)abi;
}

bool landlock_begin(struct landlock *l, bool alone)
{
	unsigned abi = landlock_abi();
	struct ruleset r = { .files = ALL_OF_ABI_1 };
	size_t size = sizeof(r.files);

	*l = (struct landlock){ .fd = -1, .abi = abi };
	if (abi < 1)
		return false;
	r.files |= abi >= 2 ? REFER : 0;
	r.files |= abi >= 3 ? TRUNCATE : 0;
	r.files |= abi >= 5 ? IOCTL_DEV : 0;
	r.net = abi < 4 ? 0 : alone ? NET_BIND | NET_CONNECT : NET_BIND;
	r.scoped = abi < 6 ? 0 : alone ? SCOPED_ABSTRACT | SCOPED_SIGNAL : SCOPED_SIGNAL;
	if (abi >= 4)
		size = abi >= 6 ? sizeof(r) : offsetof(struct ruleset, scoped);
	l->files = r.files;
	l->fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0U);
	return l->fd >= 0;
}

bool landlock_allow(struct landlock *l, const char *path, enum landlock_use use)
{
	struct path_rule rule = { .files = rights[use] & l->files };
	struct stat st;
	bool done;

	rule.fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.fd < 0)
		return true;
	if (fstat(rule.fd, &st) < 0 || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) {
		close(rule.fd);
		return true;
	}
	if (!S_ISDIR(st.st_mode))
		rule.files &= OF_FILES;
	done = rule.files == 0 ||
	       syscall(SYS_landlock_add_rule, l->fd, RULE_PATH_BENEATH, &rule, 0U) == 0;
	close(rule.fd);
	return done;
}

bool landlock_enforce(struct landlock *l, bool keep)
{
	bool done = keep && l->fd >= 0 && syscall(SYS_landlock_restrict_self, l->fd, 0U) == 0;

	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return done;
}
