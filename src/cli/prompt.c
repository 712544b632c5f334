#include "prompt.h"

#include "passhash.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Without its end.  False: there is none, or it is too long. */
static bool read_line(struct buf *ret)
{
	char c;
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
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

/* Signals wait until the terminal shows again what is typed. */
static bool ask(const char *question, struct buf *ret)
{
	struct termios shown, hidden;
	sigset_t signals, before;
	bool ok;
	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGTSTP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(question, stderr);
	ok = read_line(ret);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ok;
}

int prompt_password(const char *of_whom, struct buf *ret, struct err *err)
{
	char question[128];
	struct buf again;
	bool same;
	buf_init(ret, PASSWORD_MOST);
	if (!isatty(STDIN_FILENO)) {
		if (!read_line(ret))
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
