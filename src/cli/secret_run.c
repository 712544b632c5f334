#include "secret_run.h"

#include "buf.h"
#include "day.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRESH "RUAD_TOKEN_REFUSED=1"
#define SAID_MOST 200 /* of standard error, for the error's text */
#define SLICE_MS 20   /* between two looks at whether it has ended */
#define READS_MOST 32 /* in a row */

extern char **environ;

struct run {
	const char *const *argv;
	pid_t pid;
	int out, err, exec; /* read ends; exec: errno of an exec that failed; -1 closed */
	char *text;
	size_t size, n;
	char said[SAID_MOST + 1];
	size_t said_n;
	uint64_t end_ms;
	int status;
};

struct pipes {
	int out[2], err[2], exec[2];
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void pipes_close(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_end(&p->out[i]);
		close_end(&p->err[i]);
		close_end(&p->exec[i]);
	}
}

/* Its ends are above 2, which the child gives away, even where the caller has none of those. */
static bool pipe_open(int ends[2])
{
	int made[2];
	if (pipe2(made, O_CLOEXEC) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		ends[i] = made[i] > 2 ? made[i] : fcntl(made[i], F_DUPFD_CLOEXEC, 3);
		if (ends[i] != made[i])
			close(made[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

static int pipes_open(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe_open(p->out) && pipe_open(p->err) && pipe_open(p->exec))
		return 0;
	pipes_close(p);
	return -1;
}

/* Every descriptor from the given one on, but keep. */
static void close_others(int from, int keep)
{
	if (keep > from && close_range((unsigned)from, (unsigned)keep - 1, 0) < 0) {
		for (int fd = from; fd < keep; fd++)
			close(fd);
	}
	if (close_range((unsigned)keep + 1, ~0U, 0) < 0) {
		long most = sysconf(_SC_OPEN_MAX);
		for (int fd = keep + 1; fd < most; fd++)
			close(fd);
	}
}

/* Between fork and exec, where only little may be called. */
static void child(const struct pipes *p, const char *const *argv, char **env)
{
	sigset_t none;
	struct sigaction usual = { .sa_handler = SIG_DFL };
	int null = open("/dev/null", O_RDONLY);
	setpgid(0, 0);
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(p->out[1], 1) >= 0 &&
		dup2(p->err[1], 2) >= 0) {
		close_others(3, p->exec[1]);
		execvpe(argv[0], (char *const *)argv, env);
	}
	int code = errno;
	while (write(p->exec[1], &code, sizeof(code)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* The environment, with the word that the last token was refused. */
static char **environment(bool fresh)
{
	size_t n = 0;
	while (environ && environ[n])
		n++;
	char **env = xcalloc(n + 2, sizeof(*env));
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(environ[i], FRESH, sizeof(FRESH) - 2) != 0)
			env[kept++] = environ[i];
	}
	if (fresh)
		env[kept] = (char *)FRESH;
	return env;
}

static int start(struct run *r, bool fresh, struct err *err)
{
	struct pipes p;
	if (pipes_open(&p) < 0)
		return FAIL(err, ERR_TEMP, NULL, "%s: no process can be made: %s", r->argv[0],
			strerror(errno));
	char **env = environment(fresh);
	r->pid = fork();
	if (r->pid == 0)
		child(&p, r->argv, env);
	int code = errno;
	free(env);
	if (r->pid < 0) {
		pipes_close(&p);
		return FAIL(err, ERR_TEMP, NULL, "%s: no process can be made: %s", r->argv[0],
			strerror(code));
	}
	setpgid(r->pid, r->pid); /* whoever of the two comes first */
	r->out = p.out[0];
	r->err = p.err[0];
	r->exec = p.exec[0];
	p.out[0] = p.err[0] = p.exec[0] = -1;
	pipes_close(&p);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	fcntl(r->err, F_SETFL, O_NONBLOCK);
	fcntl(r->exec, F_SETFL, O_NONBLOCK);
	return 0;
}

/* What is there now, but not without end; the descriptor becomes -1 at its end. */
static void drain(int *fd, char *text, size_t size, size_t *n)
{
	char rest[4096];
	for (int reads = 0; *fd >= 0 && reads < READS_MOST; reads++) {
		bool full = *n == size;
		ssize_t got =
			full ? read(*fd, rest, sizeof(rest)) : read(*fd, text + *n, size - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0)
			close_end(fd);
		else if (!full)
			*n += (size_t)got;
	}
	explicit_bzero(rest, sizeof(rest));
}

/*
 * Until it has ended; that a process it left behind keeps the pipes open does not matter.
 * False: it took too long.
 */
static bool wait_for_end(struct run *r)
{
	for (;;) {
		struct pollfd fds[] = { { r->out, POLLIN, 0 }, { r->err, POLLIN, 0 } };
		poll(fds, 2, SLICE_MS);
		drain(&r->out, r->text, r->size, &r->n);
		drain(&r->err, r->said, SAID_MOST, &r->said_n);
		pid_t done = waitpid(r->pid, &r->status, WNOHANG);
		if (done == r->pid || (done < 0 && errno != EINTR)) {
			drain(&r->out, r->text, r->size, &r->n);
			drain(&r->err, r->said, SAID_MOST, &r->said_n);
			return true;
		}
		if (time_monotonic_ms() >= r->end_ms)
			return false;
	}
}

static void kill_all(struct run *r)
{
	kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
		;
}

/* The first line of what it said, made harmless. */
static const char *said(struct run *r)
{
	size_t n = 0;
	for (; n < r->said_n && r->said[n] != '\n'; n++) {
		uint8_t c = (uint8_t)r->said[n];
		if (c < ' ' || c == 0x7f)
			r->said[n] = ' ';
	}
	r->said[str_first(str_make(r->said, n), n).n] = '\0';
	return r->said;
}

static int judge(struct run *r, struct err *err)
{
	const char *name = r->argv[0], *words = said(r);
	const char *colon = *words ? ": " : "";
	int code = 0;
	if (read(r->exec, &code, sizeof(code)) == sizeof(code))
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: cannot be run: %s", name, strerror(code));
	if (WIFSIGNALED(r->status))
		return FAIL(err, ERR_CONFIG, NULL, "%s: ended by signal %d%s%s", name,
			WTERMSIG(r->status), colon, words);
	if (WEXITSTATUS(r->status) != 0)
		return FAIL(err, ERR_CONFIG, NULL, "%s: failed with exit code %d%s%s", name,
			WEXITSTATUS(r->status), colon, words);
	if (r->n == 0)
		return FAIL(
			err, ERR_CONFIG, NULL, "%s: printed nothing%s%s", name, colon, words);
	return 0;
}

int secret_run(const char *const *argv, bool fresh, unsigned seconds, char *text, size_t size,
	size_t *ret_n, struct err *err)
{
	struct run r = { .argv = argv,
		.out = -1,
		.err = -1,
		.exec = -1,
		.text = text,
		.size = size,
		.end_ms = time_monotonic_ms() + (uint64_t)seconds * 1000 };
	int code = start(&r, fresh, err);
	if (code < 0)
		return code;
	if (wait_for_end(&r)) {
		code = judge(&r, err);
	} else {
		kill_all(&r);
		const char *words = said(&r);
		code = FAIL(err, ERR_TEMP, NULL,
			"%s: did not end within %u seconds and was killed%s%s", argv[0],
			seconds, *words ? ": " : "", words);
	}
	close_end(&r.out);
	close_end(&r.err);
	close_end(&r.exec);
	if (code == 0)
		*ret_n = r.n;
	return code;
}
