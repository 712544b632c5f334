#include "secret.h"

#include "secret_keeper.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void secret_wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

void secret_no_core(void)
{
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* --- Text --- */

/* The secret in text, without one line end, onto ret. */
static int take(struct str text, const char *where, struct buf *ret, struct err *err)
{
	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	if (text.n == 0)
		return FAIL(err, ERR_CONFIG, NULL, "%s: there is no password in it", where);
	if (text.n > SECRET_MOST)
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: longer than %zu bytes", where, SECRET_MOST);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\0' || c == '\n' || c == '\r')
			return FAIL(err, ERR_CONFIG, NULL,
				"%s: a password is one line, without NUL, CR or LF", where);
	}
	if (!buf_reserve(ret, text.n + 1) || !buf_str(ret, text))
		return FAIL(err, ERR_CONFIG, NULL, "%s: longer than there is room for", where);
	return 0;
}

/* --- Files --- */

/* Files that systemd or a container hands out have the mode that those gave them. */
static bool handed_out(const char *path)
{
	struct str dir = str_of(getenv("CREDENTIALS_DIRECTORY")), p = str_of(path);
	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	return dir.n > 1 && dir.p[0] == '/' && str_starts(p, dir) && p.n > dir.n + 1 &&
	       p.p[dir.n] == '/' && !str_contains(p, STR("/../"));
}

static int check_mode(const char *path, const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return FAIL(err, ERR_CONFIG, NULL, "%s: is no regular file", path);
	if ((st->st_mode & 077) && !handed_out(path))
		return FAIL(err, ERR_CONFIG, NULL,
			"%s: others than its owner may read or write it (mode %04o): chmod 600 "
			"%s",
			path, (unsigned)st->st_mode & 07777, path);
	return 0;
}

static int open_secret(const char *path, int *ret, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code = errno;
	if (fd < 0 && code == ENOENT)
		return FAIL(err, ERR_CONFIG, NULL,
			"%s: is not there: write the password into it, and chmod 600 %s", path,
			path);
	if (fd < 0 && code == EACCES)
		return FAIL(err, ERR_CONFIG, "no-permission",
			"%s: user %u may not read it: chown it to the user that ruad runs as",
			path, (unsigned)geteuid());
	if (fd < 0)
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path, strerror(code));
	if (fstat(fd, &st) < 0) {
		close(fd);
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path, strerror(errno));
	}
	int r = check_mode(path, &st, err);
	if (r < 0)
		close(fd);
	else
		*ret = fd;
	return r;
}

static int from_file(const char *path, struct buf *ret, struct err *err)
{
	char text[SECRET_MOST + 3]; /* its line end, and a byte too many */
	size_t n = 0;
	CLEANUP(close_fd)
	int fd = -1;
	int r = open_secret(path, &fd, err);
	if (r < 0)
		return r;
	while (n < sizeof(text)) {
		ssize_t got = read(fd, text + n, sizeof(text) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			r = FAIL(err, ERR_CONFIG, NULL, "%s: cannot be read: %s", path,
				strerror(errno));
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (r == 0)
		r = take(str_make(text, n), path, ret, err);
	explicit_bzero(text, sizeof(text));
	return r;
}

/* --- Credentials --- */

static int credential_path(const char *name, struct buf *path, struct err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !*name)
		return FAIL(err, ERR_CONFIG, NULL,
			"'%.60s' cannot be the name of a credential: it is a file name without "
			"'/'",
			name);
	if (!dir || !*dir)
		return FAIL(err, ERR_CONFIG, NULL,
			"credential %s: there are none here. systemd hands them out with "
			"LoadCredential=%s:FILE in the unit; elsewhere use password_file",
			name, name);
	buf_init(path, 4096);
	if (!buf_printf(path, "%s/%s", dir, name))
		return FAIL(err, ERR_CONFIG, NULL, "credential %s: the path is too long", name);
	return 0;
}

static int from_credential(const char *name, struct buf *ret, struct err *err)
{
	CLEANUP(buf)
	struct buf path = { 0 };
	int r = credential_path(name, &path, err);
	return r < 0 ? r : from_file(path.p, ret, err);
}

/* --- Programs --- */

static int from_command(
	const struct secret_spec *spec, bool fresh, struct buf *ret, struct err *err)
{
	char text[SECRET_MOST + 3];
	size_t n = 0;
	int r = secret_ask(spec, fresh, text, sizeof(text), &n, err);
	if (r == 0) {
		const char *end = memchr(text, '\n', n);
		struct str first = str_make(text, end ? (size_t)(end - text) + 1 : n);
		r = take(first, spec->argv[0], ret, err);
	}
	explicit_bzero(text, sizeof(text));
	return r;
}

int secret_get(const struct secret_spec *spec, bool fresh, struct buf *ret, struct err *err)
{
	switch (spec->kind) {
	case SECRET_FILE:
		return from_file(spec->path, ret, err);
	case SECRET_CREDENTIAL:
		return from_credential(spec->value, ret, err);
	case SECRET_VALUE:
		return take(str_of(spec->value), "password", ret, err);
	case SECRET_COMMAND:
	case SECRET_TOKEN:
		return from_command(spec, fresh, ret, err);
	default:
		return FAIL(err, ERR_CONFIG, NULL, "no password is configured");
	}
}

static int check_program(const char *program, struct err *err)
{
	if (!strchr(program, '/') || access(program, X_OK) == 0)
		return 0;
	return FAIL(err, ERR_CONFIG, NULL, "%s: cannot be run: %s", program, strerror(errno));
}

int secret_check(const struct secret_spec *spec, struct err *err)
{
	if (spec->kind == SECRET_COMMAND || spec->kind == SECRET_TOKEN)
		return check_program(spec->argv[0], err);
	struct buf found;
	buf_init(&found, SECRET_MOST + 1);
	int r = secret_get(spec, false, &found, err);
	secret_wipe(&found);
	return r;
}
