/*
 * weather.c - bad weather for a program under test: a library to be named in LD_PRELOAD.
 *
 * It stands between the program and the files below WEATHER_PATH (a part of their path), and
 *
 *   WEATHER_RULE   KINDS:N:WHAT.  From the N-th operation of these kinds on ("N+") or only that
 *                  one: it does WHAT.  Kinds: w write, s sync, t truncate, r rename, o open,
 *                  u unlink, m mkdir.  WHAT: kill (before it), killed (after it), torn (half a
 *                  write, then kill), short (half a write), or EIO, ENOSPC, EROFS, EMFILE,
 *                  EACCES.
 *   WEATHER_LOG    a file for a record of each operation that changed something, in order:
 *                  kind, sizes of two paths, offset, size of data (1, 4, 4, 8, 8 bytes, of this
 *                  machine's order), then these three.
 *   WEATHER_STATE  a file of two numbers of 8 bytes: seconds that the clock of the day is
 *                  wrong, which a test may change at any time; operations of KINDS so far.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PATH_MOST 4096
#define OWN_FD 900 /* where the program has none */

struct nth {
	uint64_t n; /* 0: never */
	bool on;    /* and all after it */
};

struct state {
	_Atomic int64_t clock_s;
	_Atomic uint64_t operations;
};

static struct state no_state;
static struct state *state = &no_state;
static const char *below, *kinds = "", *what = "";
static struct nth operation;
static int log_fd = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* --- What is wanted --- */

static struct nth nth_of(const char *text)
{
	char *end;
	struct nth nth = { .n = strtoull(text, &end, 10) };

	nth.on = *end == '+';
	return nth;
}

static bool nth_is(const struct nth *nth, uint64_t n)
{
	return nth->n != 0 && (nth->on ? n >= nth->n : n == nth->n);
}

static int own_file(const char *name, int flags)
{
	const char *path = getenv(name);
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600) : -1;
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, OWN_FD);

	if (fd >= 0)
		close(fd);
	return high;
}

static void map_state(void)
{
	int fd = own_file("WEATHER_STATE", O_RDWR);
	void *p;

	if (fd < 0)
		return;
	p = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		state = p;
	close(fd);
}

