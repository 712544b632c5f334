#include "fetchproc.h"

#include "boxoptions.h"
#include "day.h"
#include "fetchchild.h"
#include "sasl.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/proc/self/exe" /* also when another version was installed meanwhile */
#define GRACE_MS 60000
#define END_MS 3000
#define QUIT_IMAP_MS 8000
#define ENVIRONMENT_MOST 64

/* --- Its start --- */

/* Two ends of a socket, neither of them where the process has its standard ones. */
static int make_pair(int ret[2], struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return FAIL(err, ERR_TEMP, NULL, "no socket can be made: %m");
	for (int i = 0; i < 2; i++) {
		ret[i] = fcntl(pair[i], F_DUPFD_CLOEXEC, FETCHCHILD_FD + 1);
		close(pair[i]);
	}
	if (ret[0] >= 0 && ret[1] >= 0)
		return 0;
	close_fd_cleanup(&ret[0]);
	close_fd_cleanup(&ret[1]);
	return FAIL(err, ERR_TEMP, NULL, "no socket can be made: %m");
}

/* Of the environment only what says how to write and how to find libraries; what sanitizers are
 * told is for tests. */
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

/* Standard output is for the answers of the program, and nobody types for it.  Signals are
 * blocked until it is ready to be asked to end. */
static int spawn(int fd, const char *name, pid_t *ret)
{
	const char *const argv[] = { FETCHCHILD_NAME, FETCHCHILD_MARK, name, NULL };
	char *environment[ENVIRONMENT_MOST];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all;
	int r;

	choose_environment(environment);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, fd, FETCHCHILD_FD);
	posix_spawn_file_actions_addclosefrom_np(&files, FETCHCHILD_FD + 1);
	posix_spawnattr_setsigmask(&attr, &all);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(ret, PROGRAM, &files, &attr, (char **)(uintptr_t)argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

static int no_process(int why, struct err *err)
{
	if (why == ENOENT || why == EACCES)
		return FAIL(err, ERR_CONFIG, NULL,
			"the process that reads mailboxes cannot be started: %s: %s; is /proc "
			"mounted?",
			PROGRAM, strerror(why));
	return FAIL(err, ERR_TEMP, NULL,
		"the process that reads mailboxes cannot be started: %s", strerror(why));
}

static int send_setup(struct fetchproc *p, const struct boxstate *state, struct err *err)
{
	CLEANUP(buf)
	struct buf setup, text;
	struct str rest;
	int r = 0;

	buf_init(&setup, SIZE_MAX);
	buf_init(&text, SIZE_MAX);
	boxstate_print(state, true, &text);
	boxoptions_put(&setup, p->opt);
	wire_put_str(&setup, str_of(state->account));
	wire_put_str(&setup, buf_view(&text));
	buf_release(&text);
	for (rest = buf_view(&setup); r == 0 && rest.n > 0;) {
		struct str part = str_make(rest.p, rest.n < WIRE_MOST ? rest.n : WIRE_MOST);

		r = fetchproc_order(p, ORDER_SETUP, part, err);
		rest = str_from(rest, part.n);
	}
	return r < 0 ? r : fetchproc_order(p, ORDER_SETUP, STR(""), err);
}

int fetchproc_start(struct fetchproc *p, const struct boxstate *state, struct err *err)
{
	int pair[2], r;
	pid_t pid;

	assert(fetchchild_possible()); /* see mailbox.h */
	if (p->pid > 0)
		return 0;
	r = make_pair(pair, err);
	if (r < 0)
		return r;
	r = spawn(pair[1], p->opt->name, &pid);
	close(pair[1]);
	if (r != 0) {
		close(pair[0]);
		return no_process(r, err);
	}
	p->pid = pid;
	wire_init(&p->wire, pair[0]);
	return send_setup(p, state, err);
}

/* --- Its end --- */

/* Wait so long for its end, then kill it.  How it ended, as of waitpid. */
static int reap(struct fetchproc *p, int ms)
{
	uint64_t until = time_monotonic_ms() + (uint64_t)ms;
	int status = 0;
	pid_t r;

	wire_release(&p->wire); /* it ends when it sees that */
	while ((r = waitpid(p->pid, &status, WNOHANG)) == 0 && time_monotonic_ms() < until)
		poll(NULL, 0, 5);
	if (r == 0) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	p->pid = 0;
	return status;
}

/* It is gone; say how. */
static int ended(struct fetchproc *p, struct err *err)
{
	int status = reap(p, END_MS);

	if (WIFSIGNALED(status))
		return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
			"the process that reads %s crashed (signal %d, %s)", p->opt->host,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"the process that reads %s ended unexpectedly (status %d)", p->opt->host,
		WEXITSTATUS(status));
}

