#include "become.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int find(const char *name, struct passwd **ret, struct err *err)
{
	errno = 0;
	*ret = getpwnam(name);
	if (*ret)
		return 0;
	return FAIL(err, ERR_CONFIG, NULL,
		"there is no user %.60s%s%s: make it (useradd --system %.60s) or change the "
		"setting user",
		name, errno ? ": " : "", errno ? strerror(errno) : "", name);
}

static int lose_root(const struct passwd *p, struct err *err)
{
	uid_t uid[3];
	gid_t gid[3];

	if (setgroups(0, NULL) < 0 || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) < 0 ||
		setresuid(p->pw_uid, p->pw_uid, p->pw_uid) < 0)
		return FAIL(err, ERR_CONFIG, NULL, "root cannot become user %.60s here: %m",
			p->pw_name);
	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 ||
		getresgid(&gid[0], &gid[1], &gid[2]) < 0 || uid[0] != p->pw_uid ||
		uid[1] != p->pw_uid || uid[2] != p->pw_uid || gid[0] != p->pw_gid ||
		gid[1] != p->pw_gid || gid[2] != p->pw_gid || setuid(0) == 0)
		return FAIL(
			err, ERR_CONFIG, NULL, "root did not become user %.60s", p->pw_name);
	return 0;
}

static int give_sockets(
	const struct passwd *p, const char *const *sockets, size_t n, struct err *err)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (lstat(sockets[i], &st) == 0 && S_ISSOCK(st.st_mode) &&
			lchown(sockets[i], p->pw_uid, p->pw_gid) < 0)
			return FAIL(err, ERR_CONFIG, NULL,
				"%s cannot be given to user %.60s: %m", sockets[i], p->pw_name);
	return 0;
}

int become_user(const char *name, const char *const *sockets, size_t n, struct err *err)
{
	struct passwd *p;
	int r = find(name, &p, err);

	if (r < 0 || (geteuid() == p->pw_uid && getuid() == p->pw_uid))
		return r;
	if (geteuid() != 0)
		return FAIL(err, ERR_CONFIG, NULL,
			"only root can become user %.60s, and this is %s: start ruad as one of "
			"them, or leave the setting user out",
			name, become_name());
	r = give_sockets(p, sockets, n, err);
	if (r == 0)
		r = lose_root(p, err);
	if (r < 0)
		return r;
	setenv("HOME", p->pw_dir, 1);
	setenv("USER", name, 1);
	setenv("LOGNAME", name, 1);
	return 0;
}

void become_powerless(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	if (geteuid() == 0)
		return;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)syscall(SYS_capset, &head, none);
}

const char *become_name(void)
{
	static _Thread_local char text[64];
	const struct passwd *p = getpwuid(geteuid());

	if (p)
		snprintf(text, sizeof(text), "%s", p->pw_name);
	else
		snprintf(text, sizeof(text), "%u", (unsigned)geteuid());
	return text;
}
