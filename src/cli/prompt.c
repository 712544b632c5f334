#include "prompt.h"

#include "passhash.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t came; /* the signal that ends the question; 0: none */

static void on_signal(int number)
{
	came = number;
}

/* The next byte.  Signals come only while it is waited for, so none is missed in between. */
static ssize_t read_byte(const sigset_t *open, char *ret)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	while (ppoll(&input, 1, NULL, open) < 0)
		if (errno != EINTR || came)
			return -1;
	return read(STDIN_FILENO, ret, 1);
}

/* Without its end.  False: there is none, it is too long, or a signal came.  open: the signals
 * that are blocked meanwhile; NULL: as they are. */
static bool read_line(const sigset_t *open, struct buf *ret)
{
	char c;
	for (;;) {
		ssize_t n = read_byte(open, &c);
		if (came)
			return false;
		if (n <= 0)
			return ret->n > 0 && !ret->full;
		if (c == '\n')
			break;
		buf_char(ret, c);
	}
	if (ret->n > 0 && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return ret->n > 0 && !ret->full;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Whatever ends or stops the program at the question, the terminal first shows again what is
 * typed. */
static bool ask_once(const char *question, struct buf *ret)
{
	struct sigaction action = { .sa_handler = on_signal }, before[SIGNALS];
	struct termios shown, hidden;
	sigset_t ours, open;
	bool ok;
	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	came = 0;
	sigemptyset(&action.sa_mask);
	sigemptyset(&ours);
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaddset(&ours, signals[i]);
		sigaction(signals[i], &action, &before[i]);
	}
	sigprocmask(SIG_BLOCK, &ours, &open);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(question, stderr);
	ok = read_line(&open, ret);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &open, NULL);
	if (came)
		raise(came);
	return ok;
}

/* Who was stopped and goes on is asked again. */
static bool ask(const char *question, struct buf *ret)
{
	bool ok;
	do {
		buf_clear(ret);
		ok = ask_once(question, ret);
	} while (came == SIGTSTP);
	return ok;
}

int prompt_password(const char *of_whom, struct buf *ret, struct err *err)
{
	char question[128];
	struct buf again;
	bool same;
	buf_init(ret, PASSWORD_MOST);
	if (!isatty(STDIN_FILENO)) {
		if (!read_line(NULL, ret))
			return FAIL(err, ERR_USAGE, NULL,
				"standard input has no password of 1 to %d bytes in its first "
				"line",
				PASSWORD_MOST);
		return 0;
	}
	snprintf(question, sizeof(question), "New password of %.64s: ", of_whom);
	if (!ask(question, ret))
		return FAIL(err, ERR_USAGE, NULL, "no password was typed");
	buf_init(&again, PASSWORD_MOST);
	same = ask("Once more: ", &again) && str_eq(buf_view(ret), buf_view(&again));
	if (again.p)
		explicit_bzero(again.p, again.cap);
	buf_release(&again);
	return same ? 0 : FAIL(err, ERR_USAGE, NULL, "the two passwords differ");
}