/* --- Words --- */

int fetchproc_order(struct fetchproc *p, enum order order, struct str bytes, struct err *err)
{
	p->heard_at_ms = time_monotonic_ms();
	if (wire_send(&p->wire, (uint8_t)order, bytes, err) < 0 ||
		wire_flush(&p->wire, err) < 0)
		return ended(p, err);
	return 0;
}

/* EVENT_SECRET. */
static int tell_secret(struct fetchproc *p, struct str question, struct err *err)
{
	const struct mailbox_options *o = p->opt;
	CLEANUP(secret)
	struct buf secret, bytes;
	struct err why = { 0 };
	int r;

	sasl_room(&secret, SECRET_MOST);
	sasl_room(&bytes, SECRET_MOST + KIB);
	r = o->secret(o->secret_arg, wire_take_u64(&question) != 0, &secret, &why);
	if (r == 0 && secret.full)
		r = FAIL(&why, ERR_CONFIG, MAILBOX_LOGIN_REFUSED,
			"the password for %s is too long", o->user);
	wire_put_u64(&bytes, r == 0);
	if (r == 0)
		wire_put_str(&bytes, buf_view(&secret));
	else
		failure_put(&bytes, &why);
	sasl_wipe(&secret);
	r = fetchproc_order(p, ORDER_SECRET, buf_view(&bytes), err);
	if (r == 0)
		wire_wipe(&p->wire);
	return r;
}

/* How long it may say nothing. */
static int patience_ms(const struct fetchproc *p)
{
	return (int)(2 * (p->opt->connect_s + p->opt->command_s)) * 1000 + GRACE_MS;
}

/* Nothing came for ms. */
static int silent(struct fetchproc *p, struct err *err)
{
	if (time_monotonic_ms() - p->heard_at_ms < (uint64_t)patience_ms(p))
		return 0;
	reap(p, 0);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE, "the process that reads %s hangs",
		p->opt->host);
}

int fetchproc_listen(struct fetchproc *p, int ms, struct frame *ret, struct err *err)
{
	for (;;) {
		int r = wire_receive(&p->wire, ms < 0 ? patience_ms(p) : ms, ret, err);

		if (r == ERR_TEMP)
			return silent(p, err);
		if (r != 1)
			return ended(p, err);
		p->heard_at_ms = time_monotonic_ms();
		if (ret->type != EVENT_SECRET)
			return 1;
		r = tell_secret(p, ret->bytes, err);
		if (r < 0)
			return r;
	}
}

int fetchproc_mad(struct fetchproc *p, struct err *err)
{
	reap(p, 0);
	return FAIL(err, ERR_TEMP, MAILBOX_UNAVAILABLE,
		"the process that reads %s says what it must not", p->opt->host);
}

/* POP3 deletes at the end of its session: that is worth waiting for. */
static int quit_ms(const struct fetchproc *p)
{
	return p->opt->protocol == MAILBOX_POP3 ? (int)p->opt->command_s * 1000 + END_MS
						: QUIT_IMAP_MS;
}

void fetchproc_stop(struct fetchproc *p, bool politely)
{
	struct frame f;
	struct err ignored;

	if (p->pid == 0)
		return;
	if (politely && wire_send(&p->wire, ORDER_QUIT, STR(""), &ignored) == 0 &&
		wire_flush(&p->wire, &ignored) == 0) {
		uint64_t until = time_monotonic_ms() + (uint64_t)quit_ms(p), now;

		while ((now = time_monotonic_ms()) < until &&
			wire_receive(&p->wire, (int)(until - now), &f, &ignored) == 1)
			; /* until it closes its end */
	}
	reap(p, END_MS);
}
