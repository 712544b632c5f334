#include "filing.h"

#include "arena.h"
#include "buf.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_TEXT 512
#define NAME_TRIES 100 /* other names to try when one is taken */

static int failed(const char *name, const char *where, struct err *err)
{
	switch (errno) {
	case ENOENT: /* somebody else moved or removed it */
		return 0;
	case ENOSPC:
	case EDQUOT:
		return FAIL(err, ERR_TEMP, NULL, "cannot move %s to %s: %m", name, where);
	case EACCES:
	case EPERM:
	case EROFS:
		return FAIL(err, ERR_CONFIG, NULL,
			"cannot move %s to %s: %m; give the user that runs ruad write "
			"permission, "
			"or choose done = leave",
			name, where);
	default:
		return FAIL(err, ERR_IO, NULL, "cannot move %s to %s: %m", name, where);
	}
}

/* Rename, but never over another file.  Some file systems cannot do both in one step. */
static int rename_no_replace(int from_fd, const char *from, int to_fd, const char *to)
{
	struct stat st;

	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_fd, from, to_fd, to);
}

/* Rename to <unique><info>; a taken name gets ".1", ".2" … behind its unique part. */
static int rename_unique(
	int from_fd, const char *from, int to_fd, struct str unique, struct str info)
{
	char to[NAME_TEXT];

	for (int i = 0; i < NAME_TRIES; i++) {
		if (i == 0)
			snprintf(to, sizeof(to), "%.*s%.*s", STR_ARGS(unique), STR_ARGS(info));
		else
			snprintf(to, sizeof(to), "%.*s.%d%.*s", STR_ARGS(unique), i,
				STR_ARGS(info));
		if (rename_no_replace(from_fd, from, to_fd, to) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* name into its unique part and its info (":2,RS", or empty). */
static void split_name(const char *name, struct str *ret_unique, struct str *ret_info)
{
	struct str s = str_of(name);
	ptrdiff_t colon = str_index(s, ':');

	*ret_unique = colon < 0 ? s : str_make(s.p, (size_t)colon);
	*ret_info = colon < 0 ? STR("") : str_from(s, (size_t)colon);
}

/* info with the flag S, flags in ASCII order; false: it has it, or is none that we understand.
 */
static bool info_seen(struct str info, char *ret, size_t size)
{
	size_t at = 3;

	if (info.n == 0) {
		snprintf(ret, size, ":2,S");
		return true;
	}
	if (!str_starts(info, STR(":2,")) || info.n + 2 > size)
		return false;
	if (str_index(str_from(info, 3), 'S') >= 0)
		return false;
	while (at < info.n && info.p[at] < 'S')
		at++;
	snprintf(ret, size, "%.*sS%.*s", (int)at, info.p, (int)(info.n - at), info.p + at);
	return true;
}

int filing_seen(int from_fd, bool in_new, int cur_fd, const char *name, struct err *err)
{
	struct str unique, info;
	char seen[NAME_TEXT];

	split_name(name, &unique, &info);
	if (info_seen(info, seen, sizeof(seen)))
		info = str_of(seen);
	else if (!in_new)
		return 0;
	if (rename_unique(from_fd, name, cur_fd, unique, info) != 0)
		return failed(name, "cur", err);
	return 0;
}

static bool folder_name(struct str s)
{
	while (!str_absent(s)) {
		struct str part;

		str_cut(&s, '.', &part);
		if (part.n == 0 || str_index(part, '/') >= 0)
			return false;
	}
	return true;
}

static bool is_subfolder(const char *root_path)
{
	struct arena a;
	const char *up;
	struct stat st;
	bool yes;

	arena_init(&a);
	up = arena_cstr(&a, arena_printf(&a, "%s/../cur", root_path));
	yes = stat(up, &st) == 0 && S_ISDIR(st.st_mode);
	arena_release(&a);
	return yes;
}

static struct str last_component(const char *path)
{
	struct str s = str_of(path), last = STR("");

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	for (struct str part; str_cut(&s, '/', &part);)
		last = part;
	return last;
}

int filing_folder(const char *root_path, const char *folder, char **ret, struct err *err)
{
	struct str in = str_of(folder), base = last_component(root_path);
	char name[NAME_TEXT / 2];
	struct buf b;

	if (in.n > 0 && in.p[0] == '.')
		in = str_from(in, 1);
	if (in.n == 0 || in.n >= 200)
		return FAIL(err, ERR_CONFIG, NULL, "'%s' is no name of a mail folder", folder);
	for (size_t i = 0; i < in.n; i++)
		name[i] = in.p[i] == '/' ? '.' : in.p[i];
	if (!folder_name(str_make(name, in.n)))
		return FAIL(err, ERR_CONFIG, NULL, "'%s' is no name of a mail folder", folder);
	buf_init(&b, 4096);
	if (base.n > 1 && base.p[0] == '.' && !str_eq(base, STR("..")) &&
		is_subfolder(root_path))
		buf_printf(&b, "../%.*s", STR_ARGS(base));
	buf_printf(&b, ".%.*s", (int)in.n, name);
	*ret = xmemdup0(b.p, b.n);
	buf_release(&b);
	return 0;
}

static int folder_failed(const char *verb, const char *folder, struct err *err)
{
	switch (errno) {
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
		return FAIL(
			err, ERR_TEMP, NULL, "cannot %s the mail folder %s: %m", verb, folder);
	case EIO:
		return FAIL(
			err, ERR_IO, NULL, "cannot %s the mail folder %s: %m", verb, folder);
	default:
		return FAIL(err, ERR_CONFIG, NULL,
			"cannot %s the mail folder %s: %m; give the user that runs ruad write"
			" permission, or choose done = leave",
			verb, folder);
	}
}

static int make_folder(int root_fd, const char *folder, struct err *err)
{
	static const char *const subs[] = { "", "/tmp", "/new", "/cur" };
	char path[NAME_TEXT * 2];
	int fd;

	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, subs[i]);
		if (mkdirat(root_fd, path, 0700) != 0 && errno != EEXIST)
			return folder_failed("make", path, err);
	}
	/* Maildir++ marks its subfolders with this empty file; delivery agents look for it. */
	snprintf(path, sizeof(path), "%s/maildirfolder", folder);
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
	return 0;
}

int filing_move(int from_fd, const char *name, int root_fd, const char *folder, const char *sub,
	struct err *err)
{
	char path[NAME_TEXT * 2];
	struct str unique, info;
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder, sub);
	CLEANUP(close_fd)
	int to = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (to < 0 && errno == ENOENT) {
		r = make_folder(root_fd, folder, err);
		if (r < 0)
			return r;
		to = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (to < 0)
		return folder_failed("open", path, err);
	split_name(name, &unique, &info);
	if (rename_unique(from_fd, name, to, unique, info) != 0)
		return failed(name, folder, err);
	return 0;
}