__attribute__((constructor)) static void begin(void)
{
	static char rule[64];
	char *n, *does;

	map_state();
	if (getenv("WEATHER_RULE")) {
		snprintf(rule, sizeof(rule), "%s", getenv("WEATHER_RULE"));
		n = strchr(rule, ':');
		does = n ? strchr(n + 1, ':') : NULL;
		if (!does)
			abort();
		*n++ = *does++ = '\0';
		kinds = rule;
		what = does;
		operation = nth_of(n);
	}
	log_fd = own_file("WEATHER_LOG", O_WRONLY | O_CREAT | O_APPEND);
	below = getenv("WEATHER_PATH");
}

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} all[] = { { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EROFS", EROFS },
		{ "EMFILE", EMFILE }, { "EACCES", EACCES } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	return 0;
}

/* --- One operation --- */

struct deed {
	char kind;
	char path[PATH_MOST], to[PATH_MOST];
	int64_t offset;
	const void *data;
	size_t n;
	bool strikes;
};

static void path_at(int folder, const char *name, char ret[PATH_MOST])
{
	char link[64], start[PATH_MOST / 2] = ".";
	ssize_t n;

	if (name && name[0] == '/') {
		snprintf(ret, PATH_MOST, "%s", name);
		return;
	}
	if (folder == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/self/cwd");
	else
		snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	n = readlink(link, start, sizeof(start) - 1);
	start[n > 0 ? n : 0] = '\0';
	snprintf(ret, PATH_MOST, "%s%s%s", start, name ? "/" : "", name ? name : "");
}

static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

/* True: it is about a file that matters; the lock is held until leave. */
static bool enter(struct deed *d, char kind, int folder, const char *name)
{
	int before = errno;

	if (!below)
		return false;
	d->kind = kind;
	d->to[0] = '\0';
	d->offset = 0;
	d->data = NULL;
	d->n = 0;
	path_at(folder, name, d->path);
	errno = before;
	if (!strstr(d->path, below))
		return false;
	pthread_mutex_lock(&one_at_a_time);
	d->strikes = strchr(kinds, kind) && nth_is(&operation, ++state->operations);
	if (d->strikes && strcmp(what, "kill") == 0)
		die();
	return true;
}

/* True: it fails, errno is set. */
static bool fails(const struct deed *d)
{
	int error = d->strikes ? errno_of(what) : 0;

	if (error)
		errno = error;
	return error != 0;
}

static void put(const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		long put_n = syscall(SYS_write, log_fd, at, n);

		if (put_n <= 0)
			abort();
		at += put_n;
		n -= (size_t)put_n;
	}
}

static void leave(const struct deed *d, bool done)
{
	uint32_t n[2] = { (uint32_t)strlen(d->path), (uint32_t)strlen(d->to) };
	uint64_t size = d->data ? d->n : 0;
	int before = errno;

	if (done && log_fd >= 0) {
		put(&d->kind, 1);
		put(n, sizeof(n));
		put(&d->offset, sizeof(d->offset));
		put(&size, sizeof(size));
		put(d->path, n[0]);
		put(d->to, n[1]);
		put(d->data, size);
	}
	if (d->strikes && done && (strcmp(what, "killed") == 0 || strcmp(what, "torn") == 0))
		die();
	pthread_mutex_unlock(&one_at_a_time);
	errno = before;
}

#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real) \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* --- Writing --- */

static bool is_file(int fd)
{
	struct stat st;
	int before = errno;
	bool is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = before;
	return is;
}

static size_t as_much(const struct deed *d, size_t n)
{
	bool half = d->strikes && (strcmp(what, "short") == 0 || strcmp(what, "torn") == 0);

	return half ? (n + 1) / 2 : n;
}

ssize_t write(int fd, const void *p, size_t n)
{
	struct deed d;
	ssize_t done;

	REAL(write);
	if (!below || !is_file(fd) || !enter(&d, 'w', fd, NULL))
		return real(fd, p, n);
	d.offset = lseek(fd, 0, SEEK_CUR);
	done = fails(&d) ? -1 : real(fd, p, as_much(&d, n));
	d.data = p;
	d.n = done > 0 ? (size_t)done : 0;
	leave(&d, done > 0);
	return done;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	struct deed d;
	ssize_t done;

	REAL(pwrite);
	if (!below || !enter(&d, 'w', fd, NULL))
		return real(fd, p, n, offset);
	d.offset = offset;
	done = fails(&d) ? -1 : real(fd, p, as_much(&d, n), offset);
	d.data = p;
	d.n = done > 0 ? (size_t)done : 0;
	leave(&d, done > 0);
	return done;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	return pwrite(fd, p, n, offset);
}

int ftruncate(int fd, off_t size)
{
	struct deed d;
	int r;

	REAL(ftruncate);
	if (!enter(&d, 't', fd, NULL))
		return real(fd, size);
	d.offset = size;
	r = fails(&d) ? -1 : real(fd, size);
	leave(&d, r == 0);
	return r;
}

int ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

int fsync(int fd)
{
	struct deed d;
	int r;

	REAL(fsync);
	if (!enter(&d, 's', fd, NULL))
		return real(fd);
	r = fails(&d) ? -1 : real(fd);
	leave(&d, r == 0);
	return r;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

/* --- Names --- */

static int open_any(int folder, const char *name, int flags, mode_t mode)
{
	struct deed d;
	bool new;
	int fd;

	if (!enter(&d, 'o', folder, name))
		return (int)syscall(SYS_openat, folder, name, flags, mode);
	new = (flags & O_CREAT) && faccessat(folder, name, F_OK, 0) != 0;
	fd = fails(&d) ? -1 : (int)syscall(SYS_openat, folder, name, flags, mode);
	leave(&d, fd >= 0 && new);
	return fd;
}

#define MODE(flags, last) \
	mode_t mode = 0; \
	if ((flags) & (O_CREAT | O_TMPFILE)) { \
		va_list ap; \
		va_start(ap, last); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
	}

int open(const char *name, int flags, ...)
{
	MODE(flags, flags)
	return open_any(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
	MODE(flags, flags)
	return open_any(AT_FDCWD, name, flags, mode);
}

int openat(int folder, const char *name, int flags, ...)
{
	MODE(flags, flags)
	return open_any(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...)
{
	MODE(flags, flags)
	return open_any(folder, name, flags, mode);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	struct deed d;
	int r;

	if (!enter(&d, 'r', from_fd, from))
		return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	path_at(to_fd, to, d.to);
	r = fails(&d) ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	leave(&d, r == 0);
	return r;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
	struct deed d;
	int r;

	if (!enter(&d, 'u', folder, name))
		return (int)syscall(SYS_unlinkat, folder, name, flags);
	r = fails(&d) ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
	leave(&d, r == 0);
	return r;
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
	struct deed d;
	int r;

	if (!enter(&d, 'm', folder, name))
		return (int)syscall(SYS_mkdirat, folder, name, mode);
	r = fails(&d) ? -1 : (int)syscall(SYS_mkdirat, folder, name, mode);
	leave(&d, r == 0);
	return r;
}

int mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

/* --- The clock of the day --- */

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret->tv_sec += state->clock_s;
	return r;
}

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
	return 0;
}
